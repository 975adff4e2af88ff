"""Lines that many texts begin or end with: disclaimers, footers, the greeting of a bot."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

__all__ = ["find_boilerplate", "strip_boilerplate"]

_EDGE = 8  # lines at each end that are looked at; all from here on are judgements, not measured
_SHARE_LINES, _SHARE_SENTENCES = 0.05, 0.2  # of the different texts that a line stands in
_FEWEST = 10  # different texts
_SHORTEST = 12  # characters
_MOST = 200  # lines that are kept

_DIGITS = re.compile(r"\d+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\uff01\uff1f])")


def find_boilerplate(texts: Iterable[str]) -> tuple[str, ...]:
    """Find the lines with which many different texts begin or end, the most frequent first.

    A line must stand in 5% of the different texts, a sentence of a text that is one line in 20%;
    and in ten at least. A text that many rows repeat counts once: it is no boilerplate. Case,
    digits and blanks make no difference. Time grows linearly with the texts.
    """
    lines, sentences = Counter[str](), Counter[str]()
    count = 0
    for text in dict.fromkeys(texts):
        count += 1
        units, are_lines = _units(text)
        if len(units) > 1:
            edges = units if len(units) <= 2 * _EDGE else units[:_EDGE] + units[-_EDGE:]
            different = dict.fromkeys(_key(unit) for unit, _ in edges)
            (lines if are_lines else sentences).update(different.keys())
    found = Counter[str]()
    for counts, share in ((lines, _SHARE_LINES), (sentences, _SHARE_SENTENCES)):
        fewest = max(_FEWEST, share * count)
        found |= Counter({k: n for k, n in counts.items() if n >= fewest and len(k) >= _SHORTEST})
    return tuple(key for key, _ in found.most_common(_MOST))


def strip_boilerplate(text: str, known: Collection[str]) -> str:
    """Leave known lines out at both ends of a text, as `find_boilerplate` gives them.

    Returns
    -------
    str
        The text itself where there are none, or where nothing else would be left.
    """
    if not known:
        return text
    while True:
        units, _ = _units(text)
        first, end = 0, len(units)
        while first < end and _key(units[first][0]) in known:
            first += 1
        while end > first and _key(units[end - 1][0]) in known:
            end -= 1
        if end == first or end - first == len(units):
            return text
        left = text[units[first][1] : units[end - 1][1] + len(units[end - 1][0])]
        if not any(map(str.isalnum, left)):
            return text
        text = left


def _units(text: str) -> tuple[list[tuple[str, int]], bool]:
    """Divide a text into its lines, or into sentences where it is one line, each with its place."""
    lines, at = [], 0
    for line in text.splitlines(keepends=True):
        if said := line.strip():
            lines.append((said, text.index(said, at)))
        at += len(line)
    if len(lines) != 1:
        return lines, True
    line, start = lines[0]
    parts, at = [], 0
    for end in [*(match.end() for match in _SENTENCE.finditer(line)), len(line)]:
        if said := line[at:end].strip():
            parts.append((said, start + line.index(said, at)))
        at = end
    return parts, False


def _key(unit: str) -> str:
    return _DIGITS.sub("0", " ".join(unit.casefold().split()))
