"""Who is near whom: a weighted neighbour graph, and its communities."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors

__all__ = [
    "communities",
    "fuzzy_weights",
    "nearest_neighbours",
    "neighbour_graph",
    "neighbours_among",
]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def nearest_neighbours(vectors: Vectors, k: int) -> tuple[Ints, Floats]:
    """Find the k nearest other rows of each row by cosine, exactly.

    Returns their indices and ascending cosine distances, each of shape (n, k), in O(n² · d) time
    and O(n · k) memory: meant for samples of some thousand rows.
    """
    return _search(vectors, np.arange(len(vectors)), k)


def _search(vectors: Vectors, rows: Ints, k: int) -> tuple[Ints, Floats]:
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(vectors)
    euclidean, indices = search.kneighbors(vectors[rows])
    itself = indices == rows[:, None]
    itself[~itself.any(axis=1), -1] = True  # among equal rows a row may miss itself
    keep = ~itself
    shape = (len(rows), k)
    return indices[keep].reshape(shape), (
        euclidean[keep].reshape(shape).astype(np.float64) ** 2
    ) / 2


def neighbours_among(
    rows: Ints, vectors: Vectors, indices: Ints, distances: Floats, k: int
) -> tuple[Ints, Floats]:
    """Find the k nearest others of some rows among these rows alone.

    Takes the m distinct rows, the vectors of all n, and what `nearest_neighbours` found among all,
    w for each row, with w well above k. Returns places in ``rows`` and distances, each of shape (m,
    k), in O(m · w) time; the few rows with less than k of them among their w nearest are searched
    anew.
    """
    place = np.full(len(vectors), -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    places = place[indices[rows]]
    order = np.argsort(places < 0, axis=1, kind="stable")[:, :k]
    near = np.take_along_axis(places, order, axis=1)
    far = np.take_along_axis(distances[rows], order, axis=1)
    short = np.flatnonzero(near[:, -1] < 0)
    if near.shape[1] < k or len(short) > len(rows) // 2:
        return nearest_neighbours(vectors[rows], k)
    if len(short):
        near[short], far[short] = _search(vectors[rows], short, k)
    return near, far


def neighbour_graph(indices: Ints, distances: Floats) -> Any:
    """Weigh neighbours in a sparse, symmetric (n, n) array: dense and sparse regions count alike.

    A neighbour's weight falls off exponentially from 1 at the nearest one, at a rate that makes the
    weights of each row sum to log2(k + 1); the two directions are joined by fuzzy union. This is
    the graph of UMAP (McInnes, Healy and Melville 2018, section 3.1).
    """
    from scipy.sparse import csr_array

    n, k = indices.shape
    weights = fuzzy_weights(distances)
    pointers = np.arange(0, n * k + 1, k)
    directed = csr_array((weights.ravel(), indices.ravel(), pointers), shape=(n, n))
    both = directed + directed.T - directed.multiply(directed.T)
    return both.tocsr()


def fuzzy_weights(distances: Floats) -> Floats:
    """Weigh each row's neighbours, shape (n, k), by ascending distances, to a sum of log2(k + 1).

    It sums to more only where more neighbours than that are at the least distance.
    """
    n, k = distances.shape
    excess = np.maximum(distances - distances[:, :1], 0.0)
    low, high = np.full((n, 1), 1e-6), np.full((n, 1), 10.0)
    for _ in range(40):
        scale = (low + high) / 2
        too_wide = np.exp(-excess / scale).sum(axis=1, keepdims=True) > np.log2(k + 1)
        low, high = np.where(too_wide, low, scale), np.where(too_wide, scale, high)
    weights: Floats = np.exp(-excess / scale)
    return weights


def communities(graph: Any, *, resolution: float, seed: int) -> Ints:
    """Find communities of a graph: Leiden (Traag, Waltman and van Eck 2019) by modularity.

    The graph is a sparse, symmetric (n, n) array without loops. A higher ``resolution`` gives more
    and smaller communities; ``seed`` is not negative. They are numbered from 0, shape (n,). Which
    Leiden, and why: docs/decisions/leiden.md.
    """
    from graspologic_native import leiden_csr

    nodes = graph.shape[0]
    if not graph.nnz:
        return np.arange(nodes)  # the library does not take a graph without edges
    ordered = graph.tocsr().sorted_indices()  # its draws follow the order of the edges
    _, found = leiden_csr(
        ordered.indptr.astype(np.int64),
        ordered.indices.astype(np.int32),
        ordered.data.astype(np.float64),
        nodes,
        resolution=resolution,
        iterations=2,
        seed=seed,
    )
    return np.array([found[node] for node in range(nodes)], dtype=np.int64)
