"""What an epoch came to; apart from the training, so that reading it needs no torch."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Check"]


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
        Mean cosine silhouette of the rows kept back, by their labels.
    seconds
        Wall time of the steps.
    """

    epoch: int
    loss: float | None
    separation: float
    seconds: float
