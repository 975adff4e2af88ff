"""How well predicted classes agree with the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.metrics.answers import code_answers
from coterie.metrics.pairs import Names

__all__ = ["NO_ANSWER", "ClassScores", "confusion", "score_classes"]

Floats = npt.NDArray[np.float64]

NO_ANSWER = "(none)"


@dataclass(frozen=True, slots=True, eq=False)
class ClassScores:
    """Agreement of predictions with labels, 0 to 1; NaN where no row carries a label.

    A row without an answer is wrong, and so is a row whose label the classifier does not know.

    Attributes
    ----------
    accuracy
        Share of rows that are right.
    balanced_accuracy
        Mean recall of the labels that occur.
    macro_f1
        Mean F1 of the classes that are a label or an answer of some row.
    weighted_f1
        Mean F1, each class by the rows that carry it.
    rows, unlabelled, unanswered
        Rows scored, rows left out for want of a label, rows scored that have no answer.
    unseen
        Labels that are none of the classes, sorted.
    per_class
        One row a class, in the order given, then one a label in ``unseen``: ``class``, ``rows``
        (that carry it), ``predicted`` (rows answered so), ``precision`` (NaN where it is never
        predicted), ``recall`` (NaN where no row carries it), ``f1`` (NaN where it is neither).
    """

    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    weighted_f1: float
    rows: int
    unlabelled: int
    unanswered: int
    unseen: tuple[str, ...]
    per_class: pd.DataFrame


def score_classes(
    truth: Names, predicted: Names, classes: Sequence[Any] | None = None
) -> ClassScores:
    """Score predicted classes against labels.

    Parameters
    ----------
    truth
        Shape (n,): label of each row; rows with None, NaN or blank text are left out and counted.
    predicted
        Shape (n,): answer for each row; None, NaN or blank text is no answer.
    classes
        What can be predicted, in the order of the table; None for all labels and answers, sorted.

    Raises
    ------
    InputError
        When truth and predicted differ in length, an answer is none of ``classes``, or a class is
        given twice.

    Notes
    -----
    O(n + k) time and memory. The figures equal those of scikit-learn with ``zero_division=nan``.
    """
    found = code_answers(truth, predicted, classes)
    labelled = found.truth >= 0
    true, said = found.truth[labelled], found.predicted[labelled]
    k = len(found.names)
    rows = np.bincount(true, minlength=k)
    answered = np.bincount(said[said >= 0], minlength=k)
    right = np.bincount(true[true == said], minlength=k)
    recall, f1 = _ratio(right, rows), _ratio(2 * right, rows + answered)
    return ClassScores(
        accuracy=float(_ratio(right.sum(), rows.sum())),
        balanced_accuracy=_mean(recall),
        macro_f1=_mean(f1),
        weighted_f1=float(_ratio(np.nansum(f1 * rows), rows.sum())),
        rows=len(true),
        unlabelled=len(labelled) - len(true),
        unanswered=int((said < 0).sum()),
        unseen=found.unseen,
        per_class=pd.DataFrame(
            {
                "class": pd.Series(found.names, dtype=object),
                "rows": rows,
                "predicted": answered,
                "precision": _ratio(right, answered),
                "recall": recall,
                "f1": f1,
            }
        ),
    )


def confusion(truth: Names, predicted: Names, classes: Sequence[Any] | None = None) -> pd.DataFrame:
    """Count the rows of each label and answer.

    Parameters
    ----------
    truth, predicted, classes
        As in `score_classes`.

    Returns
    -------
    DataFrame
        int64: one row a class, named ``truth``, and one a label that is no class; one column a
        class, named ``predicted``, and the column ``(none)`` where a labelled row has no answer.

    Raises
    ------
    InputError
        As `score_classes`.

    Notes
    -----
    O(n + k²) time and memory.
    """
    found = code_answers(truth, predicted, classes)
    labelled = found.truth >= 0
    true, said = found.truth[labelled], found.predicted[labelled]
    height, width = len(found.names), found.classes + 1
    cells = true * width + np.where(said < 0, found.classes, said)
    table = np.bincount(cells, minlength=height * width).reshape(height, width)
    return pd.DataFrame(
        table[:, : width if (said < 0).any() else found.classes],
        index=pd.Index(found.names, name="truth", dtype=object),
        columns=pd.Index(
            [*found.names[: found.classes], *[NO_ANSWER] * bool((said < 0).any())],
            name="predicted",
            dtype=object,
        ),
    )


def _ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio: Floats = np.asarray(part, dtype=np.float64) / np.asarray(whole)
    return ratio


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
