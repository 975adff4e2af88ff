"""What a classifier says of rows: a label, how sure it is, and whether to take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["AMBIGUOUS", "ASSIGNED", "OUTSIDE", "Predictions", "predictions_of"]

ASSIGNED, AMBIGUOUS, OUTSIDE = "assigned", "ambiguous", "outside"
_DECIMALS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Predictions of n rows.

    Attributes
    ----------
    labels
        Shape (n,): the likeliest class of each, whatever its status.
    confidences
        Shape (n,), float64: calibrated probability that it is right.
    statuses
        Shape (n,), str: ``"assigned"``; ``"ambiguous"`` where the confidence is below the model's
        threshold; ``"outside"`` where the text is unlike anything it was trained on.
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
        return cls(
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.confidences for part in parts]),
            np.concatenate([part.statuses for part in parts]),
            np.concatenate([part.probabilities for part in parts]),
            parts[0].classes,
        )

    def frame(
        self,
        ids: Sequence[str] | npt.NDArray[Any],
        *,
        id_name: str = "id",
        label_name: str = "label",
    ) -> pd.DataFrame:
        """Lay them out as ``id,label,confidence,status`` and a column for each class."""
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
    """Make predictions of probabilities (n, k), a least confidence and who is outside."""
    best = probabilities.argmax(axis=1)
    confidences = probabilities[np.arange(len(best)), best]
    statuses = np.where(confidences < threshold, AMBIGUOUS, ASSIGNED).astype(object)
    statuses[outside] = OUTSIDE
    return Predictions(classes[best], confidences, statuses, probabilities, classes)
