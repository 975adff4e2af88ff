"""A text into the words and passages that can be left out of it."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Part", "passages_of", "without", "words_of"]

Span = tuple[int, int]

_LONGEST = 25  # words of a passage
_JOINERS = "'\N{RIGHT SINGLE QUOTATION MARK}_-\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
# Thai and Lao, Burmese, Khmer, kana, Han: written without blanks
_UNSPACED = (
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF)),
    *((0x3400, 0x9FFF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x20000, 0x3FFFF)),
)
# over the kinds of the characters, see _kind
_WORD = re.compile(r"w[wm]*(?:'w[wm]*)*|(?:um*)+")
_LETTER = re.compile(r"um*")
_BLANKS = re.compile(r"[^\S\r\n]*")
_END = re.compile(
    r"[.!?\u2026\u061f\u0964]+[\"')\]\u00bb\u2019\u201d]*\s+"
    r"|[\u3002\uff01\uff1f]+[\u2019\u201d\u300d\u300f\uff09]*\s*|[\r\n]\s*"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A word or a passage, with all of its occurrences.

    Attributes
    ----------
    text
        As it is written first.
    spans
        From and to which character each occurrence goes, the blanks behind it included.
    """

    text: str
    spans: tuple[Span, ...]


def words_of(text: str) -> list[Part]:
    """Find the different words of a text, in the order of their first occurrence.

    A word is a run of letters, digits and marks of any script; apostrophes, hyphens and underscores
    within it belong to it. Upper and lower case are one word. Where a script has no blanks between
    words, such as Chinese, each pair of neighbouring characters counts as one.
    """
    return _gathered(text, list(_word_spans(text)))


def passages_of(text: str, most: int) -> list[Part]:
    """Cut a text into sentences and lines, in the order of their first occurrence.

    A passage has 25 words at most, and all of the text is in one; where there would be more than
    ``most`` of them, neighbours are taken together.
    """
    ends = [0, *(match.end() for match in _END.finditer(text))]
    starts: list[int] = []
    sentence, length = -1, 0
    for start, _ in _word_spans(text):
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


def without(text: str, part: Part) -> str:
    """Leave all occurrences of a part out; punctuation stays where it is."""
    kept, at = [], 0
    for start, end in sorted(part.spans):
        kept.append(text[at : max(at, start)])
        at = max(at, end)
    return "".join([*kept, text[at:]])


def _gathered(text: str, spans: Sequence[Span]) -> list[Part]:
    """Take spans together that read the same."""
    found: dict[str, list[Span]] = {}
    for start, end in spans:
        found.setdefault(" ".join(text[start:end].casefold().split()), []).append((start, end))
    return [Part(text[slice(*own[0])].strip(), tuple(own)) for own in found.values()]


def _word_spans(text: str) -> Iterator[Span]:
    kinds = "".join(map(_kind, text))
    for match in _WORD.finditer(kinds):
        start, end = match.span()
        if kinds[start] == "u":
            letters = [letter.span() for letter in _LETTER.finditer(kinds, start, end)]
            pairs = zip(letters, letters[1:] or letters, strict=False)
            cuts = [(first, last) for (first, _), (_, last) in pairs]
        else:
            cuts = [(start, end)]
        for first, last in cuts:
            blanks = _BLANKS.match(text, last)
            yield first, blanks.end() if blanks else last


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """Kind of a character.

    ``w`` is a letter or digit, ``u`` one of a script without blanks, ``m`` a mark on the one
    before, ``'`` what joins two into a word, and a blank anything else.
    """
    if character in _JOINERS:
        return "'"
    if unicodedata.category(character).startswith("M"):
        return "m"
    if not character.isalnum():
        return " "
    code = ord(character)
    return "u" if any(first <= code <= last for first, last in _UNSPACED) else "w"
