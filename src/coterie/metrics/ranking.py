"""How well probabilities put the rows of a class before the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.metrics.answers import (
    check_correct,
    check_scores,
    class_names,
    code_names,
    renumbered,
)
from coterie.metrics.curves import Curve, thinned
from coterie.metrics.pairs import Names, check_lengths

__all__ = ["RankingScores", "precision_recall_curve", "roc_curve", "score_ranking"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class RankingScores:
    """One class against the rest, 0 to 1.

    Attributes
    ----------
    roc_auc
        Probability that a row of the class is given more of it than a row of the rest, half of it
        where they are given the same; 0.5 is chance. That of ``positive``, else the mean over the
        classes that have it; NaN where it is not defined.
    average_precision
        Mean precision at each row of the class, from the surest down; chance is the share of the
        class. That of ``positive``, else the mean; NaN where it is not defined.
    positive
        The class that the two figures are of; None for means.
    rows, unlabelled
        Rows scored, rows left out for want of a label.
    per_class
        One row a class: ``class``, ``rows``, ``roc_auc`` (NaN where no row or every row carries
        it), ``average_precision`` (NaN where no row carries it).
    """

    roc_auc: float
    average_precision: float
    positive: str | None
    rows: int
    unlabelled: int
    per_class: pd.DataFrame


def score_ranking(
    truth: Names, probability: npt.ArrayLike, classes: Sequence[Any], *, positive: Any = None
) -> RankingScores:
    """Score probabilities, or any scores, against labels.

    Parameters
    ----------
    truth
        Shape (n,): label of each row; rows with None, NaN or blank text are left out and counted.
        A label that is no class belongs to the rest of every class.
    probability
        Shape (n, k): of each class.
    classes
        The k classes, in the order of the columns.
    positive
        The class that the two figures are of; None takes the second of two classes, and means
        where there are more.

    Raises
    ------
    InputError
        When there is not one row per label and one column per class, a probability is NaN or
        infinite, or a class is given twice.
    OptionError
        When ``positive`` is none of the classes.

    Notes
    -----
    O(k · n log n) time; memory for n numbers beside the input. The figures equal
    ``roc_auc_score`` and ``average_precision_score`` of scikit-learn.
    """
    names = class_names(classes)
    scores = check_scores(probability, len(truth), len(names))
    chosen = _positive(positive, names)
    codes, given = code_names(truth)
    codes = renumbered(codes, given, [*names, *(set(given) - set(names))])
    labelled = codes >= 0
    codes, scores = codes[labelled], scores[labelled]
    figures = [_figures(scores[:, i], codes == i) for i in range(len(names))]
    table = pd.DataFrame(
        {
            "class": pd.Series(names, dtype=object),
            "rows": np.bincount(codes, minlength=len(names))[: len(names)],
            "roc_auc": np.array([area for area, _ in figures], dtype=np.float64),
            "average_precision": np.array([mean for _, mean in figures], dtype=np.float64),
        }
    )
    told = table if chosen is None else table.iloc[[chosen]]
    return RankingScores(
        roc_auc=float(told["roc_auc"].mean()),
        average_precision=float(told["average_precision"].mean()),
        positive=None if chosen is None else names[chosen],
        rows=len(codes),
        unlabelled=len(labelled) - len(codes),
        per_class=table,
    )


def roc_curve(positive: npt.ArrayLike, scores: npt.ArrayLike) -> Curve:
    """Draw the share of positive rows found over the share of the others taken for positive.

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
    found, taken, total = _counts(positive, scores)
    if not 0 < total < taken.max(initial=0):
        return Curve(np.zeros(0), np.zeros(0))
    false = np.append(0, taken - found) / (taken[-1] - total)
    return thinned(false, np.append(0, found) / total)


def precision_recall_curve(positive: npt.ArrayLike, scores: npt.ArrayLike) -> Curve:
    """Draw the share of right rows among those taken for positive over the share found.

    Parameters
    ----------
    positive, scores
        As in `roc_curve`.

    Returns
    -------
    Curve
        From (0, 1): ``x`` the recall, ``y`` the precision, at most 200 points; none where no row
        is positive.

    Raises
    ------
    InputError
        When the two differ in length, or a score is NaN or infinite.
    """
    found, taken, total = _counts(positive, scores)
    if not total:
        return Curve(np.zeros(0), np.zeros(0))
    return thinned(np.append(0, found) / total, np.append(1, found / taken))


def _positive(positive: Any, names: list[str]) -> int | None:
    if positive is None:
        return 1 if len(names) == 2 else None
    (name,) = class_names([positive])
    if name not in names:
        raise OptionError(f"The positive class {name!r} is none of the classes: give one of them.")
    return names.index(name)


def _figures(scores: Scores, of_class: Bools) -> tuple[float, float]:
    """ROC AUC and average precision, from how many rows lie at or above each row of the class."""
    everyone, own = np.sort(scores), np.sort(scores[of_class])
    n, m = len(everyone), len(own)
    if not m:
        return float("nan"), float("nan")
    below, upto = (np.searchsorted(everyone, own, side=side) for side in ("left", "right"))
    own_below, own_upto = (np.searchsorted(own, own, side=side) for side in ("left", "right"))
    beaten = (below - own_below) + ((upto - below) - (own_upto - own_below)) / 2
    area = float(beaten.sum() / m / (n - m)) if n > m else float("nan")
    return area, float(np.mean((m - own_below) / (n - below)))


def _counts(positive: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[Ints, Ints, int]:
    """Count positive rows and all rows at or above each score that occurs, from high to low."""
    of_class = check_correct(positive)
    check_lengths(of_class, np.asarray(scores), "labels and scores")
    values = check_scores(np.asarray(scores)[:, None], len(of_class), 1)[:, 0]
    order = np.argsort(-values, kind="stable")
    found = np.cumsum(of_class[order], dtype=np.int64)
    last = np.flatnonzero(np.append(np.diff(values[order]) < 0, [True] * bool(len(values))))
    return found[last], last + 1, int(of_class.sum())
