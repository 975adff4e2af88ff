"""What a language model is asked about one text, and how its answer is checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from coterie.classifiers.prompting.labels import LabelSheet
from coterie.errors import LanguageModelError
from coterie.llm import Answer, ChatModel, Prompt, Question, with_answers
from coterie.llm.quoting import DATA_RULE, quoted, spoken

__all__ = ["LabelAnswer", "label_question", "scored_prompt"]

Hide = Callable[[str], str]

# judgements: texts short enough for the window of a small model, the shorter ones where it is full
_WIDTHS = (600, 300, 150)
_EXAMPLE_WIDTHS = (200, 120, 80)
_MEANING = 160  # characters of a description
_ANSWER_TOKENS = 60
_THINKING_ROOM = 16  # tokens that set messages apart, for each message


class LabelAnswer(Answer):
    """One label."""

    label: str


def scored_prompt(
    sheet: LabelSheet, order: Sequence[int], text: str, model: ChatModel
) -> tuple[Prompt, list[str]]:
    """Write the prompt whose answers are weighed; gives the answers too, in the order shown.

    The examples are earlier turns of the conversation, which small models follow better than a
    list. What is the same for all texts comes first, so that it is read once.

    Raises
    ------
    LanguageModelError
        When the model's window is too small.
    """
    names = [sheet.names[place] for place in order]
    system = (
        "You sort texts that customers wrote. You answer each text with the one label that fits, "
        f"and nothing else. {DATA_RULE}"
    )

    def written(width: int, example_width: int) -> Prompt:
        shown = [
            (quoted(example, example_width, str), sheet.names[place])
            for place in order
            for example in sheet.examples[place]
        ]
        texts = [*(each for each, _ in shown), quoted(text, width, str)]
        head = "\n".join(["Labels:", *_listed(sheet, order)])
        turns = tuple((shown[at][1], texts[at + 1]) for at in range(len(shown)))
        return Prompt(system, f"{head}\n\n{texts[0]}", None, _ANSWER_TOKENS, turns)

    return with_answers(_fitting(written, model), names), names


def label_question(
    sheet: LabelSheet, order: Sequence[int], text: str, model: ChatModel, about: str
) -> Question[LabelAnswer]:
    """Ask for the label of a text, as JSON that can hold one of these labels alone."""
    names = [sheet.names[place] for place in order]
    known = {name.casefold() for name in names}
    system = f"You sort texts that customers wrote. You choose the one label that fits. {DATA_RULE}"
    schema = {
        "type": "object",
        "properties": {"label": {"type": "string", "enum": names}},
        "required": ["label"],
        "additionalProperties": False,
    }

    def write(hide: Hide) -> Prompt:
        def written(width: int, example_width: int) -> Prompt:
            lines = ["Labels:"]
            for place, line in zip(order, _listed(sheet, order), strict=True):
                lines.append(line)
                lines += [
                    f"  Example: {quoted(example, example_width, hide)}"
                    for example in sheet.examples[place]
                ]
            lines += [
                "",
                f"Text to sort: {quoted(text, width, hide)}",
                'Answer with a JSON object: {"label": "..."} holds the one label that fits, '
                "written as in the list.",
            ]
            return Prompt(system, "\n".join(lines), schema, _ANSWER_TOKENS)

        return _fitting(written, model)

    def check(answer: LabelAnswer) -> str:
        if answer.label.strip().casefold() in known:
            return ""
        return f"'{spoken(answer.label)[:60]}' is none of the labels."

    return Question(about, write, LabelAnswer, check)


def _listed(sheet: LabelSheet, order: Sequence[int]) -> list[str]:
    return [
        f"- {sheet.names[place]}"
        + (f": {spoken(sheet.descriptions[place])[:_MEANING]}" if sheet.descriptions[place] else "")
        for place in order
    ]


def _fitting(written: Callable[[int, int], Prompt], model: ChatModel) -> Prompt:
    """Write a prompt with as much as fits the window, and room to be asked again."""
    for width, example_width in zip(_WIDTHS, _EXAMPLE_WIDTHS, strict=True):
        prompt = written(width, example_width)
        room = 3 * _ANSWER_TOKENS + _THINKING_ROOM * len(prompt.messages)
        if model.count(prompt.text) + room <= model.window:
            return prompt
    raise LanguageModelError(
        f"The window of {model.name}, {model.window:,} tokens, is too small for the labels and "
        "their examples: give it a larger one (?window=), or show fewer labels with --shortlist "
        "(shortlist=) or fewer --examples (examples=)."
    )
