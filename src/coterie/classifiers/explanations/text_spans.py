"""Words and passages of a text, which can be left out of it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coterie.words import word_spans

__all__ = ["TextSpan", "passages_of", "without", "words_of"]

Span = tuple[int, int]

_LONGEST = 25  # words of a passage: a judgement
_BLANKS = re.compile(r"[^\S\r\n]*")
_END = re.compile(
    r"[.!?\u2026\u061f\u0964]+[\"')\]\u00bb\u2019\u201d]*\s+"
    r"|[\u3002\uff01\uff1f]+[\u2019\u201d\u300d\u300f\uff09]*\s*|[\r\n]\s*"
)


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A word or a passage, as it is written first, with the spans of all its occurrences.

    A span is its first character and the one behind the blanks that follow it.
    """

    text: str
    spans: tuple[Span, ...]


def words_of(text: str) -> list[TextSpan]:
    """Find the different words of a text, in the order of their first occurrence.

    Words are those of `coterie.words.word_spans`; upper and lower case are one word.
    """
    return _gathered(text, list(_with_blanks(text)))


def passages_of(text: str, most: int) -> list[TextSpan]:
    """Cut a text into sentences and lines, in the order of their first occurrence.

    A passage has 25 words at most, and together they are the whole text; where there are more than
    ``most`` of them, neighbours are joined.
    """
    ends = [0, *(match.end() for match in _END.finditer(text))]
    starts: list[int] = []
    sentence, length = -1, 0
    for start, _ in _with_blanks(text):
        own = bisect_right(ends, start) - 1
        if own != sentence:
            starts.append(ends[own])
            sentence, length = own, 0
        elif length == _LONGEST:
            starts.append(start)
            length = 0
        length += 1
    if not starts:
        return []
    starts[0] = 0
    if len(starts) > most:
        starts = [starts[place * len(starts) // most] for place in range(most)]
    return _gathered(text, list(zip(starts, [*starts[1:], len(text)], strict=True)))


def without(text: str, part: TextSpan) -> str:
    """Leave all occurrences of a part out; punctuation stays where it is."""
    kept, at = [], 0
    for start, end in sorted(part.spans):
        kept.append(text[at : max(at, start)])
        at = max(at, end)
    return "".join([*kept, text[at:]])


def _gathered(text: str, spans: Sequence[Span]) -> list[TextSpan]:
    """Join spans that read the same."""
    found: dict[str, list[Span]] = {}
    for start, end in spans:
        found.setdefault(" ".join(text[start:end].casefold().split()), []).append((start, end))
    return [TextSpan(text[slice(*own[0])].strip(), tuple(own)) for own in found.values()]


def _with_blanks(text: str) -> Iterator[Span]:
    """Give the spans of words, each with the blanks behind it."""
    for start, end in word_spans(text):
        blanks = _BLANKS.match(text, end)
        yield start, blanks.end() if blanks else end
