"""Fewer dimensions: UMAP to cluster in, and the principal ones."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.progress import current

__all__ = ["main_directions", "principal", "reduce"]

Ints = npt.NDArray[np.int64]


def reduce(
    vectors: Vectors,
    indices: Ints,
    distances: npt.NDArray[np.float64],
    *,
    dimensions: int = 15,
    seed: int = 0,
) -> Vectors:
    """Reduce rows, shape (n, d), by UMAP with the settings for clustering: no minimal distance.

    ``indices`` and ``distances``, shape (n, k), are nearest neighbours and their cosine distances.
    """
    dimensions = min(dimensions, max(2, len(vectors) - 2))
    itself = np.arange(len(vectors))[:, None]
    start = principal(vectors, dimensions)
    with current().stage(f"Reducing to {dimensions} dimensions"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # UMAP speaks of threads, seeds and its own internals
        import umap

        model = umap.UMAP(
            n_components=dimensions,
            n_neighbors=indices.shape[1] + 1,
            min_dist=0.0,
            metric="cosine",
            random_state=seed,
            init=10 * start / np.abs(start).max(),
            n_epochs=200,
            precomputed_knn=(
                np.hstack([itself, indices]),
                np.hstack([np.zeros((len(vectors), 1)), distances]).astype(np.float32),
                None,
            ),
        )
        return np.asarray(model.fit_transform(vectors), dtype=np.float32)


def main_directions(vectors: Vectors, dimensions: int) -> Vectors:
    """Directions, shape (d, dimensions or fewer), in which rows, shape (n, d), are longest.

    Rows times directions have nearly the dot products of the rows, in fewer dimensions: the mean
    is not taken off. O(n · d² + d³) time.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):  # more threads wait for each other
        _, basis = np.linalg.eigh(vectors.T.astype(np.float64) @ vectors)
    return np.asarray(basis[:, ::-1][:, :dimensions], dtype=np.float32)


def principal(vectors: Vectors, dimensions: int) -> Vectors:
    """Project rows, shape (n, d), onto their first principal axes; zeros where they have fewer.

    O(n · d² + d³) time.
    """
    centred = vectors - vectors.mean(axis=0)
    _, basis = np.linalg.eigh(centred.T @ centred)
    axes = basis[:, ::-1][:, :dimensions]
    plane = centred @ axes
    if plane.shape[1] < dimensions:
        plane = np.pad(plane, ((0, 0), (0, dimensions - plane.shape[1])))
    return np.asarray(plane, dtype=np.float32)
