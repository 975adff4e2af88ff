"""The folder of a discovery: rows and assignments beside the segmentation, kept in step with it."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd

from coterie.encoders import Encoder, TfidfEncoder
from coterie.encoders.tfidf import is_tfidf_folder
from coterie.errors import CoterieWarning, StoreError
from coterie.records import write_csv
from coterie.segments.assignments import Assignments
from coterie.segments.model import Change, Segmentation
from coterie.segments.taxonomy.edits import counted
from coterie.segments.taxonomy.files import load_segmentation, save_segmentation
from coterie.segments.taxonomy.rows import ROWS, StoredRows, has_rows, load_rows, save_rows
from coterie.segments.taxonomy.steps import keeping_step

__all__ = [
    "Edit",
    "SegmentEdit",
    "assignments_table",
    "edit_folder",
    "fitted_encoder",
    "save_edit",
    "save_folder",
    "write_assignments",
]

SegmentEdit: TypeAlias = Callable[[Segmentation, StoredRows | None], Segmentation]
"""A segmentation and its rows in, None where there are none; the new segmentation out."""

_ASSIGNMENTS, _ENCODER = "assignments.csv", "encoder"
_DECIMALS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """What an edit of a folder came to.

    Attributes
    ----------
    segmentation
        As it is after the edit.
    changes
        What the edit added to the history.
    moved
        Rows that are in another segment than before; None where the folder has no rows.
    """

    segmentation: Segmentation
    changes: tuple[Change, ...]
    moved: int | None


def save_folder(
    folder: Path | str,
    segmentation: Segmentation,
    rows: StoredRows,
    assignments: Assignments,
    encoder: Encoder | None = None,
) -> None:
    """Write a segmentation with its rows and assignments, so that the folder is enough.

    Parameters
    ----------
    folder
        Made where it is absent.
    segmentation, rows, assignments
        The segmentation is written with its segments counted, and personal data in what they
        quote is masked unless the rows say otherwise; the rows are written as they are.
    encoder
        The one that made the vectors. It is kept in the folder where it learnt from these texts;
        one of an earlier run is removed.

    Raises
    ------
    StoreError
        When it cannot be written.
    """
    home = Path(folder) / _ENCODER
    try:
        if isinstance(encoder, TfidfEncoder):
            encoder.save(home)
        elif is_tfidf_folder(home):
            shutil.rmtree(home)
    except OSError as error:
        raise StoreError(f"{home} could not be written ({error}): make room there.") from error
    save_rows(folder, rows)
    save_segmentation(_quoted(counted(segmentation, assignments), rows), folder)
    write_assignments(folder, segmentation, rows.ids.tolist(), assignments)


def _quoted(segmentation: Segmentation, rows: StoredRows) -> Segmentation:
    """Mask personal data in what segments quote, unless it is to be shown."""
    if rows.show_personal:
        return segmentation
    return replace(segmentation, segments=tuple(s.masked() for s in segmentation.segments))


def fitted_encoder(folder: Path | str) -> Path | None:
    """Where a folder keeps the encoder that learnt from its rows; None where none did."""
    home = Path(folder) / _ENCODER
    return home if is_tfidf_folder(home) else None


def assignments_table(
    segmentation: Segmentation, ids: Sequence[str], assignments: Assignments
) -> pd.DataFrame:
    """Make the table ``id,segment,name,status,confidence``; all text but the last."""
    names = {s.id: s.name for s in segmentation.segments}
    return pd.DataFrame(
        {
            "id": np.asarray(ids, dtype=object),
            "segment": assignments.segments,
            "name": [names.get(segment, "") for segment in assignments.segments],
            "status": assignments.statuses,
            "confidence": np.round(assignments.confidences.astype(np.float64), _DECIMALS),
        }
    )


def write_assignments(
    folder: Path | str, segmentation: Segmentation, ids: Sequence[str], assignments: Assignments
) -> Path:
    """Write ``assignments.csv``, whole or not at all, with spreadsheet formulas made harmless."""
    path = Path(folder) / _ASSIGNMENTS
    table = assignments_table(segmentation, ids, assignments)
    few = dict.fromkeys(("segment", "name", "status"), "category")
    write_csv(table.astype(few), path)
    return path


def edit_folder(folder: Path | str, edit: SegmentEdit) -> Edit:
    """Edit the segmentation of a folder, and bring its sizes and ``assignments.csv`` in step.

    Parameters
    ----------
    folder
        The folder.
    edit
        Gets the segmentation and its rows; returns the new one.

    Raises
    ------
    StoreError
        When the folder cannot be read or written.
    EncoderMismatchError
        When its rows are of another encoder than its segmentation.
    """
    before = load_segmentation(folder)
    if has_rows(folder):
        rows = load_rows(folder)
        old = before.predict(rows.vectors, fingerprint=rows.fingerprint, readable=rows.readable)
        after = edit(before, rows)
        new = after.predict(rows.vectors, readable=rows.readable)
        return save_edit(folder, before, counted(after, new), rows, old, new)
    after = edit(before, None)
    with keeping_step(folder, before, after):
        save_segmentation(after, folder)
    if (Path(folder) / _ASSIGNMENTS).is_file():
        warnings.warn(
            f"{_ASSIGNMENTS} is as before the edit, because there is no {ROWS} to assign: "
            "discover again, or assign the table again.",
            CoterieWarning,
            stacklevel=2,
        )
    return Edit(after, after.history[len(before.history) :], None)


def save_edit(
    folder: Path | str,
    before: Segmentation,
    after: Segmentation,
    rows: StoredRows,
    old: Assignments,
    new: Assignments,
) -> Edit:
    """Write an edited segmentation, counted, and its rows' ``new`` assignments after ``old``."""
    with keeping_step(folder, before, after):
        save_segmentation(_quoted(after, rows), folder)
    write_assignments(folder, after, rows.ids.tolist(), new)
    moved = int((old.segments != new.segments).sum())
    return Edit(after, after.history[len(before.history) :], moved)
