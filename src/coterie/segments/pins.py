"""Rows that are all but the same as one of many others, without comparing each with each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors

__all__ = ["rounded_cosines", "same_as"]

Ints = npt.NDArray[np.int64]
_PAIRS = 4_000_000  # up to so many pairs are compared each with each: that is faster
_COORDINATES = 16
_SLACK = 1e-4  # of a distance: the rounding of vectors, of cosines and of the search


def rounded_cosines(vectors: Vectors, others: Vectors) -> npt.NDArray[np.float64]:
    """Cosine of each row to each of the others, to six decimals.

    Double precision and a grid of one millionth: the sums of a matrix product run in another
    order for a block of rows than for one row, and the answer must not tell the difference.
    """
    return np.round(vectors.astype(np.float64) @ others.astype(np.float64).T, 6)


def same_as(vectors: Vectors, others: Vectors, cosine: float) -> tuple[Ints, Ints]:
    """Find the rows that have a cosine of at least ``cosine`` to one of the others.

    Parameters
    ----------
    vectors, others
        Shapes (n, d) and (m, d), unit length.
    cosine
        Near 1.

    Returns
    -------
    rows, nearest
        Places of those rows, ascending, and for each the place of the nearest of the others, the
        first of equals.

    Notes
    -----
    Unit vectors of such a cosine have a distance of at most √(2 - 2 · cosine), and no larger one
    in some of their coordinates: a tree of the sixteen that vary most finds the pairs to compare.
    """
    if not len(vectors) or not len(others):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    if len(vectors) * len(others) <= _PAIRS:
        cosines = rounded_cosines(vectors, others)
        rows = np.flatnonzero(cosines.max(axis=1) >= cosine)
        return rows, cosines[rows].argmax(axis=1).astype(np.int64)
    return _by_tree(vectors, others, cosine)


def _by_tree(vectors: Vectors, others: Vectors, cosine: float) -> tuple[Ints, Ints]:
    from scipy.spatial import KDTree

    chosen = np.sort(np.argsort(-others.var(axis=0), kind="stable")[:_COORDINATES])
    tree = KDTree(others[:, chosen])
    radius = float(np.sqrt(max(2 - 2 * cosine, 0.0))) + _SLACK
    apart, _ = tree.query(vectors[:, chosen], k=1, distance_upper_bound=radius)
    found: list[tuple[int, int]] = []
    for row in np.flatnonzero(np.isfinite(apart)).tolist():
        near = np.sort(tree.query_ball_point(vectors[row, chosen], radius))
        cosines = rounded_cosines(vectors[[row]], others[near])[0]
        best = int(cosines.argmax())
        if cosines[best] >= cosine:
            found.append((row, int(near[best])))
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
