"""Paired comparison: by how much one model is better than another on the same rows.

What may be said of a difference is in `coterie.metrics.significance`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError
from coterie.metrics.columns import (
    Floats,
    Ints,
    Names,
    check_correct,
    check_lengths,
    is_missing,
    is_outside,
)
from coterie.metrics.significance import LEVEL

__all__ = [
    "Difference",
    "Paired",
    "PairedErrors",
    "paired_difference",
    "paired_errors",
    "paired_groups",
    "paired_means",
    "wilson_interval",
]


@dataclass(frozen=True, slots=True)
class Paired:
    """Difference in accuracy of two classifiers; NaN for no rows.

    Attributes
    ----------
    difference
        Accuracy of the first less that of the second, -1 to 1.
    low, high
        Ends of the 95% interval of the difference; it includes 0 just where ``p_value`` is 0.05 or
        more.
    p_value
        Of exact McNemar's test: probability of a split at least as uneven of the rows that only
        one gets right, were both equally good; 1 where there are none.
    only_first, only_second, rows
        Rows that only the one gets right; rows compared.
    """

    difference: float
    low: float
    high: float
    p_value: float
    only_first: int
    only_second: int
    rows: int


def paired_difference(correct_a: npt.ArrayLike, correct_b: npt.ArrayLike) -> Paired:
    """Compare two classifiers by the rows that each gets right.

    Parameters
    ----------
    correct_a, correct_b
        Shape (n,), bool: whether each is right on each row.

    Raises
    ------
    InputError
        When they differ in length, or are not true and false.

    Notes
    -----
    O(n) time. The interval is method 10 of R. G. Newcombe, "Improved confidence intervals for the
    difference between binomial proportions based on paired data" (Statistics in Medicine 17,
    1998): Wilson's score intervals of both, joined with regard to their correlation; it stays
    inside -1 to 1 and has a width even where the two are right on the same rows. The test is that
    of Q. McNemar (Psychometrika 12, 1947) with exact binomial probabilities. It is the stricter of
    the two: where it does not rule out 0, the interval is widened to include it.
    """
    from scipy.stats import binomtest

    a, b = check_correct(correct_a), check_correct(correct_b)
    check_lengths(a, b, "answers of the first and of the second")
    n = len(a)
    if not n:
        nan = float("nan")
        return Paired(nan, nan, nan, nan, 0, 0, 0)
    both, only_a, only_b = int((a & b).sum()), int((a & ~b).sum()), int((b & ~a).sum())
    p_value = float(binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0
    low, high = _interval(both, only_a, only_b, n)
    if p_value >= LEVEL:
        low, high = min(low, 0.0), max(high, 0.0)
    return Paired(
        difference=(only_a - only_b) / n,
        low=low,
        high=high,
        p_value=p_value,
        only_first=only_a,
        only_second=only_b,
        rows=n,
    )


@dataclass(frozen=True, slots=True)
class PairedErrors:
    """Difference in mean absolute error of two models of a number; NaN for no rows.

    Attributes
    ----------
    difference
        Mean absolute error of the first less that of the second: below 0 the first is nearer.
    low, high, p_value
        As in `Paired`, but of Student's t-test; NaN for one row.
    nearer_first, nearer_second, rows
        Rows on which only the one is nearer; rows compared.
    """

    difference: float
    low: float
    high: float
    p_value: float
    nearer_first: int
    nearer_second: int
    rows: int


def paired_errors(error_a: npt.ArrayLike, error_b: npt.ArrayLike) -> PairedErrors:
    """Compare two models of a number by how far each is off, row by row.

    Parameters
    ----------
    error_a, error_b
        Shape (n,), finite numbers: how far each is off on each row, in either direction.

    Raises
    ------
    InputError
        When they differ in length, or one is not finite.

    Notes
    -----
    O(n) time. Interval and test are Student's t of the rows' differences: unlike a bootstrap's,
    the interval is wide enough where there are few rows.
    """
    a, b = (np.abs(np.asarray(given, dtype=np.float64)) for given in (error_a, error_b))
    check_lengths(a, b, "errors of the first and of the second")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise InputError("An error is not finite: leave such rows out.")
    apart = a - b
    n = len(apart)
    mean = float(apart.mean()) if n else float("nan")
    low, high, p_value = _student(apart, mean)
    return PairedErrors(mean, low, high, p_value, int((a < b).sum()), int((b < a).sum()), n)


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference of two figures of the same rows, the first less the second; NaN for no rows.

    Attributes
    ----------
    difference
        Of the figures.
    low, high
        Ends of its 95% interval.
    p_value
        Of its being 0.
    rows
        Rows compared.
    """

    difference: float
    low: float
    high: float
    p_value: float
    rows: int


def paired_means(first: npt.ArrayLike, second: npt.ArrayLike) -> Difference:
    """Compare the means of two columns of the same rows, by Student's t of their differences.

    Parameters
    ----------
    first, second
        Shape (n,), finite numbers.

    Raises
    ------
    InputError
        When they differ in length.
    """
    a, b = (np.asarray(given, dtype=np.float64) for given in (first, second))
    check_lengths(a, b, "first and second numbers")
    apart = a - b
    mean = float(apart.mean()) if len(apart) else float("nan")
    return Difference(mean, *_student(apart, mean), len(apart))


def paired_groups(first: Names, second: Names, labels: Names) -> Difference:
    """Compare the adjusted Rand indices of two groupings of the same rows with their labels.

    Parameters
    ----------
    first, second, labels
        Shape (n,), groups and labels as in `coterie.metrics.score_clusters`.

    Raises
    ------
    InputError
        When they differ in length.

    Notes
    -----
    O(n log n) time. Interval and test are Student's t of the jackknife: each row is left out in
    turn, and the index is computed anew from the counts (B. Efron and C. Stein, "The jackknife
    estimate of variance", Annals of Statistics 9, 1981). Unlike a bootstrap, no row is drawn twice,
    which would agree with itself.
    """
    check_lengths(first, labels, "first groups and labels")
    check_lengths(second, labels, "second groups and labels")
    kept = ~is_missing(labels)
    label = pd.factorize(np.asarray(labels, dtype=object)[kept].astype(str))[0]
    groups = [
        pd.factorize(np.where(is_outside(codes), "", np.asarray(codes).astype(str))[kept])[0]
        for codes in (first, second)
    ]
    n = len(label)
    if n < 3:
        nan = float("nan")
        return Difference(nan, nan, nan, nan, n)
    (one, one_less), (other, other_less) = (_rand_indices(codes, label) for codes in groups)
    less = one_less - other_less
    error = math.sqrt((n - 1) / n * float(((less - less.mean()) ** 2).sum()))
    return Difference(one - other, *_student_of(one - other, error, n), n)


def _rand_indices(groups: Ints, labels: Ints) -> tuple[float, Floats]:
    """Give the adjusted Rand index of n rows, and that without each row, (n,)."""
    n = len(labels)
    whole, less = [], []  # pairs of rows that are together: in both, in a group, in a label
    for codes in (groups * (int(labels.max()) + 1) + labels, groups, labels):
        place = pd.factorize(codes)[0]
        sizes = np.bincount(place).astype(np.float64)
        whole.append(np.array([(sizes * (sizes - 1) / 2).sum()]))
        less.append(whole[-1] - (sizes[place] - 1))
    return float(_rand_index(whole, n)[0]), _rand_index(less, n - 1)


def _rand_index(pairs: Sequence[Floats], n: int) -> Floats:
    """Give the adjusted Rand index by the numbers of pairs of n rows that are together."""
    both, groups, labels = pairs
    expected = groups * labels / (n * (n - 1) / 2)
    most = (groups + labels) / 2
    index: Floats = np.divide(
        both - expected, most - expected, out=np.ones_like(expected), where=most != expected
    )
    return index


def _student_of(mean: float, error: float, n: int) -> tuple[float, float, float]:
    """Give the 95% interval of a figure of n rows by its standard error, and its p-value."""
    from scipy.stats import t

    if error == 0:
        return mean, mean, 0.0 if mean else 1.0
    half = float(t.ppf(1 - LEVEL / 2, n - 1)) * error
    return mean - half, mean + half, float(2 * t.sf(abs(mean) / error, n - 1))


def _student(values: Floats, mean: float) -> tuple[float, float, float]:
    """Give the 95% interval of a mean, and the p-value of its being 0."""
    from scipy.stats import ttest_1samp

    if len(values) < 2:
        return float("nan"), float("nan"), float("nan")
    if np.ptp(values) == 0:
        return mean, mean, 0.0 if mean else 1.0
    found = ttest_1samp(values, 0)
    low, high = found.confidence_interval()
    return float(low), float(high), float(found.pvalue)


def _interval(both: int, only_a: int, only_b: int, n: int) -> tuple[float, float]:
    right_a, right_b = both + only_a, both + only_b
    difference = (only_a - only_b) / n
    low_a, high_a = (abs(end - right_a / n) for end in wilson_interval(right_a, n))
    low_b, high_b = (abs(end - right_b / n) for end in wilson_interval(right_b, n))
    phi = _correlation(both, only_a, only_b, n - both - only_a - only_b)
    below = low_a**2 - 2 * phi * low_a * high_b + high_b**2
    above = high_a**2 - 2 * phi * high_a * low_b + low_b**2
    return difference - math.sqrt(max(below, 0.0)), difference + math.sqrt(max(above, 0.0))


def wilson_interval(right: int, n: int) -> tuple[float, float]:
    """Give the 95% interval of a share, where ``right`` of ``n`` rows are.

    NaN for no rows. After E. B. Wilson, "Probable inference, the law of succession, and
    statistical inference" (JASA 22, 1927).
    """
    from scipy.stats import binomtest

    if not n:
        return float("nan"), float("nan")
    found = binomtest(right, n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def _correlation(both: int, only_a: int, only_b: int, neither: int) -> float:
    """Correlate the answers of the two; a positive one is corrected for continuity."""
    margins = (both + only_a, only_b + neither, both + only_b, only_a + neither)
    if not all(margins):
        return 0.0
    excess = float(both * neither - only_a * only_b)
    if excess > 0:
        excess = max(excess - sum(margins[:2]) / 2, 0.0)
    return excess / math.sqrt(math.prod(margins))
