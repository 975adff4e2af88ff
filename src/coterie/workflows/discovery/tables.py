"""Groups, and groups beside labels, as tables for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.segments import Discovery, Segmentation
from coterie.segments.taxonomy.refreshing import batch_sizes, refreshes
from coterie.workflows.discovery.families import families
from coterie.workflows.discovery.label_agreement import LabelAgreement

__all__ = ["SIZES", "contingency_table", "group_table", "periods", "size_table"]

SIZES = "refresh-sizes.csv"
"""File of the rows of each segment at each refresh."""

_DECIMALS = 6


def group_table(discovery: Discovery) -> pd.DataFrame:
    """Give one row for each group, the largest first: sizes, confidence, statuses and terms."""
    rows, segments = discovery.assignments, discovery.segmentation.segments
    parents = families(segments)
    found = []
    for segment in segments:
        inside = rows.segments == segment.id
        size = int(inside.sum())
        found.append(
            {
                "id": segment.id,
                "name": segment.name,
                "family": parents.get(segment.id, ""),
                "rows": size,
                "share": round(size / max(len(rows.segments), 1), _DECIMALS),
                "confidence": round(float(rows.confidences[inside].mean()), _DECIMALS)
                if size
                else None,
                **rows.counts(segment.id),
                "terms": "; ".join(segment.terms),
                "description": segment.description,
            }
        )
    columns = ["id", "name", "family", "rows", "share", "confidence", "terms", "description"]
    frame = pd.DataFrame(found) if found else pd.DataFrame(columns=columns)
    return frame.sort_values("rows", ascending=False, kind="stable").reset_index(drop=True)


def contingency_table(agreements: Sequence[LabelAgreement]) -> pd.DataFrame | None:
    """Give one row for each label, with the number of its rows in each group.

    Columns that tell rows apart, as an id does, are left out; None where there is no other.
    """
    parts = []
    for agreement in agreements:
        if not agreement.of_ids:
            counts = agreement.counts.rename(columns=str)
            counts.insert(0, "value", agreement.counts.index.astype(str), allow_duplicates=True)
            counts.insert(0, "label column", agreement.column, allow_duplicates=True)
            parts.append(counts.reset_index(drop=True))
    return pd.concat(parts, ignore_index=True) if parts else None


def periods(segmentation: Segmentation) -> list[str]:
    """Name the discovery and each refresh, no two alike."""
    names = ["discovery"]
    for change in refreshes(segmentation):
        name = str(change.details.get("period") or f"refresh {change.details['refresh']}")
        taken = name in names
        names.append(f"{name} ({change.details['refresh']})" if taken else name)
    return names


def size_table(discovery: Discovery, batches: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Give one row for each segment, and one for the rows outside: rows at each refresh.

    Each row is counted where it is now, so that edits and new segments count for earlier refreshes
    too. ``vanished`` says since when a segment has hardly any rows.
    """
    segmentation = discovery.segmentation
    counts = batch_sizes(segmentation, discovery.assignments, batches)
    frame = pd.DataFrame(counts, columns=periods(segmentation)[: counts.shape[1]])
    frame.insert(0, "id", [*(s.id for s in segmentation.segments), ""], allow_duplicates=True)
    names = [*(s.name for s in segmentation.segments), "outside"]
    frame.insert(1, "name", names, allow_duplicates=True)
    marks = [*(s.vanished for s in segmentation.segments), ""]
    frame.insert(2, "vanished", marks, allow_duplicates=True)
    return frame
