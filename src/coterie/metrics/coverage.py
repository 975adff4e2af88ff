"""What is gained by answering only where the classifier is sure."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coterie.errors import OptionError
from coterie.metrics.answers import check_confidence, check_correct
from coterie.metrics.curves import Curve, thinned
from coterie.metrics.pairs import check_lengths

__all__ = ["accuracy_coverage", "threshold_for"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def accuracy_coverage(correct: npt.ArrayLike, confidence: npt.ArrayLike) -> Curve:
    """Tell how accurate the surest share of the rows is, for every share.

    Rows of equal confidence come together.

    Parameters
    ----------
    correct
        Shape (n,), bool: whether the class predicted for each row is its label.
    confidence
        Shape (n,): probability of the class predicted.

    Returns
    -------
    Curve
        ``x``: share of the rows, above 0 to 1; ``y``: accuracy of the surest such share. At most
        200 points; none for no rows.

    Raises
    ------
    InputError
        When the two differ in length, or a confidence is NaN, infinite or outside 0 to 1.

    Notes
    -----
    O(n log n) time. R. El-Yaniv and Y. Wiener, "On the Foundations of Noise-free Selective
    Classification" (Journal of Machine Learning Research 11, 2010).
    """
    _, answered, right = _from_the_surest(correct, confidence)
    return thinned(answered / max(answered.max(initial=0), 1), right / answered)


def threshold_for(
    correct: npt.ArrayLike,
    confidence: npt.ArrayLike,
    accuracy: float,
    least_share: float = 0.05,
) -> float | None:
    """Find the lowest confidence from which on rows are right often enough.

    Choose it on rows that the classifier has not learned from and report on others still: on the
    rows that chose it, the accuracy flatters.

    Parameters
    ----------
    correct, confidence
        As in `accuracy_coverage`.
    accuracy
        Wanted of the rows at or above the threshold, above 0 to 1.
    least_share
        Share of all rows that must be at or above it, 0 to 1.

    Returns
    -------
    float or None
        A confidence of some row; None where no threshold will do.

    Raises
    ------
    InputError
        When the two differ in length, or a confidence is NaN, infinite or outside 0 to 1.
    OptionError
        When ``accuracy`` or ``least_share`` is outside its range.
    """
    if not 0 < accuracy <= 1:
        raise OptionError(f"The accuracy wanted is {accuracy:g}: give one up to 1, such as 0.95.")
    if not 0 <= least_share <= 1:
        raise OptionError(f"The least share is {least_share:g}: give one from 0 to 1.")
    threshold, answered, right = _from_the_surest(correct, confidence)
    rows = max(answered.max(initial=0), 1)
    enough = np.flatnonzero((right / answered >= accuracy) & (answered / rows >= least_share))
    return float(threshold[enough[-1]]) if len(enough) else None


def _from_the_surest(
    correct: npt.ArrayLike, confidence: npt.ArrayLike
) -> tuple[Floats, Ints, Ints]:
    """Give each confidence that occurs, from high to low, and the rows at or above it.

    Returns
    -------
    confidence, answered, right
        Shape (c,): the confidence, how many rows have it or more, how many of those are right.
    """
    right, sure = check_correct(correct), check_confidence(confidence)
    check_lengths(right, sure, "answers and confidences")
    order = np.argsort(-sure, kind="stable")
    sure, counted = sure[order], np.cumsum(right[order])
    last = np.flatnonzero(np.append(np.diff(sure) < 0, True)) if len(sure) else np.zeros(0, int)
    return sure[last], last + 1, counted[last]
