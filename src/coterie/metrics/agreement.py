"""Agreement of columns of names: share of equal rows, and Cohen's kappa."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from coterie.metrics.columns import Names, check_lengths, is_missing

__all__ = ["AgreementScores", "pairwise_agreement", "score_agreement"]


@dataclass(frozen=True, slots=True)
class AgreementScores:
    """Agreement of two columns of names.

    Attributes
    ----------
    share
        Share of rows with the same name in both, 0 to 1; NaN for no rows.
    kappa
        Cohen's kappa: 1 is full agreement, 0 is chance; NaN for no rows.
    rows
        Rows with a name in both.
    """

    share: float
    kappa: float
    rows: int


def score_agreement(first: Names, second: Names) -> AgreementScores:
    """Compare two columns of names row by row; rows that lack one in either are left out.

    Where both columns hold one and the same name throughout, chance agrees fully too and kappa
    is given as 1.

    Raises
    ------
    InputError
        When they differ in length.

    Notes
    -----
    J. Cohen, "A coefficient of agreement for nominal scales" (Educational and Psychological
    Measurement 20, 1960). O(n) time and memory.
    """
    check_lengths(first, second, "names")
    a, b = np.asarray(first, dtype=object), np.asarray(second, dtype=object)
    kept = ~(is_missing(a) | is_missing(b))
    n = int(kept.sum())
    if not n:
        return AgreementScores(float("nan"), float("nan"), 0)
    both = pd.DataFrame({"a": a[kept], "b": b[kept]}).astype(str)
    share = float((both["a"] == both["b"]).mean())
    # scikit-learn's cohen_kappa_score lays out a table of all names by all names
    chance = float(both["a"].value_counts().mul(both["b"].value_counts(), fill_value=0).sum())
    chance /= n**2
    return AgreementScores(share, 1.0 if chance == 1 else (share - chance) / (1 - chance), n)


def pairwise_agreement(columns: Mapping[str, Names]) -> pd.DataFrame:
    """Compare every two of several columns of names.

    Parameters
    ----------
    columns
        Name of the column to its n names.

    Returns
    -------
    DataFrame
        Columns ``first``, ``second``, ``share``, ``kappa``, ``rows``; one row a pair, in order.
    """
    rows = [
        (one, other, found.share, found.kappa, found.rows)
        for one, other in combinations(columns, 2)
        for found in [score_agreement(columns[one], columns[other])]
    ]
    return pd.DataFrame(rows, columns=["first", "second", "share", "kappa", "rows"])
