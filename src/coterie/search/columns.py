"""The columns of a table as those of an index: typed Arrow arrays, and what is known of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from coterie.errors import OptionError
from coterie.formatting import counted, named
from coterie.options import DateOrder
from coterie.records.dates import parse_times, read_dates
from coterie.records.labels import is_missing_mark
from coterie.records.numbers import read_numbers
from coterie.records.settled import Settled
from coterie.records.values import as_labels
from coterie.search.levels import find_levels
from coterie.search.schema import MOST_VALUES, Column, Kind

__all__ = ["TEXT_TYPE", "TypedColumns", "as_texts", "describe", "nulls_of", "typed_columns"]

Strings = npt.NDArray[np.object_]

TEXT_TYPE = pa.dictionary(pa.int32(), pa.large_string())
_TAGS_TYPE = pa.list_(TEXT_TYPE)
_TYPES: Mapping[Kind, pa.DataType] = {
    "text": TEXT_TYPE,
    "tags": _TAGS_TYPE,
    "number": pa.float64(),
    "truth": pa.bool_(),
    "date": pa.timestamp("us"),
}
_MOST_WHOLE = 2**53  # beyond it a float does not tell whole numbers apart

# Shares of the cells that have a value. Judgements, checked on the survey of `adopters`, the leads
# and the generated tables: each column had the kind that a person would give it.
_NUMBERS = 0.9
_DATES = 0.95
_CODES = 0.02  # cells with a leading zero, above which all are codes, such as postal ones
_TAGGED = 0.2  # cells with several tags
_TAG_SIGNS = (";", "|")
_REPEATED = 3  # rows that have a tag, on average
_LONGEST_TAG = 60  # characters
_TRUE = frozenset({"true", "yes", "y", "t"})
_FALSE = frozenset({"false", "no", "n", "f"})
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_CODE = re.compile(r"0\d")  # of a postal code or a number of an article
_QUANTILES = np.arange(1, 10) / 10
_SHOWN = 3


@dataclass(frozen=True, slots=True, eq=False)
class TypedColumns:
    """Columns that can be filtered by.

    Attributes
    ----------
    arrays
        Name to an Arrow array of n rows: numbers int64 or float64, truth values bool, dates
        timestamp[us], texts a dictionary, tags a list of one.
    columns
        What is known of each.
    written
        Of columns in which some cells could not be read as their kind: all cells as text.
    notes
        What a person should know of it, one sentence each.
    orders
        Of columns of dates: what day, month and year stand in.
    """

    arrays: Mapping[str, pa.Array]
    columns: Sequence[Column]
    written: Mapping[str, pa.Array] = field(default_factory=dict)
    notes: Sequence[str] = ()
    orders: Mapping[str, DateOrder] = field(default_factory=dict)


def typed_columns(
    frame: pd.DataFrame,
    *,
    like: Sequence[Column] = (),
    levels: Mapping[str, Sequence[str]] | None = None,
    dates: DateOrder | None = None,
    usual: Settled | None = None,
) -> TypedColumns:
    """Give each column of a table its kind.

    A column is one of truth values where it has two values such as 0 and 1, or yes and no; of
    numbers or of dates where at least 90% or 95% of its cells are; of tags where a fifth of its
    cells hold several, divided by ``;`` or ``|``, that are repeated; otherwise of text. What cannot
    be read as the kind of its column counts as missing in filters, is shown as it is written, and
    is told in a note. Time grows linearly with the rows.

    Parameters
    ----------
    frame
        n rows.
    like
        Columns of an index that the rows are added to: these have their kinds.
    levels
        Column to its values in their order, the lowest first; found otherwise, see `find_levels`.
    dates
        The only order of day, month and year that may count.
    usual
        How the numbers and dates of earlier rows were written, where these do not tell.

    Raises
    ------
    OptionError
        When levels are given that a column does not have.
    """
    known = {column.name: column for column in like}
    usual = usual or Settled()
    numbers = read_numbers(frame, usual=usual.decimals)
    arrays, columns, written, notes = {}, [], {}, [*numbers.notes]
    orders: dict[str, DateOrder] = {}
    for place, name in enumerate(map(str, frame.columns)):
        original = frame.iloc[:, place]
        read = numbers.frame.iloc[:, place]
        made = _Cells(name, original, read, dates, usual.dates.get(name))
        kind = known[name].kind if name in known else made.kind()
        array, unread = made.of_kind(kind)
        arrays[name] = array
        if made.order is not None:
            orders[name] = made.order
        if len(unread):
            written[name] = _texts(made.strings)
            notes.append(
                f"{counted(len(unread), 'cell')} of '{name}' cannot be read as {_CALLED[kind]}, "
                f"such as {named(_first(made.strings[unread]), _SHOWN)}: in filters they count as "
                "missing."
            )
        ordered = known[name].levels if name in known else made.levels(levels or {})
        new = [value for value in dict.fromkeys(made.strings) if value and value not in ordered]
        if ordered and new:
            notes.append(
                f"The order of '{name}' has no place for {named(new, _SHOWN)}: comparisons with < "
                "and > leave these rows out."
            )
        columns.append(describe(name, kind, array, ordered))
    if missing := [name for name in levels or {} if name not in arrays]:
        raise OptionError(
            f"Levels are given for '{missing[0]}', which is no column of the index: it has "
            f"{named(list(arrays))}."
        )
    return TypedColumns(arrays, columns, written, tuple(notes), orders)


_CALLED: Mapping[Kind, str] = {
    "number": "numbers",
    "date": "dates",
    "truth": "yes or no",
    "text": "text",
    "tags": "tags",
}


@dataclass(slots=True, eq=False)
class _Cells:
    """The n cells of one column, as they were given and with its numbers read."""

    name: str
    given: pd.Series[Any]
    read: pd.Series[Any]
    asked: DateOrder | None
    usual: DateOrder | None
    order: DateOrder | None = None
    strings: Strings = field(init=False)

    def __post_init__(self) -> None:
        self.strings = as_labels(self.given)

    @property
    def there(self) -> npt.NDArray[np.bool_]:
        return np.array([cell is not None for cell in self.strings], dtype=np.bool_)

    def kind(self) -> Kind:
        dtype = self.given.dtype
        there = self.there
        if pd.api.types.is_bool_dtype(dtype) or self._are_truths():
            return "truth"
        if pd.api.types.is_datetime64_any_dtype(dtype):
            return "date"
        if isinstance(dtype, pd.CategoricalDtype) or not there.any():
            return "text"
        if np.isfinite(self.numbers()[there]).mean() >= _NUMBERS:
            return "number"
        words = self.strings[there]
        marks = np.array([is_missing_mark(cell) for cell in words], dtype=np.bool_)
        if not marks.all() and _may_be_dates(words[~marks][:100]):
            cells = pd.Series(words[~marks], name=self.name)
            times = read_dates(cells, asked=self.asked, usual=self.usual).times
            if (~np.isnat(times)).mean() >= _DATES:
                return "date"
        return "tags" if self.tag_sign() else "text"

    def _are_truths(self) -> bool:
        """Whether there are two values, and they mean no and yes."""
        values = {cell.casefold() for cell in self.strings if cell is not None}
        if pd.api.types.is_numeric_dtype(self.read.dtype):
            return set(self.read.dropna().unique().tolist()) == {0, 1}
        return len(values) == 2 and len(values & _TRUE) == 1 and len(values & _FALSE) == 1

    def numbers(self) -> npt.NDArray[np.float64]:
        """Give the numbers, NaN where a cell is none."""
        if pd.api.types.is_numeric_dtype(self.read.dtype):
            known = np.array(self.read.astype("float64"), dtype=np.float64)
            known[~np.isfinite(known)] = np.nan
            return known
        plain = as_labels(self.read)
        found = np.full(len(plain), np.nan)
        codes = sum(cell is not None and _CODE.match(cell) is not None for cell in plain)
        if codes > _CODES * self.there.sum():
            return found
        for row, cell in enumerate(plain):
            if cell is not None and _PLAIN_NUMBER.fullmatch(cell):
                found[row] = float(cell)
        found[~np.isfinite(found)] = np.nan
        return found

    def tag_sign(self) -> str:
        """Find the sign between several tags in a cell; "" where the column has none."""
        if any(isinstance(cell, list | tuple | np.ndarray) for cell in self.given):
            return ";"
        cells = self.strings[self.there]
        for sign in _TAG_SIGNS:
            several = [cell for cell in cells if sign in cell]
            if len(several) < _TAGGED * max(len(cells), 1):
                continue
            counts = Counter(tag for cell in cells for tag in _split(cell, sign))
            tags = sum(counts.values())
            short = max(map(len, counts), default=0) <= _LONGEST_TAG
            if counts and short and tags >= _REPEATED * len(counts):
                return sign
        return ""

    def levels(self, given: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        values = list(dict.fromkeys(cell for cell in self.strings if cell is not None))
        if self.name in given:
            wanted = [level.strip() for level in given[self.name]]
            if absent := [value for value in values if value not in wanted]:
                raise OptionError(
                    f"The levels of '{self.name}' lack {named(absent, _SHOWN)}: name all of its "
                    "values, the lowest first."
                )
            return tuple(wanted)
        if isinstance(self.given.dtype, pd.CategoricalDtype) and self.given.cat.ordered:
            return tuple(str(level).strip() for level in self.given.cat.categories)
        return find_levels(values)

    def of_kind(self, kind: Kind) -> tuple[pa.Array, npt.NDArray[np.int64]]:
        """Make the array of a kind, and the rows whose cell cannot be read as one."""
        if kind == "number":
            numbers = self.numbers()
            return _numbers(numbers), self._unread(np.isnan(numbers))
        if kind == "truth":
            truths = self._truths()
            array = pa.array([None if each is None else bool(each) for each in truths], pa.bool_())
            return array, self._unread(np.array([each is None for each in truths]))
        if kind == "date":
            found = parse_times(self.given, asked=self.asked, usual=self.usual)
            times, self.order = found.times, found.order
            empty = np.isnat(times)
            micro = times.astype("datetime64[us]")
            return pa.array(micro, pa.timestamp("us"), mask=empty), self._unread(empty)
        if kind == "tags":
            return self._tags(), np.empty(0, dtype=np.int64)
        return _texts(self.strings), np.empty(0, dtype=np.int64)

    def _truths(self) -> list[bool | None]:
        numbers = self.numbers()
        found: list[bool | None] = []
        for cell, number in zip(self.strings, numbers, strict=True):
            word = "" if cell is None else cell.casefold()
            if word in _TRUE or number == 1:
                found.append(True)
            elif word in _FALSE or number == 0:
                found.append(False)
            else:
                found.append(None)
        return found

    def _tags(self) -> pa.Array:
        sign = self.tag_sign() or next(
            (sign for sign in _TAG_SIGNS if any(sign in (cell or "") for cell in self.strings)), ";"
        )
        cells: list[list[str]] = []
        for given, cell in zip(self.given, self.strings, strict=True):
            if isinstance(given, list | tuple | np.ndarray):
                tags = [str(tag).strip() for tag in given if tag is not None]
            else:
                tags = [] if cell is None else _split(cell, sign)
            cells.append(list(dict.fromkeys(filter(None, tags))))
        ends = np.cumsum([0, *map(len, cells)], dtype=np.int32)
        flat = np.empty(ends[-1], dtype=object)
        flat[:] = [tag for cell in cells for tag in cell]
        empty = np.array([*(not cell for cell in cells), False], dtype=np.bool_)
        return pa.ListArray.from_arrays(pa.array(ends, pa.int32(), mask=empty), _texts(flat))

    def _unread(self, empty: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        rows = np.flatnonzero(empty & self.there)
        return rows[[not is_missing_mark(self.strings[row]) for row in rows]]


def describe(name: str, kind: Kind, array: pa.Array, levels: Sequence[str] = ()) -> Column:
    """Say what is known of a column from its cells."""
    missing = array.null_count
    if kind in ("text", "tags"):
        flat = array.flatten() if kind == "tags" else array
        codes = flat.indices.drop_null().to_numpy()
        texts = flat.dictionary.to_pylist()
        weights = np.bincount(codes, minlength=len(texts))
        order = [at for at in np.argsort(-weights, kind="stable").tolist() if weights[at]]
        if len(order) > MOST_VALUES:
            return Column(name, kind, missing=missing)
        return Column(
            name,
            kind,
            values=tuple(texts[at] for at in order),
            counts=tuple(int(weights[at]) for at in order),
            levels=tuple(levels) if kind == "text" else (),
            missing=missing,
        )
    known = array.drop_null()
    if kind == "truth":
        true = known.true_count
        return Column(name, kind, counts=(true, len(known) - true), missing=missing)
    if not len(known):
        return Column(name, kind, missing=missing)
    if kind == "date":
        times = known.to_numpy(zero_copy_only=False)
        low, high = (str(end.astype("datetime64[s]")) for end in (times.min(), times.max()))
        return Column(name, kind, low=low, high=high, missing=missing)
    numbers = known.to_numpy(zero_copy_only=False)
    found = np.quantile(numbers, _QUANTILES, method="nearest")
    return Column(
        name,
        kind,
        low=_plain(numbers.min()),
        high=_plain(numbers.max()),
        quantiles=tuple(_plain(each) for each in found),
        missing=missing,
    )


def as_texts(array: pa.Array) -> pa.Array:
    """Write the cells of a column as texts: days without a time, whole numbers without a point."""
    cells = [None if cell is None else _written(cell) for cell in array.to_pylist()]
    return pa.array(cells, pa.large_string())


def _written(cell: Any) -> str:
    if isinstance(cell, datetime):
        midnight = cell == cell.replace(hour=0, minute=0, second=0, microsecond=0)
        return str(cell.date()) if midnight else cell.isoformat(sep=" ")
    if isinstance(cell, list):
        return "; ".join(cell)
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)


def nulls_of(kind: Kind, rows: int) -> pa.Array:
    """Give the cells of a column in rows that were added before it was there."""
    return pa.nulls(rows, _TYPES[kind])


def _plain(number: Any) -> float:
    return int(number) if float(number).is_integer() else float(number)


def _numbers(numbers: npt.NDArray[np.float64]) -> pa.Array:
    empty = np.isnan(numbers)
    known = numbers[~empty]
    if len(known) and (known == np.floor(known)).all() and (np.abs(known) < _MOST_WHOLE).all():
        return pa.array(np.where(empty, 0, numbers).astype(np.int64), mask=empty)
    return pa.array(numbers, pa.float64(), mask=empty)


def _texts(strings: Strings) -> pa.Array:
    # pyarrow takes no lone surrogates; records replace them, columns of context may hold some
    cells = [None if cell is None else _sound(cell) for cell in strings]
    return pa.array(cells, pa.large_string()).dictionary_encode().cast(TEXT_TYPE)


def _sound(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _split(cell: str, sign: str) -> list[str]:
    return [tag for tag in map(str.strip, cell.split(sign)) if tag]


def _first(cells: Strings) -> list[str]:
    return list(dict.fromkeys(map(str, cells[:100])))


def _may_be_dates(cells: Strings) -> bool:
    """Whether most of some cells hold digits, as dates do, and are no longer than one."""
    likely = [any(map(str.isdecimal, cell)) and 6 <= len(cell) <= 40 for cell in cells]
    return bool(likely) and sum(likely) >= len(likely) / 2
