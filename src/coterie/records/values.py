"""Columns of text into labels, numbers and times."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import CoterieWarning
from coterie.formatting import counted
from coterie.records.compose import as_strings

__all__ = ["as_labels", "as_typed_labels", "infer_types", "number_values", "parse_times"]

_WHOLE = re.compile(r"0|-?[1-9]\d{0,17}")
_LARGEST_WHOLE = 2**53  # beyond it a float does not tell whole numbers apart
_PADDED = re.compile(r"[+-]?0\d|0[xX]")  # a code, such as a postal one
_HEAD = 100  # cells tried first, to skip columns of words; a judgement, not measured
_Unit = Literal["s", "ms", "us", "ns"]
# of times as numbers, by their size: years up to 5138 in seconds, from 1973 on in finer units
_UNITS: tuple[tuple[float, _Unit], ...] = ((1e11, "s"), (1e14, "ms"), (1e17, "us"), (np.inf, "ns"))


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
    type whose values, written as text, give every cell of it ("1", "0.5", "True"; not "007").
    """
    labels = as_labels(column)
    there = np.flatnonzero([label is not None for label in labels])
    known = labels[there].tolist() if untyped else column.to_numpy(dtype=object)[there].tolist()
    if (typed := _read_all(known) if untyped else _typed_all(known)) is not None:
        labels[there] = typed
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


def infer_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn the text columns that hold only numbers into numbers, in a new frame of default index.

    Numbers with a leading zero, such as postal codes, stay text. A missing cell makes a column of
    whole numbers float64 with NaN.
    """
    inferred = frame.reset_index(drop=True)
    for place, dtype in enumerate(inferred.dtypes):
        if pd.api.types.is_object_dtype(dtype) or isinstance(dtype, pd.StringDtype):
            column = inferred.iloc[:, place]
            present = (cell for cell in column.dropna() if not isinstance(cell, str) or cell)
            head = pd.Series(list(islice(present, _HEAD)), dtype=object)
            numbers = None if _numbers(head) is None else _numbers(column)
            if numbers is not None:
                inferred.isetitem(place, numbers.array)
    return inferred


def _numbers(column: pd.Series[Any]) -> pd.Series[Any] | None:
    cells = column.map(lambda cell: cell.strip() or None if isinstance(cell, str) else cell)
    present = cells.dropna()
    if present.empty or not present.map(_may_be_number).all():
        return None
    numbers = pd.to_numeric(present, errors="coerce")
    if not np.isfinite(numbers.to_numpy(dtype=float)).all():
        return None
    return pd.to_numeric(present).reindex(column.index)


def _may_be_number(cell: object) -> bool:
    if isinstance(cell, str):
        return _PADDED.match(cell) is None
    return isinstance(cell, int | float | Decimal) and not isinstance(cell, bool)


def parse_times(column: pd.Series[Any]) -> npt.NDArray[np.datetime64]:
    """Read n times as datetime64[ns]; what cannot be read is NaT, and a warning counts it.

    Numbers are seconds, milliseconds, microseconds or nanoseconds since 1970 by their size. Times
    with a zone are given in UTC.
    """
    cells = infer_types(column.to_frame()).iloc[:, 0]
    if pd.api.types.is_string_dtype(cells.dtype):
        cells = pd.Series(as_labels(cells), dtype=object)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        largest = cells.abs().max()
        unit = next(unit for limit, unit in _UNITS if not largest >= limit)
        times = pd.to_datetime(cells, unit=unit, errors="coerce", utc=True)
    else:
        times = pd.to_datetime(cells, format="ISO8601", errors="coerce", utc=True)
        if (times.isna() & cells.notna()).any():
            times = pd.to_datetime(cells, format="mixed", errors="coerce", utc=True)
    lost = int((times.isna() & cells.notna()).sum())
    if lost:
        warnings.warn(
            f"{counted(lost, 'value')} of '{column.name}' could not be read as times and became "
            "empty: write times as 2025-03-31 or 2025-03-31T14:05.",
            CoterieWarning,
            stacklevel=2,
        )
    return np.asarray(times.dt.tz_localize(None), dtype="datetime64[ns]")
