"""What a language model is asked about groups, and what it must answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import Field

from coterie.errors import LanguageModelError
from coterie.llm import Answer, ChatModel, Prompt, schema_of
from coterie.llm.quoting import DATA_RULE, quoted, spoken
from coterie.segments.naming.by_model.groups import GroupView

__all__ = [
    "BelongingAnswer",
    "NameAnswer",
    "Wishes",
    "ask_belonging",
    "ask_family",
    "ask_name",
]

Hide = Callable[[str], str]

# judgements: an answer of a few words, and texts short enough for the window of a small model
_NAME_TOKENS, _LIST_TOKENS = 160, 60
_WIDTHS = (240, 160, 100, 60)
_COUNTS = (8, 6, 4, 2)
_TERMS = 8
_CHILDREN, _TAKEN = 12, 24


class NameAnswer(Answer):
    """A name and a description."""

    name: str = Field(max_length=80)
    description: str = Field(max_length=400)


class BelongingAnswer(Answer):
    """Numbers of texts."""

    numbers: list[int] = Field(max_length=12)


@dataclass(frozen=True, slots=True)
class Wishes:
    """How names should be.

    Attributes
    ----------
    language
        Of names and descriptions.
    business
        What the business is, in the user's words.
    words
        How many a name may have.
    """

    language: str = "English"
    business: str = ""
    words: int = 5


def ask_name(
    view: GroupView, wishes: Wishes, model: ChatModel, hide: Hide, taken: Sequence[str] = ()
) -> Prompt:
    """Ask for the name of a group.

    Parameters
    ----------
    view
        What is shown of it.
    wishes, model
        How the name should be, and who is asked.
    hide
        Masks personal data, where it must be.
    taken
        Names that other groups have, the most important first.

    Raises
    ------
    LanguageModelError
        When the model's window is too small for the shortest prompt.
    """
    system = (
        "You give names to groups of texts that customers wrote. A name says what the texts of one "
        f"group have in common. {DATA_RULE}"
    )
    terms = ", ".join(view.segment.terms[:_TERMS])

    def written(count: int, width: int) -> str:
        lines = [*_about(wishes)]
        lines.append(f"Texts of the group ({view.segment.size:,} in all):")
        lines += [quoted(text, width, hide) for text in view.texts[:count]]
        if terms:
            lines.append(f"Words that are frequent in this group: {quoted(terms, 200, hide)}")
        others = view.others[: max(count // 2, 1)]
        if others:
            lines.append("Texts of other groups, which the name must not fit:")
            lines += [quoted(text, width, hide) for text in others]
        lines += _refused("Names of other groups, which you may not use", taken, count)
        lines += [
            "Answer with a JSON object with two fields:",
            f'"name": a short phrase of at most {wishes.words} words in {wishes.language}, '
            "specific to this group, no list of words;",
            f'"description": one sentence in {wishes.language} that says what these customers '
            "write about.",
        ]
        return "\n".join(lines)

    return _fitting(system, written, schema_of(NameAnswer), _NAME_TOKENS, model)


def ask_family(
    children: Sequence[tuple[str, str]],
    wishes: Wishes,
    model: ChatModel,
    hide: Hide,
    taken: Sequence[str] = (),
) -> Prompt:
    """Ask for the name of what several groups have in common, given their names and descriptions.

    Parameters and errors are those of `ask_name`.
    """
    system = (
        "You give names to families of groups of texts that customers wrote. A name says what the "
        f"groups of one family have in common. {DATA_RULE}"
    )

    def written(count: int, width: int) -> str:
        lines = [*_about(wishes), "Groups of the family:"]
        for name, description in children[: max(_CHILDREN * count // _COUNTS[0], 2)]:
            lines.append(quoted(f"{name}: {description}", width, hide))
        lines += _refused("Names that you may not use", taken, count)
        lines += [
            "Answer with a JSON object with two fields:",
            f'"name": a short phrase of at most {wishes.words} words in {wishes.language}, which '
            "covers all of these groups;",
            f'"description": one sentence in {wishes.language} about them.',
        ]
        return "\n".join(lines)

    return _fitting(system, written, schema_of(NameAnswer), _NAME_TOKENS, model)


def ask_belonging(
    name: str, description: str, texts: Sequence[str], model: ChatModel, hide: Hide
) -> Prompt:
    """Ask which of some texts belong to the group of that name."""
    system = f"You sort texts that customers wrote into groups. {DATA_RULE}"

    def written(_count: int, width: int) -> str:
        lines = [f"The group: {quoted(f'{name}. {description}', width, hide)}", "Texts:"]
        lines += [
            f"{number}. {quoted(text, width, hide)}" for number, text in enumerate(texts, start=1)
        ]
        lines.append(
            'Answer with a JSON object: {"numbers": [...]} holds the numbers of the texts that '
            "belong to the group, such as [1, 3]."
        )
        return "\n".join(lines)

    return _fitting(system, written, schema_of(BelongingAnswer), _LIST_TOKENS, model)


def _about(wishes: Wishes) -> list[str]:
    return [f"The business: {spoken(wishes.business)}"] if wishes.business else []


def _refused(told: str, names: Sequence[str], count: int) -> list[str]:
    """List names as far as there is room: in the shortest prompt there is none."""
    some = names[: _TAKEN * (count - _COUNTS[-1]) // _COUNTS[0]]
    listed = "; ".join(f"'{spoken(name)}'" for name in some)
    return [f"{told}: {listed}."] if some else []


def _fitting(
    system: str,
    written: Callable[[int, int], str],
    schema: dict[str, object],
    longest: int,
    model: ChatModel,
) -> Prompt:
    """Write a prompt with as much as fits the window, and room to be asked again."""
    for width in _WIDTHS:
        for count in _COUNTS:
            prompt = Prompt(system, written(count, width), schema, longest)
            if model.count(prompt.text) + 3 * longest <= model.window:
                return prompt
    raise LanguageModelError(
        f"The window of {model.name}, {model.window:,} tokens, is too small for its questions: "
        "give it a larger one (?window=), or use another model."
    )
