"""Probabilities of each row by a model that has not seen it or its near duplicates."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.progress import current

__all__ = ["out_of_fold"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_STRENGTH = 10.0  # inverse regularisation: on unit vectors, a weaker fit misses more wrong labels
_TOLERANCE, _ITERATIONS = 3e-4, 100  # a rough fit judges as well


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
    import warnings

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
