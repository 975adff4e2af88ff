"""The number of groups, chosen without labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.embed import Vectors
from coterie.segments.tree import group_sums

__all__ = ["TOLERANCE", "candidate_numbers", "choose", "separation"]

Ints = npt.NDArray[np.int64]

TOLERANCE = 0.90
"""Candidates whose separation is at least this share of the best one are good enough.

On customer text the separation of groups rises steeply up to the true number and then runs along
a plateau, since every group is made of sub-groups that are separate too: where on it the maximum
lies is a matter of luck. The coarse end of the plateau is the fewest groups that explain the
table about as well as can be; the idea is that of the one-standard-error rule (Breiman et al.
1984).
"""

WINDOW = 1.4
"""Of the good candidates up to this many times the fewest groups, the most stable is chosen."""


def candidate_numbers(rows: int, leaves: int, most: int = 400, steps: int = 44) -> list[int]:
    """Numbers of groups to try, evenly spaced by ratio.

    A group is to have 8 rows on average, and the leaves bound the number from above.
    """
    top = max(2, min(rows // 8, most, leaves - 1))
    return sorted({round(float(k)) for k in np.geomspace(2, top, steps)})


def separation(vectors: Vectors, codes: Ints) -> float:
    """Mean cosine silhouette in the original space; rows of code -1 count as 0."""
    kept = codes >= 0
    if len(np.unique(codes[kept])) < 2:
        return 0.0
    return float(_silhouette(vectors[kept], codes[kept]).mean() * kept.mean())


def _silhouette(vectors: Vectors, codes: Ints) -> npt.NDArray[np.float64]:
    _, codes = np.unique(codes, return_inverse=True)
    sums, counts = group_sums(vectors, codes, int(codes.max()) + 1)
    cosines = vectors @ (sums / counts[:, None]).T.astype(np.float32)
    rows, own = np.arange(len(vectors)), counts[codes]
    within = 1 - (cosines[rows, codes] * own - 1) / np.maximum(own - 1, 1)
    cosines[rows, codes] = -np.inf
    between = 1 - cosines.max(axis=1)
    score = (between - within) / np.maximum(np.maximum(within, between), 1e-12)
    return np.where(own > 1, score, 0.0)


def choose(
    sizes: Sequence[int],
    cut: Callable[[int], Ints],
    vectors: Vectors,
    stability: Callable[[int], float] | None = None,
    *,
    runners_up: int = 3,
) -> pd.DataFrame:
    """Score the candidates and mark the chosen one.

    Parameters
    ----------
    sizes
        Candidates: numbers of groups, or another setting of a method.
    cut
        Candidate to the group of each row of ``vectors``.
    vectors
        Shape (n, d), unit length, in the original space.
    stability
        Number of groups to the agreement between independent discoveries, see
        `coterie.segments.halves`; None where there are too few rows for that.

    Returns
    -------
    DataFrame
        One row a candidate, by groups: ``candidate``, ``groups`` (as found), ``silhouette``,
        ``smoothed`` (over three neighbours), ``stability`` (NaN where it was not needed),
        ``chosen``, ``runner_up``.
    """
    found = [cut(size) for size in sizes]
    table = pd.DataFrame(
        {
            "candidate": list(sizes),
            "groups": [len(np.unique(codes[codes >= 0])) for codes in found],
            "silhouette": [separation(vectors, codes) for codes in found],
        }
    ).sort_values("groups", kind="stable", ignore_index=True)
    raw = table["silhouette"].to_numpy()
    padded = np.concatenate([raw[:1], raw, raw[-1:]])
    table["smoothed"] = np.convolve(padded, np.ones(3) / 3, mode="valid")
    good = table["smoothed"] >= TOLERANCE * table["smoothed"].max()
    fewest = int(table.loc[good, "groups"].min())
    window = good & (table["groups"] <= WINDOW * fewest)
    table["stability"] = _stabilities(table, window, stability)
    score = table["stability"].fillna(0.0) if stability else -table["groups"]
    chosen = int(score[window].idxmax())
    table["chosen"] = table.index == chosen
    others = table.index[good & (table["groups"] != table.loc[chosen, "groups"])]
    nearest = sorted(others, key=lambda place: abs(place - chosen))[:runners_up]
    table["runner_up"] = table.index.isin(nearest)
    return table


def _stabilities(
    table: pd.DataFrame, window: pd.Series, stability: Callable[[int], float] | None
) -> list[float]:
    """Stability of the candidates in question, and of some over the whole range to show."""
    if stability is None:
        return [float("nan")] * len(table)
    spread = set(np.linspace(0, len(table) - 1, 10).astype(int))
    return [
        stability(int(groups)) if (wanted or place in spread) and groups > 1 else float("nan")
        for place, (groups, wanted) in enumerate(zip(table["groups"], window, strict=True))
    ]
