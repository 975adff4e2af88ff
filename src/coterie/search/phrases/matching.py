"""Values of columns of text and tags that a query names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from coterie.search.filters.conditions import Comparison, Condition, Has, Missing
from coterie.search.phrases.chart import Chart, Found
from coterie.search.phrases.grammar import is_meant, shortened
from coterie.search.phrases.lexicon import COMPARED_AFTER, COMPARED_BEFORE
from coterie.search.phrases.names import beside
from coterie.search.phrases.tokens import Token, singular, stem
from coterie.search.phrases.values import HALF, SHORTEST_MISSPELT, Entry, Values, value_key
from coterie.search.schema import Column

__all__ = ["Possible", "find_values", "possible_values"]

Possible: TypeAlias = tuple[int, int, list[Entry]]
"""From and to which token values may stand, and which."""


def possible_values(chart: Chart, values: Values) -> list[Possible]:
    """Find all values that words may name, the longest first, and mark where they start."""
    keys = [_read_key(token, values) for token in chart.tokens]
    spans = _candidates(chart, keys, values)
    chart.starts = {start for start, _, _ in spans}
    chart.possible = {at for start, end, _ in spans for at in range(start, end)}
    return spans


def find_values(chart: Chart, values: Values, spans: Sequence[Possible]) -> None:
    """Find those values that are meant, and add them to the chart."""
    before = -1
    while before != len(chart.found):
        before = len(chart.found)
        for start, end, entries in spans:
            if chart.is_free(start, end) and (found := _meant(chart, start, end, entries, values)):
                chart.add(found)
        for found in list(chart.found):
            short = shortened(chart, found.start, found.end, found.column, values)
            if found.joins and short and chart.is_free(short[0], found.start):
                condition = _one(found.column, short[1])
                add = Found(short[0], found.start - 1, found.column, (condition,), joins=True)
                chart.add(add)


def _one(column: Column, value: str) -> Condition:
    if column.kind == "tags":
        return Has(column.name, value)
    return Comparison(column.name, "=", value)


def _read_key(token: Token, values: Values) -> str:
    """Give what a word is compared by; of a long word, that of a value one letter away."""
    key = value_key(token.low)
    if key in values.words or len(key) < SHORTEST_MISSPELT or not key.isalpha():
        return key
    alike = values.halves.get(key[:HALF], set()) | values.halves.get(key[-HALF:], set())
    near = [word for word in alike if _is_near(key, word)]
    return near[0] if len(near) == 1 else key


def _is_near(one: str, other: str) -> bool:
    """Tell whether one letter is missing, too many, wrong, or changed with its neighbour."""
    start = _shared(one, other)
    one, other = one[start:][::-1], other[start:][::-1]
    end = _shared(one, other)
    one, other = one[end:], other[end:]
    return max(len(one), len(other)) < 2 or (len(one) == 2 and one == other[::-1])


def _shared(one: str, other: str) -> int:
    """Count the letters that two words begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _candidates(chart: Chart, keys: Sequence[str], values: Values) -> list[Possible]:
    """Find the longest values that begin at each token, the longest first."""
    spans: list[Possible] = []
    for at, key in enumerate(keys):
        found: dict[int, list[Entry]] = {}
        for size in values.sizes.get(key, ()):
            entries = values.entries.get(tuple(keys[at : at + size]), [])
            if entries and at + size <= len(keys):
                found.setdefault(at + size, []).extend(entries)
        for entry in values.entries.get(("~" + stem(chart.low(at)),), ()):
            found.setdefault(at + 1, []).append(entry)
        for end, entries in found.items():
            if chart.is_free(at, end):
                spans.append((at, end, entries))
    spans.sort(key=lambda span: (span[0] - span[1], span[0]))
    return spans


def _meant(
    chart: Chart, start: int, end: int, entries: Sequence[Entry], values: Values
) -> Found | None:
    """Decide which value is meant by tokens, if any is."""
    leans = not chart.is_closed_off(end)
    if chart.is_topic(start):
        return None
    named: dict[str, tuple[Entry, tuple[int, int]]] = {}
    fitting: dict[str, Entry] = {}
    for entry in entries:
        span = beside(chart, entry.name, start, end)
        if span is not None and chart.is_free(*span) and _is_end(chart, span[1]):
            named.setdefault(entry.name.column.name, (entry, span))
        elif entry.name.column.name not in fitting and is_meant(chart, start, end, entry, values):
            fitting[entry.name.column.name] = entry
    if len(named) == 1:
        entry, (start, end) = next(iter(named.values()))
    elif not named and len(fitting) == 1 and len({e.name.column.name for e in entries}) == 1:
        entry = next(iter(fitting.values()))
    else:
        return None
    found = _found(chart, start, end, entry)
    plural = chart.tokens[end - 1].low != singular(chart.tokens[end - 1].low)
    found.leans = leans and not plural and not _is_verb(chart.low(end)) and found.end == end
    return found


def _is_verb(word: str) -> bool:
    return word.endswith(("ing", "ed"))


def _is_end(chart: Chart, at: int) -> bool:
    return chart.is_open(at) or chart.low(at).endswith(("ing", "ed"))


def _found(chart: Chart, start: int, end: int, entry: Entry) -> Found:
    column = entry.name.column
    if chart.low(end) in ("level", "levels"):
        end += 1
    condition: Condition = Comparison(column.name, "=", entry.value)
    if entry.presence:
        return Found(start, end, column, (condition,), Missing(column.name), joins=True)
    if column.kind == "tags":
        return Found(start, end, column, (Has(column.name, entry.value),), joins=True)
    if column.levels:
        for words, operator in COMPARED_BEFORE.items():
            first = start - len(words)
            if operator != "=" and first >= 0 and chart.starts_with(first, words):
                bound = Comparison(column.name, operator, entry.value)
                return Found(first, end, column, (bound,))
        for words, operator in COMPARED_AFTER.items():
            if chart.starts_with(end, words):
                bound = Comparison(column.name, operator, entry.value)
                return Found(start, end + len(words), column, (bound,))
    return Found(start, end, column, (condition,), joins=True)
