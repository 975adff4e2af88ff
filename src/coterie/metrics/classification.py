"""Accuracy, recall and F1 of predicted classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coterie.metrics.columns import Floats, Ints, Names, code_answers, ignore_many_classes

__all__ = ["NO_ANSWER", "ClassScores", "confusion", "score_classes"]

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
        Rows scored, rows left out because they have no label, rows scored without an answer.
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
    O(n + k) time and memory.
    """
    found = code_answers(truth, predicted, classes)
    labelled = found.truth >= 0
    true, said = found.truth[labelled], found.predicted[labelled]
    k = len(found.names)
    rows, (precision, recall, f1) = np.bincount(true, minlength=k), _per_class(true, said, k)
    return ClassScores(
        accuracy=float((true == said).mean()) if len(true) else float("nan"),
        balanced_accuracy=_mean(recall),
        macro_f1=_mean(f1),
        weighted_f1=float(np.nansum(f1 * rows) / len(true)) if len(true) else float("nan"),
        rows=len(true),
        unlabelled=len(labelled) - len(true),
        unanswered=int((said < 0).sum()),
        unseen=found.unseen,
        per_class=pd.DataFrame(
            {
                "class": pd.Series(found.names, dtype=object),
                "rows": rows,
                "predicted": np.bincount(said + 1, minlength=k + 1)[1:],
                "precision": precision,
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
    answers = [*range(found.classes), *[-1] * bool((found.predicted[labelled] < 0).any())]
    table = pd.crosstab(found.truth[labelled], found.predicted[labelled])
    table = table.reindex(index=range(len(found.names)), columns=answers, fill_value=0)
    written = [*found.names, NO_ANSWER]  # place -1
    table.index = pd.Index(found.names, name="truth", dtype=object)
    table.columns = pd.Index([written[i] for i in answers], name="predicted", dtype=object)
    return table


def _per_class(true: Ints, said: Ints, k: int) -> tuple[Floats, Floats, Floats]:
    """Precision, recall and F1 of each class."""
    from sklearn.metrics import precision_recall_fscore_support

    if not len(true):
        return (np.full(k, np.nan),) * 3
    with ignore_many_classes():
        precision, recall, f1, _ = precision_recall_fscore_support(
            true, said, labels=range(k), zero_division=np.nan
        )
    return precision, recall, f1


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
