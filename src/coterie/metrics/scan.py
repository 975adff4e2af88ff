"""Where new rows lie denser than those before: a scan of the neighbourhood of every row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["DenseGroup", "dense_groups"]

Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

FEWEST = 8
"""Rows of a group at least, as in a discovery."""

_SIZES = (8, 10, 12, 14, 17, 20, 24, 28, 34, 40, 48, 56, 68, 80, 96, 112, 136, 160, 200)
_BLOCK = 1024
_RIM = 0.25  # of the new rows at the rim of a group that may be there by chance
_ROUNDS = 4  # of drawing a group's mean anew; it stays as it is after two or three


@dataclass(frozen=True, slots=True, eq=False)
class DenseGroup:
    """New rows that lie together where few of those before do.

    Attributes
    ----------
    members
        Places of the new rows, ascending.
    before
        How many of the rows before lie among them.
    expected
        How many new rows would lie there if nothing had changed.
    p_value
        How often as dense a group appears anywhere when new rows and those before are exchanged.
    """

    members: Ints
    before: int
    expected: float
    p_value: float


def dense_groups(
    new: Vectors,
    before: Vectors,
    *,
    level: float = 0.05,
    ratio: float = 3.0,
    fewest: int = FEWEST,
    most: int = 5,
    draws: int = 499,
    seed: int = 0,
) -> list[DenseGroup]:
    """Find groups of new rows that the rows before do not have, or have much less.

    The scan statistic of M. Kulldorff, "A spatial scan statistic" (Communications in Statistics 26,
    1997), in its Bernoulli form: around each new row, balls of growing size are compared by the
    likelihood ratio of so many new rows among so many; the largest counts. How large it becomes
    without a change is found by exchanging new rows and those before at random, so that the level
    holds over all places and sizes together, whatever the space.

    Parameters
    ----------
    new, before
        Shapes (n, d) and (m, d), float32, unit length. Rows should be as good as independent:
        copies of one text sent in a burst count as one.
    level
        Of the test.
    ratio
        How many times more frequent a group has to be among new rows than before.
    fewest
        New rows of a group at least.
    most
        Groups at most.
    draws, seed
        How often rows are exchanged, and the random seed.

    Returns
    -------
    list of DenseGroup
        The most significant first. Members of two groups are disjoint.

    Notes
    -----
    O((n + m)² · d) time for the neighbours, memory O((n + m) · 200).
    """
    n, m = len(new), len(before)
    if n < fewest or not m:
        return []
    rng = np.random.default_rng(seed)
    mixed = rng.permutation(n + m)  # of equal rows the first count as nearer: no period is first
    pooled = np.concatenate([new, before])[mixed].astype(np.float32)
    sizes = np.array([size for size in _SIZES if fewest <= size <= max(fewest, (n + m) // 4)])
    near = _nearest(pooled, int(sizes[-1]))
    table = _likelihoods(n, n + m, int(sizes[-1]), fewest, ratio)
    is_new = mixed < n
    by_chance = np.array(
        [_scan(_drawn(n, n + m, rng), near, sizes, table)[0] for _ in range(draws)]
    )
    found: list[DenseGroup] = []
    left = is_new.copy()
    for _ in range(most):
        if left.sum() < fewest:
            break
        score, centre = _scan(left, near, sizes, table)
        p_value = (1 + int((by_chance >= score).sum())) / (draws + 1)
        if score <= 0 or p_value > level:
            break
        members = _grown(pooled, left, is_new, near[centre], table, fewest)
        members, others = _extended(pooled, left, is_new, members, n / m)
        if len(members) < fewest:
            break
        found.append(DenseGroup(np.sort(mixed[members]), others, others * n / m, p_value))
        left = left.copy()
        left[members] = False
    return found


def _drawn(n: int, total: int, rng: np.random.Generator) -> Bools:
    chosen = np.zeros(total, dtype=np.bool_)
    chosen[rng.permutation(total)[:n]] = True
    return chosen


def _nearest(rows: Vectors, k: int) -> npt.NDArray[np.int32]:
    """Places of the k nearest rows of each, itself first, shape (n, k)."""
    k = min(k, len(rows))
    found = np.empty((len(rows), k), dtype=np.int32)
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, min(start + _BLOCK, len(rows)))
        cosines = rows[block] @ rows.T
        here = np.arange(block.stop - block.start)
        cosines[here, np.arange(block.start, block.stop)] = 2.0
        part = np.argpartition(-cosines, k - 1, axis=1)[:, :k] if k < len(rows) else None
        if part is None:
            part = np.broadcast_to(np.arange(len(rows)), cosines.shape)
        order = np.argsort(-np.take_along_axis(cosines, part, axis=1), axis=1, kind="stable")
        found[block] = np.take_along_axis(part, order, axis=1)
    return found


def _likelihoods(n: int, total: int, largest: int, fewest: int, ratio: float) -> Floats:
    """Log-likelihood ratio of c new rows among j, at ``[c, j]``; 0 where there are too few."""
    c, j = np.meshgrid(np.arange(largest + 1), np.arange(largest + 1), indexing="ij")
    with np.errstate(divide="ignore", invalid="ignore"):
        inside, outside, overall = c / j, (n - c) / (total - j), n / total
        found = (
            _times_log(c, inside / overall)
            + _times_log(j - c, (1 - inside) / (1 - overall))
            + _times_log(n - c, outside / overall)
            + _times_log(total - j - n + c, (1 - outside) / (1 - overall))
        )
        often = c * (total - n) >= ratio * n * (j - c)
    counts = (c >= fewest) & (c <= j) & (c <= n) & often & (inside > outside)
    return np.where(counts, found, 0.0)


def _times_log(count: npt.NDArray[np.int64], share: Floats) -> Floats:
    return np.where(count > 0, count * np.log(np.maximum(share, 1e-300)), 0.0)


def _scan(
    chosen: Bools, near: npt.NDArray[np.int32], sizes: Ints, table: Floats
) -> tuple[float, int]:
    """Give the largest likelihood ratio around any chosen row, and that row."""
    centres = np.flatnonzero(chosen)
    counts = np.cumsum(chosen[near[centres]], axis=1, dtype=np.int16)[:, sizes - 1]
    scores = table[counts, sizes[None, :]].max(axis=1)
    best = int(scores.argmax())
    return float(scores[best]), int(centres[best])


def _grown(
    rows: Vectors,
    left: Bools,
    is_new: Bools,
    ball: npt.NDArray[np.int32],
    table: Floats,
    fewest: int,
) -> Ints:
    """Let a ball become the rows nearest to the mean of its new rows, as many as fit best."""
    members = ball[: 2 * fewest][left[ball[: 2 * fewest]]].astype(np.int64)
    for _ in range(_ROUNDS):
        order = _around(rows, members, left | ~is_new)[: len(table) - 1]
        counts = np.cumsum(left[order])
        scores = table[counts, np.arange(1, len(order) + 1)]
        stop = int(scores.argmax()) + 1
        fresh = order[:stop][left[order[:stop]]]
        if scores[stop - 1] <= 0 or set(fresh.tolist()) == set(members.tolist()):
            break
        members = fresh
    return members


def _extended(
    rows: Vectors, left: Bools, is_new: Bools, members: Ints, rate: float
) -> tuple[Ints, int]:
    """Add the rows farther out, as long as four times more of them are there than expected.

    The likelihood ratio stops where a group is purest; its rim is part of it too.
    """
    order = _around(rows, members, left | ~is_new)
    gain = np.cumsum(np.where(left[order], _RIM, -rate))
    kept = order[: int(gain.argmax()) + 1]
    fresh = kept[left[kept]]
    if len(fresh) < len(members):
        fresh = members
        last = int(np.flatnonzero(np.isin(order, members)).max(initial=-1))
        kept = order[: last + 1]
    return fresh, int((~left[kept]).sum())


def _around(rows: Vectors, members: Ints, usable: Bools) -> Ints:
    order = np.argsort(-(rows @ rows[members].mean(axis=0)), kind="stable")
    return np.asarray(order[usable[order]], dtype=np.int64)
