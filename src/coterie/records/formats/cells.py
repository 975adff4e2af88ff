"""Cells of tables in memory and of Parquet files, made plain whatever their type."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from coterie.formatting import named
from coterie.records.formats.nested import unfold
from coterie.records.table import Table

__all__ = ["plain_table"]

_BYTES = (bytes, bytearray, memoryview)
_CONTAINERS = (dict, list, tuple, set, frozenset, np.ndarray)
_SHOWN = 3  # columns in a note


def plain_table(frame: pd.DataFrame, source: str) -> Table:
    """Make a table of a frame, with cells that every workflow takes.

    Bytes become the text that they are in UTF-8; where a column holds others, hexadecimal digits,
    and a note says so. Decimals that are all whole become whole numbers. Arrays, tuples and sets
    become lists, and objects columns of their own, see `coterie.records.formats.nested.unfold`.
    Cells of other types stay what they are.
    """
    columns: list[tuple[str, Any]] = []
    binary: list[str] = []
    notes: list[str] = []
    changed = False
    for place, name in enumerate(map(str, frame.columns)):
        given = frame.iloc[:, place]
        column, as_text = _plain(given)
        binary += [] if as_text else [name]
        changed |= column is not given
        if column.dtype == np.dtype(object) and _holds(column, (dict, list)):
            cells = column.to_numpy(dtype=object).tolist()
            cells = [cell if isinstance(cell, dict | list) else _or_none(cell) for cell in cells]
            unfolded, more = unfold([(name, cells)])
            columns += [(each, pd.Series(values, dtype=object).array) for each, values in unfolded]
            notes += more
            changed = True
        else:
            columns.append((name, column.array))
    if not changed:
        return Table.of(frame, source=source)
    if binary:
        notes.append(
            f"{named(binary, _SHOWN)} {'holds' if len(binary) == 1 else 'hold'} bytes that are not "
            "text in UTF-8: they are written as hexadecimal digits."
        )
    made = pd.DataFrame({at: cells for at, (_, cells) in enumerate(columns)}, index=frame.index)
    table = Table.of(made.set_axis([name for name, _ in columns], axis=1), source=source)
    return table.noting(*notes)


def _plain(column: pd.Series[Any]) -> tuple[pd.Series[Any], bool]:
    """Make the cells of a column plain, and tell whether its bytes, if any, were text."""
    if isinstance(column.dtype, pd.SparseDtype):
        return pd.Series(np.asarray(column), index=column.index), True
    if column.dtype == np.float16:  # too small for what is compared with it
        return column.astype(np.float32), True
    if isinstance(column.dtype, pd.CategoricalDtype):
        categories = column.cat.categories
        if not _holds(categories, (*_BYTES, *_CONTAINERS)):
            return column, True
        column = column.astype(object)
    if column.dtype != np.dtype(object):
        return column, True
    as_text = True
    if _holds(column, _BYTES):
        try:
            column = _mapped(column, _BYTES, lambda cell: bytes(cell).decode())
        except UnicodeDecodeError:
            column, as_text = _mapped(column, _BYTES, lambda cell: bytes(cell).hex()), False
    if _holds(column, _CONTAINERS):
        column = _mapped(column, _CONTAINERS, _listed)
    if _holds(column, (Decimal,)) and all(map(_is_whole, column.dropna())):
        column = _mapped(column, (Decimal,), lambda cell: None if cell.is_nan() else int(cell))
    return column, as_text


def _holds(cells: pd.Series[Any] | pd.Index[Any], kinds: tuple[type, ...]) -> bool:
    return any(issubclass(kind, kinds) for kind in set(map(type, cells)))


def _mapped(
    column: pd.Series[Any], kinds: tuple[type, ...], change: Callable[[Any], Any]
) -> pd.Series[Any]:
    """Change the cells of some kinds."""
    cells = np.empty(len(column), dtype=object)
    cells[:] = [change(cell) if isinstance(cell, kinds) else cell for cell in column]
    return pd.Series(cells, index=column.index)


def _listed(cell: Any) -> Any:
    """Write arrays, tuples and sets as lists and bytes as text, at every level."""
    if isinstance(cell, dict):
        return {str(key): _listed(value) for key, value in cell.items()}
    if isinstance(cell, np.ndarray):
        return _listed(cell.tolist())
    if isinstance(cell, set | frozenset):
        return sorted((_listed(item) for item in cell), key=str)
    if isinstance(cell, list | tuple):
        return [_listed(item) for item in cell]
    return _text_or_hex(bytes(cell)) if isinstance(cell, _BYTES) else cell


def _text_or_hex(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.hex()


def _or_none(cell: Any) -> Any:
    return None if pd.isna(cell) else cell


def _is_whole(cell: object) -> bool:
    return isinstance(cell, Decimal) and cell.is_finite() and cell == cell.to_integral_value()
