"""Groups by HDBSCAN and by k-means on a UMAP reduction, the methods that many people know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.progress import current

__all__ = ["by_density", "by_means", "density_sizes"]

Ints = npt.NDArray[np.int64]


def density_sizes(rows: int, steps: int = 8) -> list[int]:
    """Values of ``min_cluster_size`` to try, from large to small, evenly spaced by ratio.

    From a 20th of the rows to an 800th, and 5 at least: a judgement, not measured.
    """
    largest = max(5, rows // 20)
    smallest = min(largest, max(5, rows // 800))
    return sorted({round(float(v)) for v in np.geomspace(smallest, largest, steps)}, reverse=True)


def by_density(reduced: Vectors, sizes: list[int]) -> dict[int, Ints]:
    """Cluster by HDBSCAN (Campello, Moulavi and Sander 2013) for each size; -1 is noise."""
    from sklearn.cluster import HDBSCAN

    few = min(5, len(reduced))
    return _by_each(
        "Clustering by HDBSCAN",
        reduced,
        {size: HDBSCAN(min_cluster_size=size, min_samples=few, copy=True) for size in sizes},
    )


def by_means(reduced: Vectors, sizes: list[int], *, seed: int) -> dict[int, Ints]:
    """Cluster by k-means once for each number of groups."""
    from sklearn.cluster import KMeans

    models = {size: KMeans(size, n_init=2, random_state=seed) for size in sizes}
    return _by_each("Clustering by k-means", reduced, models)


def _by_each(title: str, reduced: Vectors, models: Mapping[int, Any]) -> dict[int, Ints]:
    found = {}
    with current().stage(title, len(models)) as stage:
        for size, model in models.items():
            found[size] = model.fit_predict(reduced).astype(np.int64)
            stage.advance()
    return found
