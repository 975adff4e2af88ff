"""The number of groups, chosen without labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Vectors
from coterie.metrics import cosine_silhouette

__all__ = ["INFORMATION_TOLERANCE", "TOLERANCE", "candidate_numbers", "choose", "separation"]

Ints = npt.NDArray[np.int64]

TOLERANCE = 0.95
"""The coarsest candidate with at least this share of the best score is chosen.

The score rises steeply up to the true number of groups and is then flat, since sub-groups are
separate too. Its coarse end is the fewest groups that explain the table about as well; the idea
is that of the one-standard-error rule (Breiman et al. 1984). Settled by agreement with labels on
twelve sets, see docs/decisions/groups.md.
"""

INFORMATION_TOLERANCE = 0.9
"""The same for records that are means of several texts, of which the score is the information.

Settled by agreement with the laws of eight invented tables, see docs/decisions/people.md.
"""


def candidate_numbers(
    rows: int, leaves: int, *, fewest: int = 2, most: int = 400, steps: int = 44
) -> list[int]:
    """Numbers of groups to try, evenly spaced by ratio.

    A group is to have 8 rows on average, and the leaves bound the number from above. The bounds
    and the steps are judgements, not measured.
    """
    top = max(2, min(rows // 8, most, leaves - 1))
    return sorted({round(float(k)) for k in np.geomspace(min(fewest, top), top, steps)})


def separation(vectors: Vectors, codes: Ints) -> float:
    """Mean cosine silhouette in the original space; rows of code -1 count as 0."""
    kept = codes >= 0
    if len(np.unique(codes[kept])) < 2:
        return 0.0
    return cosine_silhouette(vectors[kept], codes[kept]).mean * float(kept.mean())


def choose(
    sizes: Sequence[int],
    cut: Callable[[int], Ints],
    vectors: Vectors,
    stability: Callable[[Sequence[int]], npt.NDArray[np.float64]] | None = None,
    *,
    information: Callable[[Sequence[int]], npt.NDArray[np.float64]] | None = None,
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
        Numbers of groups to the agreement between independent discoveries at each, see
        `coterie.segments.finding.split_halves`; None where there are too few rows for that.
    information
        The same for what those discoveries hold of each other, for records that are means of
        several texts. It is then the score: means lie close together, so that separation and
        stability are highest for two or three groups, one of which holds most records.

    Returns
    -------
    DataFrame
        One row a candidate, by groups: ``candidate``, ``groups`` (as found), ``silhouette``,
        ``stability`` (NaN without it), ``information`` (where given), ``score`` (the information,
        or else silhouette times stability, each smoothed over three neighbours), ``chosen``,
        ``runner_up``.
    """
    found = [cut(size) for size in sizes]
    table = pd.DataFrame(
        {
            "candidate": list(sizes),
            "groups": [len(np.unique(codes[codes >= 0])) for codes in found],
            "silhouette": [separation(vectors, codes) for codes in found],
        }
    ).sort_values("groups", kind="stable", ignore_index=True)
    table["stability"] = np.nan
    if stability is not None:
        table["stability"] = _of_each(table["groups"], stability, 1.0)
    score = _smooth(table["silhouette"].to_numpy())
    if stability is not None:
        score = score * _smooth(table["stability"].clip(lower=0).to_numpy())
    tolerance = TOLERANCE
    if information is not None:
        table["information"] = _of_each(table["groups"], information, 0.0)
        score = _smooth(table["information"].clip(lower=0).to_numpy())
        tolerance = INFORMATION_TOLERANCE
    table["score"] = score
    good = table["score"] >= tolerance * table["score"].max()
    chosen = int(good.idxmax())
    table["chosen"] = table.index == chosen
    others = table.index[good & (table["groups"] != table.loc[chosen, "groups"])]
    table["runner_up"] = table.index.isin(others[:runners_up])
    return table


def _of_each(
    groups: pd.Series,
    measure: Callable[[Sequence[int]], npt.NDArray[np.float64]],
    of_one: float,
) -> npt.NDArray[np.float64]:
    """Measure each candidate's number of groups; ``of_one`` is what one group alone has."""
    numbers = sorted({int(number) for number in groups if number > 1})
    known = {1: of_one, 0: of_one, **dict(zip(numbers, measure(numbers), strict=True))}
    return np.array([known[int(number)] for number in groups])


def _smooth(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean with the neighbour on either side; the ends stand for their missing neighbours."""
    padded = np.concatenate([values[:1], values, values[-1:]])
    return np.convolve(padded, np.ones(3) / 3, mode="valid")
