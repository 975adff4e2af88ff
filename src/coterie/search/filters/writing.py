"""Conditions as text: the canonical one, which parses back, and one for people to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from coterie.formatting import counted, shorten
from coterie.search.filters.conditions import (
    OPPOSITE,
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
)

__all__ = [
    "KEYWORDS",
    "as_range",
    "say_condition",
    "write_filter",
    "write_name",
    "write_value",
]

KEYWORDS = frozenset({"AND", "BETWEEN", "FALSE", "IN", "IS", "NOT", "NULL", "OR", "TRUE"})
"""Words that are never the name of a column, unless they are quoted."""

_OPERATORS = frozenset({"CONTAINS", "DATE", "HAS", "ILIKE", "LIKE"})
_PLAIN = re.compile(r"[^\W\d]\w*(?:[.-]\w+)*")
_MOST = 6  # values in a list for people; a judgement, not measured
_WIDTH = 60  # characters of a value or a name for people; a judgement, not measured
_GROUPED = 10_000  # from here on numbers have thousands separators; below it are years
_SIGNS: dict[Operator, str] = {"=": "is", "!=": "is not", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_DATES: dict[Operator, str] = {
    "=": "on",
    "!=": "not on",
    "<": "before",
    "<=": "up to",
    ">": "after",
    ">=": "since",
}


def write_filter(condition: Condition) -> str:
    """Write a condition as the canonical text of a filter.

    `coterie.search.filters.parse_filter` reads an equal condition from it, on a schema with its
    columns. Names are in double quotes where they need it, nested AND and OR in parentheses.

    Parameters
    ----------
    condition
        Any condition whose values are of the kinds of its columns.

    Returns
    -------
    str
        One expression, such as ``budget >= 3 AND sector = 'Health'``.
    """
    if isinstance(condition, And):
        if (found := as_range(condition)) is not None:
            return _write_range(*found, "BETWEEN")
        return " AND ".join(_grouped(part) for part in condition.parts)
    if isinstance(condition, Or):
        return " OR ".join(_grouped(part) for part in condition.parts)
    if isinstance(condition, Not):
        return _write_not(condition.part)
    return _write_leaf(condition, "")


def _grouped(part: Condition) -> str:
    text = write_filter(part)
    return f"({text})" if isinstance(part, And | Or) and as_range(part) is None else text


def _write_not(part: Condition) -> str:
    if (found := as_range(part)) is not None:
        return _write_range(*found, "NOT BETWEEN")
    if isinstance(part, OneOf | Missing | Contains | Has):
        return _write_leaf(part, "NOT ")
    return f"NOT {_grouped(part)}"


def _write_leaf(leaf: Comparison | OneOf | Missing | Contains | Has, negation: str) -> str:
    name = write_name(leaf.column)
    if isinstance(leaf, Comparison):
        return f"{name} {leaf.operator} {write_value(leaf.value)}"
    if isinstance(leaf, OneOf):
        return f"{name} {negation}IN ({', '.join(map(write_value, leaf.values))})"
    if isinstance(leaf, Missing):
        return f"{name} IS {negation}NULL"
    if isinstance(leaf, Contains):
        return f"{name} {negation}CONTAINS {write_value(leaf.text)}"
    return f"{name} {negation}HAS {write_value(leaf.tag)}"


def _write_range(column: str, low: Value, high: Value, operator: str) -> str:
    return f"{write_name(column)} {operator} {write_value(low)} AND {write_value(high)}"


def write_name(name: str) -> str:
    """Write the name of a column, in double quotes where it needs them."""
    is_word = name.isascii() and name.upper() in KEYWORDS | _OPERATORS
    if _PLAIN.fullmatch(name) and not is_word:
        return name
    return '"' + name.replace('"', '""') + '"'


def write_value(value: Value) -> str:
    """Write a value: ``'text'``, ``3``, ``TRUE``, ``'2024-03-01'``, ``'2024-03-01T12:30:00'``."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, date):  # a datetime is one
        return f"'{value.isoformat()}'"
    return str(value) if isinstance(value, int) else repr(float(value))


def as_range(condition: Condition) -> tuple[str, Value, Value] | None:
    """Give the column and both ends of what BETWEEN makes; None where it is something else."""
    if not isinstance(condition, And) or len(condition.parts) != 2:
        return None
    low, high = condition.parts
    if not isinstance(low, Comparison) or not isinstance(high, Comparison):
        return None
    if low.column != high.column or (low.operator, high.operator) != (">=", "<="):
        return None
    return low.column, low.value, high.value


def say_condition(condition: Condition) -> str:
    """Say a condition to a person: ``budget ≥ 3``, ``sector is Health or Tech``.

    It is short, and not meant to be parsed: long values and long lists are cut.
    """
    return _say(condition, negated=False)


def _say(condition: Condition, *, negated: bool) -> str:
    if isinstance(condition, Not):
        return _say(condition.part, negated=not negated)
    if isinstance(condition, And | Or):
        return _say_group(condition, negated=negated)
    name = _short(condition.column)
    if isinstance(condition, Comparison):
        operator = OPPOSITE[condition.operator] if negated else condition.operator
        return f"{name} {_say_comparison(operator, condition.value)}"
    if isinstance(condition, OneOf):
        values = list(map(_say_value, condition.values))
        verb = "on" if all(isinstance(value, date) for value in condition.values) else "is"
        listed = f"none of {_listed(values, 'and')}" if negated else _listed(values, "or")
        return f"{name} {verb} {listed}"
    if isinstance(condition, Missing):
        verb, what = "is", "known" if negated else "missing"
    elif isinstance(condition, Contains):
        verb, what = "does not contain" if negated else "contains", _say_value(condition.text)
    else:
        verb, what = "do not include" if negated else "include", _say_value(condition.tag)
    return f"{name} {verb} {what}"


def _say_group(group: And | Or, *, negated: bool) -> str:
    if (found := as_range(group)) is not None:
        column, low, high = found
        ends = f"from {_say_value(low)} to {_say_value(high)}"
        return f"{_short(column)} {'not ' if negated else ''}{ends}"
    word = " and " if isinstance(group, And) else " or "
    said = [
        f"({text})" if isinstance(part, And | Or) and as_range(part) is None else text
        for part in group.parts
        for text in [say_condition(part)]
    ]
    return f"not ({word.join(said)})" if negated else word.join(said)


def _say_comparison(operator: Operator, value: Value) -> str:
    if isinstance(value, bool):
        return f"is {'yes' if value == (operator == '=') else 'no'}"
    if isinstance(value, date):
        at = isinstance(value, datetime) and operator in {"=", "!="}
        word = _DATES[operator].replace("on", "at") if at else _DATES[operator]
        return f"{word} {_say_value(value)}"
    return f"{_SIGNS[operator]} {_say_value(value)}"


def _say_value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _short(value) or "''"
    if isinstance(value, datetime):
        whole = value.second == 0 and value.microsecond == 0
        return value.isoformat(" ", "minutes" if whole else "auto")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value) if isinstance(value, int) else format(float(value), ".15g")
    return f"{int(text):,}" if abs(value) >= _GROUPED and text.lstrip("-").isdigit() else text


def _listed(values: Sequence[str], word: str) -> str:
    """Join values as in a sentence: ``A, B or C``, at most `_MOST` of them."""
    more = len(values) - _MOST
    shown = [*values[:_MOST], counted(more, "other")] if more > 0 else list(values)
    return f" {word} ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _short(text: str) -> str:
    return shorten(text, _WIDTH)
