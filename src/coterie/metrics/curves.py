"""ROC, precision-recall and accuracy-coverage curves, in few points."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coterie.errors import OptionError
from coterie.metrics.columns import (
    Bools,
    Floats,
    Ints,
    Vectors,
    check_confidence,
    check_correct,
    check_lengths,
    check_scores,
)

__all__ = [
    "Curve",
    "accuracy_coverage",
    "highest_accuracy",
    "precision_recall_curve",
    "roc_curve",
    "thinned",
    "threshold_for",
]

_POINTS = 200  # enough for a smooth line on a page: a judgement
_STRAIGHT = 1e-12  # distance from a line below which a point lies on it


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Points to draw a line through.

    Attributes
    ----------
    x, y
        Shape (p,), float64: ``x`` never falls; empty where the curve is not defined.
    """

    x: Floats
    y: Floats


def roc_curve(positive: npt.ArrayLike, scores: npt.ArrayLike) -> Curve:
    """Give the ROC curve: true positive rate over false positive rate.

    Parameters
    ----------
    positive
        Shape (n,), bool: whether each row is of the class.
    scores
        Shape (n,): probability of the class, or any score that rises with it.

    Returns
    -------
    Curve
        From (0, 0) to (1, 1): ``x`` the false positive rate, ``y`` the true positive rate, at
        most 200 points; none where no row or every row is positive.

    Raises
    ------
    InputError
        When the two differ in length, or a score is NaN or infinite.
    """
    from sklearn import metrics

    of_class, values = _class_and_scores(positive, scores)
    if of_class.all() or not of_class.any():
        return Curve(np.zeros(0), np.zeros(0))
    false, true, _ = metrics.roc_curve(of_class, values, drop_intermediate=False)
    return thinned(false, true)


def precision_recall_curve(positive: npt.ArrayLike, scores: npt.ArrayLike) -> Curve:
    """Give the precision-recall curve: precision over recall.

    Parameters
    ----------
    positive, scores
        As in `roc_curve`.

    Returns
    -------
    Curve
        ``x`` the recall, from 0 to 1, ``y`` the precision, at most 200 points; none where no row
        is positive. Up to the recall of the highest score that a positive row has, the precision
        is the one there.

    Raises
    ------
    InputError
        When the two differ in length, or a score is NaN or infinite.
    """
    from sklearn import metrics

    of_class, values = _class_and_scores(positive, scores)
    if not of_class.any():
        return Curve(np.zeros(0), np.zeros(0))
    precision, recall, _ = metrics.precision_recall_curve(of_class, values)
    found = recall > 0  # below, precision says nothing of the class
    precision, recall = precision[found][::-1], recall[found][::-1]
    return thinned(np.append(0.0, recall), np.append(precision[0], precision))


def accuracy_coverage(correct: npt.ArrayLike, confidence: npt.ArrayLike) -> Curve:
    """Give accuracy over coverage: how accurate the most confident share of the rows is.

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
        ``x``: share of the rows, above 0 to 1; ``y``: accuracy of the most confident such share.
        At most 200 points; none for no rows.

    Raises
    ------
    InputError
        When the two differ in length, or a confidence is NaN, infinite or outside 0 to 1.

    Notes
    -----
    O(n log n) time. R. El-Yaniv and Y. Wiener, "On the Foundations of Noise-free Selective
    Classification" (Journal of Machine Learning Research 11, 2010).
    """
    _, answered, right = _by_confidence(correct, confidence)
    return thinned(answered / max(answered.max(initial=0), 1), right / answered)


def threshold_for(
    correct: npt.ArrayLike,
    confidence: npt.ArrayLike,
    accuracy: float,
    least_share: float = 0.05,
) -> float | None:
    """Find the lowest confidence threshold that gives the accuracy wanted.

    Choose it on rows that the classifier was not trained on, and report the accuracy on other rows
    again: on the rows that chose the threshold it is too high.

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
    threshold, answered, right = _by_confidence(correct, confidence)
    rows = max(answered.max(initial=0), 1)
    enough = np.flatnonzero((right / answered >= accuracy) & (answered / rows >= least_share))
    return float(threshold[enough[-1]]) if len(enough) else None


def highest_accuracy(
    correct: npt.ArrayLike, confidence: npt.ArrayLike, least_share: float = 0.05
) -> tuple[float, float]:
    """Give the highest accuracy that a threshold reaches, and the share of the rows it is of.

    Parameters and errors are those of `threshold_for`. Of equal accuracies the larger share is
    given; both are NaN for no rows.
    """
    threshold, answered, right = _by_confidence(correct, confidence)
    if not len(threshold):
        return math.nan, math.nan
    shares, accuracies = answered / answered.max(), right / answered
    enough = np.flatnonzero(shares >= least_share)
    best = enough[np.flatnonzero(accuracies[enough] == accuracies[enough].max())[-1]]
    return float(accuracies[best]), float(shares[best])


def thinned(x: Floats, y: Floats, *, most: int = _POINTS) -> Curve:
    """Keep the corners of a curve, ``most`` points or fewer, the first and the last among them.

    Between two points that are kept, the one farthest from the line through them is the next to
    be kept, until every point lies on the line: D. H. Douglas and T. K. Peucker, "Algorithms for
    the reduction of the number of points required to represent a digitized line" (Cartographica
    10, 1973), the largest distance first. O(n log ``most``) time as a rule.
    """
    if len(x) <= 2:
        return Curve(x, y)
    kept = [0, len(x) - 1]
    waiting = [(*_farthest(x, y, 0, len(x) - 1), 0, len(x) - 1)]
    while waiting and len(kept) < most:
        nearness, at, first, last = heapq.heappop(waiting)
        if -nearness <= _STRAIGHT:
            break
        kept.append(at)
        for start, end in ((first, at), (at, last)):
            if end - start > 1:
                heapq.heappush(waiting, (*_farthest(x, y, start, end), start, end))
    kept.sort()
    return Curve(x[kept], y[kept])


def _farthest(x: Floats, y: Floats, first: int, last: int) -> tuple[float, int]:
    """Find the point farthest from the line through two others: minus its distance, its place."""
    dx, dy = x[last] - x[first], y[last] - y[first]
    beside = slice(first + 1, last)
    length = np.hypot(dx, dy)
    if length > 0:
        distance = np.abs((x[beside] - x[first]) * dy - (y[beside] - y[first]) * dx) / length
    else:
        distance = np.hypot(x[beside] - x[first], y[beside] - y[first])
    at = int(distance.argmax())
    return -float(distance[at]), first + 1 + at


def _class_and_scores(positive: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[Bools, Vectors]:
    of_class = check_correct(positive)
    check_lengths(of_class, np.asarray(scores), "labels and scores")
    return of_class, check_scores(np.asarray(scores)[:, None], len(of_class), 1)[:, 0]


def _by_confidence(correct: npt.ArrayLike, confidence: npt.ArrayLike) -> tuple[Floats, Ints, Ints]:
    """Give each confidence from high to low, the rows at or above it, and how many are right."""
    right, sure = check_correct(correct), check_confidence(confidence)
    check_lengths(right, sure, "answers and confidences")
    order = np.argsort(-sure, kind="stable")
    sure, counted = sure[order], np.cumsum(right[order])
    last = np.flatnonzero(np.append(np.diff(sure) < 0, True)) if len(sure) else np.zeros(0, int)
    return sure[last], last + 1, counted[last]
