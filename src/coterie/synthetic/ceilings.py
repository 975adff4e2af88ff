"""The best that any model can score, from chances that follow from how the data was made."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["best_accuracy", "best_auc", "best_r2", "rounded"]

FloatArray = npt.NDArray[np.float64]


def best_accuracy(posterior: FloatArray) -> float:
    """Give the accuracy that is expected of the best guess from these chances of one of two."""
    return float(np.maximum(posterior, 1 - posterior).mean())


def best_auc(posterior: FloatArray, happened: npt.NDArray[np.bool_]) -> float | None:
    """Give the area under the ROC curve of the chances against what happened.

    That is the share of pairs, of a row where it happened and one where it did not, that the
    chances put in the right order (Mann and Whitney, 1947). None where there is no such pair.
    """
    count = int(happened.sum())
    pairs = count * (len(happened) - count)
    if not pairs:
        return None
    rounded = np.round(posterior, 12)  # what differs by rounding errors alone is tied
    ranks = pd.Series(rounded).rank().to_numpy()[happened]
    return float((ranks.sum() - count * (count + 1) / 2) / pairs)


def best_r2(mean: FloatArray, variance: FloatArray) -> float | None:
    """Give the R2 that is expected of guessing a number by its mean given what is seen.

    Mean and variance (n,) are of the number given what is seen of each row; not all variances are
    zero. None for a single row.
    """
    if len(mean) < 2:
        return None
    left = float(variance.mean())
    return 1 - left / (left + float(mean.var()))


def rounded(score: float | None) -> float | None:
    """Round a score to the four digits that ``about.json`` has."""
    return None if score is None else round(score, 4)
