"""What a discovery found, with everything a report needs to show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Vectors
from coterie.segments.assignments import Assignments
from coterie.segments.finding.number import supported_range
from coterie.segments.model import Segmentation

__all__ = ["Discovery"]


@dataclass(frozen=True, slots=True, eq=False)
class Discovery:
    """Groups found in vectors.

    Attributes
    ----------
    segmentation
        The groups; their names are those of `name_segments` once it was called.
    assignments
        Where each row went: always what ``segmentation.predict`` says of it.
    sweep
        One row a candidate, by groups: ``method``; ``candidate``, the setting that was tried (a
        number of groups, or ``min_cluster_size`` of HDBSCAN); ``groups``, as found;
        ``silhouette``, mean cosine silhouette; ``stability`` and ``information``, the agreement
        of two halves of the rows (NaN below 40 distinct texts); ``score``, by which the number is
        chosen; ``supported`` (bool), whether the candidate is about as well supported as the
        chosen one; ``chosen`` (bool). See `coterie.segments.finding.number.choose`.
    ends
        ``"coarser"`` and ``"finer"`` to the group of each row, shape (n,), int64, at that end of
        the range of supported numbers, as it was when the groups were found; -1 is outside.
    layout
        Shape (n, 2), float32: coordinates to look at.
    method
        ``"auto"``, ``"hdbscan"`` or ``"kmeans"``.
    seconds
        Stage to wall seconds: ``reduce``, ``cluster``, ``layout``.
    """

    segmentation: Segmentation
    assignments: Assignments
    sweep: pd.DataFrame
    ends: Mapping[str, npt.NDArray[np.int64]]
    layout: Vectors
    method: str
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def range(self) -> tuple[int, int]:
        """The fewest and the most groups that are about as well supported as the chosen ones."""
        return supported_range(self.sweep)

    @property
    def levels(self) -> dict[str, npt.NDArray[np.int64]]:
        """Level to the group of each row, -1 outside.

        ``"families"``, the coarse groups that segments belong to; ``"coarser"``, ``"best"``, the
        segments, and ``"finer"``. Each but the families is nested in the one before, until an edit
        splits or moves rows.
        """
        segments = self.segmentation.segments
        best = self.assignments.codes([segment.id for segment in segments])
        parents = list(dict.fromkeys(segment.parent for segment in segments))
        parent = np.array([*(parents.index(s.parent) for s in segments), -1], dtype=np.int64)
        return {
            "families": parent[best],
            "coarser": self.ends.get("coarser", best),
            "best": best,
            "finer": self.ends.get("finer", best),
        }
