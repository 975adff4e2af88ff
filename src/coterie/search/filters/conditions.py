"""Conditions on the columns of an index: what a filter says, as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

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
    "columns_of",
    "together",
]

Value: TypeAlias = str | float | bool | datetime
Operator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``column operator value``. A text compares whatever its case; levels by their order."""

    column: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """``column IN (values)``."""

    column: str
    values: tuple[Value, ...]


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
    """``column HAS tag``: one of the cell's tags is this one, whatever its case."""

    column: str
    tag: str


@dataclass(frozen=True, slots=True)
class Not:
    """``NOT part``. Of a row whose value is missing neither a comparison nor its NOT is true."""

    part: Condition


@dataclass(frozen=True, slots=True)
class And:
    """``part AND part``."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """``part OR part``."""

    parts: tuple[Condition, ...]


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
