"""Dates and times in the spellings that people and programs use, one order for each column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.formatting import counted
from coterie.options.reading import DateOrder
from coterie.records.compose import as_strings
from coterie.records.numbers import infer_types
from coterie.records.values import number_values

__all__ = ["Dates", "parse_times", "read_dates"]

_ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd")  # the first of equally good ones wins
_CALLED: Mapping[DateOrder, str] = MappingProxyType(
    {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
)
_Unit = Literal["s", "ms", "us", "ns"]
# of times as numbers, by their size: years up to 5138 in seconds, from 1973 on in finer units
_UNITS: tuple[tuple[float, _Unit], ...] = ((1e11, "s"), (1e14, "ms"), (1e17, "us"), (np.inf, "ns"))
_OF_DAY = ("name", "day", "year", "later", "a", "b", "c")
_OF_CLOCK = ("hour", "minute", "second", "part", "half", "zone", "shift")
_CACHED = 2**16  # different days and times of day: all minutes of a day, and 170 years of days
_FIRST, _LAST = 1678, 2261  # years that datetime64[ns] holds whole
_MANY = 2  # times as many different years are too many; a judgement, not measured
_PIVOT = 69  # two digits from it on are years of the last century, as POSIX has it
_LONG = "january february march april may june july august september october november december"
_MONTHS = {name[:3]: number for number, name in enumerate(_LONG.split(), 1)}
# Of RFC 5322, and those of Europe; hours east of Greenwich.
_ZONES = {"utc": 0, "gmt": 0, "ut": 0, "z": 0, "wet": 0, "est": -5, "edt": -4, "cst": -6}
_ZONES |= {"cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "bst": 1, "west": 1}
_ZONES |= {"cet": 1, "cest": 2, "eet": 2, "eest": 3}

_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_NAME = "(?P<name>[a-z]{3,9})"
_TIME = (
    r"(?:(?:\s*[t,]\s*|\s+(?:at\s+|-\s+)?)"
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?)?"
    r"(?:\s*(?P<half>[ap])\.?\s?m\.?)?"
    r"(?:\s*(?P<zone>[a-z]{1,4})?(?P<shift>[+-]\d{1,2}(?::?\d{2})?)?)"
    r"(?:\s+\([^()]*\))?)?"
)
_YEAR_LAST = r"(?:\s+(?P<later>\d{4}))?"  # as date(1) and asctime write it
_SHAPES = tuple(
    re.compile(_WEEKDAY + day + _TIME + _YEAR_LAST, re.IGNORECASE | re.ASCII)
    for day in (
        r"(?P<a>\d{1,4})\s?(?P<by>[/.\-])\s?(?P<b>\d{1,2})\s?(?P=by)\s?(?P<c>\d{1,4})\.?",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?[\s/\-]*"
        + _NAME
        + r"\.?,?[\s/\-]*(?P<year>\d{4}|\d{2})",
        _NAME + r"\.?[\s\-]*(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,\s*|\s+|-)(?P<year>\d{4})",
        _NAME + r"\.?\s+(?P<day>\d{1,2})",
        r"(?P<year>\d{4})[\s\-/]*" + _NAME + r"\.?[\s\-/]*(?P<day>\d{1,2})",
    )
)
_CHARACTERS = str.maketrans({"年": "-", "月": "-", "日": " ", "午": " ", "\u2212": "-"})


@dataclass(frozen=True, slots=True, eq=False)
class Dates:
    """A column read as dates.

    Attributes
    ----------
    times
        Shape (n,), datetime64[ns] in UTC; NaT where a cell is missing or cannot be read.
    unread
        Cells that hold something and cannot be read.
    order
        What day, month and year stand in; None where no cell depends on it.
    notes
        What a person should know of it, one sentence each.
    """

    times: npt.NDArray[np.datetime64]
    unread: int
    order: DateOrder | None = None
    notes: tuple[str, ...] = ()


def parse_times(
    column: pd.Series[Any], *, asked: DateOrder | None = None, usual: DateOrder | None = None
) -> Dates:
    """Read a column of times: numbers, dates and times, or text as `read_dates` does.

    Numbers are seconds, milliseconds, microseconds or nanoseconds since 1970 by their size; those
    of eight digits that are all days of the years 1900 to 2099, such as 20250331, are days. Times
    with a zone are given in UTC. A note counts the cells that cannot be read.
    """
    cells = infer_types(column.to_frame()).iloc[:, 0]
    plain = not pd.api.types.is_complex_dtype(cells.dtype)
    if pd.api.types.is_numeric_dtype(cells.dtype) and plain and not _are_days(cells):
        largest = cells.abs().max()
        unit = next(unit for limit, unit in _UNITS if not largest >= limit)
        dates = _of_pandas(pd.to_datetime(cells, unit=unit, errors="coerce", utc=True), cells)
    elif pd.api.types.is_datetime64_any_dtype(cells.dtype):
        dates = _of_pandas(pd.to_datetime(cells, errors="coerce", utc=True), cells)
    else:
        dates = read_dates(column, asked=asked, usual=usual)
    if not dates.unread:
        return dates
    note = (
        f"{counted(dates.unread, 'value')} of '{column.name}' could not be read as times and "
        "became empty: write times as 2025-03-31 or 2025-03-31T14:05."
    )
    return replace(dates, notes=(*dates.notes, note))


def _are_days(cells: pd.Series[Any]) -> bool:
    """Whether numbers are days as 20250331."""
    known = cells.dropna().to_numpy(dtype=float)
    if not len(known) or not ((known > 1900_01_00) & (known < 2100_01_01)).all():
        return False
    texts = pd.Series([f"{number:.10g}" for number in np.unique(known)], dtype=object)
    return bool(pd.to_datetime(texts, format="%Y%m%d", errors="coerce").notna().all())


def _of_pandas(times: pd.Series[Any], cells: pd.Series[Any]) -> Dates:
    found = np.asarray(times.dt.tz_localize(None), dtype="datetime64[ns]")
    return Dates(found, int((times.isna() & cells.notna()).sum()))


def read_dates(
    column: pd.Series[Any], *, asked: DateOrder | None = None, usual: DateOrder | None = None
) -> Dates:
    """Read a column as dates: what ``03/04/2025`` means is settled on all of its cells.

    Of the orders day first, month first and year first that counts which reads the most cells.
    Where several read as many, it is ``usual``; else one that gives more than twice as many
    different years as another is left out, and it is month first beside AM and PM, else day first,
    and a note tells of it. A year of four digits in
    the first place and a month in words (in English) say themselves what they are. Times without a
    zone are taken as UTC. Time grows linearly with the cells.

    Parameters
    ----------
    column
        Of text; cells of other types are read as they are written.
    asked
        The only order that may count.
    usual
        The order to prefer, as that of earlier rows.
    """
    strings = as_strings(column)
    times = _of_iso(strings)
    if not any(strings[np.isnat(times)]):
        return Dates(times, 0, asked)
    codes, cells = number_values(map(_tidy, strings))
    weights = np.bincount(codes, minlength=len(cells))
    found = _of_iso(cells)
    left = [at for at in np.flatnonzero(np.isnat(found)) if cells[at]]
    parsed = {at: _parts(str(cells[at])) for at in left}
    orders = _ORDERS if asked is None else (asked,)
    read = {order: {at: _time(parts, order) for at, parts in parsed.items()} for order in orders}
    counts = {
        order: sum(int(weights[at]) for at, time in times.items() if time is not None)
        for order, times in read.items()
    }
    most = [order for order in orders if counts[order] == max(counts.values())]
    depends = [at for at in left if len({read[order][at] for order in orders}) > 1]
    if usual is not None and usual in most:
        most = [usual]
    years = {order: len(_years(read[order].values())) for order in most}
    likely = [order for order in most if years[order] <= _MANY * min(years.values())]
    order, notes = likely[0], list[str]()
    differ = [at for at in left if len({read[order][at] for order in likely}) > 1]
    if differ:
        if "mdy" in likely and any(parts and parts.half for parts in parsed.values()):
            order = "mdy"
        notes.append(_ambiguous(str(column.name), str(cells[differ[0]]), order, likely))
    chosen = read[order]
    for at, time in chosen.items():
        if time is not None:
            found[at] = np.datetime64(time, "ns")
    unread = [at for at in left if chosen[at] is None]
    return Dates(
        found[codes],
        int(weights[unread].sum()) if unread else 0,
        order if depends or asked else None,
        tuple(notes),
    )


def _tidy(cell: str | None) -> str:
    return "" if cell is None else " ".join(cell.translate(_CHARACTERS).split())


def _of_iso(cells: npt.NDArray[np.object_]) -> npt.NDArray[np.datetime64]:
    """Read what is ISO 8601; NaT where a cell is not."""
    may_be = [cell if cell and cell[0].isdigit() else None for cell in cells]
    times = pd.to_datetime(
        pd.Series(may_be, dtype=object), format="ISO8601", errors="coerce", utc=True
    )
    return np.array(times.dt.tz_localize(None), dtype="datetime64[ns]")


class _Parts(NamedTuple):
    """The parts of a cell: those of its day, and those of its time of day."""

    day: tuple[str | None, ...]
    clock: tuple[str | None, ...]

    @property
    def half(self) -> str | None:
        """AM or PM, where it is written."""
        return self.clock[4]


def _parts(cell: str) -> _Parts | None:
    """Take a cell apart; None where it is no date."""
    for shape in _SHAPES:
        if match := shape.fullmatch(cell):
            found = match.groupdict()
            return _Parts(tuple(map(found.get, _OF_DAY)), tuple(map(found.get, _OF_CLOCK)))
    return None


def _time(parts: _Parts | None, order: DateOrder) -> datetime | None:
    """Put a time together, in UTC; None where there is no such day or hour."""
    if parts is None:
        return None
    day, clock = _day(order, *parts.day), _clock(*parts.clock)
    return None if day is None or clock is None else day + clock


@lru_cache(_CACHED)
def _day(
    order: DateOrder,
    name: str | None,
    day: str | None,
    year: str | None,
    later: str | None,
    *digits: str | None,
) -> datetime | None:
    """Give the beginning of a day; None where there is none such."""
    if name is not None:
        month = _MONTHS.get(name[:3].lower())
        known = name.lower() in _LONG.split() or len(name) == 3 or name.lower() == "sept"
        one = year or later
        if month is None or not known or one is None or (year and later):
            return None
        found: tuple[int, int, int] | None = (_year(one), month, int(str(day)))
    else:
        found = None if later else _day_of_digits(*map(str, digits), order=order)
    if found is None or not _FIRST <= found[0] <= _LAST:
        return None
    try:
        return datetime(*found)
    except ValueError:
        return None


@lru_cache(_CACHED)
def _clock(
    hour: str | None,
    minute: str | None,
    second: str | None,
    part: str | None,
    half: str | None,
    zone: str | None,
    shift: str | None,
) -> timedelta | None:
    """Give the time of day in UTC; None where there is none such."""
    hours, minutes, seconds = int(hour or 0), int(minute or 0), int(second or 0)
    name = (zone or "utc").lower()
    if name not in _ZONES or max(hours / 24, minutes / 60, seconds / 60) >= 1:
        return None
    if (half and not 1 <= hours <= 12) or (hour and not (minute or half)):
        return None
    if half:
        hours = hours % 12 + (12 if half.lower() == "p" else 0)
    east = 60 * _ZONES[name]
    if shift:
        figures = shift[1:].replace(":", "")
        size = 60 * int(figures[:-2]) + int(figures[-2:]) if len(figures) > 2 else 60 * int(figures)
        east += -size if shift[0] == "-" else size
    if abs(east) >= 24 * 60:
        return None
    micro = int((part or "0")[:6].ljust(6, "0"))
    return timedelta(hours=hours, minutes=minutes - east, seconds=seconds, microseconds=micro)


def _day_of_digits(a: str, b: str, c: str, *, order: DateOrder) -> tuple[int, int, int] | None:
    if len(a) == 4:
        return (int(a), int(b), int(c)) if len(c) < 3 else None
    year, rest = (a, c) if order == "ymd" else (c, a)
    if len(year) not in (2, 4) or len(rest) > 2:
        return None
    if order == "ymd":
        return _year(a), int(b), int(c)
    first, second = int(a), int(b)
    return (_year(c), second, first) if order == "dmy" else (_year(c), first, second)


def _year(digits: str) -> int:
    year = int(digits)
    return year if len(digits) > 2 else year + (1900 if year >= _PIVOT else 2000)


def _years(times: Iterable[datetime | None]) -> set[int]:
    return {time.year for time in times if time is not None}


def _ambiguous(column: str, cell: str, order: DateOrder, most: Sequence[DateOrder]) -> str:
    other = next(each for each in most if each != order)
    return (
        f"The dates of '{column}', such as '{cell}', can be read {_CALLED[order]} or "
        f"{_CALLED[other]}: they are read {_CALLED[order]}; for the other use --dates {other} "
        f"(dates='{other}')."
    )
