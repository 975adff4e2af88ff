"""What words name a column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coterie.search.phrases.chart import Chart
from coterie.search.phrases.lexicon import CURRENCIES, LINKS, MONEY_NAMES, STOPS, UNITS, words
from coterie.search.phrases.tokens import family, split_words
from coterie.search.schema import Column

__all__ = ["Name", "beside", "mentions", "name_columns"]

_ASKED = re.compile(
    r"^.*?,\s+(?=(?:would|do|did|have|are|were|can|will|how|about how)\b)", re.IGNORECASE
)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")  # as in annualBudget
_SHORTEST_QUESTION = 5  # words
_BLANK = frozenset(
    {
        "about",
        "yes",
        "would",
        "yet",
        "so",
        "far",
        "much",
        "plan",
        "based",
        "able",
        "full",
        "time",
        "part",
    }
)
_GENERIC = frozenset({"level", "score", "status", "categori", "type", "name", "date", "group"})
_GENERIC |= {"is", "has", "number", "count", "total", "flag", "current"}
_BETWEEN = LINKS | words("of in the a an = : as their at by has have not isn't")


@dataclass(frozen=True, slots=True)
class Name:
    """The words of a column's name.

    Attributes
    ----------
    column
        That they name.
    keys
        The families of its words, in their order, without units and words that say nothing.
    units
        Of a number, as its name says: ``year``.
    is_money
        Whether it is an amount of money.
    is_question
        Whether it is long, as the questions of a form are.
    weights
        Of each key, in ``(0, 1]``: the fewer names have it, the more it says.
    """

    column: Column
    keys: tuple[str, ...]
    units: frozenset[str]
    is_money: bool
    is_question: bool
    weights: dict[str, float]


def name_columns(columns: Sequence[Column]) -> tuple[Name, ...]:
    """Take the names of columns apart."""
    parts = [_parts(column) for column in columns]
    counts = Counter(key for keys, *_ in parts for key in dict.fromkeys(keys))
    return tuple(
        Name(column, keys, units, money, asks, {key: 1 / counts[key] for key in keys})
        for column, (keys, units, money, asks) in zip(columns, parts, strict=True)
    )


def _parts(column: Column) -> tuple[tuple[str, ...], frozenset[str], bool, bool]:
    asks = "?" in column.name or "..." in column.name
    written = split_words(_ASKED.sub("", column.name) if asks else _HUMP.sub(" ", column.name))
    asks = asks or len(written) >= _SHORTEST_QUESTION
    number = column.kind == "number"
    units = (
        frozenset(UNITS[word] for word in written if word in UNITS) if number else frozenset[str]()
    )
    money = number and any(word in MONEY_NAMES for word in written)
    if units & {"hour", "month", "day", "minute"}:
        money = False
    empty = STOPS | _BLANK | {"us"} if asks else frozenset[str]()
    keys = [
        family(word)
        for word in written
        if not (number and word in UNITS and len(written) > 1) and word not in empty
        if len(written) == 1 or word not in STOPS
        if not (asks and (word in CURRENCIES or word.isdecimal()))
    ]
    plain = [key for key in keys if key not in _GENERIC] or keys
    return tuple(dict.fromkeys(plain)), units, money, asks


def mentions(chart: Chart, names: Sequence[Name]) -> Iterator[tuple[int, int, list[Name]]]:
    """Find where short names stand: from and to which token, and whose they may be.

    A name is meant by all of its words, also turned around as in ``interest in tech``, or by its
    last word where no other of `names` has it.
    """
    by_first: dict[str, list[Name]] = {}
    heads = Counter(name.keys[-1] for name in names if name.keys)
    for name in names:
        if name.keys and not name.is_question:
            for key in {name.keys[0], name.keys[-1]}:
                by_first.setdefault(key, []).append(name)
    at = 0
    while at < len(chart):
        best, found = at, list[Name]()
        for name in by_first.get(family(chart.low(at)), ()):
            end = _end_of(chart, at, name, alone=heads[name.keys[-1]] == 1)
            if end > best:
                best, found = end, [name]
            elif end == best > at:
                found.append(name)
        full = [name for name in found if len(name.keys) == best - at]
        if found and chart.is_free(at, best):
            yield at, best, full or found
        at = max(best, at + 1)


def _end_of(chart: Chart, at: int, name: Name, *, alone: bool) -> int:
    keys = [family(chart.low(at + step)) for step in range(len(name.keys) + 1)]
    size = len(name.keys)
    if tuple(keys[:size]) == name.keys:
        return at + size
    if keys[0] != name.keys[-1] or not alone:
        return at
    if chart.low(at + 1) in ("in", "of", "with", "for"):
        if tuple(keys[2:]) == name.keys[:-1]:
            return at + size + 1
        return at if size > 1 else at + 1
    return at + 1


def beside(chart: Chart, name: Name, start: int, end: int) -> tuple[int, int] | None:
    """Find the name of a column directly before or after tokens; give the span with it."""
    if name.is_question:
        return _asked_beside(chart, name, start, end)
    size = len(name.keys)
    if not size:
        return None
    for length, keys in ((size, name.keys), (1, name.keys[-1:]), (1, name.keys[:1])):
        if length == 1 < size and name.weights[keys[0]] < 1:
            continue
        if _has(chart, end, keys):
            return start, end + length
        left = start
        while left > 0 and chart.low(left - 1) in _BETWEEN:
            left -= 1
        if left >= length and _has(chart, left - length, keys):
            return left - length, end
    return None


def _has(chart: Chart, at: int, keys: Sequence[str]) -> bool:
    inside = at + len(keys) <= len(chart) and chart.is_free(at, at + len(keys))
    return inside and all(family(chart.low(at + i)) == key for i, key in enumerate(keys))


def _asked_beside(chart: Chart, name: Name, start: int, end: int) -> tuple[int, int] | None:
    """Widen a span by the words of a question around it, over words that say nothing."""
    keys = set(name.keys)
    first, last = start, end
    at = start - 1
    while at >= 0 and chart.taken[at] is None:
        if family(chart.low(at)) in keys:
            first = at
        elif chart.low(at) not in STOPS or chart.low(at) in ("who", "but", "or"):
            break
        at -= 1
    at = end
    while at < len(chart) and chart.taken[at] is None:
        if family(chart.low(at)) in keys:
            last = at + 1
        elif chart.low(at) not in STOPS or chart.low(at) in ("who", "but", "or"):
            break
        at += 1
    return (first, last) if (first, last) != (start, end) else None
