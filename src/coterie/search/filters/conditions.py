"""Conditions on the columns of an index: what a filter says, as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from coterie.errors import OptionError

__all__ = [
    "OPPOSITE",
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
    "columns_of",
    "together",
]

Value: TypeAlias = str | float | bool | date | datetime
"""A ``date`` is the whole day, a ``datetime`` a point in time: naive and in UTC."""

Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]

OPPOSITE: dict[Operator, Operator] = {
    "=": "!=",
    "!=": "=",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
}
"""What is true of a known value where the operator is false."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``column operator value``. A text compares whatever its case; levels by their order."""

    column: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """``column IN (values)``, one value or more."""

    column: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise OptionError(f"OneOf of '{self.column}' has no values: give one or more.")


@dataclass(frozen=True, slots=True)
class Missing:
    """``column IS NULL``: true or false of each row, never unknown."""

    column: str


@dataclass(frozen=True, slots=True)
class Contains:
    """``column CONTAINS text``: the text anywhere in the cell, whatever its case."""

    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Has:
    """``column HAS tag``: one of the tags of a cell is this one, whatever its case."""

    column: str
    tag: str


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT part``. Of a row whose value is missing neither a comparison nor its NOT is true."""

    part: Condition


@dataclass(frozen=True, slots=True)
class And:
    """``part AND part``, two parts or more."""

    parts: tuple[Condition, ...]

    def __post_init__(self) -> None:
        if len(self.parts) < 2:
            raise OptionError("And takes two conditions or more: pass a single one as it is.")


@dataclass(frozen=True, slots=True)
class Or:
    """``part OR part``, two parts or more."""

    parts: tuple[Condition, ...]

    def __post_init__(self) -> None:
        if len(self.parts) < 2:
            raise OptionError("Or takes two conditions or more: pass a single one as it is.")


Condition: TypeAlias = Comparison | OneOf | Missing | Contains | Has | Not | And | Or


def columns_of(condition: Condition) -> Iterator[str]:
    """Give the names of the columns that a condition reads, once for each mention."""
    if isinstance(condition, And | Or):
        for part in condition.parts:
            yield from columns_of(part)
    elif isinstance(condition, Not):
        yield from columns_of(condition.part)
    else:
        yield condition.column


def together(conditions: Sequence[Condition | None]) -> Condition | None:
    """Join conditions that must all hold; None where there are none."""
    parts = tuple(each for each in conditions if each is not None)
    if len(parts) < 2:
        return parts[0] if parts else None
    return And(parts)
