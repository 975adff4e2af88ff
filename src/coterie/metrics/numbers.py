"""Regression scores: R2, absolute errors, rank correlation, coverage of ranges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError
from coterie.metrics.columns import Floats, check_lengths
from coterie.metrics.compare import wilson_interval

__all__ = ["NumberScores", "RangeScores", "number_bands", "score_numbers", "score_ranges"]


@dataclass(frozen=True, slots=True)
class NumberScores:
    """Estimates beside the truth; NaN for no rows.

    Attributes
    ----------
    rows
        Rows scored.
    r2
        Share of the variance that is explained: 1 is perfect, 0 is as good as the mean.
    r2_log
        The same of the logarithms, where all numbers are above 0; NaN elsewhere.
    mae, rmse, median_error
        Mean absolute error, root of the mean squared error, median absolute error.
    rank
        Spearman correlation.
    """

    rows: int
    r2: float
    r2_log: float
    mae: float
    rmse: float
    median_error: float
    rank: float

    @property
    def figures(self) -> dict[str, float | int | None]:
        """All of them, as JSON takes them."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return {name: None if np.isnan(value) else value for name, value in named.items()}


@dataclass(frozen=True, slots=True)
class RangeScores:
    """Whether ranges hold the numbers that they should; NaN for no rows.

    Attributes
    ----------
    rows
        Rows scored.
    within, below, above
        Share of the numbers inside their ranges, below and above them, 0 to 1.
    width
        Median width of a range.
    """

    rows: int
    within: float
    below: float
    above: float
    width: float


def score_numbers(truth: npt.ArrayLike, said: npt.ArrayLike) -> NumberScores:
    """Compare estimates with the truth.

    Parameters
    ----------
    truth, said
        Shape (n,), finite numbers.

    Raises
    ------
    InputError
        When they differ in length, or one is not finite.
    """
    from sklearn import metrics

    true, found = _columns(truth, said)
    if not len(true):
        return NumberScores(0, *[float("nan")] * 6)
    above = bool((true > 0).all() and (found > 0).all())
    return NumberScores(
        rows=len(true),
        r2=_explained(true, found),
        r2_log=_explained(np.log(true), np.log(found)) if above else float("nan"),
        mae=float(metrics.mean_absolute_error(true, found)),
        rmse=float(metrics.root_mean_squared_error(true, found)),
        median_error=float(metrics.median_absolute_error(true, found)),
        rank=_rank_correlation(true, found),
    )


def score_ranges(truth: npt.ArrayLike, lows: npt.ArrayLike, highs: npt.ArrayLike) -> RangeScores:
    """Give the coverage of ranges: how often the numbers lie in them.

    Parameters
    ----------
    truth, lows, highs
        Shape (n,), finite numbers; the ends belong to the range.

    Raises
    ------
    InputError
        When they differ in length, or one is not finite.
    """
    true, low, high = _columns(truth, lows, highs)
    if not len(true):
        return RangeScores(0, *[float("nan")] * 4)
    below, above = float((true < low).mean()), float((true > high).mean())
    within = float(((true >= low) & (true <= high)).mean())
    return RangeScores(len(true), within, below, above, float(np.median(high - low)))


def number_bands(
    truth: npt.ArrayLike,
    said: npt.ArrayLike,
    lows: npt.ArrayLike,
    highs: npt.ArrayLike,
    *,
    by: npt.ArrayLike,
    bands: int = 10,
) -> pd.DataFrame:
    """Score estimates from the smallest rows to the largest, in bands of about equal size.

    Parameters
    ----------
    truth, said, lows, highs
        Shape (n,), finite numbers: the truth, the estimates, and the ends of their ranges.
    by
        Shape (n,): what to order the rows by. Ordered by the truth, even good estimates are too low
        at the top and too high at the bottom; ordered by the estimates, they are not.
    bands
        How many at most; rows of one number stay together.

    Returns
    -------
    DataFrame
        A row for each band, from the smallest: ``from``, ``to`` (of what it is ordered by),
        ``rows``, ``truth`` and ``estimate`` (means), ``bias`` (mean of the estimate less the
        truth), ``bias_error`` (its standard error; NaN for one row), ``mae``, ``within``,
        ``below``, ``above`` as in `RangeScores`, and ``within_low`` and ``within_high`` (the ends
        of the 95% interval of ``within``), and ``width`` (median of the ranges').

    Raises
    ------
    InputError
        When they differ in length, or one is not finite.
    """
    true, found, low, high, order = _columns(truth, said, lows, highs, by)
    codes = pd.qcut(order, min(bands, max(len(order), 1)), labels=False, duplicates="drop")
    frame = pd.DataFrame(
        {
            "by": order,
            "truth": true,
            "estimate": found,
            "bias": found - true,
            "mae": np.abs(found - true),
            "within": (true >= low) & (true <= high),
            "below": true < low,
            "above": true > high,
            "width": high - low,
        }
    )
    grouped = frame.groupby(np.nan_to_num(np.asarray(codes, dtype=np.float64)))
    size = grouped["by"].count()
    means = grouped[["truth", "estimate", "bias", "mae", "within", "below", "above"]].mean()
    means.insert(0, "from", grouped["by"].min())
    means.insert(1, "to", grouped["by"].max())
    means.insert(2, "rows", size)
    means.insert(6, "bias_error", grouped["bias"].std() / np.sqrt(size))
    held = grouped["within"].sum()
    ends = [wilson_interval(int(n), int(of)) for n, of in zip(held, size, strict=True)]
    means["width"] = grouped["width"].median()
    means["within_low"], means["within_high"] = zip(*ends, strict=True) if ends else ((), ())
    return means.reset_index(drop=True)


def _columns(first: npt.ArrayLike, *others: npt.ArrayLike) -> list[Floats]:
    """Read columns of finite numbers, all of one length."""
    found = [np.asarray(each, dtype=np.float64) for each in (first, *others)]
    for other in found[1:]:
        check_lengths(found[0], other, "numbers and estimates")
    if not all(np.isfinite(each).all() for each in found):
        raise InputError("A number or an estimate is not finite: leave such rows out.")
    return found


def _explained(true: Floats, found: Floats) -> float:
    from sklearn.metrics import r2_score

    return float(r2_score(true, found)) if np.ptp(true) > 0 else float("nan")


def _rank_correlation(true: Floats, found: Floats) -> float:
    from scipy.stats import spearmanr

    if np.ptp(true) == 0 or np.ptp(found) == 0:
        return float("nan")
    return float(spearmanr(true, found).statistic)
