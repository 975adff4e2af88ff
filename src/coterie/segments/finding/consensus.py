"""How a table's rows hang together: smoothed vectors, small groups found again and again, a tree.

The steps, and why each is there:

1. *Diffusion.* A row's vector is mixed with those of its neighbours, theirs with their own, and so
   on (personalised PageRank over the neighbour graph; Gasteiger, Weissenberger and Günnemann 2019
   call it graph diffusion). It fits a general encoder to the table at hand without any label.
2. *Bagging.* Small communities are found in several random shares of the rows, each with another
   seed, and their means are pooled (bagged clustering, Leisch 1999). What only one draw finds
   weighs little.
3. *A tree* over the pooled means (Ward). Any number of groups is a cut of it, and coarse groups
   are unions of fine ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.progress import Silent, current
from coterie.segments.finding.neighbours import communities, nearest_neighbours, neighbour_graph
from coterie.segments.finding.ward import Tree, group_sums, grow_tree

__all__ = ["NEIGHBOURS", "Structure", "diffuse", "find_structure", "nearest", "unit"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Settled by agreement with labels, with the rest of the method: see docs/decisions/groups.md.
NEIGHBOURS = 15
_MIX = 0.9
_STEPS = 15
_SHARE = 0.8
_RESOLUTION = 30.0
_FULL_SIZE = 3000  # rows from which the resolution is not lowered


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """Rows, smoothed, and the tree over their small groups.

    Attributes
    ----------
    smooth
        Shape (n, d), float32, unit length: the diffused vectors.
    sums, counts, tree
        The small groups in the smoothed space, shapes (leaves, d) and (leaves,), and their tree.
    neighbours, distances
        Shape (n, k): nearest neighbours in the original space and their cosine distances.
    """

    smooth: Vectors
    sums: Floats
    counts: Floats
    tree: Tree
    neighbours: Ints
    distances: Floats

    def cut(self, groups: int) -> Ints:
        """Group of each row when the tree is cut into ``groups``; numbered without gaps."""
        return self.cuts([groups])[groups]

    def cuts(self, numbers: Iterable[int]) -> dict[int, Ints]:
        """Cut the tree into each of several numbers of groups, as `cut` does.

        A row goes to the group whose mean has the highest cosine with it: O(n · groups · d) time
        for each.
        """
        found = {}
        for groups in dict.fromkeys(numbers):
            of_leaf = self.tree.cut(groups)
            sums, _ = group_sums(self.sums, of_leaf, int(of_leaf.max()) + 1)
            codes = nearest(self.smooth, unit(sums))
            found[groups] = np.unique(codes, return_inverse=True)[1].astype(np.int64)
        return found


def find_structure(
    vectors: Vectors,
    *,
    rounds: int,
    rng: np.random.Generator,
    neighbours: tuple[Ints, Floats] | None = None,
    quiet: bool = False,
) -> Structure:
    """Find the structure of at least 3 distinct rows of unit length, shape (n, d).

    Small groups are found in ``rounds`` random shares of the rows. ``neighbours`` is what
    `nearest_neighbours` says of the rows, where that is known; ``quiet`` reports no progress. O(n²
    · d) time for the exact neighbours, so n is a sample of at most some ten thousand; memory O(n ·
    d).
    """
    n = len(vectors)
    progress = Silent() if quiet else current()
    indices, distances = neighbours or nearest_neighbours(vectors, min(NEIGHBOURS, n - 1))
    indices, distances = indices[:, :NEIGHBOURS], distances[:, :NEIGHBOURS]
    with progress.stage("Smoothing the vectors"):
        graph = neighbour_graph(indices, distances)
        smooth = diffuse(vectors, graph)
    resolution = max(8.0, _RESOLUTION * min(1.0, n / _FULL_SIZE))
    sums, counts = [], []
    with progress.stage("Finding small groups", rounds) as stage:
        for _ in range(rounds):
            rows = np.sort(rng.choice(n, max(2, int(_SHARE * n)), replace=False))
            seed = int(rng.integers(2**31))
            codes = communities(graph[rows][:, rows], resolution=resolution, seed=seed)
            some, sizes = group_sums(smooth[rows], codes, int(codes.max()) + 1)
            sums.append(some)
            counts.append(sizes)
            stage.advance()
    pooled, weights = np.concatenate(sums), np.concatenate(counts)
    return Structure(smooth, pooled, weights, grow_tree(pooled, weights), indices, distances)


def diffuse(vectors: Vectors, graph: Any) -> Vectors:
    """Mix each row of (n, d) with its neighbours, theirs with their own, and so on; unit length.

    ``graph`` is that of `coterie.segments.finding.neighbours.neighbour_graph`.
    """
    from scipy.sparse import diags_array

    degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1e-12)
    step = (diags_array(1 / degree) @ graph).tocsr().astype(np.float32)
    smooth: Vectors = vectors
    for _ in range(_STEPS):
        smooth = np.float32(1 - _MIX) * vectors + np.float32(_MIX) * np.asarray(
            step @ smooth, np.float32
        )
    return unit(smooth)


def unit(rows: npt.NDArray[np.floating]) -> Vectors:
    """Rows scaled to length 1, float32; a zero row stays zero."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = (rows / np.maximum(length, 1e-12)).astype(np.float32)
    return scaled


def nearest(vectors: Vectors, centres: Vectors, block: int = 8192) -> Ints:
    """Index of the centre of highest cosine for each row, in blocks."""
    parts = [
        (vectors[start : start + block] @ centres.T).argmax(axis=1)
        for start in range(0, len(vectors), block)
    ]
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64)
