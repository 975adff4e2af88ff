"""Dates that a query compares a column with: ``joined since 2024``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coterie.search.filters.conditions import Comparison, Condition
from coterie.search.phrases.chart import Chart, Found
from coterie.search.phrases.lexicon import LINKS, MONTHS
from coterie.search.phrases.names import Name, mentions

__all__ = ["find_dates"]

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_JOINED = (
    ("signed", "up"),
    ("registered",),
    ("enrolled",),
    ("member", "since"),
    ("members", "since"),
)
_BETWEEN = LINKS | {"was", "us", "contact", "on", "date", "made", "happened", "have", "has"}
_ORDINALS = frozenset({"st", "nd", "rd", "th"})


@dataclass(frozen=True, slots=True)
class _Period:
    """A day, a month or a year: its first day, the day after it, and the token after it."""

    first: date
    after: date
    end: int

    @property
    def is_day(self) -> bool:
        return self.after - self.first == timedelta(days=1)


def find_dates(chart: Chart, names: Sequence[Name]) -> None:
    """Find comparisons with dates, and add those whose column is named to the chart."""
    dated = [name for name in names if name.column.kind == "date"]
    if not dated:
        return
    for start, end, found in [*mentions(chart, dated), *_joined(chart, dated)]:
        at = end
        if chart.low(end - 1) == "since":
            at = end - 1
        while chart.low(at) in _BETWEEN and _compare(chart, at, found[0]) is None:
            at += 1
        read = _compare(chart, at, found[0])
        if len(found) == 1 and read and chart.is_free(start, read[0]):
            chart.add(Found(start, read[0], found[0].column, read[1]))


def _joined(chart: Chart, names: Sequence[Name]) -> list[tuple[int, int, list[Name]]]:
    """Find other words for joining, where one column is named by it."""
    columns = [name for name in names if set(name.keys) & {"join", "signup", "regist", "enrol"}]
    if len(columns) != 1:
        return []
    return [
        (at, at + len(words), columns)
        for at in range(len(chart))
        for words in _JOINED
        if chart.starts_with(at, words)
    ]


def _compare(chart: Chart, at: int, name: Name) -> tuple[int, tuple[Condition, ...]] | None:
    """Read a comparison that begins at a token."""
    if found := _between(chart, at, name):
        return found
    period = _period(chart, at + 1)
    if period is None or chart.low(period.end) in ("s", "or"):
        return None
    column, word, last = name.column.name, chart.low(at), period.after - timedelta(days=1)
    conditions: tuple[Condition, ...] = ()
    if word in ("since", "from"):
        conditions = (Comparison(column, ">=", period.first),)
    elif word == "before":
        conditions = (Comparison(column, "<", period.first),)
    elif word == "after" and period.is_day:
        conditions = (Comparison(column, ">", last),)
    elif word == "after":
        conditions = (Comparison(column, ">=", period.after),)
    elif word in ("until", "till", "by") and period.is_day:
        conditions = (Comparison(column, "<=", last),)
    elif word in ("until", "till", "by"):
        conditions = (Comparison(column, "<", period.after),)
    elif word in ("in", "during", "on") and period.is_day:
        conditions = (Comparison(column, "=", last),)
    elif word in ("in", "during", "on"):
        conditions = _range(column, period.first, period)
    return (period.end, conditions) if conditions else None


def _between(chart: Chart, at: int, name: Name) -> tuple[int, tuple[Condition, ...]] | None:
    """Read ``between March 2022 and August 2023``; both ends belong to it."""
    if chart.low(at) not in ("between", "from"):
        return None
    one = _period(chart, at + 1) or _month_of(chart, at + 1)
    if one is None or chart.low(one.end) not in ("and", "to", "until", "till", "-", "through"):
        return None
    two = _period(chart, one.end + 1)
    if two is None or one.first >= two.after:
        return None
    return two.end, _range(name.column.name, one.first, two)


def _month_of(chart: Chart, at: int) -> _Period | None:
    """Read a month whose year stands behind the month that follows: ``January and March 2024``."""
    month = MONTHS.get(chart.low(at), 0)
    last = _period(chart, at + 2) if month and chart.low(at + 1) in ("and", "to") else None
    if last is None or last.is_day:
        return None
    first = date(last.first.year, month, 1)
    return _Period(first, first, at + 1) if first < last.first else None


def _range(column: str, first: date, last: _Period) -> tuple[Condition, ...]:
    if last.is_day:
        return Comparison(column, ">=", first), Comparison(column, "<=", last.first)
    return Comparison(column, ">=", first), Comparison(column, "<", last.after)


def _period(chart: Chart, at: int) -> _Period | None:
    """Read a day, a month or a year that begins at a token."""
    while chart.low(at) in ("the", "year", "of"):
        at += 1
    low = chart.low(at)
    if len(low) == 10 and low[4] == "-":
        return _day_of(int(low[:4]), int(low[5:7]), int(low[8:]), at + 1)
    if year := _year(low):
        return _Period(date(year, 1, 1), date(year + 1, 1, 1), at + 1)
    number, end = _day(chart, at)
    end += bool(number) and chart.low(end) == "of"
    month, end = MONTHS.get(chart.low(end), 0), end + 1
    if month and not number:
        number, end = _day(chart, end)
    end += chart.low(end) in (",", "of", ".")
    year = _year(chart.low(end))
    if not month or not year:
        return None
    if number:
        return _day_of(year, month, number, end + 1)
    after = date(year + month // 12, month % 12 + 1, 1)
    return _Period(date(year, month, 1), after, end + 1)


def _day_of(year: int, month: int, day: int, end: int) -> _Period | None:
    try:
        first = date(year, month, day)
        return _Period(first, first + timedelta(days=1), end)
    except (ValueError, OverflowError):
        return None


def _year(word: str) -> int:
    if len(word) == 4 and word.isdecimal() and word.isascii():
        return int(word) if _FIRST_YEAR <= int(word) < _LAST_YEAR else 0
    return 0


def _day(chart: Chart, at: int) -> tuple[int, int]:
    """Read the number of a day; 0 where there is none."""
    low = chart.low(at)
    if not (low.isdecimal() and low.isascii() and len(low) <= 2):
        return 0, at
    return int(low), at + 2 if chart.low(at + 1) in _ORDINALS else at + 1
