"""Edits of a discovery that its page follows."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import CoterieWarning
from coterie.files import write_json
from coterie.pages.discovery.page import discover_page
from coterie.progress import current
from coterie.segments import Assignments, Discovery, Segmentation
from coterie.segments.taxonomy.folder import Edit, edit_folder
from coterie.segments.taxonomy.rows import Picture, Rows
from coterie.workflows.discovery.discover import METRICS, REPORT, SWEEP, DiscoverResult
from coterie.workflows.discovery.figures import figures_of_groups
from coterie.workflows.discovery.label_agreement import agreements

__all__ = ["edit_and_redraw"]

_NEEDED = {
    "source", "unit", "rows_in", "set_aside", "reasons", "distinct_texts", "texts_embedded",
    "notes", "title", "method", "seed", "encoder", "versions", "seconds",
    "silhouette", "stability", "score", "chosen", "runner_up",
}  # fmt: skip


def edit_and_redraw(
    folder: Path | str, edit: Callable[[Segmentation, Rows | None], Segmentation]
) -> Edit:
    """Edit the segmentation of a folder, and bring its tables, figures and page in step.

    Nothing is embedded, and every row stays where it was on the map. The number of groups was
    chosen as ``sweep.csv`` and the page tell, whatever was edited since.

    Parameters
    ----------
    folder, edit
        See `coterie.segments.edit_folder`.

    Raises
    ------
    StoreError
        When the folder cannot be read or written.
    EncoderMismatchError
        When its rows are of another encoder than its segmentation.

    Warns
    -----
    CoterieWarning
        When there is a page that cannot be drawn anew, with how to get one that follows edits.
    """
    home = Path(folder)
    done = edit_folder(home, edit)
    result = _edited(home, done)
    if result is not None:
        with current().stage("Writing the report"):
            write_json(home / METRICS, result.metrics)
            discover_page(result).write(result.report)
    elif (home / REPORT).is_file():
        warnings.warn(_why_not(home), CoterieWarning, stacklevel=2)
    return done


def _edited(folder: Path, done: Edit) -> DiscoverResult | None:
    """Put a discovery together from its folder, as it is after an edit; None where parts lack."""
    rows, assignments = done.rows, done.assignments
    if rows is None or assignments is None or rows.picture is None:
        return None
    try:
        metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
        sweep = pd.read_csv(folder / SWEEP)
    except (OSError, ValueError):
        return None
    if not isinstance(metrics, dict) or not {*metrics, *sweep.columns} >= _NEEDED:
        return None
    discovery = Discovery(
        done.segmentation,
        assignments,
        sweep,
        _levels(done.segmentation, assignments, rows.picture),
        rows.picture.layout,
        metrics["method"],
        metrics["seconds"],
    )
    found = agreements(rows.picture.labels, discovery)
    metrics |= figures_of_groups(discovery, found)
    return DiscoverResult(rows, discovery, found, metrics, folder)


def _levels(
    segmentation: Segmentation, assignments: Assignments, picture: Picture
) -> dict[str, npt.NDArray[np.int64]]:
    """Group of each row at three levels; the finer one is that of the discovery."""
    segments = segmentation.segments
    place = {segment.id: row for row, segment in enumerate(segments)}
    best = np.array([place.get(s, -1) for s in assignments.segments], dtype=np.int64)
    parents = list(dict.fromkeys(segment.parent for segment in segments))
    parent = np.array([*(parents.index(s.parent) for s in segments), -1], dtype=np.int64)
    return {"coarse": parent[best], "best": best, "fine": picture.fine}


def _why_not(folder: Path) -> str:
    if not (folder / SWEEP).is_file():
        return (
            f"{REPORT} still shows the segments as rows were assigned to them: for a page of the "
            f"edited ones, assign the table with --segments {folder} into another folder."
        )
    return (
        f"{REPORT} still shows the segments as they were before, for the folder lacks what a page "
        "is drawn from: for a page that follows edits, discover again into another folder with "
        "this version and edit there."
    )
