"""Masks that can be taken off again, for texts that a remote language model is to see."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from coterie.personal.addresses import find_addresses
from coterie.personal.kinds import Span
from coterie.personal.loose import LOOSE
from coterie.personal.people import find_names
from coterie.personal.reading import is_given, tells_a_person
from coterie.personal.replacing import FORMED, replaced

__all__ = ["Masks", "find_personal"]

_NAME = "name"
_MASK = re.compile(
    r"\[[\s\u00a0]{0,3}(e[ \u2011_-]?mail|phone|card|iban|key|address|ip[ \u2011_-]?address|name)"
    r"[\s\u00a0_-]{0,3}([0-9]{1,7})(?:\.([0-9]{1,7}))?[\s\u00a0]{0,3}\]",
    re.ASCII | re.IGNORECASE,
)
_LETTERS_ONLY = re.compile("[^a-z]")
_MARKS = {
    _LETTERS_ONLY.sub("", mark.casefold()): mark
    for mark in (*(kind.mark for kind in FORMED), "address", _NAME)
}
_CLAIMED = "]"  # what no pattern of personal data holds
_WORD = re.compile(r"[^\W\d_]+")

_FINDERS: tuple[tuple[str, Callable[[str], Iterable[Span]]], ...] = (
    *((kind.mark, kind.spans) for kind in (*FORMED, *LOOSE)),
    ("address", find_addresses),
    (_NAME, find_names),
)


def find_personal(text: str) -> list[tuple[Span, str]]:
    """Find personal data and the mark of its kind, from left to right.

    Unlike on pages, names and addresses are among it, and masks that the text has already.
    """
    found = [(match.span(), _mark(match)) for match in _MASK.finditer(text)]
    new, rest, claimed = [span for span, _ in found], text, bytearray(len(text))
    for mark, find in _FINDERS:
        rest = _without(rest, new)
        for start, end in new:
            claimed[start:end] = b"\1" * (end - start)
        new = [span for span in find(rest) if claimed.find(1, *span) < 0]
        found += [(span, mark) for span in new]
    return sorted(found)


class Masks:
    """Hide personal data in the texts of one prompt, and show it in the answer.

    Each value has a number of its own in its kind, ``[name 2]``, that is the same in all texts
    hidden by one object. What is the same but for its case shares the number, and so do parts of a
    name; a further spelling is told apart by a second number, ``[name 2.3]``, so that
    ``show(hide(text)) == text`` for every text. Memory grows with the values found. Time grows
    linearly with the length of a text. Neither ``repr`` nor an error tells a value.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._numbers: dict[str, dict[str, int]] = {}
        self._spellings: dict[tuple[str, int], dict[str, int]] = {}
        self._values: dict[tuple[str, int, int], str] = {}
        self._parts: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"Masks({self.counts})"

    @property
    def counts(self) -> dict[str, int]:
        """How many values of each kind were hidden, such as ``{"e-mail": 12, "name": 3}``."""
        return dict(self._counts)

    def hide(self, text: str) -> str:
        """Write masks for personal data.

        A mask that a text has already is a value of its kind, and is masked too.
        """
        found = find_personal(text)
        numbered = [(span, mark, self._number(mark, text[slice(*span)])) for span, mark in found]
        rest = _without(text, (span for span, _ in found))
        numbered += [(span, _NAME, number) for span, number in self._mentions(rest)]
        return replaced(
            text,
            ((span, self._mask(mark, n, text[slice(*span)])) for span, mark, n in sorted(numbered)),
        )

    def show(self, text: str) -> str:
        """Put the values back for masks, whose case, blanks and hyphen may have changed."""
        return _MASK.sub(self._value, text)

    def _number(self, mark: str, value: str) -> int:
        numbers, folded = self._numbers.setdefault(mark, {}), value.casefold()
        if folded not in numbers:
            part = self._part(value) if mark == _NAME else None
            self._counts[mark] += part is None
            numbers[folded] = self._counts[mark] if part is None else part
        if mark == _NAME:
            for word in filter(tells_a_person, _WORD.findall(value)):
                self._parts.setdefault(word.casefold() if is_given(word) else word, numbers[folded])
        return numbers[folded]

    def _part(self, word: str) -> int | None:
        return self._parts.get(word.casefold() if is_given(word) else word)

    def _mentions(self, text: str) -> Iterator[tuple[Span, int]]:
        """Find parts of names that are known by now; parts of one name side by side are one."""
        start, end, number = 0, 0, None
        for match in _WORD.finditer(text) if self._parts else ():
            found = self._part(match[0])
            if found is not None and found == number and text[end : match.start()] in (" ", "-"):
                end = match.end()
                continue
            if number is not None:
                yield (start, end), number
            (start, end), number = match.span(), found
        if number is not None:
            yield (start, end), number

    def _mask(self, mark: str, number: int, value: str) -> str:
        spellings = self._spellings.setdefault((mark, number), {})
        spelling = spellings.setdefault(value, len(spellings) + 1)
        self._values[mark, number, spelling] = value
        return f"[{mark} {number}]" if spelling == 1 else f"[{mark} {number}.{spelling}]"

    def _value(self, match: re.Match[str]) -> str:
        place = (_mark(match), int(match[2]), int(match[3] or 1))
        return self._values.get(place, match[0])


def _mark(match: re.Match[str]) -> str:
    return _MARKS[_LETTERS_ONLY.sub("", match[1].casefold())]


def _without(text: str, spans: Iterable[Span]) -> str:
    """Keep the length of a text, and nothing of what was found in it."""
    return replaced(text, ((span, _CLAIMED * (span[1] - span[0])) for span in spans))
