"""The table as it was read: shape, types, memory, gaps; rows set aside; lengths; time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.records import Records, Table, infer_types

__all__ = [
    "SetAside",
    "Spread",
    "TableColumn",
    "TableFacts",
    "TimeSpan",
    "set_aside",
    "spread",
    "table_facts",
    "time_span",
]

Ints = npt.NDArray[np.int64]

_BARS = 40  # of a histogram, at most; what fits on a page
# A quarter by days, two years by weeks, ten by months: at most some 120 periods.
_PERIODS = ((92, "day", "D"), (731, "week", "W-SUN"), (3653, "month", "M"), (np.inf, "year", "Y"))
_DETAIL = re.compile(r"(?<=with another )('[^']*'):.*| \(line [0-9]+\)$")
_NUMBER = re.compile(r"(?<![\w-])[0-9][0-9,]*\b")


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of the table as it was read.

    Attributes
    ----------
    name
        Its name.
    dtype
        What its cells are: the pandas dtype, after columns of numbers were read as numbers.
    missing
        Cells without a value.
    blank
        Cells with nothing but white space.
    distinct
        Different values.
    memory_bytes
        Bytes it takes in memory, as read.
    """

    name: str
    dtype: str
    missing: int
    blank: int
    distinct: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class TableFacts:
    """Shape of the table, memory in bytes, and its columns."""

    rows: int
    columns: int
    memory_bytes: int
    by_column: tuple[TableColumn, ...]


@dataclass(frozen=True, slots=True)
class SetAside:
    """Rows that were set aside: number, share, and the reasons, the most frequent first.

    ``reasons`` maps a reason to its number of rows; references to single rows in it are written
    as ``#``.
    """

    rows: int
    share: float
    reasons: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Spread:
    """How a number is spread over the rows.

    ``counts[i]`` rows lie from ``edges[i]`` to below ``edges[i + 1]``; the last edge is above the
    99th percentile, and ``beyond`` rows lie above it.
    """

    minimum: int
    quarter: float
    median: float
    mean: float
    three_quarters: float
    p95: float
    maximum: int
    edges: tuple[int, ...]
    counts: tuple[int, ...]
    beyond: int


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """First and last time (ISO 8601), rows without one, and rows by period.

    ``unit`` is ``"day"``, ``"week"``, ``"month"`` or ``"year"``; ``starts`` are the periods'
    first days, empty ones among them.
    """

    first: str
    last: str
    missing: int
    unit: str
    starts: tuple[str, ...]
    counts: tuple[int, ...]


def table_facts(table: Table | pd.DataFrame) -> TableFacts:
    """Describe the columns of a table; costs a pass over each and a copy of one at a time."""
    frame = table.frame if isinstance(table, Table) else table
    columns = tuple(
        _column(str(name), frame.iloc[:, place]) for place, name in enumerate(frame.columns)
    )
    unreadable = len(table.rejects) if isinstance(table, Table) else 0
    memory = int(frame.memory_usage(index=False, deep=True).sum())
    return TableFacts(len(frame) + unreadable, len(columns), memory, columns)


def _column(name: str, cells: pd.Series[Any]) -> TableColumn:
    inferred = infer_types(_mended(cells).to_frame(name)).iloc[:, 0]
    blank = sum(isinstance(cell, str) and not cell.strip() for cell in cells)
    try:
        distinct = int(cells.nunique())
    except TypeError:  # lists and mappings of nested JSON
        distinct = int(cells.dropna().map(repr).nunique())
    return TableColumn(
        name=name,
        dtype=_type_name(inferred),
        missing=int(cells.isna().sum()),
        blank=blank,
        distinct=distinct,
        memory_bytes=int(cells.memory_usage(index=False, deep=True)),
    )


def _mended(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Replace halves of surrogate pairs, which pandas cannot hold as text, by question marks."""
    if cells.dtype != np.dtype(object):
        return cells
    mended = [c.encode("utf-8", "replace").decode() if isinstance(c, str) else c for c in cells]
    return pd.Series(mended, dtype=object)


def _type_name(cells: pd.Series[Any]) -> str:
    if isinstance(cells.dtype, pd.StringDtype):
        return "str"
    if cells.dtype != np.dtype(object):
        return str(cells.dtype)
    kinds = sorted({type(cell).__name__ for cell in cells.dropna()})
    return " or ".join(kinds) if len(kinds) <= 3 else "mixed"


def set_aside(records: Records) -> SetAside:
    """Count the rows that were set aside by reason, whatever single rows the reasons refer to."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for reason in records.rejects["reason"].astype(str):
        told = _DETAIL.sub(lambda match: match[1] or "", reason)
        alike.setdefault(tuple(_NUMBER.split(told)), []).append(told)
    reasons = Counter({_general(told): len(told) for told in alike.values()})
    rows = len(records.rejects)
    return SetAside(rows, rows / max(records.rows_in, 1), dict(reasons.most_common()))


def _general(told: list[str]) -> str:
    """Write reasons that differ in numbers alone as one; a number that all share stays."""
    numbers = zip(*(_NUMBER.findall(reason) for reason in told), strict=True)
    common = iter([each[0] if len(set(each)) == 1 else "…" for each in numbers])
    return _NUMBER.sub(lambda _: next(common), told[0])


def spread(values: Ints) -> Spread:
    """Describe how whole numbers are spread; the bars stop at the 99th percentile.

    Parameters
    ----------
    values
        Shape (n,), n > 0, none negative.
    """
    low, quarter, median, three, p95, p99, high = np.percentile(
        values, [0, 25, 50, 75, 95, 99, 100]
    ).tolist()
    width = max(1, int(np.ceil((p99 - low + 1) / _BARS)))
    bars = int((p99 - low) // width) + 1
    edges = int(low) + width * np.arange(bars + 1)
    shown = values[values < edges[-1]]
    counts = np.bincount((shown - int(low)) // width, minlength=bars)
    return Spread(
        minimum=int(low),
        quarter=quarter,
        median=median,
        mean=float(values.mean()),
        three_quarters=three,
        p95=p95,
        maximum=int(high),
        edges=tuple(edges.tolist()),
        counts=tuple(counts.tolist()),
        beyond=len(values) - len(shown),
    )


def time_span(times: npt.NDArray[np.datetime64] | None) -> TimeSpan | None:
    """Count rows by day, week, month or year, whichever gives 10 to 120 periods or so."""
    if times is None:
        return None
    known = pd.Series(times).dropna()
    if known.empty:
        return None
    first, last = known.min(), known.max()
    days = last.toordinal() - first.toordinal()
    unit, alias = next((unit, alias) for most, unit, alias in _PERIODS if days <= most)
    periods = known.dt.to_period(alias)
    every = pd.period_range(periods.min(), periods.max(), freq=alias)
    counts = periods.value_counts().reindex(every, fill_value=0)
    return TimeSpan(
        first=first.isoformat(),
        last=last.isoformat(),
        missing=len(times) - len(known),
        unit=unit,
        starts=tuple(str(period.start_time.date()) for period in every),
        counts=tuple(map(int, counts)),
    )
