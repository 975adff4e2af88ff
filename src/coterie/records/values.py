"""Columns as text and as labels that keep their type."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.records.compose import as_strings
from coterie.records.export import restore_all

__all__ = ["as_labels", "as_typed_labels", "number_values"]

_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")
_WHOLE_FLOAT = re.compile(r"(0|-?[1-9]\d*)\.0+", re.ASCII)
_LARGEST_WHOLE = 2**53  # beyond it a float does not tell whole numbers apart


def as_labels(column: pd.Series[Any]) -> npt.NDArray[np.object_]:
    """Write a column as labels: stripped str, or None where the cell is missing or blank."""
    strings = as_strings(column)
    strings[:] = [None if cell is None else cell.strip() or None for cell in strings]
    return strings


def as_typed_labels(column: pd.Series[Any], *, untyped: bool = False) -> npt.NDArray[np.object_]:
    """Take a column as n labels that keep their type, None where a cell is missing or blank.

    Whole numbers are int, those that a missing cell made floats too; truth values bool, other
    numbers float. A column of several types, or of others, is text as `as_labels` writes it.
    `untyped` says that the cells are text because their file has no types: then a column is of the
    type whose values, written as text, give every cell of it ("1", "0.5", "True"; not "007"); and
    an apostrophe that keeps a spreadsheet from running a cell is taken away. In a column of text
    "1.0" is "1" where that is there too.
    """
    labels = as_labels(column)
    if untyped:
        labels = restore_all(labels)
    there = np.flatnonzero([label is not None for label in labels])
    known = labels[there].tolist() if untyped else column.to_numpy(dtype=object)[there].tolist()
    if (typed := _read_all(known) if untyped else _typed_all(known)) is not None:
        labels[there] = typed
        return labels
    words = set(labels[there].tolist())
    labels[there] = [
        whole[1] if (whole := _WHOLE_FLOAT.fullmatch(label)) and whole[1] in words else label
        for label in labels[there]
    ]
    return labels


def _read_all(cells: list[str]) -> list[Any] | None:
    """Read texts as values of a type that writes them alike; None where there is no such type."""
    distinct = dict.fromkeys(cells)
    if distinct.keys() <= {"True", "False"}:
        return [cell == "True" for cell in cells]
    if all(map(_WHOLE.fullmatch, distinct)):
        return list(map(int, cells))
    try:
        as_written = all(repr(float(cell)) == cell for cell in distinct)
    except ValueError:
        return None
    return _typed_all(list(map(float, cells))) if as_written else None


def _typed_all(cells: list[Any]) -> list[Any] | None:
    """Give cells of one type as Python's values; None where there is no such type."""
    kind = pd.api.types.infer_dtype(cells, skipna=False)
    if kind == "boolean":
        return list(map(bool, cells))
    if kind == "integer":
        return list(map(int, cells))
    if kind not in ("floating", "mixed-integer-float"):
        return None
    numbers = [float(cell) for cell in cells]
    if not np.isfinite(numbers).all():
        return None
    whole = all(number.is_integer() and abs(number) < _LARGEST_WHOLE for number in numbers)
    return [int(number) for number in numbers] if whole else numbers


def number_values(
    values: Iterable[str],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """Give distinct values numbers from 0 as they first appear; return the numbers and the values.

    As `pandas.factorize`, which in pandas 2 reads a text up to its first NUL only, and takes some
    halves of surrogate pairs for one another.
    """
    seen: dict[str, int] = {}
    numbers = np.fromiter((seen.setdefault(value, len(seen)) for value in values), dtype=np.int64)
    found = np.empty(len(seen), dtype=object)
    found[:] = list(seen)
    return numbers, found
