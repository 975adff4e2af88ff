"""Metadata of documents: kept exactly as JSON, and as columns that can be filtered by."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from coterie.errors import CoterieWarning, InputError, OptionError
from coterie.search.columns import TypedColumns, typed_columns
from coterie.search.filters import (
    Comparison,
    Condition,
    Has,
    Missing,
    check_condition,
    parse_filter,
    together,
)
from coterie.search.filters.checking import read_date
from coterie.search.levels import find_levels
from coterie.search.schema import Column, Kind, Schema

__all__ = [
    "Filter",
    "condition_of",
    "metadata_columns",
    "metadata_of_cells",
    "pack_metadata",
    "unpack_metadata",
]

Filter: TypeAlias = str | Mapping[str, Any] | None
"""An expression such as ``"page >= 3 AND source = 'a.pdf'"``, or the values of some keys."""


def pack_metadata(metadata: Mapping[str, Any]) -> str:
    """Write metadata as JSON. Tuples become lists, and numbers of numpy those of Python.

    Raises
    ------
    InputError
        When it holds what JSON does not, such as dates, or keys that are not text.
    """
    _check_keys(metadata)
    try:
        return json.dumps(metadata, default=_plain, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"Metadata cannot be kept as JSON ({error}): give text, numbers, true, false, lists "
            "and mappings, and dates as text such as '2024-03-01'."
        ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic) and isinstance(found := value.item(), int | float | str):
        return found
    raise TypeError(f"a value of type {type(value).__name__}")


def _check_keys(value: Any) -> None:
    if isinstance(value, Mapping):
        for key, each in value.items():
            if not isinstance(key, str):
                raise InputError(f"The key {key!r} of metadata is no text: write it as text.")
            _check_keys(each)
    elif isinstance(value, list | tuple):
        for each in value:
            _check_keys(each)


def unpack_metadata(written: str) -> dict[str, Any]:
    """Read what `pack_metadata` gave."""
    metadata: dict[str, Any] = json.loads(written)
    return metadata


def metadata_of_cells(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Give the cells of a row that was indexed from a table as metadata; dates as ISO 8601."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in cells.items()
        if value is not None
    }


def metadata_columns(packed: Sequence[str], known: Sequence[Column] = ()) -> TypedColumns:
    """Make columns of metadata, for filters.

    Each key is a column; keys of a mapping within are columns such as ``author.name``. Its kind
    follows from its values in JSON: true and false, numbers, dates (texts in ISO 8601), lists
    (tags) and text. Lists of lists and of mappings cannot be filtered by.

    Parameters
    ----------
    packed
        The metadata of n documents, as `pack_metadata` gives it.
    known
        Columns that are there already, whose kinds these have.
    """
    table: dict[str, list[Any]] = {}
    for row, written in enumerate(packed):
        for name, value in _flat(unpack_metadata(written)):
            table.setdefault(name, [None] * len(packed))[row] = value
    like = {column.name: column for column in known}
    for name, cells in table.items():
        if name not in like:
            like[name] = _column(name, cells)
        if like[name].kind != "tags":
            cells[:] = [json.dumps(c) if isinstance(c, list) else c for c in cells]
    series = {name: pd.Series(cells, dtype=object) for name, cells in table.items()}
    frame = pd.DataFrame(series, index=range(len(packed)))
    typed = typed_columns(frame, like=tuple(like.values()))
    if typed.written:
        name = next(iter(typed.written))
        warnings.warn(
            f"Some metadata under '{name}' is not of the kind {like[name].kind} as in the first "
            "documents that have it: in filters it counts as missing.",
            CoterieWarning,
            stacklevel=5,
        )
    return typed


def _flat(metadata: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Give names and values; those of inner mappings first, so that a plain key prevails."""
    plain: list[tuple[str, Any]] = []
    for key, value in metadata.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        elif isinstance(value, list):
            if value and not any(isinstance(each, list | dict) for each in value):
                plain.append((before + key, [each for each in value if each is not None]))
        else:
            plain.append((before + key, value))
    yield from plain


def _column(name: str, cells: Sequence[Any]) -> Column:
    """Say what a new column is, by the types that its values have in JSON."""
    there = [cell for cell in cells if cell is not None]
    if any(isinstance(cell, list) for cell in there):
        return Column(name, "tags")
    if there and all(isinstance(cell, bool) for cell in there):
        return Column(name, "truth")
    if there and all(isinstance(c, int | float) and not isinstance(c, bool) for c in there):
        return Column(name, "number")
    texts = [str(cell) for cell in there]
    if texts and all(isinstance(cell, str) and read_date(cell) for cell in there):
        return Column(name, "date")
    kind: Kind = "text"
    return Column(name, kind, levels=find_levels(list(dict.fromkeys(texts))))


def condition_of(given: Filter, schema: Schema) -> Condition | None:
    """Read a filter: an expression, or a mapping of keys to the values that they must have.

    In a mapping None stands for no value, and each of the values of a list must be among those
    of a document that has a list. Values compare as in expressions: texts whatever their case.

    Raises
    ------
    coterie.errors.ColumnError
        When no document has a key.
    coterie.errors.OptionError
        When the filter cannot be read, or a value does not fit its column.
    """
    if not given:
        return None
    if isinstance(given, str):
        return parse_filter(given, schema)
    if not isinstance(given, Mapping):
        raise OptionError(
            f"A filter cannot be of type {type(given).__name__}: give an expression such as "
            '"page >= 3", or a mapping of keys to values.'
        )
    found = together(
        [each for name, value in given.items() for each in _equal(name, value, schema)]
    )
    return None if found is None else check_condition(found, schema)


def _equal(name: str, value: Any, schema: Schema) -> Iterator[Condition]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _equal(f"{name}.{key}", each, schema)
        return
    column = schema.find(str(name))
    if value is None:
        yield Missing(column.name)
    elif column.kind == "tags":
        for each in value if isinstance(value, list | tuple) else [value]:
            yield Has(column.name, str(each))
    elif isinstance(value, list | tuple):
        raise OptionError(
            f"'{column.name}' has one value in each document, and the filter has a list: write "
            "an expression with IN."
        )
    else:
        plain = value.item() if isinstance(value, np.generic) else value
        wanted = str(plain) if column.kind == "text" else plain
        yield Comparison(column.name, "=", wanted)
