"""Few-shot accuracy: a classifier trained on a few rows per class."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError, OptionError
from coterie.metrics.columns import (
    Ints,
    Names,
    Vectors,
    check_lengths,
    ignore_many_classes,
    is_missing,
)

__all__ = ["few_shot_accuracy", "few_shot_hits"]

_STRENGTH = 10.0  # inverse regularisation, weak for unit vectors: a judgement, not measured
_ITERATIONS = 200  # enough for a rough fit: a judgement


def few_shot_accuracy(
    train: Vectors,
    train_labels: Names,
    test: Vectors,
    test_labels: Names,
    *,
    shots: Sequence[int] = (1, 5, 10),
    seeds: int = 5,
) -> pd.DataFrame:
    """Score a logistic regression trained on a few rows of each label, drawn several times.

    The draws depend on the labels alone, so that two encoders are scored on the same rows. A
    label with fewer rows than asked for gives all it has. Rows without a label are left out.

    Parameters
    ----------
    train, test
        Shapes (n, d) and (m, d), unit length.
    train_labels, test_labels
        Shapes (n,) and (m,). A test row whose label is not in training counts as wrong.
    shots
        Training rows of each label.
    seeds
        How many draws of each.

    Returns
    -------
    DataFrame
        One row for each of ``shots``: ``shots``, ``mean`` and ``spread`` (standard deviation of
        the draws; NaN for one draw) of the accuracy, 0 to 1, ``seeds``, and ``short`` (labels
        with fewer rows than asked for).

    Raises
    ------
    InputError
        When vectors and labels differ in length, training has fewer than two labels, or no test
        row has one.
    OptionError
        When ``shots`` or ``seeds`` are below 1.
    """
    sizes = np.unique(_known(train_labels)[1], return_counts=True)[1]
    table = []
    for shot, hits in few_shot_hits(
        train, train_labels, test, test_labels, shots=shots, seeds=seeds
    ).items():
        scores = hits.mean(axis=1)
        spread = float(np.std(scores, ddof=1)) if seeds > 1 else float("nan")
        table.append((shot, float(np.mean(scores)), spread, seeds, int((sizes < shot).sum())))
    return pd.DataFrame(table, columns=["shots", "mean", "spread", "seeds", "short"])


def few_shot_hits(
    train: Vectors,
    train_labels: Names,
    test: Vectors,
    test_labels: Names,
    *,
    shots: Sequence[int] = (1, 5, 10),
    seeds: int = 5,
) -> dict[int, npt.NDArray[np.bool_]]:
    """Tell which test rows `few_shot_accuracy` gets right.

    Parameters and errors are the same.

    Returns
    -------
    dict of ndarray of shape (seeds, m), bool
        For each of ``shots``: the draws, and the m test rows that have a label.
    """
    if min(shots, default=0) < 1 or seeds < 1:
        raise OptionError(f"shots are {[*shots]} and seeds {seeds}: give 1 or more of each.")
    check_lengths(train, train_labels, "training vectors and labels")
    check_lengths(test, test_labels, "test vectors and labels")
    known, given = _known(train_labels)
    judged, wanted = _known(test_labels)
    codes, names = pd.factorize(given)
    if len(names) < 2 or not len(judged):
        raise InputError(
            "Few-shot accuracy needs two labels in training and one test row: give more labelled "
            "rows."
        )
    truth = pd.Index(names).get_indexer(pd.Index(wanted))
    found = {}
    for shot in shots:
        drawn = [_draw(codes, shot, np.random.default_rng(seed)) for seed in range(seeds)]
        found[shot] = np.stack(
            [_learn(train[known[d]], codes[d], test[judged]) == truth for d in drawn]
        )
    return found


def _known(labels: Names) -> tuple[Ints, npt.NDArray[np.object_]]:
    """Give the rows that have a label, and their labels as text."""
    rows = np.flatnonzero(~is_missing(labels))
    return rows, np.asarray(labels, dtype=object)[rows].astype(str).astype(object)


def _draw(codes: npt.NDArray[np.intp], shot: int, rng: np.random.Generator) -> Ints:
    """Draw ``shot`` places of each code, or all where there are fewer."""
    shuffled = rng.permutation(len(codes))
    rank = pd.Series(shuffled).groupby(codes[shuffled]).cumcount().to_numpy()
    drawn = shuffled[rank < shot]
    return drawn[np.argsort(codes[drawn], kind="stable")]


def _learn(vectors: Vectors, codes: npt.NDArray[np.intp], others: Vectors) -> Ints:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(C=_STRENGTH, max_iter=_ITERATIONS)
    with ignore_many_classes(), threadpool_limits(1):  # more threads wait for each other
        warnings.simplefilter("ignore", ConvergenceWarning)  # a rough fit is enough
        model.fit(vectors, codes)
    guess: Ints = model.predict(others)
    return guess
