"""What ``metrics.json`` of a discovery holds: figures, and what its page says of the making."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from coterie.encoders import Encoder
from coterie.metrics import ClusterScores
from coterie.segments import Discovery
from coterie.workflows.dataset import Dataset
from coterie.workflows.discovery.families import families
from coterie.workflows.discovery.label_agreement import Agreement

__all__ = ["figures_of_groups", "figures_of_making", "figures_of_table"]

_LIBRARIES = ("coterie", "numpy", "scikit-learn", "graspologic-native", "umap-learn")


def figures_of_table(dataset: Dataset) -> dict[str, Any]:
    """Tell of the records, which no edit changes."""
    records = dataset.records
    reasons = records.rejects["reason"].str.replace(r"\d[\d,]*", "…", regex=True).value_counts()
    return {
        "source": records.source,
        "unit": dataset.unit,
        "rows": len(records),
        "rows_in": records.rows_in,
        "set_aside": len(records.rejects),
        "reasons": {str(reason): int(rows) for reason, rows in reasons.items()},
        "distinct_texts": len(set(records.texts.tolist())),
        "texts_embedded": len(dataset.texts),
        "notes": [*dataset.choices, *records.notes],
    }


def figures_of_groups(discovery: Discovery, found: Sequence[Agreement]) -> dict[str, Any]:
    """Tell of the groups and their families, which edits change."""
    rows = discovery.assignments
    inside = rows.statuses != "outside"
    statuses, counts = np.unique(rows.statuses.astype(str), return_counts=True)
    return {
        "groups": len(discovery.segmentation),
        "coverage": round(rows.coverage, 6),
        "confidence": round(float(rows.confidences[inside].mean()), 6) if inside.any() else 0.0,
        "statuses": dict(zip(statuses.tolist(), counts.tolist(), strict=True)),
        "labels": {agreement.column: _plain(agreement.scores) for agreement in found},
        "families": {
            "groups": len(set(families(discovery.segmentation.segments).values())),
            "labels": {each.column: _plain(each.coarse) for each in found if each.coarse},
        },
    }


def figures_of_making(
    encoder: Encoder, method: str, seed: int, title: str, seconds: Mapping[str, float]
) -> dict[str, Any]:
    """Tell how the groups were found, which no edit changes."""
    return {
        "seconds": {stage: round(spent, 3) for stage, spent in seconds.items()},
        "title": title,
        "method": method,
        "seed": seed,
        "encoder": {
            "name": encoder.name,
            "fingerprint": encoder.fingerprint,
            "dim": encoder.dim,
        },
        "versions": _versions(),
    }


def _plain(scores: ClusterScores) -> dict[str, float | None]:
    return {
        name: None if np.isnan(value) else round(value, 6) for name, value in asdict(scores).items()
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found
