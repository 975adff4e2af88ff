"""Suspect labels as a table, and the same table with a person's answers."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import ColumnError, InputError
from coterie.records import Records, read_table, restore
from coterie.tuning import Suspects

__all__ = ["correct_labels", "read_corrections", "suspects_table"]

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


def read_corrections(path: Path, records: Records) -> dict[int, str | None]:
    """Read a ``suspects.csv`` whose ``action`` was filled in: keep, drop or fix.

    ``fix`` gives the row what stands under ``suggested``, which may be edited too. An empty action
    keeps the label.

    Returns
    -------
    dict
        Number of a record to the label that it shall have, None to drop it.

    Raises
    ------
    ColumnError
        When id, action or suggested is not among the columns.
    InputError
        When an action is none of the three, or no record has an id.
    """
    table: Any = read_table(path).frame
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise ColumnError(
            f"{path.name} has no column {' and no '.join(missing)}: give the suspects.csv of "
            "coterie suspects or coterie tune, with its action column filled in."
        )
    place = {str(name): at for at, name in enumerate(records.ids)}
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
                f"{path.name} names {name}, which no row has as its id: use the suspects.csv of "
                "the same table, and name its id column with --id."
            )
        answers[place[key]] = None if wanted == "drop" else label
    return answers


def correct_labels(records: Records, label: str, path: Path) -> Records:
    """Give records whose labels are corrected as a ``suspects.csv`` says.

    Raises
    ------
    InputError
        When a correction is a label that no row has; and as `read_corrections`.
    """
    values, texts = records.labels[label].copy(), records.label_texts[label]
    known = dict(zip(texts.tolist(), records.labels[label].tolist(), strict=True))
    for row, wanted in read_corrections(path, records).items():
        if wanted is not None and wanted not in known:
            raise InputError(
                f"{path.name} gives {records.ids[row]} the label {wanted!r}, which no row has: "
                "give a label of the table, or drop the row."
            )
        values[row] = None if wanted is None else known[wanted]
    return replace(records, labels={**records.labels, label: values})


def _as_known(cell: str, known: Container[str | None]) -> str:
    """Give an id or a label as it was before the file was written for spreadsheets."""
    return cell if cell in known or restore(cell) not in known else restore(cell)
