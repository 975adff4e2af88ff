"""Columns of text into labels, numbers and times."""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import CoterieWarning
from coterie.records.compose import as_strings

__all__ = ["as_labels", "infer_types", "parse_times"]

_Unit = Literal["s", "ms", "us", "ns"]
_UNITS: tuple[tuple[float, _Unit], ...] = ((1e11, "s"), (1e14, "ms"), (1e17, "us"), (np.inf, "ns"))


def as_labels(column: pd.Series[Any]) -> npt.NDArray[np.object_]:
    """Write a column as labels: stripped str, or None where the cell is missing or blank."""
    strings = as_strings(column)
    strings[:] = [None if cell is None else cell.strip() or None for cell in strings]
    return strings


def infer_types(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn the text columns that hold only numbers into numbers; leave the others.

    Numbers with a leading zero, such as postal codes, stay text. A missing cell makes a column of
    whole numbers float64 with NaN.

    Returns
    -------
    DataFrame
        Of the same shape, default index; the given one is not changed.
    """
    inferred = frame.reset_index(drop=True)
    for place, dtype in enumerate(inferred.dtypes):
        if pd.api.types.is_object_dtype(dtype) or isinstance(dtype, pd.StringDtype):
            inferred.isetitem(place, _number(inferred.iloc[:, place]).array)
    return inferred


def _number(column: pd.Series[Any]) -> pd.Series[Any]:
    present = column.dropna()
    if present.empty or not present.map(lambda cell: isinstance(cell, str | int | float)).all():
        return column
    padded = present.astype(str).str.strip().str.match(r"[+-]?0\d|.*[_a-zA-Z]{2}|.*[xX]")
    if padded.any() or present.map(lambda cell: isinstance(cell, bool)).any():
        return column
    numbers = pd.to_numeric(present, errors="coerce")
    return column if numbers.isna().any() else pd.to_numeric(column)


def parse_times(column: pd.Series[Any]) -> npt.NDArray[np.datetime64]:
    """Read times; what cannot be read becomes NaT, and a warning counts it.

    Numbers are seconds, milliseconds, microseconds or nanoseconds since 1970 by their size. Times
    with a zone are given in UTC.

    Returns
    -------
    ndarray of shape (n,), datetime64[ns]
    """
    cells = infer_types(column.to_frame()).iloc[:, 0]
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
            f"{lost:,} values of '{column.name}' are not times and were left empty: "
            "write them as 2025-03-31 or 2025-03-31T14:05.",
            CoterieWarning,
            stacklevel=2,
        )
    return np.asarray(times.dt.tz_localize(None), dtype="datetime64[ns]")
