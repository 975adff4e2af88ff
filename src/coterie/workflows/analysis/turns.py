"""Who says what in a conversation, and the passages and words of it that can be left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from coterie.classifiers.explanations.text_spans import TextSpan, passages_of, words_of
from coterie.encoders.languages import NAMES, language_of
from coterie.errors import InputError
from coterie.personal.replacing import FORMED

__all__ = [
    "Piece",
    "Transcript",
    "Turn",
    "content_words",
    "personal_spans",
    "pieces_of",
    "read_transcript",
    "turns_of",
]

_SPEAKER = re.compile(r"[ \t]{0,8}([^\W\d_][^:\n]{0,39}?)[ \t]?:(?:[ \t]+|$)")  # as of `pooling`
_SHARE = 0.5  # of the lines of a conversation, which name a speaker: a judgement
_TOLD = 400  # characters whose language is told
_MOST_PASSAGES = 40  # variants to predict, for time: a judgement
_TEXT, _SAID_BY = ("text", "message", "utterance", "content"), ("speaker", "role", "name", "from")


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody says without a break: ``text[start:end]``; the speaker's name is before it."""

    speaker: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage or a word: ``text[start:end]``, and all of it that can be left out."""

    start: int
    end: int
    speaker: str
    whole: TextSpan


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation as models read it.

    Attributes
    ----------
    text
        A line for each turn.
    left_out
        Lines after those that the model was trained on.
    """

    text: str
    left_out: int = 0


def turns_of(text: str) -> list[Turn]:
    """Find the turns of a conversation, whose lines are like ``"seller: Good morning"``.

    A text half of whose lines name no speaker is one turn of nobody. A line without a speaker
    belongs to the one before.
    """
    lines = [(m.start(), m.end()) for m in re.finditer(r"[^\r\n]+", text) if m[0].strip()]
    named = [_SPEAKER.match(text, start, end) for start, end in lines]
    if not lines or sum(map(bool, named)) < _SHARE * len(lines):
        return [Turn("", 0, len(text))] if text.strip() else []
    turns, speaker = [], ""
    for (start, end), match in zip(lines, named, strict=True):
        if match:
            speaker = match[1].strip()
        said = match.end() if match else start
        if text[said:end].strip():
            turns.append(Turn(speaker, said, end))
    return turns


def pieces_of(text: str, turns: Sequence[Turn]) -> list[Piece]:
    """Cut turns into passages, at most about 40: sentences, else turns, else parts of the text."""
    found = [
        _piece(each, turn.speaker, text, turn.start)
        for turn in turns
        for each in _passages(text[turn.start : turn.end])
    ]
    if len(found) > _MOST_PASSAGES:
        found = [Piece(*_trimmed(text, t.start, t.end), t.speaker, _span(text, t)) for t in turns]
    if len(found) > _MOST_PASSAGES:
        found = [_piece(each, "", text, 0) for each in passages_of(text, _MOST_PASSAGES)]
    return [each for each in found if any(map(str.isalnum, text[each.start : each.end]))]


def content_words(text: str, within: Piece, hidden: Sequence[tuple[int, int]]) -> list[Piece]:
    """Find the words of a passage that mean something by themselves.

    Function words, single characters and words of personal data are left out.
    """
    part = text[within.start : within.end]
    words = [_piece(each, within.speaker, text, within.start) for each in words_of(part)]
    dull = _function_words(_language_of(text[:_TOLD]))
    return [
        word
        for word in words
        if word.end - word.start > 1
        and text[word.start : word.end].casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        not in dull
        and not any(start < word.end and word.start < end for start, end in hidden)
    ]


def personal_spans(text: str) -> list[tuple[int, int]]:
    """Find where personal data is."""
    return [tuple(span) for kind in FORMED for span in kind.spans(text)]  # type: ignore[misc]


def read_transcript(
    transcript: str | Sequence[Mapping[str, Any]], schema: Mapping[str, Any]
) -> Transcript:
    """Read a conversation as those of the training were.

    Parameters
    ----------
    transcript
        A text, or a list of turns, each with its words (``text``, or the column of the training)
        and its speaker (``speaker`` or ``role``, or the column of the training).
    schema
        Of the model. Where it read only the first steps of each conversation, so many are kept: a
        step is a value of the column of the order where turns have it, else what everybody says
        once.

    Raises
    ------
    InputError
        When a turn has no words.
    """
    first = schema.get("first")
    if isinstance(transcript, str):
        if not first:
            return Transcript(transcript)
        turns = turns_of(transcript)
        steps = _steps([turn.speaker for turn in turns])
        kept = [turn for turn, step in zip(turns, steps, strict=True) if step < first]
        left = len(turns) - len(kept)
        return Transcript(transcript[: kept[-1].end] if left else transcript, left)
    told = [_told(turn, schema, number) for number, turn in enumerate(transcript, 1)]
    order = [turn.get(str(schema.get("order"))) for turn in transcript]
    known = None not in order and bool(order)
    steps = _ranks(order) if known else _steps([speaker for speaker, _ in told])
    lines = [f"{speaker}: {text}" if speaker else text for speaker, text in told]
    kept_lines = [
        line for line, step in zip(lines, steps, strict=True) if not first or step < first
    ]
    return Transcript("\n".join(kept_lines), len(lines) - len(kept_lines))


def _told(turn: Mapping[str, Any], schema: Mapping[str, Any], number: int) -> tuple[str, str]:
    texts = [turn.get(name) for name in (str(schema.get("text")), *_TEXT)]
    text = next((each for each in texts if isinstance(each, str)), None)
    if text is None:
        raise InputError(f'Turn {number} of the transcript has no words: give it a "text".')
    speakers = [turn.get(name) for name in (str(schema.get("speaker")), *_SAID_BY)]
    speaker = next((each for each in speakers if isinstance(each, str) and each.strip()), "")
    return speaker.strip(), " ".join(text.split("\n"))


def _steps(speakers: Sequence[str]) -> list[int]:
    """Give each turn the number of its step: who spoke in it and speaks again begins a new one."""
    steps, step, heard, last = list[int](), 0, set[str](), ""
    for speaker in speakers:
        if speaker in heard and speaker != last:
            step, heard = step + 1, set()
        elif speaker == last and not speaker and steps:
            step += 1  # nobody is named, so each line is one
        heard.add(speaker)
        last = speaker
        steps.append(step)
    return steps


def _ranks(order: Sequence[Any]) -> list[int]:
    """Give different values numbers in the order in which they come."""
    known: dict[Any, int] = {}
    return [known.setdefault(value, len(known)) for value in order]


def _passages(part: str) -> list[TextSpan]:
    """Cut a turn into sentences; one that is repeated stands for itself each time."""
    return [
        TextSpan(part[slice(*span)].strip(), (span,))
        for each in passages_of(part, _MOST_PASSAGES)
        for span in each.spans
    ]


def _piece(each: TextSpan, speaker: str, text: str, start: int) -> Piece:
    spans = tuple((start + a, start + b) for a, b in each.spans)
    return Piece(*_trimmed(text, *spans[0]), speaker, TextSpan(each.text, spans))


def _span(text: str, turn: Turn) -> TextSpan:
    return TextSpan(text[turn.start : turn.end].strip(), ((turn.start, turn.end),))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())


@lru_cache(maxsize=64)
def _language_of(text: str) -> str:
    return language_of(text)


@lru_cache(maxsize=8)
def _function_words(language: str) -> frozenset[str]:
    import stopwordsiso

    codes = ["en", *(code for code, name in NAMES.items() if name == language)]
    known = sorted({code for code in codes if stopwordsiso.has_lang(code)})
    return frozenset(word.lower() for code in known for word in stopwordsiso.stopwords(code))
