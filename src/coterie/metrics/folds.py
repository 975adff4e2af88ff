"""Stratified folds that keep near duplicates together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from coterie.errors import OptionError
from coterie.metrics.columns import Codes, Ints, check_lengths

__all__ = ["assign_folds", "cells_of_clusters"]


def assign_folds(
    codes: Codes,
    clusters: Codes | None = None,
    folds: int = 5,
    seed: int = 0,
) -> Ints:
    """Put each cluster of rows into the fold that has the fewest rows of its labels so far.

    From large clusters to small, in random order among those of one size; between folds with
    equally few, the one with the fewest rows. Where every row is a cluster of its own, the rows
    of a label in any two folds differ by one at most; a label with fewer rows than folds lies in
    as many folds as it has rows.

    Parameters
    ----------
    codes
        Shape (n,), int: label of each row.
    clusters
        Shape (n,), int: rows of exact or near-duplicate texts share a number and stay together;
        None makes every row a cluster of its own.
    folds
        How many, 2 or more. With fewer clusters than that some folds stay empty.
    seed
        Orders the clusters of one size.

    Returns
    -------
    ndarray of shape (n,), int64
        Fold of each row, 0 to ``folds`` - 1.

    Raises
    ------
    InputError
        When codes and clusters differ in length.
    OptionError
        When ``folds`` is below 2.

    Notes
    -----
    O(n log n + clusters · folds) time, O(n) memory. The idea is that of stratified group folds,
    as in scikit-learn's ``StratifiedGroupKFold``.
    """
    if folds < 2:
        raise OptionError(f"The number of folds is {folds}: give 2 or more.")
    labels, label = np.unique(np.asarray(codes), return_inverse=True)
    cluster = np.arange(len(label)) if clusters is None else pd.factorize(np.asarray(clusters))[0]
    check_lengths(label, cluster, "codes and clusters")
    cells = cells_of_clusters(label, cluster)
    sizes = np.bincount(cluster, minlength=len(cells))
    shuffled = np.random.default_rng(seed).permutation(len(cells))
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    held = [[0] * len(labels) for _ in range(folds)]
    total = [0] * folds
    place = np.empty(len(cells), dtype=np.int64)
    for number in order.tolist():
        inside = cells[number]
        crowd = [sum(count * fold[code] for code, count in inside) for fold in held]
        chosen = min(range(folds), key=lambda i: (crowd[i], total[i]))
        place[number] = chosen
        for code, count in inside:
            held[chosen][code] += count
            total[chosen] += count
    return place[cluster]


def cells_of_clusters(codes: Ints, clusters: Ints) -> list[list[tuple[int, int]]]:
    """List the labels of each cluster, 0 to c - 1, and how many of its rows carry them."""
    k = int(codes.max(initial=-1)) + 1
    keys, counts = np.unique(clusters * k + codes, return_counts=True)
    cells: list[list[tuple[int, int]]] = [[] for _ in range(int(clusters.max(initial=-1)) + 1)]
    for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
        cells[key // k].append((key % k, count))
    return cells
