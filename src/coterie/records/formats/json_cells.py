"""Columns whose cells are JSON: their fields as columns, as in a JSON file."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from coterie.formatting import counted, named
from coterie.records.formats.nested import Column, unfold
from coterie.records.table import Table

__all__ = ["unfold_json_cells"]

_MOSTLY = 0.9  # share of the cells that are JSON, of a column of it; a judgement, not measured
_SHOWN = 6  # columns in a note


def unfold_json_cells(table: Table) -> Table:
    """Make columns of the fields of columns whose texts are JSON objects, or lists of these.

    See `coterie.records.formats.nested.unfold`. A note names the new columns. Where a cell is not
    JSON, its fields are missing; where more than a tenth are not, or a new column would have the
    name of another, the column stays as it is. Cells of other types are not looked at.
    """
    columns: list[tuple[str, Any]] = []
    notes: list[str] = []
    for name in table.columns:
        given = table.frame[name]
        found = _fields_of(name, given, set(table.columns))
        if found is None:
            columns.append((name, given.array))
            continue
        made, odd, more = found
        columns += [(each, pd.Series(cells, dtype=object).array) for each, cells in made]
        wrong = f" {counted(odd, 'cell')} that {'is' if odd == 1 else 'are'} not JSON "
        wrong += f"{'is' if odd == 1 else 'are'} missing in all of them."
        notes.append(
            f"'{name}' holds JSON, so its fields are columns: "
            f"{named([each for each, _ in made], _SHOWN)}.{wrong if odd else ''}"
        )
        notes += more
    if not notes:
        return table
    frame = pd.DataFrame({at: cells for at, (_, cells) in enumerate(columns)})
    return replace(table, frame=frame.set_axis([name for name, _ in columns], axis=1)).noting(
        *notes
    )


def _fields_of(
    name: str, given: pd.Series[Any], taken: set[str]
) -> tuple[list[Column], int, list[str]] | None:
    """Unfold a column, and count its cells that are no JSON; None where it stays as it is."""
    if pd.api.types.is_numeric_dtype(given.dtype) or not _starts_an_object(given):
        return None
    cells = [_parsed(cell) for cell in given]
    there = int(given.notna().sum())
    held = sum(cell is not None for cell in cells)
    if held < _MOSTLY * there:
        return None
    kinds = [cell for cell in cells if cell is not None]
    if len(set(map(type, kinds))) != 1:
        return None
    made, notes = unfold([(name, cells)])
    nested = any(
        isinstance(cell, dict | list) for each, own in made if each == name for cell in own
    )
    if nested or {each for each, _ in made} & (taken - {name}):
        return None
    return made, there - held, notes


def _starts_an_object(given: pd.Series[Any]) -> bool:
    first = given.first_valid_index()
    cell = None if first is None else given[first]
    return isinstance(cell, str) and "".join(cell[:20].split())[:2].startswith(('{"', "[{", "{}"))


def _parsed(cell: Any) -> dict[str, Any] | list[Any] | None:
    """Read an object, or a list of objects; None where a cell is none."""
    if not isinstance(cell, str) or cell.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(cell, parse_constant=lambda _: np.nan)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict):
        return {str(key): value for key, value in found.items()}
    whole = isinstance(found, list) and all(isinstance(item, dict) for item in found)
    return found if whole else None
