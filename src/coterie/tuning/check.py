"""What an epoch came to; apart from the training, so that reading it needs no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Check"]

# Of the spread before training. Sales conversations whose cosines all rose to 0.95 and more had a
# tenth; a training that worked seldom has less than half. A judgement between the two.
_COLLAPSED = 0.2


@dataclass(frozen=True, slots=True)
class Check:
    """What an epoch came to.

    Attributes
    ----------
    epoch
        From 1; 0 is the encoder before any training.
    loss
        Mean over the steps of the epoch; None for epoch 0.
    separation
        Mean cosine silhouette of the validation rows, by their labels; 0 where there are none.
    seconds
        Wall time of the steps.
    spread
        1 minus the mean cosine of two rows: of the validation rows, or of some training rows where
        there are none. It is near 0 where the encoder makes all texts alike. None in the states of
        earlier versions.
    """

    epoch: int
    loss: float | None
    separation: float
    seconds: float
    spread: float | None = None

    def collapsed(self, base: Check) -> bool:
        """Whether all texts have become alike, and are no better separated than before training."""
        if self.spread is None or base.spread is None:
            return False
        if self.separation > max(base.separation, 0.0):
            return False
        return math.isnan(self.spread) or self.spread < _COLLAPSED * base.spread
