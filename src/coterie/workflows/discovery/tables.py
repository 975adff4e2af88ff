"""Groups, and groups beside labels, as tables for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from coterie.segments import Discovery
from coterie.workflows.discovery.families import families
from coterie.workflows.discovery.label_agreement import LabelAgreement

__all__ = ["contingency_table", "group_table"]

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
