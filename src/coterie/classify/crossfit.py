"""Scores of each row by a head that has not seen it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from coterie.classify.heads import Features, Floats, Head
from coterie.progress import Stage

__all__ = ["cross_fit"]

Ints = npt.NDArray[np.int64]
Fit = Callable[[Ints, Ints, Ints], Head]


def cross_fit(
    fit: Fit,
    features: Features,
    codes: Ints,
    folds: Ints,
    classes: int,
    *,
    stage: Stage,
    only: int | None = None,
) -> Floats:
    """Score the rows of each fold by a head that learnt from the others.

    Parameters
    ----------
    fit
        Gets the rows to learn from, their classes numbered anew without gaps, and which classes
        these are; returns a head.
    features
        Shape (n, d).
    codes
        Shape (n,): 0 to ``classes`` - 1.
    folds
        Shape (n,): fold of each row.
    classes
        How many, k.
    stage
        Is told of each head that was trained.
    only
        Score this fold alone; NaN elsewhere.

    Returns
    -------
    ndarray of shape (n, k), float64
        -inf for a class that the other folds do not hold; 0 there is only one.
    """
    scores = np.full((len(codes), classes), np.nan)
    numbers = np.unique(folds) if only is None else np.array([only])
    for number in numbers:
        held_out = folds == number
        learnt = np.flatnonzero(~held_out)
        known, numbered = np.unique(codes[learnt], return_inverse=True)
        part = np.full((int(held_out.sum()), classes), -np.inf)
        if len(known) == 1:
            part[:, known] = 0.0
        elif len(known):
            part[:, known] = fit(learnt, numbered, known).scores(features[held_out])
        scores[held_out] = part
        stage.advance()
    return scores
