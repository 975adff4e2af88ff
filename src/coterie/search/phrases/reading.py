"""What a query in words says of known columns, and what is left of it as meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coterie.search.filters.conditions import Condition
from coterie.search.phrases.chart import Chart
from coterie.search.phrases.dates import find_dates
from coterie.search.phrases.joining import join_alternatives, read_negations
from coterie.search.phrases.matching import find_values, possible_values
from coterie.search.phrases.numbers import find_numbers
from coterie.search.phrases.remainder import rest_of
from coterie.search.phrases.scales import find_levels_meant
from coterie.search.phrases.tokens import split_query
from coterie.search.phrases.truths import find_truths, mark_truths
from coterie.search.phrases.vocabulary import vocabulary_of
from coterie.search.schema import Schema

__all__ = ["ReadQuery", "Recognised", "read_query"]


@dataclass(frozen=True, slots=True)
class Recognised:
    """A condition that a query states.

    Attributes
    ----------
    condition
        What it says of a column.
    words
        The words of the query that say so.
    start, end
        Where these begin and end in the query.
    note
        How they were read, where that is not plain: ``"high: the top fifth, 20,000 and more"``.
    """

    condition: Condition
    words: str
    start: int
    end: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """A query as it is searched for.

    Attributes
    ----------
    filters
        The conditions that it states, in the order of its words.
    rest
        What is left as meaning; "" where nothing is.
    """

    filters: Sequence[Recognised]
    rest: str


def read_query(query: str, schema: Schema) -> ReadQuery:
    """Recognise conditions on known columns in a query in English.

    A condition is read where words and grammar leave no doubt: what may be a filter or a meaning
    stays in `rest`. What is known of a schema is prepared at its first query, in time that grows
    linearly with its values; a query then takes a few milliseconds.
    """
    vocabulary = vocabulary_of(schema)
    chart = Chart(split_query(query))
    find_dates(chart, vocabulary.names)
    spans = possible_values(chart, vocabulary.values)
    mark_truths(chart, vocabulary.names)
    find_levels_meant(chart, vocabulary.names)
    for _ in range(2):
        find_values(chart, vocabulary.values, spans)
        find_truths(chart, vocabulary.names)
    _drop_leaning(chart)
    find_numbers(chart, vocabulary.names)
    find_values(chart, vocabulary.values, spans)
    find_truths(chart, vocabulary.names)
    _drop_leaning(chart)
    read_negations(chart)
    filters = list[Recognised]()
    for found, condition, note in join_alternatives(chart):
        start, end = chart.tokens[found.start].start, chart.tokens[found.end - 1].end
        if any(condition == other.condition for other in filters):
            continue
        filters.append(Recognised(condition, query[start:end], start, end, note))
    return ReadQuery(tuple(filters), rest_of(query, chart))


def _drop_leaning(chart: Chart) -> None:
    """Drop what stands before a word that turned out to be no value: ``remote control``."""
    for found in sorted(chart.found, key=lambda found: -found.start):
        if found.leans and not chart.is_closed_off(found.end):
            chart.drop(found)
