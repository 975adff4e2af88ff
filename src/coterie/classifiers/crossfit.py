"""Cross-validation: scores of each row by a head that has not learnt from it."""

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
"""Features of all rows (n, d), or a function that makes them from the rows to learn from."""


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
    """Score the rows of each fold with heads that learnt from the others.

    ``fit`` takes features, codes without gaps, the classes that these mean and a setting, and gives
    a head; ``features`` that are a function are made for each fold, because an encoder that was
    fitted to the rows to be scored would know their words better than those of new rows. ``codes``
    (n,) are places of the k ``classes``, ``folds`` (n,) the fold of each row; ``only`` scores one
    fold alone.

    Returns
    -------
    list of ndarray of shape (n, k), float64
        One for each setting; -inf for a class that the other folds lack, 0 where they have only
        that one, NaN for rows that are not scored.
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
