"""A discovery from its folder, and as it is after an edit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import TfidfEncoder, load_encoder
from coterie.errors import StoreError
from coterie.segments import (
    Assignments,
    Discovery,
    Picture,
    Rows,
    Segmentation,
    counted,
    load_rows,
    load_segmentation,
)
from coterie.segments.taxonomy.folder import fitted_encoder
from coterie.workflows.discovery.discover import DiscoverResult
from coterie.workflows.discovery.figures import figures_of_groups
from coterie.workflows.discovery.label_agreement import agreements

__all__ = ["edit_discovery", "load_discovery"]

_NEEDED = {
    "source", "unit", "rows_in", "set_aside", "reasons", "distinct_texts", "texts_embedded",
    "notes", "title", "method", "seed", "encoder", "versions", "seconds",
    "silhouette", "stability", "score", "chosen", "runner_up",
}  # fmt: skip


def load_discovery(folder: Path | str) -> DiscoverResult:
    """Read a discovery back from the folder that it was saved in.

    Nothing is embedded. Rows go where the segmentation sends them now, edits included.

    Raises
    ------
    StoreError
        When the folder does not hold all parts of a discovery.
    EncoderMismatchError
        When its rows are of another encoder than its segmentation.
    """
    home = Path(folder)
    segmentation, rows = load_segmentation(home), load_rows(home)
    try:
        metrics = json.loads((home / "metrics.json").read_text(encoding="utf-8"))
        sweep = pd.read_csv(home / "sweep.csv", float_precision="round_trip")
        rejects = _rejects(home / "quarantine.csv")
    except (OSError, ValueError) as error:
        raise StoreError(f"{home} does not hold a whole discovery ({error}).") from error
    whole = isinstance(metrics, dict) and {*metrics, *sweep.columns} >= _NEEDED
    if not whole or rows.picture is None:
        raise StoreError(
            f"{home} holds the discovery of an earlier version: discover again into another folder."
        )
    own = fitted_encoder(home)
    encoder = None if own is None else load_encoder(str(own))
    return _placed(
        DiscoverResult(
            rows,
            Discovery(
                segmentation,
                segmentation.predict(rows.vectors, fingerprint=rows.fingerprint),
                sweep,
                {},
                rows.picture.layout,
                metrics["method"],
                metrics["seconds"],
            ),
            (),
            metrics,
            rejects,
            encoder if isinstance(encoder, TfidfEncoder) else None,
        ),
        rows.picture,
    )


def edit_discovery(
    result: DiscoverResult, edit: Callable[[Segmentation, Rows | None], Segmentation]
) -> DiscoverResult:
    """Apply an edit: a segmentation and its rows in, the new segmentation out.

    The figures and the agreement with labels follow. The number of groups was chosen as ``sweep``
    tells, whatever was edited since.
    """
    rows = result.rows
    after = edit(result.segmentation, rows)
    assignments = after.predict(rows.vectors)
    discovery = replace(
        result.discovery, segmentation=counted(after, assignments), assignments=assignments
    )
    assert rows.picture is not None
    return _placed(replace(result, discovery=discovery), rows.picture)


def _placed(result: DiscoverResult, picture: Picture) -> DiscoverResult:
    """Bring levels, agreements and figures in step with the segmentation."""
    found = result.discovery
    levels = _levels(found.segmentation, found.assignments, picture)
    discovery = replace(found, levels=levels)
    compared = agreements(picture.labels, discovery)
    metrics = {**result.metrics, **figures_of_groups(discovery, compared)}
    return replace(result, discovery=discovery, agreements=compared, metrics=metrics)


def _rejects(path: Path) -> pd.DataFrame:
    if not path.is_file():
        return pd.DataFrame(columns=["row", "id", "reason", "text"])
    return pd.read_csv(path, dtype={"id": object, "reason": object, "text": object})


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
