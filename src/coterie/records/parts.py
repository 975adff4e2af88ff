"""Part files: tables with the same columns are one table, such as one file for each month."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from coterie.errors import InputError
from coterie.records.table import Reject, Table, rejects_frame

__all__ = ["put_parts_together"]

_SPLIT = frozenset({"train", "training", "test", "testing", "dev", "val", "valid", "validation"})


def put_parts_together(tables: Sequence[Table], source: str) -> list[Table]:
    """Make one table of those that have the same columns, in any order; others stay as they are.

    The rows of each follow those of the one before, and so do their numbers. The place of a table
    is that of its first part.

    Parameters
    ----------
    tables
        In the order of their names.
    source
        Where they are from, for people.

    Raises
    ------
    InputError
        When parts are a split for training and testing: which of them is meant is not known.
    """
    groups: dict[frozenset[str], list[Table]] = {}
    for table in tables:
        groups.setdefault(frozenset(table.columns), []).append(table)
    return [
        parts[0] if len(parts) == 1 else _joined(parts, source if len(groups) == 1 else "")
        for parts in groups.values()
    ]


def _joined(parts: Sequence[Table], source: str) -> Table:
    names = [part.source for part in parts]
    listed = f"{', '.join(names[:3])}{', ...' if len(names) > 3 else ''}"
    if all(_SPLIT & {*re.split(r"[\W\d_]+", name.lower())} for name in names):
        raise InputError(
            f"The tables {listed} have the same columns and are for training and testing: name one."
        )
    first = parts[0]
    rows, rejects, start = [], list[Reject](), 0
    for part in parts:
        rows.append(part.rows + start)
        rejects += [
            (row + start, key, f"{reason} in {part.source}", text)
            for row, key, reason, text in part.rejects.itertuples(index=False)
        ]
        start += max([*part.rows[-1:].tolist(), *part.rejects["row"].tolist()[-1:]], default=0)
    filled = [part.frame for part in parts if len(part)] or [first.frame]
    frame = pd.DataFrame({name: _column([each[name] for each in filled]) for name in first.columns})
    return Table(
        frame=frame,
        rows=np.concatenate(rows),
        index=pd.RangeIndex(len(frame) + len(rejects)),
        rejects=rejects_frame(rejects),
        source=source or f"{names[0]} and {len(names) - 1} more",
        doubled=tuple(dict.fromkeys(name for part in parts for name in part.doubled)),
        untyped=frozenset.intersection(*(part.untyped for part in parts)),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    ).noting(
        f"{len(parts):,} files with the same columns were read as one table, in the order of their "
        f"names ({listed}), and the numbers of its rows go on from file to file."
    )


def _column(columns: list[pd.Series[Any]]) -> pd.Series[Any]:
    """Concatenate the cells of one column; those of several types keep theirs."""
    if len({column.dtype for column in columns}) > 1:
        columns = [column.astype(object) for column in columns]
    return pd.concat(columns, ignore_index=True)
