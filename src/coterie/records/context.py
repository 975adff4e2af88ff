"""Which columns say something of a row, and which only tell it from the others."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection

import pandas as pd

from coterie.errors import CoterieWarning
from coterie.records.table import Table
from coterie.records.values import as_labels, infer_types

__all__ = ["usual_context"]

_ID_NAME = re.compile(r"(?i:(?:.*[\W_])?(?:id|uuid|guid))|.*[a-z0-9]I[Dd]")
_SHOWN = 3


def usual_context(table: Table, taken: Collection[str]) -> list[str]:
    """Name the columns to keep where none are named: all but ids.

    A column is one of ids where it is called so (``id``, ``client_id``, ``ProspectID``), or where
    no two rows have the same value and the values are no numbers. A warning names these.

    Parameters
    ----------
    table
        Where the columns are.
    taken
        Columns that are used otherwise.
    """
    free = [name for name in table.columns if name not in {*taken, *table.doubled}]
    ids = [name for name in free if _is_id(table, name)]
    if ids:
        named = ", ".join(f"'{name}'" for name in ids[:_SHOWN])
        more = f" and {len(ids) - _SHOWN:,} others" if len(ids) > _SHOWN else ""
        one = len(ids) == 1
        warnings.warn(
            f"{named}{more} {'looks like an id' if one else 'look like ids'} and "
            f"{'was' if one else 'were'} left out of the context: to keep "
            f"{'it' if one else 'them'}, name all columns to keep with --context (context=).",
            CoterieWarning,
            stacklevel=2,
        )
    return [name for name in free if name not in ids]


def _is_id(table: Table, name: str) -> bool:
    if _ID_NAME.fullmatch(name):
        return True
    column = table.frame[name]
    present = [value for value in as_labels(column) if value is not None]
    if len(present) < max(2, len(column) / 2) or len(set(present)) < len(present):
        return False
    return not pd.api.types.is_numeric_dtype(infer_types(column.to_frame()).iloc[:, 0].dtype)
