"""The number of groups, chosen without labels, and the range that is about as well supported."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Vectors
from coterie.metrics import cosine_silhouette

__all__ = [
    "INFORMATION_TOLERANCE",
    "Compare",
    "candidate_numbers",
    "choose",
    "separation",
    "supported_range",
    "take",
]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Compare = Callable[[Sequence[int]], tuple[Floats, Floats]]
"""Numbers of groups to the stability and the information of each, see `choose`."""

# Settled on fourteen labelled tables, each left out in turn: docs/decisions/number-of-groups.md.
_STABILITY_POWER = 3.5
_SHARPNESS = 8.0
_CLEAR = 1.1
_TAIL = 0.1  # of the weight, below and above the range: a judgement
_EACH = 12  # candidates of which all are measured: between small numbers much changes
_EVERY = 4  # of the others one in four is first, and those between where it comes near the best
_NEAR = 0.5
_SHOWN = 3_000  # rows of which the silhouette is measured

_MEASURES = ["stability", "information"]

INFORMATION_TOLERANCE = 0.9
"""Of records that are means of several texts, the fewest groups with this share are chosen.

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
    """Mean cosine silhouette in the original space, of at most some 3,000 rows evenly chosen.

    Rows of code -1 count as 0.
    """
    every = 1 + len(codes) // _SHOWN
    vectors, codes = vectors[::every], codes[::every]
    kept = codes >= 0
    if len(np.unique(codes[kept])) < 2:
        return 0.0
    return cosine_silhouette(vectors[kept], codes[kept]).mean * float(kept.mean())


def choose(
    sizes: Sequence[int],
    cut: Callable[[int], Ints],
    vectors: Vectors,
    compare: Compare | None = None,
    *,
    means: bool = False,
    end: str = "",
) -> pd.DataFrame:
    """Score the candidates, say which are about as well supported, and mark the chosen one.

    The score is what two discoveries on separate halves of the rows tell of each other
    (information), times how far they agree (stability) to the power of 3.5: groups that are too
    coarse tell little, and groups that are too fine are not found again. Scores near the best
    differ by chance. So the candidates are weighted by the eighth power of their score, on the
    scale of the logarithm of the number, and the median is taken, not the maximum; or the candidate
    next to it, if its own score is better by a tenth, as where groups are far apart.

    Parameters
    ----------
    sizes
        Candidates: numbers of groups, or another setting of a method.
    cut
        Candidate to the group of each row of ``vectors``.
    vectors
        Shape (n, d), unit length, in the original space.
    compare
        Numbers of groups to the stability and the information of each, see
        `coterie.segments.finding.split_halves`; None where there are too few rows for that: the
        silhouette then is the score.
    means
        Whether the records are means of several texts. Means lie close together, so that
        stability is highest for two or three groups, one of which holds most records: the score
        then is the information alone, and the fewest groups with 90% of the best are chosen.
    end
        ``"coarser"`` or ``"finer"`` chooses that end of the range.

    Returns
    -------
    DataFrame
        One row a candidate that was measured, by groups: ``candidate``, ``groups`` (as found),
        ``silhouette``, ``stability`` and ``information`` (NaN without ``compare``), ``score`` (of
        measures that are smoothed over three neighbours), ``supported`` (in the range), ``chosen``.
    """
    table = _candidates(sizes, cut, vectors)
    if compare is not None:
        table = _measured(table, compare, coarsely=not means)
    numbers = np.log(np.maximum(table["groups"].to_numpy(dtype=float), 1.0))
    score = _score(table, halves=compare is not None, means=means)
    table["score"] = score
    if compare is not None and means:
        low, high = _within(numbers, score, INFORMATION_TOLERANCE)
        middle = low
    else:
        low, middle, high = _weighed(numbers, score)
        middle = numbers[_clearest(int(np.abs(numbers - middle).argmin()), table)]
    wanted = {"coarser": low, "finer": high}.get(end, middle)
    chosen = int(np.abs(numbers - wanted).argmin())
    ends = np.abs(numbers - low).argmin(), np.abs(numbers - high).argmin()
    table["supported"] = (numbers >= numbers[ends[0]]) & (numbers <= numbers[ends[1]])
    table["chosen"] = table.index == chosen
    return table


def take(
    sweep: pd.DataFrame,
    groups: int,
    cut: Callable[[int], Ints] | None,
    vectors: Vectors,
    compare: Compare | None = None,
    *,
    means: bool = False,
) -> pd.DataFrame:
    """Mark the number of groups that is wanted in place of the chosen one; all else stays.

    Parameters
    ----------
    sweep
        As `choose` gives it.
    groups
        The number that is wanted. It becomes a candidate, if it is none.
    cut
        Number of groups to the group of each row; None where a method takes no number: the
        candidate whose number of groups is nearest is marked.
    vectors, compare, means
        See `choose`.
    """
    if cut is not None and not (sweep["candidate"] == groups).any():
        row = _candidates([groups], cut, vectors)
        if compare is not None:
            row[_MEASURES] = np.column_stack(_of_each(row["groups"], compare))
        row["score"] = _score(row, halves=compare is not None, means=means)
        low, high = supported_range(sweep)
        row["supported"] = row["groups"].between(low, high)
        sweep = pd.concat([sweep, row]).sort_values("groups", kind="stable", ignore_index=True)
    off = np.abs(np.log(np.maximum(sweep["groups"].to_numpy(dtype=float), 1.0)) - np.log(groups))
    sweep["chosen"] = np.arange(len(sweep)) == int(off.argmin())
    return sweep


def supported_range(sweep: pd.DataFrame) -> tuple[int, int]:
    """Give the fewest and the most groups that are about as well supported as the chosen ones."""
    if "supported" not in sweep or not sweep["supported"].any():  # as in earlier versions
        only = int(sweep.loc[sweep["chosen"], "groups"].iloc[0])
        return only, only
    numbers = sweep.loc[sweep["supported"], "groups"].astype(int)
    return int(numbers.min()), int(numbers.max())


def _candidates(sizes: Sequence[int], cut: Callable[[int], Ints], vectors: Vectors) -> pd.DataFrame:
    """Give the groups of each candidate and how far they are apart, by groups."""
    found = [cut(size) for size in sizes]
    table = pd.DataFrame(
        {
            "candidate": list(sizes),
            "groups": [len(np.unique(codes[codes >= 0])) for codes in found],
            "silhouette": [separation(vectors, codes) for codes in found],
            **dict.fromkeys(_MEASURES, np.nan),
        }
    )
    return table.sort_values("groups", kind="stable", ignore_index=True)


def _score(table: pd.DataFrame, *, halves: bool, means: bool) -> Floats:
    """Score each candidate by measures that are smoothed over its neighbours."""
    if not halves:
        return _smooth(table["silhouette"])
    information = _smooth(table["information"])
    return information if means else _product(information, _smooth(table["stability"]))


def _product(information: Floats, stability: Floats) -> Floats:
    return information * stability**_STABILITY_POWER


def _clearest(middle: int, table: pd.DataFrame) -> int:
    """Place of the candidate in the middle, or of one next to it that is clearly better."""
    own = table["silhouette"].clip(lower=0).to_numpy(dtype=np.float64)
    if np.isfinite(table["stability"]).all():
        own = _product(*(table[m].clip(lower=0).to_numpy() for m in ("information", "stability")))
    best = max(range(max(middle - 1, 0), min(middle + 2, len(own))), key=lambda place: own[place])
    return best if own[best] > _CLEAR * own[middle] else middle


def _weighed(numbers: Floats, score: Floats) -> tuple[float, float, float]:
    """Logarithms of the number at the low end of the range, in its middle, and at its high end."""
    best = float(score.max())
    weight = (score / best) ** _SHARPNESS if best > 0 else np.ones(len(score))
    # Each candidate stands for the numbers that are nearer to it than to another.
    between = (numbers[1:] + numbers[:-1]) / 2
    width = np.diff(np.concatenate([numbers[:1], between, numbers[-1:]]))
    weight = weight * width if width.sum() > 0 else weight
    weight = weight / weight.sum()
    below = np.cumsum(weight) - weight / 2
    low, middle, high = np.interp([_TAIL, 0.5, 1 - _TAIL], below, numbers)
    return float(low), float(middle), float(high)


def _within(numbers: Floats, score: Floats, tolerance: float) -> tuple[float, float]:
    """Logarithms of the least and the greatest number whose score is near the best."""
    good = numbers[score >= tolerance * score.max()]
    return float(good.min()), float(good.max())


def _measured(table: pd.DataFrame, compare: Compare, *, coarsely: bool) -> pd.DataFrame:
    """Measure the candidates; coarsely: the first, one in four, and those that come near the best.

    The others, which would have next to no weight, are left out.
    """
    places = np.arange(len(table))
    first = np.unique([*places[:_EACH], *places[_EACH::_EVERY], places[-1]]) if coarsely else places
    table.loc[first, _MEASURES] = np.column_stack(_of_each(table.loc[first, "groups"], compare))
    stability, information = (table.loc[first, m].clip(lower=0).to_numpy() for m in _MEASURES)
    score = np.interp(places, first, _product(information, stability))
    rest = np.setdiff1d(places[score >= _NEAR * score.max()], first)
    if len(rest):
        table.loc[rest, _MEASURES] = np.column_stack(_of_each(table.loc[rest, "groups"], compare))
    return table.loc[np.union1d(first, rest)].reset_index(drop=True)


def _of_each(groups: pd.Series, compare: Compare) -> tuple[Floats, Floats]:
    """Stability and information of each candidate's number of groups; of one group 1 and 0."""
    numbers = sorted({int(number) for number in groups if number > 1})
    known = {1: (1.0, 0.0), 0: (1.0, 0.0)}
    if numbers:
        known |= dict(zip(numbers, zip(*compare(numbers), strict=True), strict=True))
    stability, information = zip(*(known[int(number)] for number in groups), strict=True)
    return np.array(stability, dtype=np.float64), np.array(information, dtype=np.float64)


def _smooth(measure: pd.Series) -> Floats:
    """Mean with the neighbour on either side, nothing below 0.

    The ends stand for their missing neighbours.
    """
    values = measure.clip(lower=0).to_numpy(dtype=np.float64)
    padded = np.concatenate([values[:1], values, values[-1:]])
    smoothed: Floats = np.convolve(padded, np.ones(3) / 3, mode="valid")
    return smoothed
