"""Filters: conditions on the columns of an index, read, written, checked and evaluated."""

from coterie.search.filters.checking import check_condition, doubts
from coterie.search.filters.conditions import (
    And,
    Comparison,
    Condition,
    Contains,
    Has,
    Missing,
    Not,
    OneOf,
    Operator,
    Or,
    Value,
    columns_of,
    together,
)
from coterie.search.filters.evaluating import passing
from coterie.search.filters.parsing import parse_filter
from coterie.search.filters.writing import say_condition, write_filter

__all__ = [
    "And",
    "Comparison",
    "Condition",
    "Contains",
    "Has",
    "Missing",
    "Not",
    "OneOf",
    "Operator",
    "Or",
    "Value",
    "check_condition",
    "columns_of",
    "doubts",
    "parse_filter",
    "passing",
    "say_condition",
    "together",
    "write_filter",
]
