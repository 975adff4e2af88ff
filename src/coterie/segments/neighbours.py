"""Who is near whom: a weighted neighbour graph, and its communities."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.embed import Vectors

__all__ = ["communities", "fuzzy_weights", "nearest_neighbours", "neighbour_graph"]


def nearest_neighbours(
    vectors: Vectors, k: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Find the k nearest other rows of each row by cosine, exactly.

    Returns
    -------
    indices : ndarray of shape (n, k), int64
    distances : ndarray of shape (n, k), float64
        Cosine distance, ascending.

    Notes
    -----
    O(n² · d) time in blocks, O(n · k) memory: meant for samples of some thousand rows.
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(vectors)
    euclidean, indices = search.kneighbors(vectors)
    itself = indices == np.arange(len(vectors))[:, None]
    itself[~itself.any(axis=1), -1] = True  # among equal rows a row may miss itself
    keep = ~itself
    shape = (len(vectors), k)
    return indices[keep].reshape(shape), (
        euclidean[keep].reshape(shape).astype(np.float64) ** 2
    ) / 2


def neighbour_graph(indices: npt.NDArray[np.int64], distances: npt.NDArray[np.float64]) -> Any:
    """Weigh neighbours so that dense and sparse regions count alike.

    A neighbour's weight falls off exponentially from 1 at the nearest one, at a rate that makes
    the weights of each row sum to log2(k + 1); the two directions are joined by fuzzy union. This
    is the graph of UMAP (McInnes, Healy and Melville 2018, section 3.1).

    Returns
    -------
    scipy.sparse.csr_array of shape (n, n)
        Symmetric, at most 2 · n · k entries.
    """
    from scipy.sparse import csr_array

    n, k = indices.shape
    weights = fuzzy_weights(distances)
    pointers = np.arange(0, n * k + 1, k)
    directed = csr_array((weights.ravel(), indices.ravel(), pointers), shape=(n, n))
    both = directed + directed.T - directed.multiply(directed.T)
    return both.tocsr()


def fuzzy_weights(distances: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Weigh each row's neighbours, shape (n, k), by their ascending distances.

    Each row sums to log2(k + 1), or to the number of neighbours at the least distance where they
    are more than that.
    """
    n, k = distances.shape
    excess = np.maximum(distances - distances[:, :1], 0.0)
    low, high = np.full((n, 1), 1e-6), np.full((n, 1), 10.0)
    for _ in range(40):
        scale = (low + high) / 2
        too_wide = np.exp(-excess / scale).sum(axis=1, keepdims=True) > np.log2(k + 1)
        low, high = np.where(too_wide, low, scale), np.where(too_wide, scale, high)
    weights: npt.NDArray[np.float64] = np.exp(-excess / scale)
    return weights


def communities(graph: Any, *, resolution: float, seed: int) -> npt.NDArray[np.int64]:
    """Find communities of a weighted graph (Leiden: Traag, Waltman and van Eck 2019).

    Returns
    -------
    ndarray of shape (n,), int64
        Community of each node, numbered from 0.
    """
    import igraph
    import leidenalg

    upper = graph.tocoo()
    once = upper.row < upper.col
    edges = np.column_stack([upper.row[once], upper.col[once]])
    network = igraph.Graph(n=graph.shape[0], edges=edges)
    partition = leidenalg.find_partition(
        network,
        leidenalg.RBConfigurationVertexPartition,
        weights=upper.data[once],
        resolution_parameter=resolution,
        n_iterations=2,
        seed=seed,
    )
    return np.asarray(partition.membership, dtype=np.int64)
