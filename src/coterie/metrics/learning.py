"""Learning curves: accuracy by the number of training rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError, OptionError
from coterie.metrics.classification import score_classes
from coterie.metrics.columns import Codes, Ints, Names, as_names, check_lengths
from coterie.metrics.folds import assign_folds
from coterie.progress import current

__all__ = ["learning_curve", "nested_order"]


def learning_curve(
    fit_predict: Callable[[Ints, Ints], Names],
    labels: Names,
    sizes: Sequence[int],
    *,
    clusters: Codes | None = None,
    folds: int = 5,
    test_rows: Codes | None = None,
    seeds: int = 3,
) -> pd.DataFrame:
    """Score a classifier by its number of training rows, drawn several times.

    Of each draw the test rows are the same for every size, and a larger size contains the
    smaller ones. Each size holds about equal parts of every label's rows.

    Parameters
    ----------
    fit_predict
        Learns from the rows in the first array and gives an answer for each row in the second;
        both are row numbers, int64. None is no answer and wrong.
    labels
        Shape (n,): label of each row; rows with None, NaN or blank text are left out.
    sizes
        Numbers of training rows, 1 or more each.
    clusters
        Shape (n,), int: rows of exact or near-duplicate texts share a number and are never on
        both sides; None makes every row a cluster of its own.
    folds
        One in ``folds`` of the labelled rows is a test row, others at each draw.
    test_rows
        Row numbers to test on in every draw, in place of ``folds``; the model is trained on the
        rest, less the rows that share a cluster with them.
    seeds
        How many draws.

    Returns
    -------
    DataFrame
        One row a size, the smallest first: ``size``, ``accuracy`` and ``macro_f1`` (means of the
        draws, 0 to 1), ``accuracy_spread`` and ``macro_f1_spread`` (standard deviations; NaN for
        one draw), ``seeds``.

    Raises
    ------
    InputError
        When labels and clusters differ in length, ``fit_predict`` does not give an answer for
        each row, or there is no test row.
    OptionError
        When ``seeds`` or a size is below 1, or a size is more than the training rows.

    Notes
    -----
    ``seeds`` · len(``sizes``) fits.
    """
    wanted = sorted({int(size) for size in sizes})
    if not wanted or wanted[0] < 1 or seeds < 1:
        raise OptionError(f"sizes are {wanted} and seeds {seeds}: give 1 or more of each.")
    given = np.asarray(labels, dtype=object)
    scores = np.empty((seeds, len(wanted), 2))
    with current().stage("Training on more rows", scores.size // 2) as stage:
        for seed in range(seeds):
            train, test = _sides(given, clusters, folds, test_rows, seed)
            if wanted[-1] > len(train):
                raise OptionError(
                    f"A size is {wanted[-1]:,} and there are {len(train):,} training rows: give "
                    "smaller sizes."
                )
            for number, size in enumerate(wanted):
                said = fit_predict(train[:size], test)
                check_lengths(said, test, "predictions and test rows")
                found = score_classes(given[test], said)
                scores[seed, number] = found.accuracy, found.macro_f1
                stage.advance()
    mean = scores.mean(axis=0)
    spread = scores.std(axis=0, ddof=1) if seeds > 1 else np.full_like(mean, np.nan)
    return pd.DataFrame(
        {
            "size": wanted,
            "accuracy": mean[:, 0],
            "accuracy_spread": spread[:, 0],
            "macro_f1": mean[:, 1],
            "macro_f1_spread": spread[:, 1],
            "seeds": seeds,
        }
    )


def nested_order(codes: Codes, *, seed: int = 0) -> Ints:
    """Order rows (n,) so that the first s of them hold about s / n of each label.

    The rows of a label, in random order, come at even distances from a random start.
    """
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(codes))
    _, label, sizes = np.unique(codes[shuffled], return_inverse=True, return_counts=True)
    rank = pd.Series(shuffled).groupby(label).cumcount().to_numpy()
    start = rng.random(len(sizes))
    return shuffled[np.argsort((rank + start[label]) / sizes[label], kind="stable")]


def _sides(
    labels: npt.NDArray[np.object_],
    clusters: Codes | None,
    folds: int,
    test_rows: Codes | None,
    seed: int,
) -> tuple[Ints, Ints]:
    """Give the training rows, in nested order, and the test rows."""
    names = as_names(labels)
    codes, rows = pd.factorize(names)[0], np.flatnonzero(names != "")
    near = np.arange(len(labels)) if clusters is None else np.asarray(clusters)
    check_lengths(labels, near, "labels and clusters")
    if test_rows is None:
        in_test = assign_folds(codes[rows], near[rows], folds, seed) == 0
    else:
        in_test = np.isin(rows, test_rows)
    if not in_test.any():
        raise InputError("There is no labelled test row: give more labelled rows.")
    test = rows[in_test]
    train = rows[~np.isin(near[rows], near[test])]
    return train[nested_order(codes[train], seed=seed)], test
