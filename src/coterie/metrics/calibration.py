"""Calibration: whether a confidence of 80% is right 80% of the time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.metrics.columns import (
    Bools,
    Floats,
    Ints,
    check_confidence,
    check_correct,
    check_lengths,
)

__all__ = ["Calibration", "score_calibration"]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Confidence beside accuracy, 0 to 1; NaN for no rows.

    Attributes
    ----------
    ece
        Expected calibration error: how far mean confidence and accuracy are apart, averaged over
        the rows of bins of equal width.
    adaptive_ece
        The same over bins of equally many rows, the rows of one confidence together.
    brier
        Mean square of confidence less 1 for a right row, less 0 for a wrong one.
    over_confidence
        Mean confidence less accuracy: above 0 the model is over-confident.
    rows
        Rows scored.
    table
        One row a bin of equal width: ``low``, ``high`` (edges; a confidence equal to ``high`` is
        inside), ``rows``, ``confidence`` and ``accuracy`` (means; NaN for no rows).
    """

    ece: float
    adaptive_ece: float
    brier: float
    over_confidence: float
    rows: int
    table: pd.DataFrame


def score_calibration(
    correct: npt.ArrayLike, confidence: npt.ArrayLike, bins: int = 15
) -> Calibration:
    """Compare the confidence in the first choice with how often it is right.

    Parameters
    ----------
    correct
        Shape (n,), bool: whether the class predicted for each row is its label.
    confidence
        Shape (n,): probability of the class predicted.
    bins
        How many, 1 or more.

    Raises
    ------
    InputError
        When the two differ in length, or a confidence is NaN, infinite or outside 0 to 1.
    OptionError
        When ``bins`` is below 1.

    Notes
    -----
    O(n log n) time. ``ece`` after C. Guo, G. Pleiss, Y. Sun and K. Weinberger, "On Calibration of
    Modern Neural Networks" (ICML 2017); ``adaptive_ece`` after J. Nixon et al., "Measuring
    Calibration in Deep Learning" (CVPR Workshops 2019).
    """
    if bins < 1:
        raise OptionError(f"The number of bins is {bins}: give 1 or more, such as 15.")
    right, sure = check_correct(correct), check_confidence(confidence)
    check_lengths(right, sure, "answers and confidences")
    edges = np.linspace(0, 1, bins + 1)
    width = np.searchsorted(edges[1:-1], sure, side="left")
    rows, mean, accuracy = _means(width, right, sure, bins)
    gap = float(np.mean(sure) - np.mean(right)) if len(right) else float("nan")
    return Calibration(
        ece=_error(rows, mean, accuracy),
        adaptive_ece=_error(*_means(_equal_mass(sure, bins), right, sure, bins)),
        brier=float(np.mean((sure - right) ** 2)) if len(right) else float("nan"),
        over_confidence=gap,
        rows=len(right),
        table=pd.DataFrame(
            {
                "low": edges[:-1],
                "high": edges[1:],
                "rows": rows,
                "confidence": mean,
                "accuracy": accuracy,
            }
        ),
    )


def _equal_mass(confidence: Floats, bins: int) -> npt.NDArray[np.intp]:
    """Bin rows by rank, those of one confidence by the rank of their middle."""
    _, place, sizes = np.unique(confidence, return_inverse=True, return_counts=True)
    middle = np.cumsum(sizes) - sizes / 2
    return np.floor(middle[place] * (bins / max(len(confidence), 1))).astype(np.intp)


def _means(
    places: npt.NDArray[np.intp], right: Bools, confidence: Floats, bins: int
) -> tuple[Ints, Floats, Floats]:
    rows = np.bincount(places, minlength=bins)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(places, weights=confidence, minlength=bins) / rows
        accuracy = np.bincount(places, weights=right, minlength=bins) / rows
    return rows, mean, accuracy


def _error(rows: Ints, confidence: Floats, accuracy: Floats) -> float:
    if not rows.sum():
        return float("nan")
    return float(np.nansum(rows * np.abs(confidence - accuracy)) / rows.sum())
