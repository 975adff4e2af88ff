"""Scores of each row by a head that has not seen it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.classifiers.classification_heads import Features, Floats, Head
from coterie.progress import Stage

__all__ = ["FoldFeatures", "cross_fit"]

Ints = npt.NDArray[np.int64]
Fit = Callable[[Features, Ints, Ints, Any], Head]
FoldFeatures: TypeAlias = Features | Callable[[Ints], Features]
"""Features of all rows (n, d), or what gives them when told which rows they may learn from."""


def cross_fit(
    fit: Fit,
    settings: Sequence[Any],
    features: FoldFeatures,
    codes: Ints,
    folds: Ints,
    classes: int,
    *,
    stage: Stage,
    only: int | None = None,
) -> list[Floats]:
    """Score the rows of each fold by heads that learnt from the others.

    Parameters
    ----------
    fit
        Gets the features to learn from, their classes numbered anew without gaps, which classes
        these are, and a setting; returns a head.
    settings
        Each is scored.
    features
        Where they learn from rows themselves, as an encoder fitted to the texts does, they are
        made anew for each fold: fitted to rows that are then scored, an encoder knows their words
        better than those of any row to come.
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
    list of ndarray of shape (n, k), float64
        For each setting; -inf for a class that the other folds do not hold; 0 where there is only
        one.
    """
    scores = [np.full((len(codes), classes), np.nan) for _ in settings]
    numbers = np.unique(folds) if only is None else np.array([only])
    for number in numbers:
        held_out = folds == number
        learnt = np.flatnonzero(~held_out)
        known, numbered = np.unique(codes[learnt], return_inverse=True)
        if len(known) > 1:
            own = features(learnt) if callable(features) else features
        for setting, found in zip(settings, scores, strict=True):
            part = np.full((int(held_out.sum()), classes), -np.inf)
            if len(known) == 1:
                part[:, known] = 0.0
            elif len(known) > 1:
                head = fit(own[learnt], numbered, known, setting)
                part[:, known] = head.scores(own[held_out])
            found[held_out] = part
            stage.advance()
    return scores
