"""The map: rows in the plane, near rows near each other.

The objective is that of UMAP (McInnes, Healy and Melville 2018, sections 3.2 and 4.2) on its fuzzy
neighbour graph. Where UMAP visits one edge at a time, here every row moves at once: each edge pulls
by its weight, and a few rows drawn at random stand for all that push. Three things make that fast
and steady in plain numpy:

1. *The start* is the principal plane of the rows diffused over the graph, so that groups are in
   their places from the first step.
2. *The pull is implicit*: the step is divided by one plus the pull on the row, so that a row with
   many close neighbours never overshoots them.
3. *Momentum* (Polyak 1964) that fades with the learning rate carries far groups apart early and
   lets the noise of the draws settle late.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.progress import current
from coterie.segments.finding.neighbours import neighbour_graph
from coterie.segments.finding.reduction import main_directions, principal

__all__ = ["lay_out", "place_others", "projection_of"]

Ints = npt.NDArray[np.int64]
Floats32 = npt.NDArray[np.float32]

_A, _B = np.float32(1.414), np.float32(0.9488)  # UMAP's curve of a minimal distance of 0.15
# Judgements, not measured; tests/segments/test_layout.py holds that groups stay apart on the map.
_FEWEST = 8  # rows that have neighbours to speak of
_STEPS = 200
_DRAWS = 20
_PUSHES = np.float32(5)  # for each pull, as in UMAP
_LONGEST = np.float32(4)
_MOMENTUM = 0.9
_SIDE = 10.0
_AXES, _SMOOTHINGS, _MIX = 50, 15, np.float32(0.9)
_DIMENSIONS = 128  # in which other rows look for their landmarks


def lay_out(
    vectors: Vectors, indices: Ints, distances: npt.NDArray[np.float64], *, seed: int = 0
) -> Vectors:
    """Lay rows, shape (n, d), out in the plane, near rows near each other, the same for one seed.

    ``indices`` and ``distances``, shape (n, k), are nearest neighbours and their cosine distances.
    Gives shape (n, 2), float32, in O(n · (k + draws) · steps) time and O(n · (k + draws)) memory,
    besides the principal axes.
    """
    if len(vectors) < _FEWEST:
        return principal(vectors, 2)
    n, rng = len(vectors), np.random.default_rng(seed)
    graph = neighbour_graph(indices, distances).astype(np.float32)
    with current().stage("Laying out the map", _STEPS) as stage:
        layout = _start(vectors, graph, rng)
        move = np.zeros_like(layout)
        pulls, weight = _Pulls(graph), _row_sums(graph) * _PUSHES
        for step in range(_STEPS):
            left = 1 - step / _STEPS
            rate = np.float32(left**2)
            towards, strength = pulls.at(layout)
            away = _push(layout, rng.integers(n, size=(_DRAWS, n))) * weight
            wanted = rate * (towards + away) / (1 + rate * strength)
            move = np.float32(_MOMENTUM * left) * move + wanted
            layout = layout + move
            stage.advance()
    return np.ascontiguousarray(layout.T)


def projection_of(rows: int) -> str:
    """Name the projection of so many rows, for people."""
    if rows < _FEWEST:
        return "PCA"
    return "UMAP (its objective, on cosine neighbours); small distances mean more than large ones"


def place_others(
    vectors: Vectors, landmarks: Vectors, layout: Vectors, *, seed: int = 0, block: int = 512
) -> Vectors:
    """Place rows of a map among the landmarks they are nearest to.

    Each goes to the weighted mean of its three nearest landmarks, a little to the side, so that
    rows of one place do not hide each other. O(n · landmarks · 128) time, in blocks.
    """
    directions = main_directions(landmarks, _DIMENSIONS)
    marks = np.ascontiguousarray((landmarks @ directions).T)
    rng = np.random.default_rng(seed)
    spread = 0.01 * np.ptp(layout, axis=0)
    placed = np.empty((len(vectors), 2), dtype=np.float32)
    few = min(3, len(landmarks))
    at = np.arange(block)
    for start in range(0, len(vectors), block):
        cosines = (vectors[start : start + block] @ directions) @ marks
        nearest, near = [], []
        for _ in range(few):
            best = cosines.argmax(axis=1)
            nearest.append(best)
            near.append(cosines[at[: len(best)], best])
            cosines[at[: len(best)], best] = -np.inf
        weights = np.exp(20 * np.stack(near, axis=1))
        weights /= weights.sum(axis=1, keepdims=True)
        centre = np.einsum("ij,ijk->ik", weights, layout[np.stack(nearest, axis=1)])
        placed[start : start + block] = centre + rng.normal(size=centre.shape) * spread
    return placed


class _Pulls:
    """What the edges of a graph do to rows at given places."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph.copy()
        self._weights = 2 * graph.data  # an edge pulls at both its ends, from each of them
        self._from = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
        self._to = graph.indices

    def at(self, layout: Floats32) -> tuple[Floats32, Floats32]:
        """Sum the pulls, shape (2, n), and their strengths, shape (n,)."""
        x, y = layout
        squared = (x[self._from] - x[self._to]) ** 2 + (y[self._from] - y[self._to]) ** 2
        squared = np.maximum(squared, np.float32(1e-6))
        curve = _A * squared**_B
        self._graph.data = self._weights * (2 * _B) * curve / (squared * (1 + curve))
        strength = _row_sums(self._graph)
        return (self._graph @ layout.T).T - strength * layout, strength


def _push(layout: Floats32, others: Ints) -> Floats32:
    """Mean push on each row, shape (2, n), by the others drawn for it, shape (draws, n)."""
    apart = layout[:, None, :] - layout[:, others]
    squared = (apart**2).sum(axis=0)
    force = 2 * _B / ((np.float32(0.001) + squared) * (1 + _A * squared**_B))
    mean: Floats32 = np.clip(force * apart, -_LONGEST, _LONGEST).mean(axis=1)
    return mean


def _start(vectors: Vectors, graph: Any, rng: np.random.Generator) -> Floats32:
    """Principal plane, shape (2, n), of the rows diffused over the graph, in a square.

    A little noise lets equal rows part.
    """
    from scipy.sparse import diags_array

    walk = (diags_array(1 / np.maximum(_row_sums(graph), np.float32(1e-12))) @ graph).tocsr()
    rows = principal(vectors, min(_AXES, vectors.shape[1]))
    smooth = rows
    for _ in range(_SMOOTHINGS):
        smooth = (1 - _MIX) * rows + _MIX * (walk @ smooth)
    plane = principal(smooth, 2).T
    plane = plane - plane.min(axis=1, keepdims=True)
    plane = _SIDE * plane / np.maximum(plane.max(axis=1, keepdims=True), 1e-6)
    return np.asarray(plane + rng.normal(scale=_SIDE / 1000, size=plane.shape), dtype=np.float32)


def _row_sums(graph: Any) -> Floats32:
    return np.asarray(graph.sum(axis=1), dtype=np.float32).ravel()
