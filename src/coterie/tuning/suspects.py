"""Labels that the data contradicts, found before anything learns from them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError
from coterie.metrics.columns import check_lengths
from coterie.metrics.folds import assign_folds
from coterie.progress import current
from coterie.tuning.labelled import Labelled, labelled_rows

__all__ = [
    "CONFLICT",
    "DISAGREEMENT",
    "Suspects",
    "contradicted",
    "find_suspects",
    "out_of_fold",
]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CONFLICT = "the same text also carries the suggested label"
DISAGREEMENT = "rows like it carry the suggested label"

_SURE = 0.7  # see find_suspects; a judgement, not measured
_STRENGTH = 10.0  # inverse regularisation: on unit vectors, a weaker fit misses more wrong labels
_TOLERANCE, _ITERATIONS = 3e-4, 100  # a rough fit judges as well


@dataclass(frozen=True, slots=True, eq=False)
class Suspects:
    """Rows whose label the data contradicts.

    Attributes
    ----------
    table
        One row per suspect, the surest first: ``row`` (number in the labels given, int64),
        ``label``, ``suggested``, ``confidence`` and ``suggested_confidence`` (out-of-fold
        probabilities of the two, 0 to 1; NaN where the row was not judged), ``reason``
        (`CONFLICT` or `DISAGREEMENT`). A row is listed once, as a conflict where it is both.
    judged
        Labelled rows that a model which had not seen their cluster could judge.
    unjudged
        Labels, sorted, of which some rows were not judged: all their rows are in one cluster, or
        too near to one for a fold to learn them from others.
    accuracy
        Share of the judged rows whose label is the model's first choice.
    unlabelled
        Rows without a label.
    """

    table: pd.DataFrame
    judged: int
    unjudged: tuple[str, ...]
    accuracy: float
    unlabelled: int


def find_suspects(
    vectors: npt.NDArray[np.floating[Any]],
    labels: npt.NDArray[np.object_],
    clusters: npt.NDArray[np.integer[Any]],
    *,
    texts: npt.NDArray[np.object_] | None = None,
    folds: int = 5,
    seed: int = 0,
) -> Suspects:
    """List the rows whose label other rows contradict.

    A logistic regression judges each row after learning from the other folds; a cluster lies
    within one fold, so that copies do not vouch for each other. Confident learning [1]_ turns
    probabilities into suspicion: a row is suspect when some other label reaches the mean
    probability that it has on its own rows, or 0.7 where that is less, and is more probable than
    the label given. The bound is ours: where labels are nearly separable the mean is so high that
    a part of the plainly wrong ones would stay below it. Besides,
    one text with several labels is a conflict: its rows with other than its commonest label
    (between equals, the more probable one) are suspect.

    Parameters
    ----------
    vectors
        Shape (n, d), unit length.
    labels
        Shape (n,); None, NaN or blank text is unlabelled and never suspect.
    clusters
        Shape (n,), int: rows of exact or near-duplicate texts share a number.
    texts
        Shape (n,), str: to find conflicts; None looks for none.
    folds
        How many, 2 or more.
    seed
        Orders the clusters.

    Raises
    ------
    InputError
        When the arrays differ in length, fewer than two labels are there, or a vector holds NaN
        or infinity.
    NoRowsError
        When no row has a label.
    OptionError
        When ``folds`` is below 2.

    Notes
    -----
    ``folds`` fits of O(n · d · k) per iteration; memory for n · (d + k) numbers.

    References
    ----------
    .. [1] C. Northcutt, L. Jiang, I. Chuang, "Confident Learning: Estimating Uncertainty in
       Dataset Labels", Journal of Artificial Intelligence Research 70, 2021. Ranking by the
       normalised margin as in its section 4.
    """
    check_lengths(vectors, labels, "vectors and labels")
    found = labelled_rows(labels, clusters)
    if len(found.names) < 2:
        raise InputError(
            f"Every labelled row has the label {found.names[0]!r}: give rows of two labels or more."
        )
    rows = vectors[found.rows]
    if not np.isfinite(rows).all():
        raise InputError("Some vectors hold NaN or infinity: set their rows aside first.")
    fold = assign_folds(found.codes, found.clusters, folds, seed)
    probability = out_of_fold(rows, found.codes, fold, len(found.names))
    own = probability[np.arange(len(rows)), found.codes]
    judged = ~np.isnan(own)
    suggested = contradicted(probability, found.codes)
    conflict = np.full(len(rows), -1)
    if texts is not None:
        check_lengths(texts, labels, "texts and labels")
        conflict = _conflicting(np.asarray(texts, dtype=object)[found.rows], found, probability)
    best = np.where(judged, np.nan_to_num(probability).argmax(axis=1), -1)
    return Suspects(
        table=_table(found, probability, own, suggested, conflict),
        judged=int(judged.sum()),
        unjudged=tuple(found.names[i] for i in np.unique(found.codes[~judged])),
        accuracy=float((best == found.codes)[judged].mean()) if judged.any() else float("nan"),
        unlabelled=found.unlabelled,
    )


def out_of_fold(
    vectors: npt.NDArray[np.floating[Any]], codes: Ints, fold: Ints, labels: int
) -> Floats:
    """Judge each row by a logistic regression that learned from the other folds.

    Parameters
    ----------
    vectors
        Shape (m, d).
    codes
        Shape (m,): label of each row, 0 to ``labels`` - 1.
    fold
        Shape (m,).
    labels
        How many, k.

    Returns
    -------
    ndarray of shape (m, k), float64
        NaN for a label that the other folds do not hold.
    """
    probability = np.full((len(codes), labels), np.nan)
    numbers = np.unique(fold)
    with current().stage("Checking labels", len(numbers)) as stage:
        for number in numbers:
            held_out = fold == number
            known = np.unique(codes[~held_out])
            at = np.ix_(held_out, known)
            if len(known) == 1:
                probability[at] = 1.0
            elif len(known):
                probability[at] = _fit(vectors[~held_out], codes[~held_out], vectors[held_out])
            stage.advance()
    return probability


def _fit(
    vectors: npt.NDArray[np.floating[Any]], codes: Ints, others: npt.NDArray[np.floating[Any]]
) -> Floats:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(C=_STRENGTH, tol=_TOLERANCE, max_iter=_ITERATIONS)
    with warnings.catch_warnings(), threadpool_limits(1):  # more threads wait for each other
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The number of unique classes")  # few rows each
        model.fit(vectors, codes)
    probability: Floats = model.predict_proba(others)
    return probability


def contradicted(probability: Floats, codes: Ints) -> Ints:
    """Give the label that each row should rather have, by confident learning: see `find_suspects`.

    Parameters
    ----------
    probability
        Shape (n, k): of each label, by a model that has not seen the row; NaN for unknown.
    codes
        Shape (n,): the labels given, 0 to k - 1.

    Returns
    -------
    ndarray of shape (n,), int64
        -1 where the label given may stay.
    """
    k = probability.shape[1]
    own = probability[np.arange(len(codes)), codes]
    judged = ~np.isnan(own)
    rows = np.bincount(codes[judged], minlength=k)
    total = np.bincount(codes[judged], weights=own[judged], minlength=k)
    usual = np.divide(total, rows, out=np.ones(k), where=rows > 0)
    at = np.arange(len(codes))
    rival = np.where(
        probability >= np.minimum(usual, _SURE), probability, -np.inf
    )  # NaN reaches nothing
    rival[at, codes] = -np.inf
    first = rival.argmax(axis=1)
    return np.where(rival[at, first] > own, first, -1)


def _conflicting(texts: npt.NDArray[np.object_], found: Labelled, probability: Floats) -> Ints:
    """Give the label that the text of each row should have; -1 where the row agrees."""
    suggested = np.full(len(texts), -1)
    text, _ = pd.factorize(texts)
    order = np.argsort(text, kind="stable")
    for same in np.split(order, np.flatnonzero(np.diff(text[order])) + 1):
        codes = found.codes[same]
        kinds, counts = np.unique(codes, return_counts=True)
        if len(kinds) < 2:
            continue
        leading = kinds[counts == counts.max()]
        odds = np.nan_to_num(probability[np.ix_(same, leading)]).sum(axis=0)
        choice = leading[odds.argmax()]
        suggested[same] = np.where(codes == choice, -1, choice)
    return suggested


def _table(
    found: Labelled, probability: Floats, own: Floats, suggested: Ints, conflict: Ints
) -> pd.DataFrame:
    names = np.array(found.names, dtype=object)
    choice = np.where(conflict >= 0, conflict, suggested)
    at = np.flatnonzero(choice >= 0)
    table = pd.DataFrame(
        {
            "row": found.rows[at],
            "label": names[found.codes[at]],
            "suggested": names[choice[at]],
            "confidence": own[at],
            "suggested_confidence": probability[at, choice[at]],
            "reason": np.where(conflict[at] >= 0, CONFLICT, DISAGREEMENT),
        }
    )
    margin = (table["suggested_confidence"] - table["confidence"]).fillna(0.0)
    order = np.lexsort((table["row"].to_numpy(), -margin.to_numpy()))
    return table.iloc[order].reset_index(drop=True)
