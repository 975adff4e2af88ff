"""Which rows to label: the doubtful ones, spread over all there are, and a few at random.

Rows are grouped by k-means in which doubtful rows weigh more, into as many groups as rows are
wanted, and the row nearest to the centre of each is taken (F. Zhdanov, "Diverse mini-batch active
learning", 2019, https://arxiv.org/abs/1901.05954). What was compared, and on which tables, is in
docs/label.md.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["AT_RANDOM", "BY_DOUBT", "ChosenBy", "ChosenRows", "choose_rows"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Vectors = npt.NDArray[np.float32]

ChosenBy: TypeAlias = Literal["doubt", "random"]
BY_DOUBT: ChosenBy = "doubt"
AT_RANDOM: ChosenBy = "random"

_DOUBTED = 0.6  # share of the rows, those of most doubt, that are grouped
_MOST = 20_000  # rows that are grouped, which bounds the time: a judgement
_LEAST = 1e-3  # weight of a row without doubt
_ALIKE = 0.95  # cosine from which on two rows say the same: a judgement
_SHARE = 1 / 3  # of the rows, that one class may have: a judgement
_ITERATIONS = 10  # of k-means, as it was measured
_BLOCK = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class ChosenRows:
    """Rows to label, in the order in which they help most.

    Attributes
    ----------
    rows
        Shape (c,), int64: their places.
    by
        Shape (c,): why each was taken, see `ChosenBy`.
    like
        Shape (c,), int64: how many of all rows are nearer to it than to any other of these.
    """

    rows: Ints
    by: tuple[ChosenBy, ...]
    like: Ints


def choose_rows(
    doubt: Floats,
    space: Vectors,
    n: int,
    *,
    classes: Ints | None = None,
    at_random: float = 0.1,
    seed: int = 0,
) -> ChosenRows:
    """Choose rows to label.

    Parameters
    ----------
    doubt
        Shape (m,), 0 to 1: of each row.
    space
        Shape (m, d), unit length: where each row is; no two are the same.
    n
        How many to choose; all where there are fewer.
    classes
        Shape (m,): the likeliest class of each row. Of one class at most a third is taken by doubt,
        or twice its even share where that is more.
    at_random
        Share of them that is drawn at random, 0 to 1.
    seed
        The same seed chooses the same rows.

    Notes
    -----
    O(min(m, 20,000) · n · d) time for the groups and O(m · n · d) to count what is like each row;
    memory for 5,000 rows by n. Of more than 20,000 rows, so many are drawn by their doubt.
    """
    rows = np.arange(len(doubt))
    if len(rows) <= n:
        order = np.argsort(-doubt, kind="stable")
        return ChosenRows(order, (BY_DOUBT,) * len(order), _like(space, space[order]))
    rng = np.random.default_rng(seed)
    drawn = min(n, round(n * at_random))
    codes = np.unique(rows if classes is None else classes, return_inverse=True)[1]
    picked = rows[:0]
    if n > drawn:
        picked = _spread(np.maximum(doubt, _LEAST), space, codes, n - drawn, rng)
    left = np.setdiff1d(rows, picked)
    chance = rng.choice(left, drawn, replace=False)
    found = np.concatenate([picked, chance]).astype(np.int64)
    by = np.array([BY_DOUBT] * len(picked) + [AT_RANDOM] * len(chance), dtype=object)
    # so that who labels the first rows only has some of both
    place = np.concatenate([_evenly(len(picked)), _evenly(len(chance))])
    order = np.argsort(place, kind="stable")
    return ChosenRows(found[order], tuple(by[order].tolist()), _like(space, space[found[order]]))


def _evenly(count: int) -> Floats:
    return (np.arange(count) + 0.5) / max(count, 1)


def _spread(weights: Floats, space: Vectors, codes: Ints, n: int, rng: np.random.Generator) -> Ints:
    """Take the row nearest to the centre of each of n groups, the groups of most doubt first."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    share = max(int(len(weights) * _DOUBTED), n)
    rows = np.sort(np.argsort(-weights, kind="stable")[:share])
    if len(rows) > _MOST:  # drawn by their weights, without repetition, and then all alike
        keys = np.log(rng.random(len(rows))) / weights[rows]
        rows = np.sort(rows[np.argpartition(-keys, _MOST)[:_MOST]])
        weights = np.ones(len(weights))
    points, heavy = space[rows], weights[rows]
    means = KMeans(
        n, n_init=1, max_iter=_ITERATIONS, random_state=int(rng.integers(2**31)), algorithm="lloyd"
    )
    # sums of several threads differ in their last digits
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer different rows than groups
        group = means.fit(points, sample_weight=heavy).labels_
    away = ((points - means.cluster_centers_[group]) ** 2).sum(axis=1)
    total = np.bincount(group, heavy, minlength=n)
    order = np.lexsort((away, group))
    starts = np.searchsorted(group[order], np.arange(n + 1))
    inside = [order[starts[place] : starts[place + 1]] for place in np.argsort(-total)]
    own, counts = codes[rows], np.zeros(int(codes.max()) + 1, dtype=np.int64)
    most = max(math.ceil(_SHARE * n), math.ceil(2 * n / len(np.unique(own))))
    taken: list[int] = []
    for members in inside:
        fresh = _unlike(points, members[counts[own[members]] < most], taken)
        if fresh is not None:
            taken.append(fresh)
            counts[own[fresh]] += 1
    # where groups hold nothing but what says the same, or a class that has its share
    known, later = set(taken), list[int]()
    for row in np.argsort(-heavy, kind="stable").tolist():
        if len(taken) >= n:
            break
        if row not in known and counts[own[row]] < most:
            taken.append(row)
            counts[own[row]] += 1
        elif row not in known:
            later.append(row)
    return rows[np.array([*taken, *later[: n - len(taken)]], dtype=np.int64)]


def _unlike(points: Vectors, members: Ints, taken: list[int]) -> int | None:
    """Give the first member that says something else than the rows taken; None for none."""
    if not taken:
        return int(members[0]) if len(members) else None
    others = points[taken].T
    for start in range(0, len(members), _BLOCK):
        part = members[start : start + _BLOCK]
        free = np.flatnonzero((points[part] @ others).max(axis=1) < _ALIKE)
        if len(free):
            return int(part[free[0]])
    return None


def _like(space: Vectors, chosen: Vectors) -> Ints:
    """Count the rows that are nearest to each chosen one, itself not counted."""
    counts = np.zeros(len(chosen), dtype=np.int64)
    for start in range(0, len(space), _BLOCK):
        nearest = (space[start : start + _BLOCK] @ chosen.T).argmax(axis=1)
        counts += np.bincount(nearest, minlength=len(chosen))
    return np.maximum(counts - 1, 0)
