"""Fewer dimensions: UMAP to cluster in and to look at."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from coterie.embed import Vectors
from coterie.progress import current

__all__ = ["lay_out", "place_others", "reduce"]

Ints = npt.NDArray[np.int64]


def reduce(
    vectors: Vectors,
    indices: Ints,
    distances: npt.NDArray[np.float64],
    *,
    dimensions: int = 15,
    seed: int = 0,
) -> Vectors:
    """Reduce rows by UMAP with the settings for clustering: no minimal distance.

    Parameters
    ----------
    vectors
        Shape (n, d).
    indices, distances
        Shape (n, k): nearest neighbours and their cosine distances.

    Returns
    -------
    ndarray of shape (n, dimensions), float32
    """
    dimensions = min(dimensions, max(2, len(vectors) - 2))
    with current().stage(f"Reduce to {dimensions} dimensions"):
        return _umap(vectors, indices, distances, dimensions=dimensions, min_dist=0.0, seed=seed)


def lay_out(
    vectors: Vectors, indices: Ints, distances: npt.NDArray[np.float64], *, seed: int = 0
) -> Vectors:
    """Lay rows out in the plane, near rows near each other.

    Parameters
    ----------
    vectors
        Shape (n, d).
    indices, distances
        Shape (n, k): nearest neighbours and their cosine distances.

    Returns
    -------
    ndarray of shape (n, 2), float32
    """
    if len(vectors) < 8:
        return _principal(vectors, 2)
    with current().stage("Lay out the map"):
        return _umap(vectors, indices, distances, dimensions=2, min_dist=0.15, seed=seed)


def place_others(
    vectors: Vectors, landmarks: Vectors, layout: Vectors, *, seed: int = 0, block: int = 512
) -> Vectors:
    """Place rows of a map among the landmarks they are nearest to.

    Each goes to the weighted mean of its three nearest landmarks, a little to the side, so that
    rows of one place do not hide each other. O(n · landmarks · d) time, in blocks.
    """
    rng = np.random.default_rng(seed)
    spread = 0.01 * np.ptp(layout, axis=0)
    placed = np.empty((len(vectors), 2), dtype=np.float32)
    few = min(3, len(landmarks))
    at = np.arange(block)
    for start in range(0, len(vectors), block):
        cosines = vectors[start : start + block] @ landmarks.T
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


def _umap(
    vectors: Vectors,
    indices: Ints,
    distances: npt.NDArray[np.float64],
    *,
    dimensions: int,
    min_dist: float,
    seed: int,
) -> Vectors:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # UMAP speaks of threads, seeds and its own internals
        import umap

        itself = np.arange(len(vectors))[:, None]
        start = _principal(vectors, dimensions)
        model = umap.UMAP(
            n_components=dimensions,
            n_neighbors=indices.shape[1] + 1,
            min_dist=min_dist,
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


def _principal(vectors: Vectors, dimensions: int) -> Vectors:
    centred = vectors - vectors.mean(axis=0)
    _, basis = np.linalg.eigh(centred.T @ centred)
    axes = basis[:, ::-1][:, :dimensions]
    plane = centred @ axes
    if plane.shape[1] < dimensions:
        plane = np.pad(plane, ((0, 0), (0, dimensions - plane.shape[1])))
    return np.asarray(plane, dtype=np.float32)
