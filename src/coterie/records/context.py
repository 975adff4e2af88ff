"""Columns to keep as context: those that describe a row, and not its ids."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection
from shlex import quote

import pandas as pd

from coterie.errors import CoterieWarning
from coterie.formatting import named
from coterie.records.numbers import infer_types
from coterie.records.table import Table
from coterie.records.values import as_labels

__all__ = ["looks_like_id", "usual_context"]

_ID_NAME = re.compile(r"(?i:(?:.*[\W_])?(?:id|uuid|guid))|.*[a-z0-9]I[Dd]")
_SHOWN = 3


def looks_like_id(name: str) -> bool:
    """Whether a column is called like one of ids: ``id``, ``client_id``, ``ProspectID``."""
    return _ID_NAME.fullmatch(name) is not None


def usual_context(table: Table, taken: Collection[str], *, has_id: bool = True) -> list[str]:
    """Name the columns to keep where none are named: all that are not `taken`, but for ids.

    A column is one of ids where it is called so, see `looks_like_id`, or where no two rows have the
    same value and the values are no numbers. A warning names these; where the rows have no ids yet
    (`has_id`), it says which of them could be, because its values are all there and differ.
    """
    free = [name for name in table.columns if name not in {*taken, *table.doubled}]
    ids = [name for name in free if _is_id(table, name)]
    if ids:
        look = "looks like an id" if len(ids) == 1 else "look like ids"
        mend = "name all columns to keep with --context (context=)."
        unique = None if has_id else next((name for name in ids if _is_unique(table, name)), None)
        if unique is not None:
            mend = f"add --id {quote(unique)} (id='{unique}') to name the rows by it, or {mend}"
        warnings.warn(
            f"{named(ids, _SHOWN)} {look} and will not be context: {mend}",
            CoterieWarning,
            stacklevel=2,
        )
    return [name for name in free if name not in ids]


def _is_id(table: Table, name: str) -> bool:
    if looks_like_id(name):
        return True
    column = table.frame[name]
    present = [value for value in as_labels(column) if value is not None]
    if len(present) < max(2, len(column) / 2) or len(set(present)) < len(present):
        return False
    return not pd.api.types.is_numeric_dtype(infer_types(column.to_frame()).iloc[:, 0].dtype)


def _is_unique(table: Table, name: str) -> bool:
    """Whether each row has a value of its own."""
    values = as_labels(table.frame[name])
    return len(set(values)) == len(values) and None not in values
