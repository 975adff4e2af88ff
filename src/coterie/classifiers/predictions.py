"""Predictions of classes: the label of each row, its confidence and its status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import READABLE

__all__ = [
    "AMBIGUOUS",
    "ASSIGNED",
    "OUTSIDE",
    "REFUSED",
    "Predictions",
    "Shares",
    "doubt",
    "predictions_of",
]

Floats = npt.NDArray[np.float64]
Shares = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

ASSIGNED, AMBIGUOUS, OUTSIDE, REFUSED = "assigned", "ambiguous", "outside", "refused"
_DECIMALS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Predictions of n rows.

    Attributes
    ----------
    labels
        Shape (n,): the most probable class of each, whatever its status.
    confidences
        Shape (n,), float64: its calibrated probability, if the row is of one of the classes.
    statuses
        Shape (n,), str: ``"assigned"``; ``"ambiguous"`` where the confidence is below the model's
        threshold, the encoder reads less than half of the text, or the text could as well be of a
        class that is not known; ``"outside"`` where it is unlike the training texts; ``"refused"``
        where a language model gave no answer that can be used, and the label is None.
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
    probabilities: Floats,
    classes: npt.NDArray[Any],
    threshold: Floats | float,
    outside: Bools,
    readable: Shares | None = None,
    doubtful: Bools | None = None,
) -> Predictions:
    """Make predictions of probabilities (n, k), a confidence threshold and the rows outside.

    Rows that are ``doubtful``, shape (n,), are ambiguous, whatever their confidence. ``readable``,
    shape (n,), is the share of each text that the encoder reads, see `doubt`: a row
    of less than half is ambiguous unless it is outside.
    """
    probabilities = doubt(probabilities, readable)
    best = probabilities.argmax(axis=1)
    confidences = probabilities[np.arange(len(best)), best]
    statuses = np.where(confidences < threshold, AMBIGUOUS, ASSIGNED).astype(object)
    if doubtful is not None:
        statuses[doubtful] = AMBIGUOUS
    if readable is not None:
        statuses[readable < READABLE] = AMBIGUOUS
    statuses[outside] = OUTSIDE
    return Predictions(classes[best], confidences, statuses, probabilities, classes)


def doubt(probabilities: Floats, readable: Shares | None) -> Floats:
    """Mix the probabilities (n, k) of texts that the encoder cannot read with chance.

    Where less than half of a text is read, that share is of its own probabilities, and the rest the
    same for every class. All other rows stay as they are, to the digit.
    """
    if readable is None or not (readable < READABLE).any():
        return probabilities
    share = np.where(readable < READABLE, readable, 1.0)[:, None].astype(np.float64)
    mixed: Floats = share * probabilities + (1 - share) / probabilities.shape[1]
    return np.where(share < 1, mixed, probabilities)
