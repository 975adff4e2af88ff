"""Groups by density and by k-means on a UMAP reduction, as many people know them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.progress import current

__all__ = ["by_density", "by_means", "density_sizes"]

Ints = npt.NDArray[np.int64]


def density_sizes(rows: int, steps: int = 8) -> list[int]:
    """Values of ``min_cluster_size`` to try, from large to small, evenly spaced by ratio."""
    largest = max(5, rows // 20)
    smallest = min(largest, max(5, rows // 800))
    return sorted({round(float(v)) for v in np.geomspace(smallest, largest, steps)}, reverse=True)


def by_density(reduced: Vectors, sizes: list[int]) -> dict[int, Ints]:
    """Cluster by HDBSCAN (Campello, Moulavi and Sander 2013) once for each size.

    Returns
    -------
    dict of int to ndarray of shape (n,), int64
        ``min_cluster_size`` to the cluster of each row, -1 for noise.
    """
    from sklearn.cluster import HDBSCAN

    found = {}
    with current().stage("Cluster by density", len(sizes)) as stage:
        for size in sizes:
            model = HDBSCAN(min_cluster_size=size, min_samples=min(5, len(reduced)), copy=True)
            found[size] = model.fit_predict(reduced).astype(np.int64)
            stage.advance()
    return found


def by_means(reduced: Vectors, sizes: list[int], *, seed: int) -> dict[int, Ints]:
    """Cluster by k-means once for each number of groups."""
    from sklearn.cluster import KMeans

    found = {}
    with current().stage("Cluster by k-means", len(sizes)) as stage:
        for size in sizes:
            model = KMeans(size, n_init=2, random_state=seed)
            found[size] = model.fit_predict(reduced).astype(np.int64)
            stage.advance()
    return found
