"""Predictions of classes: the label of each row, its confidence and its status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import READABLE

__all__ = ["AMBIGUOUS", "ASSIGNED", "OUTSIDE", "Predictions", "predictions_of"]

ASSIGNED, AMBIGUOUS, OUTSIDE = "assigned", "ambiguous", "outside"
_DECIMALS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Predictions of n rows.

    Attributes
    ----------
    labels
        Shape (n,): the most probable class of each, whatever its status.
    confidences
        Shape (n,), float64: its calibrated probability.
    statuses
        Shape (n,), str: ``"assigned"``; ``"ambiguous"`` where the confidence is below the model's
        threshold; ``"outside"`` where the text is unlike all training texts.
    probabilities
        Shape (n, k), float64: of each class.
    classes
        The k classes.
    """

    labels: npt.NDArray[Any]
    confidences: npt.NDArray[np.float64]
    statuses: npt.NDArray[np.object_]
    probabilities: npt.NDArray[np.float64]
    classes: npt.NDArray[Any]

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def joined(cls, parts: Sequence[Predictions]) -> Predictions:
        """Put predictions of one model together, one part or more, in their order."""
        named = ("labels", "confidences", "statuses", "probabilities")
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in named}
        return cls(**joined, classes=parts[0].classes)

    def doubted(self, readable: npt.NDArray[np.float32]) -> Predictions:
        """Doubt the rows of which the encoder reads less than half.

        ``readable``, shape (n,), is the share of each text that is read. The probabilities of such
        a row become a mixture: that share of its own, and the rest the same for every class. It is
        ambiguous unless it is outside.
        """
        share = np.where(readable < READABLE, readable, 1.0)[:, None].astype(np.float64)
        mixed = share * self.probabilities + (1 - share) / len(self.classes)
        probabilities = np.where(share < 1, mixed, self.probabilities)
        confidences = np.where(share[:, 0] < 1, probabilities.max(axis=1), self.confidences)
        statuses = self.statuses.copy()
        statuses[(readable < READABLE) & (statuses == ASSIGNED)] = AMBIGUOUS
        return replace(
            self, confidences=confidences, statuses=statuses, probabilities=probabilities
        )

    def frame(
        self,
        ids: Sequence[str] | npt.NDArray[Any],
        *,
        id_name: str = "id",
        label_name: str = "label",
    ) -> pd.DataFrame:
        """Give a table of ``id,label,confidence,status`` and a column for each class."""
        frame = pd.DataFrame(
            {
                id_name: np.asarray(ids, dtype=object),
                label_name: self.labels,
                "confidence": np.round(self.confidences, _DECIMALS),
                "status": self.statuses,
            }
        )
        shares = pd.DataFrame(np.round(self.probabilities, _DECIMALS))
        taken = set(frame.columns)
        names = [str(name) for name in self.classes]
        shares.columns = [f"class {name}" if name in taken else name for name in names]
        return pd.concat([frame, shares], axis=1)


def predictions_of(
    probabilities: npt.NDArray[np.float64],
    classes: npt.NDArray[Any],
    threshold: npt.NDArray[np.float64] | float,
    outside: npt.NDArray[np.bool_],
) -> Predictions:
    """Make predictions of probabilities (n, k), a confidence threshold and the rows outside."""
    best = probabilities.argmax(axis=1)
    confidences = probabilities[np.arange(len(best)), best]
    statuses = np.where(confidences < threshold, AMBIGUOUS, ASSIGNED).astype(object)
    statuses[outside] = OUTSIDE
    return Predictions(classes[best], confidences, statuses, probabilities, classes)
