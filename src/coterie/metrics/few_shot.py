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

__all__ = ["few_shot_accuracy"]

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
    if min(shots, default=0) < 1 or seeds < 1:
        raise OptionError(f"shots are {[*shots]} and seeds {seeds}: give 1 or more of each.")
    check_lengths(train, train_labels, "training vectors and labels")
    check_lengths(test, test_labels, "test vectors and labels")
    known = np.flatnonzero(~is_missing(train_labels))
    judged = np.flatnonzero(~is_missing(test_labels))
    codes, names = pd.factorize(np.asarray(train_labels, dtype=object)[known].astype(str))
    if len(names) < 2 or not len(judged):
        raise InputError(
            "Few-shot accuracy needs two labels in training and one test row: give more labelled "
            "rows."
        )
    truth = pd.Index(names).get_indexer(np.asarray(test_labels, dtype=object)[judged].astype(str))
    sizes = np.bincount(codes)
    table = []
    for shot in shots:
        scores = []
        for seed in range(seeds):
            drawn = _draw(codes, shot, np.random.default_rng(seed))
            guess = _learn(train[known[drawn]], codes[drawn], test[judged])
            scores.append(float((guess == truth).mean()))
        spread = float(np.std(scores, ddof=1)) if seeds > 1 else float("nan")
        short = int((sizes < shot).sum())
        table.append((shot, float(np.mean(scores)), spread, seeds, short))
    return pd.DataFrame(table, columns=["shots", "mean", "spread", "seeds", "short"])


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
