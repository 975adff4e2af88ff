"""Where rows went, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["STATUSES", "Assignments"]

STATUSES = ("core", "assigned", "ambiguous", "outside")


@dataclass(frozen=True, slots=True, eq=False)
class Assignments:
    """Where rows went.

    Attributes
    ----------
    segments
        Shape (n,), str: segment id, "" for rows outside of every segment.
    statuses
        Shape (n,), str, one of `STATUSES`.
    confidences
        Shape (n,), float32 in 0 to 1: the probability that an independent discovery on other
        rows of the same kind would put the row into the same segment.
    similarities
        Shape (n,), float32: cosine to the nearest prototype of the segment.
    """

    segments: npt.NDArray[np.object_]
    statuses: npt.NDArray[np.object_]
    confidences: npt.NDArray[np.float32]
    similarities: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.segments)

    @property
    def coverage(self) -> float:
        """Share of rows that are not outside; 1 for no rows."""
        return float(np.mean(self.statuses != "outside")) if len(self) else 1.0

    def counts(self, segment: str | None = None) -> dict[str, int]:
        """Rows by status, of one segment or of all."""
        chosen = self.statuses if segment is None else self.statuses[self.segments == segment]
        return {status: int((chosen == status).sum()) for status in STATUSES}

    def codes(self, ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Place of each row's segment in ``ids``, shape (n,); -1 where it is none of them."""
        places = {segment: place for place, segment in enumerate(ids)}
        return np.array([places.get(segment, -1) for segment in self.segments], dtype=np.int64)
