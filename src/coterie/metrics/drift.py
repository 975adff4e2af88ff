"""Whether shares of new rows differ from those before by more than chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "ShareChange",
    "adjust_weighted",
    "rows_that_count",
    "share_change",
    "smallest_change",
    "spread_between",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_USUAL = 0.99  # quantile of how often a text may be repeated and count; a judgement
_Z = 1.96
_POWER = 0.84  # quantile of the normal distribution at 80%
_BEHIND = 5.0  # weeks that the mean spread of all shares counts for beside a share's own


@dataclass(frozen=True, slots=True)
class ShareChange:
    """A share before and after.

    Attributes
    ----------
    before, after, difference
        Shares from 0 to 1, and how much the share grew.
    low, high
        The 95% interval of the difference.
    p_value
        Probability of a change at least as large, up or down, where nothing changed.
    """

    before: float
    after: float
    difference: float
    low: float
    high: float
    p_value: float


def share_change(
    after: float, n: float, before: float, m: float, *, spread: float = 1.0, doubt: float = 0.0
) -> ShareChange:
    """Compare ``after`` of ``n`` new rows with ``before`` of ``m`` rows before.

    Parameters
    ----------
    after, n, before, m
        Counts of rows that are as good as independent, see `rows_that_count`.
    spread
        Variance between weeks where nothing changed, in multiples of that of independent rows.
    doubt
        Standard error of the share before beyond that of its rows, as a part of it: where it is
        an estimate.

    Notes
    -----
    The p-value is that of Fisher's exact test, twice the smaller tail, on counts divided by the
    spread; the doubt is part of the spread. The interval is R. G. Newcombe's of the difference of
    two shares, by Wilson's intervals of each ("Interval estimation for the difference between
    independent proportions", Statistics in Medicine 17, 1998).
    """
    from scipy.stats import hypergeom

    if n <= 0 or m <= 0:
        return ShareChange(math.nan, math.nan, math.nan, math.nan, math.nan, 1.0)
    was, now = before / m, after / n
    pooled = (before + after) / (m + n)
    chance = pooled * (1 - pooled) * (1 / n + 1 / m)
    wide = max(spread, 1.0)
    if chance > 0:
        wide += (doubt * pooled) ** 2 / chance
    own, others = round(n / wide), round(m / wide)
    hits, total = min(round(after / wide), own), 0
    total = hits + min(round(before / wide), others)
    tail = hypergeom(own + others, total, own)
    p_value = min(1.0, 2 * min(float(tail.cdf(hits)), float(tail.sf(hits - 1))))
    (low_was, high_was), (low_now, high_now) = _wilson(was, m / wide), _wilson(now, n / wide)
    difference = now - was
    low = difference - math.hypot(now - low_now, high_was - was)
    high = difference + math.hypot(high_now - now, was - low_was)
    return ShareChange(was, now, difference, low, high, p_value)


def _wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's 95% interval, for a number of rows that need not be whole."""
    square = _Z * _Z / n
    middle = (share + square / 2) / (1 + square)
    half = _Z * math.sqrt(share * (1 - share) / n + square / (4 * n)) / (1 + square)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def adjust_weighted(p_values: npt.ArrayLike, weights: npt.ArrayLike) -> Floats:
    """Correct p-values for their number, some of which count more than others.

    The probability that any falls below a level where nothing changed is then at most that level:
    Holm's procedure with weights, after Y. Benjamini and Y. Hochberg, "Multiple hypotheses testing
    with weights" (Scandinavian Journal of Statistics 24, 1997).

    Parameters
    ----------
    p_values, weights
        Shape (n,): weights above 0, of which only the ratio counts.

    Returns
    -------
    ndarray of shape (n,), float64
    """
    found = np.array(p_values, dtype=np.float64)
    weight = np.array(weights, dtype=np.float64)
    order = np.argsort(found / weight, kind="stable")
    left = weight[order][::-1].cumsum()[::-1]
    found[order] = np.minimum(
        np.maximum.accumulate(found[order] * left / weight[order], axis=0), 1.0
    )
    return found


def rows_that_count(new: npt.ArrayLike, before: npt.ArrayLike) -> tuple[Bools, Bools]:
    """Mark the rows that count as independent, given the text of each as a number.

    People write in bursts: the same text ten times in an hour says hardly more than once. A text
    counts as often as chance allows, given how often the other rows have it: a question that is
    always asked counts each time, and a text that nobody wrote before counts once, or a few times
    where there are many more new rows than rows before.

    Parameters
    ----------
    new, before
        Shapes (n,) and (m,), int64 from 0 on: rows of the same number have the same text, or nearly
        the same.

    Returns
    -------
    two ndarray of shapes (n,) and (m,), bool
        The first rows of each text, up to the 99% quantile of a Poisson distribution with the
        rate of the other rows, one more added.
    """
    one, other = np.asarray(new, dtype=np.int64), np.asarray(before, dtype=np.int64)
    size = int(max(one.max(initial=-1), other.max(initial=-1))) + 1
    counts = [np.bincount(each, minlength=size) for each in (one, other)]
    return _first(one, counts[1], len(one), len(other)), _first(
        other, counts[0], len(other), len(one)
    )


def _first(keys: Ints, elsewhere: Ints, rows: int, others: int) -> Bools:
    from scipy.stats import poisson

    if not rows or not others:
        return np.ones(rows, dtype=np.bool_)
    most = np.maximum(poisson.ppf(_USUAL, (elsewhere + 1) * rows / others), 1)
    order = np.argsort(keys, kind="stable")
    starts = np.searchsorted(keys[order], keys[order], side="left")
    rank = np.empty(rows, dtype=np.int64)
    rank[order] = np.arange(rows) - starts
    return np.asarray(rank < most[keys], dtype=np.bool_)


def spread_between(counts: npt.ArrayLike) -> Floats:
    """Estimate how much more shares vary between weeks than those of independent rows would.

    Parameters
    ----------
    counts
        Shape (weeks, k): rows of each of k classes in weeks where nothing changed.

    Returns
    -------
    ndarray of shape (k,), float64
        At least 1. Pearson's statistic of each class over its degrees of freedom, pulled towards
        the mean of all, which counts as five weeks; 1 for fewer than three weeks.
    """
    table = np.asarray(counts, dtype=np.float64)
    weeks, k = table.shape
    if weeks < 3:
        return np.ones(k)
    rows = table.sum(axis=1, keepdims=True)
    share = table.sum(axis=0) / max(table.sum(), 1)
    variance = rows * share * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(variance > 0, (table - rows * share) ** 2 / variance, np.nan)
    seen = table.sum(axis=0) >= weeks  # fewer than a row a week tell nothing
    each = np.nansum(own, axis=0) / (weeks - 1) if np.isfinite(own).any() else np.ones(k)
    mean = float(each[seen].mean()) if seen.any() else 1.0
    each = np.where(seen, each, mean)
    pulled = ((weeks - 1) * each + _BEHIND * mean) / (weeks - 1 + _BEHIND)
    return np.asarray(np.maximum(pulled, 1.0), dtype=np.float64)


def smallest_change(
    share: float, n: float, m: float, level: float, *, spread: float = 1.0, doubt: float = 0.0
) -> float:
    """Give the growth of a share that would be seen in four weeks of five.

    ``level`` is the p-value that it has to fall below; the other arguments are as of
    `share_change`. By the normal approximation.
    """
    from scipy.stats import norm

    if n <= 0 or m <= 0:
        return math.nan
    needed = float(norm.isf(level / 2))
    growth = 0.0
    for _ in range(20):  # the share that it grows to has a larger error
        now = min(share + growth, 0.5) if share < 0.5 else share
        pooled = (share * m + now * n) / (m + n)
        null = spread * pooled * (1 - pooled) * (1 / n + 1 / m) + (doubt * pooled) ** 2
        real = spread * (now * (1 - now) / n + share * (1 - share) / m) + (doubt * share) ** 2
        growth = needed * math.sqrt(null) + _POWER * math.sqrt(real)
    return growth
