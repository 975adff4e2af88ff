"""Which rows pass a condition: comparisons over columns of Arrow, a whole column at a time."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from coterie.search.filters.checking import check_condition, fold
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
from coterie.search.schema import Column, Schema

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["passing"]

Bools = npt.NDArray[np.bool_]
Leaf = Comparison | OneOf | Missing | Contains | Has

_COMPARE: dict[Operator, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WHOLE = np.iinfo(np.int64)
_FEW = 32  # numbers that are compared one by one: about the cost of one bisection; measured
_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1) // _MICROSECOND
_SPACES = " \t\n\r\x0b\x0c\x1c\x1d\x1e\x1f"  # what str.strip takes from ASCII


def passing(condition: Condition, columns: Mapping[str, pa.Array], schema: Schema) -> Bools:
    """Find the rows that pass a condition, by the three-valued logic of SQL (Kleene's).

    A comparison with a missing value is unknown, and so is its NOT; a row passes where the
    condition is true. IS NULL is never unknown. Without values are null cells, NaN in numbers, and
    cells without a tag. Texts compare without case and without the spaces around them. A date
    without a time is the whole day.

    NOT is moved inwards to the comparisons, which is exact in this logic. Each comparison takes
    time in proportion to the rows; comparisons of text also to the different texts, which are
    compared once each. Numbers, dates and codes of text are read where they are, without a copy.

    Parameters
    ----------
    condition
        Is checked against `schema` as by `check_condition`.
    columns
        Name to n cells, for the columns of the condition. ``number`` is float64 or int64,
        ``truth`` bool, ``date`` timestamp[us] in UTC without a zone, ``text``
        dictionary<int32, large_string> or a plain string, ``tags`` a list of either.
        Each may be a slice of a longer array.
    schema
        The columns.

    Returns
    -------
    (n,) bool array
        A new one, which may be written to.

    Raises
    ------
    coterie.errors.ColumnError
        When a column is unknown.
    coterie.errors.OptionError
        When a column is compared in a way that its kind does not allow.
    """
    return _pass(check_condition(condition, schema), columns, schema, negated=False)


def _pass(
    condition: Condition, columns: Mapping[str, pa.Array], schema: Schema, *, negated: bool
) -> Bools:
    if isinstance(condition, Not):
        return _pass(condition.part, columns, schema, negated=not negated)
    if isinstance(condition, And | Or):
        join = np.logical_and if isinstance(condition, And) != negated else np.logical_or
        rows = _pass(condition.parts[0], columns, schema, negated=negated)
        for part in condition.parts[1:]:
            join(rows, _pass(part, columns, schema, negated=negated), out=rows)
        return rows
    return _pass_leaf(condition, columns[condition.column], schema, negated=negated)


def _pass_leaf(leaf: Leaf, cells: pa.Array, schema: Schema, *, negated: bool) -> Bools:
    import pyarrow as pa

    if not len(cells) or pa.types.is_null(cells.type):
        return np.full(len(cells), isinstance(leaf, Missing) and not negated)
    column = schema.find(leaf.column)
    if column.kind == "tags":
        return _pass_tags(leaf, cells, negated=negated)
    if column.kind == "text":
        return _pass_text(leaf, cells, column, negated=negated)
    return _pass_values(leaf, cells, column, negated=negated)


# Numbers, dates and truth: one value a cell, of a fixed width.


def _pass_values(leaf: Leaf, cells: pa.Array, column: Column, *, negated: bool) -> Bools:
    import pyarrow as pa

    known = _known(cells)
    if column.kind == "date":
        moments = _as_type(cells, pa.timestamp("us")).view(pa.int64())
        test = _Test(_fixed(moments, np.int64), _compare_dates)
    elif column.kind == "truth":
        test = _Test(_bits(cells, 1), _compare_plain)
    elif pa.types.is_integer(cells.type):
        test = _Test(_fixed(_as_type(cells, pa.int64()), np.int64), _compare_whole)
    else:
        numbers = _fixed(_as_type(cells, pa.float64()), np.float64)
        test = _Test(numbers, _compare_floats)
        known = _both(known, numbers == numbers)  # noqa: PLR0124 - NaN is no value
    if isinstance(leaf, Missing):
        return _missing(known, len(cells), negated=negated)
    if isinstance(leaf, Comparison):
        rows = test(OPPOSITE[leaf.operator] if negated else leaf.operator, leaf.value)
    else:
        assert isinstance(leaf, OneOf)
        rows = test.one_of(leaf.values)
        if negated:
            np.logical_not(rows, out=rows)
    return rows if known is None else np.logical_and(rows, known, out=rows)


@dataclass(frozen=True, slots=True, eq=False)
class _Test:
    """The values of n cells, and how they are compared with one value."""

    values: npt.NDArray[Any]
    compare: Callable[[npt.NDArray[Any], Operator, Any], Bools]

    def __call__(self, sign: Operator, value: Value) -> Bools:
        return self.compare(self.values, sign, value)

    def one_of(self, values: Sequence[Value]) -> Bools:
        """Compare with several values; many numbers are searched by bisection."""
        if len(values) > _FEW and self.compare in (_compare_whole, _compare_floats):
            wanted = _sorted_as(self.values.dtype, values)
            if not len(wanted):
                return np.zeros(len(self.values), dtype=bool)
            at = np.searchsorted(wanted, self.values)
            found: Bools = wanted.take(at, mode="clip") == self.values
            return found
        rows = self("=", values[0])
        for value in values[1:]:
            np.logical_or(rows, self("=", value), out=rows)
        return rows


def _compare_plain(values: npt.NDArray[Any], sign: Operator, value: Any) -> Bools:
    compared: Bools = _COMPARE[sign](values, value)
    return compared


def _compare_floats(values: npt.NDArray[Any], sign: Operator, value: float) -> Bools:
    return _compare_plain(values, sign, float(value))


def _compare_whole(values: npt.NDArray[Any], sign: Operator, value: float) -> Bools:
    """Compare int64 exactly with any number, none of them turned into a float."""
    whole = _as_whole(value)
    if whole is None and sign in ("=", "!="):
        return np.full(len(values), sign == "!=")
    if whole is None:
        below = sign in ("<", "<=")  # of the next whole number
        whole = math.floor(value) if below else math.ceil(value)
        sign = "<=" if below else ">="
    if not _WHOLE.min <= whole <= _WHOLE.max:
        return np.full(len(values), _COMPARE[sign](0, whole))
    return _compare_plain(values, sign, whole)


def _as_whole(value: float) -> int | None:
    return int(value) if value == int(value) else None


def _sorted_as(dtype: np.dtype[Any], values: Sequence[Any]) -> npt.NDArray[Any]:
    """Sort numbers as those of a column, without the ones that it cannot have."""
    if dtype == np.float64:
        return np.sort(np.array(values, dtype=np.float64))
    whole = [each for value in values if (each := _as_whole(value)) is not None]
    kept = [each for each in whole if _WHOLE.min <= each <= _WHOLE.max]
    return np.sort(np.array(kept, dtype=np.int64))


def _compare_dates(values: npt.NDArray[Any], sign: Operator, value: date) -> Bools:
    """Compare microseconds since 1970 with a day or a point in time."""
    start, end = _span(value)
    if sign == "=":
        inside: Bools = values >= start
        return np.logical_and(inside, values < end, out=inside)
    if sign == "!=":
        outside: Bools = values < start
        return np.logical_or(outside, values >= end, out=outside)
    if sign in ("<", ">="):
        return _compare_plain(values, sign, start)
    return _compare_plain(values, "<" if sign == "<=" else ">=", end)


def _span(value: date) -> tuple[int, int]:
    """Give the first microsecond of a value, and the first one after it."""
    if isinstance(value, datetime):
        start = (value - _EPOCH) // _MICROSECOND
        return start, start + 1
    start = (value - _EPOCH.date()).days * _DAY
    return start, start + _DAY


# Texts and tags: codes into the different texts, of which each is compared once.


def _pass_text(leaf: Leaf, cells: pa.Array, column: Column, *, negated: bool) -> Bools:
    codes, texts = _encoded(cells)
    known = _known(codes)
    if isinstance(leaf, Missing):
        if texts.null_count:
            known = _both(known, _spread(_filled(texts.is_valid()), codes))
        return _missing(known, len(cells), negated=negated)
    wanted = _wanted(leaf, texts, column, negated=negated)
    rows = _spread(wanted, codes)
    return rows if known is None else np.logical_and(rows, known, out=rows)


def _pass_tags(leaf: Leaf, cells: pa.Array, *, negated: bool) -> Bools:
    offsets = _fixed(cells.offsets, np.dtype(cells.offsets.type.to_pandas_dtype()))
    first, last = int(offsets[0]), int(offsets[-1])
    codes, texts = _encoded(cells.values.slice(first, last - first))
    offsets = offsets - first
    present = _known(codes)
    if texts.null_count:
        present = _both(present, _spread(_filled(texts.is_valid()), codes))
    known = offsets[1:] > offsets[:-1] if present is None else _any_of(present, offsets)
    known = _both(known, _known(cells))
    if isinstance(leaf, Missing):
        return _missing(known, len(cells), negated=negated)
    hits = _spread(_matches(leaf, texts), codes)
    rows = _any_of(hits if present is None else hits & present, offsets)
    if negated:
        np.logical_not(rows, out=rows)
    return np.logical_and(rows, known, out=rows)


def _any_of(hits: Bools, offsets: npt.NDArray[Any]) -> Bools:
    """Tell of each list whether one of its items is a hit, by their running count."""
    counts = np.zeros(len(hits) + 1, dtype=offsets.dtype)
    np.cumsum(hits, out=counts[1:])
    ends = counts.take(offsets)
    some: Bools = ends[1:] > ends[:-1]
    return some


def _wanted(leaf: Leaf, texts: pa.Array, column: Column, *, negated: bool) -> Bools:
    """Tell of each different text whether the leaf, or its NOT, is true."""
    if not isinstance(leaf, Comparison) or leaf.operator in ("=", "!="):
        found = _matches(leaf, texts)
        negative = isinstance(leaf, Comparison) and leaf.operator == "!="
        return found ^ _filled(texts.is_valid()) if negated != negative else found
    import pyarrow as pa
    import pyarrow.compute as pc

    levels = list(dict.fromkeys(map(fold, column.levels)))
    known = pc.index_in(_folded(texts), value_set=pa.array(levels, pa.large_string()))
    ranks = known.fill_null(-1).to_numpy(zero_copy_only=False)
    sign = OPPOSITE[leaf.operator] if negated else leaf.operator
    rows = _compare_plain(ranks, sign, levels.index(fold(str(leaf.value))))
    return np.logical_and(rows, ranks >= 0, out=rows)


def _matches(leaf: Leaf, texts: pa.Array) -> Bools:
    """Tell of each different text whether it is a value of the leaf; False where it is null."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(leaf, Contains):
        needle = leaf.text.casefold()
        return _filled(pc.match_substring(_folded(texts, strip=False), needle))
    if isinstance(leaf, OneOf):
        values = [fold(str(value)) for value in leaf.values]
    else:
        assert isinstance(leaf, Comparison | Has)
        values = [fold(str(leaf.value) if isinstance(leaf, Comparison) else leaf.tag)]
    return _filled(pc.is_in(_folded(texts), value_set=pa.array(values, pa.large_string())))


def _folded(texts: pa.Array, *, strip: bool = True) -> pa.Array:
    """Fold texts as `fold` does: those of ASCII by Arrow, the others one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.ascii_lower(texts)
    if strip:
        plain = pc.ascii_trim(plain, characters=_SPACES)
    others = pc.invert(pc.string_is_ascii(texts)).fill_null(False)
    if not others.true_count:
        return plain
    change = fold if strip else str.casefold
    changed = pa.array(list(map(change, texts.filter(others).to_pylist())), plain.type)
    return pc.replace_with_mask(plain, others, changed)


def _spread(wanted: Bools, codes: pa.Array) -> Bools:
    """Give each cell what its code has; the cells without one are anything."""
    numbers = _fixed(codes, np.dtype(codes.type.to_pandas_dtype()))
    count = int(np.count_nonzero(wanted))
    if not count:
        return np.zeros(len(numbers), dtype=bool)
    if count == 1:  # many times faster
        return _compare_plain(numbers, "=", int(wanted.argmax()))
    spread: Bools = wanted.take(numbers, mode="clip")  # a code of no cell may be out of range
    return spread


def _encoded(cells: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Give the codes and the different texts as large_string."""
    import pyarrow as pa

    if not pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_encode()
    return cells.indices, _as_type(cells.dictionary, pa.large_string())


# Arrow's memory as arrays of numpy.


def _fixed(cells: pa.Array, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Read numbers where they are; those of null cells are anything."""
    if not len(cells):
        return np.empty(0, dtype=dtype)
    every = np.frombuffer(cells.buffers()[1], dtype=dtype, count=cells.offset + len(cells))
    return every[cells.offset :]


def _bits(cells: pa.Array, buffer: int) -> Bools:
    """Unpack the bits of one of the buffers."""
    skipped, within = divmod(cells.offset, 8)
    count = within + len(cells)
    packed = np.frombuffer(
        cells.buffers()[buffer], dtype=np.uint8, count=(count + 7) // 8, offset=skipped
    )
    bits = np.unpackbits(packed, count=count, bitorder="little")
    return bits[within:].view(np.bool_)


def _known(cells: pa.Array) -> Bools | None:
    """Tell which cells are not null; None where all are."""
    return _bits(cells, 0) if cells.null_count else None


def _missing(known: Bools | None, count: int, *, negated: bool) -> Bools:
    if known is None:
        return np.full(count, negated)
    return known if negated else ~known


def _both(one: Bools | None, other: Bools | None) -> Bools:
    """Join masks, of which at least one is given."""
    if one is None or other is None:
        return one if other is None else other  # type: ignore[return-value]
    return one & other


def _filled(bools: pa.Array) -> Bools:
    filled: Bools = bools.fill_null(False).to_numpy(zero_copy_only=False)
    return filled


def _as_type(cells: pa.Array, wanted: Any) -> pa.Array:
    return cells if cells.type.equals(wanted) else cells.cast(wanted)
