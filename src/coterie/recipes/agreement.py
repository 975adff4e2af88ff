"""How far groups agree with labels that were there before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.records import Records
from coterie.segments import Discovery

__all__ = ["Agreement", "agreements"]


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """One label column beside the groups.

    Attributes
    ----------
    column
        Its name.
    rows
        Rows that carry a label.
    scores
        Name of a score to its value: ``ari`` and ``nmi`` at least.
    counts
        A row a label, a column a segment name, and "outside" where rows are: numbers of rows.
    purity
        One row a label: ``label``, ``rows``, ``segment`` (the one that holds most of them) and
        ``purity`` (its share).
    """

    column: str
    rows: int
    scores: Mapping[str, float]
    counts: pd.DataFrame
    purity: pd.DataFrame


def agreements(records: Records, discovery: Discovery) -> list[Agreement]:
    """Compare the groups with each label column; rows without a label are left out."""
    names = {segment.id: segment.name for segment in discovery.segmentation.segments}
    found = np.array([names.get(s, "outside") for s in discovery.assignments.segments], object)
    return [
        _agreement(column, labels, found)
        for column, labels in records.labels.items()
        if any(label is not None for label in labels)
    ]


def _agreement(
    column: str, labels: npt.NDArray[np.object_], found: npt.NDArray[np.object_]
) -> Agreement:
    from coterie.evaluate import contingency, purity_per_label, score_clusters

    known = np.array([label is not None for label in labels])
    true, groups = labels[known], found[known]
    scores = score_clusters(true, groups)
    return Agreement(
        column,
        int(known.sum()),
        scores,
        contingency(true, groups),
        purity_per_label(true, groups),
    )
