"""ROC AUC and average precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.metrics.columns import (
    Bools,
    Names,
    Vectors,
    as_names,
    check_scores,
    class_names,
    places_in,
)

__all__ = ["RankingScores", "score_ranking"]


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
        Mean precision at each row of the class, the most probable first; chance is the share of the
        class. That of ``positive``, else the mean; NaN where it is not defined.
    positive
        The class that the two figures are of; None for means.
    rows, unlabelled
        Rows scored, and rows left out because they have no label.
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
    O(k · n log n) time; memory for n numbers beside the input.
    """
    names = class_names(classes)
    scores = check_scores(probability, len(truth), len(names))
    chosen = _positive(positive, names)
    given = as_names(truth)
    labelled = given != ""
    codes, scores = places_in(names, given[labelled]), scores[labelled]
    figures = [_figures(codes == i, scores[:, i]) for i in range(len(names))]
    table = pd.DataFrame(
        {
            "class": pd.Series(names, dtype=object),
            "rows": np.bincount(codes + 1, minlength=len(names) + 1)[1:],
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


def _positive(positive: Any, names: list[str]) -> int | None:
    if positive is None:
        return 1 if len(names) == 2 else None
    (name,) = class_names([positive])
    if name not in names:
        raise OptionError(f"The positive class {name!r} is none of the classes: give one of them.")
    return names.index(name)


def _figures(of_class: Bools, scores: Vectors) -> tuple[float, float]:
    """ROC AUC and average precision of one class, NaN where scikit-learn does not define them."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    if not of_class.any():
        return float("nan"), float("nan")
    area = float("nan") if of_class.all() else float(roc_auc_score(of_class, scores))
    return area, float(average_precision_score(of_class, scores))
