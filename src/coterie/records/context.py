"""Columns to keep as context: those that describe a row, and not its ids."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection

import pandas as pd

from coterie.errors import CoterieWarning
from coterie.formatting import named
from coterie.records.numbers import infer_types
from coterie.records.table import Table
from coterie.records.values import as_labels

__all__ = ["usual_context"]

_ID_NAME = re.compile(r"(?i:(?:.*[\W_])?(?:id|uuid|guid))|.*[a-z0-9]I[Dd]")
_SHOWN = 3


def usual_context(table: Table, taken: Collection[str]) -> list[str]:
    """Name the columns to keep where none are named: all that are not `taken`, but for ids.

    A column is one of ids where it is called so (``id``, ``client_id``, ``ProspectID``), or where
    no two rows have the same value and the values are no numbers. A warning names these.
    """
    free = [name for name in table.columns if name not in {*taken, *table.doubled}]
    ids = [name for name in free if _is_id(table, name)]
    if ids:
        look = "looks like an id" if len(ids) == 1 else "look like ids"
        warnings.warn(
            f"{named(ids, _SHOWN)} {look} and will not be context: name all columns to keep with "
            "--context (context=).",
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
