"""Comparing two versions by their right and wrong answers, with customers as the unit.

Several rows of one customer are not independent: an answer that is wrong for a customer is often
wrong for him again. So each customer's rows are added up first, and the variance is that between
customers (the linearisation of a ratio, as in cluster-robust standard errors; K.-Y. Liang and
S. L. Zeger, Biometrika 73, 1986).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError, OptionError
from coterie.metrics.columns import Floats, Ints, Names, check_correct, check_lengths, is_missing
from coterie.metrics.compare import paired_difference
from coterie.metrics.versions.result import Design, Verdict, VersionComparison
from coterie.metrics.versions.sequential import (
    FEWEST,
    Looks,
    half_width,
    highest_share,
    p_value,
    standard_error_for,
)

__all__ = ["compare_chosen_rows", "compare_same_rows", "compare_split_rows"]

SMALLEST = 0.02  # a difference that matters by default, two points: a judgement


def compare_same_rows(
    correct_a: npt.ArrayLike,
    correct_b: npt.ArrayLike,
    *,
    customers: Names | None = None,
    smallest: float = SMALLEST,
    looks: Looks = "any",
    names: tuple[str, str] = ("A", "B"),
) -> VersionComparison:
    """Compare two versions that answered the same rows, as in shadow mode.

    Parameters
    ----------
    correct_a, correct_b
        Shape (n,), bool: whether each version is right on each row. Leave out rows whose truth is
        not known.
    customers
        Shape (n,): who each row is of; a row without one is a customer of its own. None where all
        rows are independent.
    smallest
        Smallest difference that matters, above 0 and at most 1.
    looks
        ``"any"`` where the result is looked at again and again while rows come in, as on a page of
        a service; ``"once"`` where the rows are a fixed set.
    names
        What A and B are called in the sentence.

    Returns
    -------
    VersionComparison
        B beside A.

    Raises
    ------
    InputError
        When columns differ in length, or are not true and false.
    OptionError
        When ``smallest`` is out of bounds.

    Notes
    -----
    O(n) time. For one look without customers the interval is Newcombe's and the p-value that of
    exact McNemar's test, see `coterie.metrics.paired_difference`; else see
    `coterie.metrics.versions.sequential`.
    """
    a, b = check_correct(correct_a), check_correct(correct_b)
    check_lengths(a, b, "answers of the first and of the second version")
    apart = b.astype(np.float64) - a
    unit = _units(customers, len(a))
    only = int((a & ~b).sum()), int((b & ~a).sum())
    net = np.bincount(unit, apart, minlength=int(unit.max(initial=-1)) + 1)
    mean = float(apart.mean()) if len(a) else float("nan")
    influence = np.bincount(unit, apart - mean) / max(len(a), 1)
    telling, customers_in = int((net != 0).sum()), len(np.unique(unit))
    settled = None
    if looks == "once" and customers_in == len(a):
        exact = paired_difference(b, a)
        settled = exact.low, exact.high, exact.p_value
    elif telling < FEWEST and len(a):  # too few for the normal interval, and yet they bound it
        most = highest_share(telling, int(_effective(np.bincount(unit))), looks)
        settled = -most, most, float("nan")
    return _compared(
        "same rows",
        looks,
        (a, b),
        influence,
        customers=customers_in,
        telling=telling,
        only=only,
        smallest=smallest,
        names=names,
        settled=settled,
    )


def compare_split_rows(
    correct_a: npt.ArrayLike,
    correct_b: npt.ArrayLike,
    *,
    customers_a: Names | None = None,
    customers_b: Names | None = None,
    smallest: float = SMALLEST,
    looks: Looks = "any",
    names: tuple[str, str] = ("A", "B"),
) -> VersionComparison:
    """Compare two versions that answered other rows each, as in an A/B test.

    Parameters
    ----------
    correct_a, correct_b
        Shapes (n,) and (m,), bool: whether each version is right on its rows.
    customers_a, customers_b
        Shapes (n,) and (m,): who each row is of, the key that decides which version answers. A row
        without one is a customer of its own. Customers whom both versions answered are allowed.
    smallest, looks, names
        As for `compare_same_rows`.

    Returns
    -------
    VersionComparison
        B beside A.

    Raises
    ------
    InputError
        When a column and its customers differ in length, or answers are not true and false.
    OptionError
        When ``smallest`` is out of bounds.

    Notes
    -----
    O(n + m) time. A difference of n + m independent rows has at least twice the variance of that
    on n + m rows which both versions answered: shadow mode decides with fewer rows.
    """
    a, b = check_correct(correct_a), check_correct(correct_b)
    units_a, units_b = _joint_units(customers_a, customers_b, len(a), len(b))
    size = int(max(units_a.max(initial=-1), units_b.max(initial=-1))) + 1
    influence = np.zeros(size)
    right, wrong = 0.0, 0.0
    telling = math.inf
    for correct, units, sign in ((a, units_a, -1), (b, units_b, 1)):
        if not len(correct):
            telling = 0.0
            continue
        share = correct.mean()
        influence += sign * np.bincount(units, correct - share, minlength=size) / len(correct)
        people = _effective(np.bincount(units))
        right, wrong = right + share * people, wrong + (1 - share) * people
        telling = min(telling, people)
    return _compared(
        "split rows",
        looks,
        (a, b),
        influence,
        customers=len(np.union1d(units_a, units_b)),
        telling=int(min(telling, right, wrong)),
        only=None,
        smallest=smallest,
        names=names,
    )


def compare_chosen_rows(
    correct_a: npt.ArrayLike,
    correct_b: npt.ArrayLike,
    right_of_all: int,
    all_rows: int,
    *,
    customers: Names | None = None,
    smallest: float = SMALLEST,
    looks: Looks = "any",
    names: tuple[str, str] = ("A", "B"),
) -> VersionComparison:
    """Compare two versions on rows that were chosen by whether A was right, as corrections are.

    On rows where A was corrected, A is never right, and any other version looks better. So the rows
    where A is right and those where it is wrong are weighted as they occur among all rows
    (post-stratification): the difference is the share of A's mistakes that B mends, times A's error
    rate, less the share of A's right answers that B loses, times A's accuracy.

    Parameters
    ----------
    correct_a, correct_b
        Shape (n,), bool: whether each version is right on each chosen row.
    right_of_all, all_rows
        On how many of how many rows, drawn like those to come, A is right.
    customers, smallest, looks, names
        As for `compare_same_rows`.

    Returns
    -------
    VersionComparison
        B beside A; of no rows where A is right, or none where it is wrong, nothing can be said.

    Raises
    ------
    InputError, OptionError
        As `compare_same_rows`.

    Notes
    -----
    O(n) time. Sound where, among rows that A gets right, those chosen are like the others, and
    among those that it gets wrong too. The error is that of the linearised estimate with customers
    as the unit; shares of a few rows have at least the variance of Agresti and Coull's interval
    (The American Statistician 52, 1998).
    """
    a, b = check_correct(correct_a), check_correct(correct_b)
    check_lengths(a, b, "answers of the first and of the second version")
    if not 0 <= right_of_all <= all_rows:
        raise InputError(f"{right_of_all:,} of {all_rows:,} rows are right: give a count and all.")
    unit = _units(customers, len(a))
    unit = np.asarray(np.unique(unit, return_inverse=True)[1], dtype=np.int64)
    mended, lost = b[~a], ~b[a]
    none = not len(mended) or not len(lost) or not all_rows
    share = right_of_all / all_rows if all_rows else float("nan")
    gain = float(mended.mean()) if len(mended) else float("nan")
    loss = float(lost.mean()) if len(lost) else float("nan")
    variance = 0.0
    if not none:
        parts = ((~a, b, gain, 1 - share), (a, ~b, loss, -share))
        influence = np.zeros(int(unit.max()) + 1)
        for chosen, hit, mean, weight in parts:
            own = weight * (hit[chosen] - mean) / chosen.sum()
            influence += np.bincount(unit[chosen], own, minlength=len(influence))
        least = sum(
            weight**2 * _agresti(int(hit[chosen].sum()), int(chosen.sum()))
            for chosen, hit, _, weight in parts
        )
        variance = max(_error(influence, len(influence)) ** 2, least)
        variance += (gain + loss) ** 2 * _agresti(right_of_all, all_rows)
    difference = (1 - share) * gain - share * loss
    error = math.sqrt(variance)
    half = half_width(error, looks, len(a) - 1) if error else float("nan")
    low, high = max(difference - half, -1.0), min(difference + half, 1.0)
    telling = int((np.bincount(unit, b.astype(np.float64) - a) != 0).sum()) if len(a) else 0
    enough = looks == "once" or telling >= FEWEST
    return VersionComparison(
        design="chosen rows",
        looks=looks,
        verdict=_verdict(low, high, smallest, enough=enough and not none),
        difference=difference,
        low=low,
        high=high,
        p_value=p_value(difference, error, looks, len(a) - 1) if error else float("nan"),
        probability_better=_probability(difference, error),
        accuracy_a=share,
        accuracy_b=share + difference,
        rows_a=len(a),
        rows_b=len(b),
        customers=len(np.unique(unit)),
        telling=telling,
        only_a=int((a & ~b).sum()),
        only_b=int((b & ~a).sum()),
        smallest=smallest,
        rows_needed=_rows_needed(error, smallest, looks, "same rows", (len(a), len(b))),
        names=names,
    )


def _agresti(found: int, rows: int) -> float:
    """Variance of a share of rows that is not 0 where none or all of a few rows have it."""
    share = (found + 2) / (rows + 4)
    return share * (1 - share) / (rows + 4)


def _compared(
    design: Design,
    looks: Looks,
    correct: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]],
    influence: Floats,
    *,
    customers: int,
    telling: int,
    only: tuple[int, int] | None,
    smallest: float,
    names: tuple[str, str],
    settled: tuple[float, float, float] | None = None,
) -> VersionComparison:
    """Judge the difference by what each customer adds to it, (c,)."""
    if not 0 < smallest <= 1:
        raise OptionError(f"smallest is {smallest}: give a share above 0, such as 0.02.")
    if looks not in ("any", "once"):
        raise OptionError(f"looks is {looks!r}: choose any or once.")
    a, b = correct
    shares = tuple(float(each.mean()) if len(each) else float("nan") for each in correct)
    difference = shares[1] - shares[0]
    error = _error(influence, customers)
    low, high, p = difference, difference, float("nan")
    if settled is not None:
        low, high, p = settled
    elif error > 0:
        half = half_width(error, looks, customers - 1)
        low, high = max(difference - half, -1.0), min(difference + half, 1.0)
        p = p_value(difference, error, looks, customers - 1)
    elif len(a) and len(b):  # one customer alone
        low, high = -1.0, 1.0
    return VersionComparison(
        design=design,
        looks=looks,
        verdict=_verdict(low, high, smallest, enough=settled is not None or telling >= FEWEST),
        difference=difference,
        low=low,
        high=high,
        p_value=p,
        probability_better=_probability(difference, error),
        accuracy_a=shares[0],
        accuracy_b=shares[1],
        rows_a=len(a),
        rows_b=len(b),
        customers=customers,
        telling=telling,
        only_a=None if only is None else only[0],
        only_b=None if only is None else only[1],
        smallest=smallest,
        rows_needed=_rows_needed(error, smallest, looks, design, (len(a), len(b))),
        names=names,
    )


def _verdict(low: float, high: float, smallest: float, *, enough: bool) -> Verdict:
    if math.isnan(low) or math.isnan(high) or not enough:
        return "not enough rows"
    if low > 0:
        return "better"
    if high < 0:
        return "worse"
    return "no difference" if max(-low, high) <= smallest else "not enough rows"


def _error(influence: Floats, customers: int) -> float:
    """Give the standard error of a difference by what each customer adds to it; 0 for one."""
    if customers < 2:
        return 0.0
    return math.sqrt(float((influence**2).sum()) * customers / (customers - 1))


def _probability(difference: float, error: float) -> float:
    from scipy.stats import norm

    if math.isnan(difference):
        return float("nan")
    if not error:
        return 0.5
    return float(norm.cdf(difference / error))


def _rows_needed(
    error: float, smallest: float, looks: Looks, design: str, rows: tuple[int, int]
) -> int | None:
    """Rows in all with which a difference of ``smallest`` would be found: variance is as 1 / n."""
    if not error or not min(rows):
        return None
    now = rows[0] if design == "same rows" else sum(rows)
    return math.ceil(now * (error / standard_error_for(smallest, looks)) ** 2)


def _effective(sizes: Ints) -> float:
    """Give how many customers of equal size tell as much as customers with so many rows each."""
    total = float(sizes.sum())
    return total**2 / float((sizes.astype(np.float64) ** 2).sum())


def _units(customers: Names | None, rows: int) -> Ints:
    """Give each of n rows the number of its customer; one without is a customer of its own."""
    if customers is None:
        return np.arange(rows)
    return _joint_units(customers, (), rows, 0)[0]


def _joint_units(
    first: Names | None, second: Names | None, rows_a: int, rows_b: int
) -> tuple[Ints, Ints]:
    """Give the rows of two sets the numbers of their customers, the same one alike in both."""
    given = []
    for customers, rows in ((first, rows_a), (second, rows_b)):
        column = np.full(rows, None, dtype=object)
        if customers is not None:
            if len(customers) != rows:
                raise InputError(
                    f"{len(customers):,} customers and {rows:,} answers were given: pass one "
                    "customer for each answer."
                )
            column[:] = list(customers)
        given.append(column)
    codes, known = pd.factorize(np.concatenate(given))
    codes = np.where(np.append(is_missing(known), True)[codes], -1, codes).astype(np.int64)
    alone = np.flatnonzero(codes < 0)
    codes[alone] = codes.max(initial=-1) + 1 + np.arange(len(alone))
    return codes[:rows_a], codes[rows_a:]
