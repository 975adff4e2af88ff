"""Suspect labels as a table, and the same table with a person's answers."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import ColumnError, InputError
from coterie.records import Records, read_table, restore
from coterie.tuning import Suspects

__all__ = ["read_corrections", "suspects_table"]

_ACTIONS = ("keep", "drop", "fix")
_COLUMNS = ("id", "action", "suggested")


def suspects_table(
    records: Records, rows: npt.NDArray[np.int64], suspects: Suspects
) -> pd.DataFrame:
    """Lay suspects out with ids, texts and an empty ``action`` for a person to fill in.

    Parameters
    ----------
    rows
        The records that ``suspects`` numbers from 0.
    """
    table = suspects.table
    at = rows[table["row"].to_numpy(dtype=np.int64)]
    shown = table.drop(columns="row")
    shown.insert(0, "id", records.ids[at])
    shown.insert(1, "text", records.shown[at])
    return shown.assign(action="")


def read_corrections(
    path: Path, records: Records, rows: npt.NDArray[np.int64]
) -> dict[int, str | None]:
    """Read a ``suspects.csv`` whose ``action`` was filled in: keep, drop or fix.

    ``fix`` gives the row what stands under ``suggested``, which may be edited too. An empty action
    keeps the label.

    Returns
    -------
    dict
        Place in ``rows`` to the label that it shall have, None to drop it.

    Raises
    ------
    ColumnError
        When id, action or suggested is not among the columns.
    InputError
        When an action is none of the three, or an id is not one of a row learnt from.
    """
    table: Any = read_table(path).frame
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise ColumnError(
            f"{path.name} has no column {' and no '.join(missing)}: give the suspects.csv of "
            "coterie tune, with its action column filled in."
        )
    place = {str(name): at for at, name in enumerate(records.ids[rows])}
    labels = {label for column in records.label_texts.values() for label in column}
    answers: dict[int, str | None] = {}
    for name, action, suggested in zip(*(table[column] for column in _COLUMNS), strict=True):
        wanted = str(action or "").strip().lower()
        if wanted in ("", "keep", "nan", "none"):
            continue
        if wanted not in _ACTIONS:
            raise InputError(
                f"{path.name} has the action {wanted!r} for {name}: write keep, drop or fix."
            )
        key, label = _as_known(str(name), place), _as_known(str(suggested), labels)
        if key not in place:
            raise InputError(
                f"{path.name} names {name}, which is not a training row: use the suspects.csv of "
                "the same table, random seed and test share."
            )
        answers[place[key]] = None if wanted == "drop" else label
    return answers


def _as_known(cell: str, known: Container[str | None]) -> str:
    """Give an id or a label as it was before the file was written for spreadsheets."""
    return cell if cell in known or restore(cell) not in known else restore(cell)
