"""How near estimates of a number come to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coterie.errors import InputError
from coterie.evaluate.pairs import check_lengths

__all__ = ["NumberScores", "score_numbers"]


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
    mae
        Mean absolute error.
    rmse
        Root of the mean squared error.
    median_error
        Median absolute error.
    rank
        Spearman's correlation: whether the order is right.
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
    true, found = np.asarray(truth, dtype=np.float64), np.asarray(said, dtype=np.float64)
    check_lengths(true, found, "numbers and estimates")
    if not (np.isfinite(true).all() and np.isfinite(found).all()):
        raise InputError("A number or an estimate is not finite: leave such rows out.")
    if not len(true):
        return NumberScores(0, *[float("nan")] * 6)
    off = np.abs(found - true)
    above = bool((true > 0).all() and (found > 0).all())
    return NumberScores(
        rows=len(true),
        r2=_explained(true, found),
        r2_log=_explained(np.log(true), np.log(found)) if above else float("nan"),
        mae=float(off.mean()),
        rmse=float(np.sqrt((off**2).mean())),
        median_error=float(np.median(off)),
        rank=_rank_correlation(true, found),
    )


def _explained(true: npt.NDArray[np.float64], found: npt.NDArray[np.float64]) -> float:
    spread = float(((true - true.mean()) ** 2).sum())
    return float(1 - ((found - true) ** 2).sum() / spread) if spread > 0 else float("nan")


def _rank_correlation(true: npt.NDArray[np.float64], found: npt.NDArray[np.float64]) -> float:
    from scipy.stats import rankdata

    if np.ptp(true) == 0 or np.ptp(found) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(true), rankdata(found))[0, 1])
