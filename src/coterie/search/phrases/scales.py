"""Levels that a query names beside their column: ``high budget``, ``at least medium risk``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from coterie.formatting import named
from coterie.search.filters.conditions import Comparison, Condition, OneOf, Operator
from coterie.search.levels import level_words
from coterie.search.phrases.chart import Chart, Found
from coterie.search.phrases.lexicon import COMPARED_AFTER, COMPARED_BEFORE, HIGH, LINKS, LOW, SCALES
from coterie.search.phrases.names import Name, beside, mentions
from coterie.search.phrases.tokens import family, split_words
from coterie.search.schema import Column

__all__ = ["find_levels_meant"]

_LONGEST = 8  # tokens before a name
_BETWEEN = LINKS | {"of", ":", "=", "a", "an", "has", "at", "the", "level"}
_BOUNDS = sorted(COMPARED_BEFORE.items(), key=lambda item: -len(item[0]))
_Read: TypeAlias = tuple[int, Condition, str]  # the token after it, what it says, and how
_One: TypeAlias = tuple[int, Comparison, str]
_TOP, _BOTTOM = 7, 1  # of the quantiles: 80% and 20%


def find_levels_meant(chart: Chart, names: Sequence[Name]) -> None:
    """Find levels, and what is high or low of a number, and add them to the chart."""
    levelled = [name for name in names if name.column.levels]
    numbered = [
        name for name in names if name.column.kind == "number" and len(name.column.quantiles) > _TOP
    ]
    for group in (levelled, numbered):
        for start, end, found in list(mentions(chart, group)):
            if len(found) == 1 and chart.is_free(start, end):
                _read_mention(chart, start, end, found[0].column)
    for name in numbered:
        if name.is_question:
            _read_question(chart, name)


def _read_mention(chart: Chart, start: int, end: int, column: Column) -> None:
    if chart.low(end) in ("level", "levels") and chart.taken[end] is None:
        end += 1
    for first in range(max(0, start - _LONGEST), start):
        read = _expression(chart, first, column)
        if read and read[0] == start and chart.is_open(end):
            _add(chart, first, end, column, read[1], read[2])
            return
    at = end
    while chart.low(at) in _BETWEEN and _expression(chart, at, column) is None:
        at += 1
    read = _expression(chart, at, column)
    if read and chart.is_open(read[0]):
        _add(chart, start, read[0], column, read[1], read[2])


def _add(
    chart: Chart, start: int, end: int, column: Column, condition: Condition, note: str
) -> None:
    if chart.is_free(start, end) and not chart.is_topic(start):
        joins = isinstance(condition, Comparison) and condition.operator == "="
        leans = not chart.is_closed_off(end)
        chart.add(Found(start, end, column, (condition,), note=note, joins=joins, leans=leans))


def _expression(chart: Chart, at: int, column: Column) -> _Read | None:
    """Read ``at least moderate``, ``low or medium``, ``medium or higher`` from a token on."""
    operator: Operator | None = None
    for phrase, meant in _BOUNDS:
        if chart.starts_with(at, phrase):
            operator, at = meant, at + len(phrase)
            at += chart.low(at) in ("a", "an", "the")
            break
    one = _level(chart, at, column)
    if one is None:
        return None
    end, condition, note = one
    if condition.operator != "=":
        return one if operator is None else None
    if operator is None:
        for phrase, meant in COMPARED_AFTER.items():
            if chart.starts_with(end, phrase):
                operator, end = meant, end + len(phrase)
                break
    if operator is not None:
        return end, Comparison(column.name, operator, condition.value), ""
    return _joined(chart, end, column, condition) or (end, condition, note)


def _joined(chart: Chart, end: int, column: Column, first: Comparison) -> _Read | None:
    """Read more levels after one: ``low or medium``."""
    values = [first.value]
    while chart.low(end) in ("or", "and", "to", ",", "/"):
        more = _level(chart, end + 1, column)
        if more is None or more[1].operator != "=":
            break
        values.append(more[1].value)
        end = more[0]
    return (end, OneOf(column.name, tuple(values)), "") if len(values) > 1 else None


def _level(chart: Chart, at: int, column: Column) -> _One | None:
    """Read one level, or what is high or low of it."""
    if column.kind == "number":
        return _part(chart, at, column)
    for size in (3, 2, 1):
        words = tuple(chart.low(at + step) for step in range(size))
        plain = " ".join(words)
        for level in column.levels:
            if split_words(level) == words or plain in level_words(level):
                return at + size, Comparison(column.name, "=", level), ""
        for line in SCALES:
            if plain in line:
                same = [level for level in column.levels if level.casefold() in line]
                if len(same) == 1:
                    return at + size, Comparison(column.name, "=", same[0]), ""
    return _half(chart, at, column)


def _half(chart: Chart, at: int, column: Column) -> _One | None:
    """Read what is high or low of levels that have other names."""
    low, count = chart.low(at), len(column.levels)
    known = {word for line in SCALES for word in line}
    if count < 3 or any(level.casefold() in known - {"intermediate"} for level in column.levels):
        return None
    if low in SCALES[3]:
        upper = column.levels[(count + 1) // 2 :]
        note = f"{low}: the upper half, {named(list(upper))}"
        return at + 1, Comparison(column.name, ">=", upper[0]), note
    if low in SCALES[1]:
        lower = column.levels[: count // 2]
        note = f"{low}: the lower half, {named(list(lower))}"
        return at + 1, Comparison(column.name, "<=", lower[-1]), note
    return None


def _part(chart: Chart, at: int, column: Column) -> _One | None:
    """Read what is high or low of numbers."""
    low = chart.low(at)
    more = chart.low(at - 1) in ("very", "too") and chart.low(at - 1)
    if more:
        return None
    if low in HIGH or low in LOW:
        end = at + 1
        while chart.low(end) in ("years", "months", "hours", "of"):
            end += 1
        return end, *_extreme(column, low, high=low in HIGH)
    return None


def _extreme(column: Column, word: str, *, high: bool) -> tuple[Comparison, str]:
    if high:
        bound = _whole(column.quantiles[_TOP])
        return Comparison(column.name, ">=", bound), f"{word}: the top fifth, {bound:,g} and more"
    bound = _whole(column.quantiles[_BOTTOM])
    return Comparison(column.name, "<=", bound), f"{word}: the lowest fifth, {bound:,g} and less"


def _whole(number: float) -> float:
    return int(number) if float(number).is_integer() else number


def _read_question(chart: Chart, name: Name) -> None:
    """Read ``a lot`` or ``little`` beside two words of a question about a number."""
    for at in range(len(chart)):
        phrase = next((p for p in (("a", "lot"), ("lots",)) if chart.starts_with(at, p)), None)
        if phrase is None:
            continue
        end = at + len(phrase)
        span = beside(chart, name, at, end)
        if span is None:
            continue
        inside = {family(chart.low(i)) for i in range(*span)} & set(name.keys)
        if len(inside) > 1 and sum(name.weights[key] for key in inside) > 1:
            condition, note = _extreme(name.column, "a lot", high=True)
            _add(chart, *span, name.column, condition, note)
            return
