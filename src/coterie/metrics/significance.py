"""What may be said to differ: the one rule for every comparison that is put into words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coterie.metrics.columns import Floats

__all__ = ["LEVEL", "adjust_p_values", "differ"]

LEVEL = 0.05
"""Probability below which a difference is significant: the convention of the field."""


def differ(p_value: float, one: str, other: str) -> bool:
    """Whether two figures may be said to differ.

    They may where the test of their difference gives a p-value below `LEVEL`, and a reader can see
    the difference.

    Parameters
    ----------
    p_value
        Of the paired test; where several pairs are compared at once, see `adjust_p_values`. NaN is
        not significant.
    one, other
        The figures as they are shown: where these are the same, nothing is said to differ.
    """
    return bool(p_value < LEVEL) and one != other


def adjust_p_values(p_values: npt.ArrayLike) -> Floats:
    """Correct p-values for their number, so that equals seldom seem to differ among many pairs.

    The probability that any pair of equals falls below `LEVEL` is then at most `LEVEL`, after
    S. Holm, "A simple sequentially rejective multiple test procedure" (Scandinavian Journal of
    Statistics 6, 1979).

    Parameters
    ----------
    p_values
        Shape (n,); NaN stays NaN, and is not counted.

    Returns
    -------
    ndarray of shape (n,), float64
    """
    found = np.array(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(found))
    order = known[np.argsort(found[known], kind="stable")]
    scaled = found[order] * np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return found
