"""What a discovery found, with everything a report needs to show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Vectors
from coterie.segments.assignments import Assignments
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
        ``silhouette``, mean cosine silhouette; ``stability``, adjusted Rand index of two halves
        of the rows (NaN below 40 distinct texts); ``score``, the two smoothed and multiplied;
        ``chosen`` and ``runner_up`` (bool).
    levels
        Level name (``"coarse"``, ``"best"``, ``"fine"``) to an int array of shape (n,): the
        group of each row at that level, each nested in the one before; -1 is outside.
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
    levels: Mapping[str, npt.NDArray[np.int64]]
    layout: Vectors
    method: str
    seconds: Mapping[str, float] = field(default_factory=dict)
