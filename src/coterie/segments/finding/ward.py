"""Small groups merged into larger ones: Ward's tree over weighted means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Tree", "group_sums", "grow_tree"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Merges of k leaves, the closest first.

    ``merges``, shape (leaves - 1, 2), holds a leaf of either side; ``heights``, ascending, the
    growth of the within-group sum of squares.
    """

    leaves: int
    merges: Ints
    heights: Floats

    def cut(self, groups: int) -> Ints:
        """Group of each leaf when ``groups`` are left, numbered from 0 by first leaf."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        one, other = self.merges[: max(0, self.leaves - groups)].T
        links = coo_array((np.ones(len(one)), (one, other)), shape=(self.leaves, self.leaves))
        _, groups_of = connected_components(links, directed=False)
        return np.asarray(groups_of, dtype=np.int64)


def group_sums(rows: npt.NDArray[np.floating], codes: Ints, groups: int) -> tuple[Floats, Floats]:
    """Sum of the rows of each group, shape (groups, d), and how many they are; float64."""
    from scipy.sparse import csr_array

    ones = np.ones(len(codes))
    indicator = csr_array((ones, (codes, np.arange(len(codes)))), shape=(groups, len(codes)))
    return np.asarray(indicator @ rows.astype(np.float64)), np.bincount(
        codes, minlength=groups
    ).astype(np.float64)


def grow_tree(sums: Floats, counts: Floats) -> Tree:
    """Grow Ward's tree by nearest-neighbour chains (Murtagh 1983).

    Takes sums of rows, shape (k, d), and weights, shape (k,), of the leaves. O(k²) time and memory
    for k leaves, which are groups and not rows: some thousand at most.
    """
    k = len(counts)
    weight = counts.astype(np.float64).copy()
    means = sums / weight[:, None]
    squares = (means * means).sum(axis=1)
    cost = np.maximum(squares[:, None] + squares[None, :] - 2 * means @ means.T, 0.0)
    cost *= weight[:, None] * weight[None, :] / (weight[:, None] + weight[None, :])
    np.fill_diagonal(cost, np.inf)
    alive = np.ones(k, dtype=bool)
    merges: list[tuple[int, int]] = []
    heights: list[float] = []
    chain: list[int] = []
    for _ in range(k - 1):
        if not chain:
            chain = [int(np.flatnonzero(alive)[0])]
        one, other = _follow(chain, cost)
        height = cost[one, other]
        merges.append((one, other))
        heights.append(float(height))
        # Lance and Williams' update for Ward: distances to the union from those to its parts.
        joined = (weight[one] + weight) * cost[one] + (weight[other] + weight) * cost[other]
        joined = (joined - weight * height) / (weight[one] + weight[other] + weight)
        joined[~alive] = np.inf
        joined[[one, other]] = np.inf
        cost[one], cost[:, one] = joined, joined
        cost[other], cost[:, other] = np.inf, np.inf
        alive[other] = False
        weight[one] += weight[other]
    order = np.argsort(heights, kind="stable")
    return Tree(
        k,
        np.array(merges, dtype=np.int64).reshape(-1, 2)[order],
        np.array(heights, dtype=np.float64)[order],
    )


def _follow(chain: list[int], cost: Floats) -> tuple[int, int]:
    """Walk from neighbour to nearest neighbour until two are each other's; take them off."""
    while True:
        here = chain[-1]
        nearest = int(cost[here].argmin())
        if len(chain) > 1 and cost[here, chain[-2]] <= cost[here, nearest]:
            chain.pop()
            return chain.pop(), here
        chain.append(nearest)
