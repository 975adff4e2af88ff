"""What is known of the columns of an index, joined with what is known of rows that are added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from coterie.search.schema import MOST_VALUES, Column

__all__ = ["merge_columns"]


def merge_columns(
    known: Sequence[Column], added: Sequence[Column], rows: int, more: int
) -> tuple[Column, ...]:
    """Join what is known of the columns of an index with those of rows that are added.

    Parameters
    ----------
    known, added
        Columns of the index, and of the rows.
    rows, more
        How many rows each of them is of.
    """
    new = {column.name: column for column in added}
    found = [
        _merge(column, new[column.name], rows, more)
        if column.name in new
        else replace(column, missing=column.missing + more)
        for column in known
    ]
    names = {column.name for column in known}
    found += [
        replace(column, missing=column.missing + rows)
        for column in added
        if column.name not in names
    ]
    return tuple(found)


def _merge(one: Column, other: Column, rows: int, more: int) -> Column:
    missing = one.missing + other.missing
    if one.kind in ("text", "tags"):
        free = (not one.values and one.missing < rows) or (
            not other.values and other.missing < more
        )
        having = dict(zip(one.values, one.counts, strict=True))
        for value, count in zip(other.values, other.counts, strict=True):
            having[value] = having.get(value, 0) + count
        if free or len(having) > MOST_VALUES:
            return replace(one, values=(), counts=(), levels=(), missing=missing)
        ordered = sorted(having, key=lambda value: -having[value])
        counts = tuple(having[value] for value in ordered)
        return replace(one, values=tuple(ordered), counts=counts, missing=missing)
    if one.kind == "truth":
        both = tuple(a + b for a, b in zip(one.counts, other.counts, strict=True))
        return replace(one, counts=both, missing=missing)
    lows = [end for end in (one.low, other.low) if end is not None]
    highs = [end for end in (one.high, other.high) if end is not None]
    low: Any = min(lows, default=None)
    high: Any = max(highs, default=None)
    weights = (rows - one.missing, more - other.missing)
    quantiles = one.quantiles or other.quantiles
    if one.quantiles and other.quantiles:
        # the mean of both, weighed by rows; exact again when all rows are written anew
        total = max(sum(weights), 1)
        quantiles = tuple(
            (a * weights[0] + b * weights[1]) / total
            for a, b in zip(one.quantiles, other.quantiles, strict=True)
        )
    return replace(one, low=low, high=high, quantiles=quantiles, missing=missing)
