"""How far groups agree with labels that were there before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.metrics import ClusterScores, contingency, purity_per_label, score_clusters
from coterie.profile.labels import tells_rows_apart
from coterie.segments import Discovery
from coterie.workflows.discovery.families import families

__all__ = ["LabelAgreement", "agreements"]

Labels = Mapping[str, npt.NDArray[np.object_]]


@dataclass(frozen=True, slots=True, eq=False)
class LabelAgreement:
    """One label column beside the groups.

    Attributes
    ----------
    column
        Its name.
    scores
        ARI, NMI and the others; rows without a label are left out.
    coarse
        Those of the families of segments, None where there are none.
    counts
        A row a label, a column a segment name, and "outside" where rows are: numbers of rows.
    purity
        One row a label, see `coterie.metrics.purity_per_label`.
    """

    column: str
    scores: ClusterScores
    coarse: ClusterScores | None
    counts: pd.DataFrame
    purity: pd.DataFrame

    @property
    def of_ids(self) -> bool:
        """Whether the column tells rows apart, as an id does, and is no label."""
        return tells_rows_apart(len(self.purity), self.scores.rows)


def agreements(labels: Labels, discovery: Discovery) -> list[LabelAgreement]:
    """Compare the groups, and their families, with each label column that has labels."""
    names = {segment.id: segment.name for segment in discovery.segmentation.segments}
    found = np.array([names.get(s) for s in discovery.assignments.segments], dtype=object)
    shown = np.array([names.get(s, "outside") for s in discovery.assignments.segments], object)
    parents = families(discovery.segmentation.segments)
    coarse = np.array([parents.get(s) for s in discovery.assignments.segments], dtype=object)
    return [
        LabelAgreement(
            column,
            score_clusters(found, given),
            score_clusters(coarse, given) if parents else None,
            contingency(shown, given).T,
            purity_per_label(found, given),
        )
        for column, given in labels.items()
        if any(label is not None for label in given)
    ]
