"""Training and test rows that share no text and no near duplicate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.errors import InputError, OptionError
from coterie.metrics.folds import cells_of_clusters
from coterie.tuning.labelled import Labelled, labelled_rows

__all__ = ["TrainTestSplit", "split_rows"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class TrainTestSplit:
    """Training and test rows.

    Attributes
    ----------
    train, test
        Row numbers, int64, sorted. Together they are the labelled rows, each once; no cluster has
        rows in both; every label has rows in ``train``.
    train_only
        Labels without a row in ``test``, sorted: those of one row or one cluster, and those whose
        every cluster holds the last training rows of another label.
    unlabelled
        Rows without a label; they are in neither.
    """

    train: Ints
    test: Ints
    train_only: tuple[str, ...]
    unlabelled: int


def split_rows(
    labels: npt.NDArray[np.object_],
    clusters: npt.NDArray[np.integer[Any]],
    *,
    test: float = 0.2,
    seed: int = 0,
) -> TrainTestSplit:
    """Split labelled rows so that each label gives about its share and no text is on both sides.

    Clusters are placed from large to small, in random order among those of one size. Each goes to
    the side that brings the test share of its labels, among the rows placed so far, closer to
    ``test``; hence both sides get their part of large and of small clusters. A cluster never goes
    to test with the last training cluster of a label. Afterwards a label with no test row gives
    its smallest cluster that may go.

    Parameters
    ----------
    labels
        Shape (n,): label of each row; None, NaN or blank text is unlabelled.
    clusters
        Shape (n,), int: rows of exact or near-duplicate texts share a number.
    test
        Share of each label's rows that become test rows, in (0, 1).
    seed
        Orders the clusters of one size.

    Raises
    ------
    InputError
        When labels and clusters differ in length, fewer than two labels are there, or no label
        can give a cluster for the test.
    NoRowsError
        When no row has a label.
    OptionError
        When ``test`` is not between 0 and 1.

    Notes
    -----
    O(n log n) time, O(n) memory. Where every cluster of a label holds one row, and no other
    label, the label gives ``test`` times its rows, rounded, and at least one. The idea is that of
    stratified group splits, as in scikit-learn's ``StratifiedGroupKFold``.
    """
    if not 0 < test < 1:
        raise OptionError(f"The test share is {test:g}: give one between 0 and 1, such as 0.2.")
    found = labelled_rows(labels, clusters)
    if len(found.names) < 2:
        raise InputError(
            f"Every labelled row has the label {found.names[0]!r}: give rows of two labels or more."
        )
    in_test = _Placing(found, test, np.random.default_rng(seed)).place()
    rows_in_test = in_test[found.clusters]
    if not rows_in_test.any():
        raise InputError(
            "There are no test rows, because no label has two texts that are not near duplicates: "
            "give more different texts of each label."
        )
    tested = np.bincount(found.codes[rows_in_test], minlength=len(found.names))
    return TrainTestSplit(
        train=found.rows[~rows_in_test],
        test=found.rows[rows_in_test],
        train_only=tuple(sorted(found.names[i] for i in np.flatnonzero(tested == 0))),
        unlabelled=found.unlabelled,
    )


class _Placing:
    """Clusters on their way to one of two sides."""

    def __init__(self, found: Labelled, share: float, random: np.random.Generator) -> None:
        self._cells = cells_of_clusters(found.codes, found.clusters)
        self._share = share
        k = len(found.names)
        self._seen, self._tested = [0] * k, [0] * k  # rows of each label, placed and in test
        self._training = [0] * k  # clusters of each label that are not in test
        for cells in self._cells:
            for label, _ in cells:
                self._training[label] += 1
        sizes = np.array([sum(count for _, count in cells) for cells in self._cells])
        shuffled = random.permutation(len(sizes))
        self._order = shuffled[np.argsort(-sizes[shuffled], kind="stable")].tolist()
        self._in_test = np.zeros(len(sizes), dtype=np.bool_)

    def place(self) -> npt.NDArray[np.bool_]:
        """Tell which clusters are in test."""
        for cluster in self._order:
            cells = self._cells[cluster]
            for label, count in cells:
                self._seen[label] += count
            if self._is_wanted(cells) and self._is_free(cells):
                self._move(cluster)
        for cluster in reversed(self._order):
            cells = self._cells[cluster]
            missing = any(self._tested[label] == 0 for label, _ in cells)
            if missing and not self._in_test[cluster] and self._is_free(cells):
                self._move(cluster)
        return self._in_test

    def _is_wanted(self, cells: list[tuple[int, int]]) -> bool:
        """Tell whether the test shares of the labels are closer to the aim with this cluster."""
        gain = 0.0
        for label, count in cells:
            lack = self._share * self._seen[label] - self._tested[label]
            gain += abs(lack) - abs(lack - count)
        return gain > 0

    def _is_free(self, cells: list[tuple[int, int]]) -> bool:
        return all(self._training[label] > 1 for label, _ in cells)

    def _move(self, cluster: int) -> None:
        self._in_test[cluster] = True
        for label, count in self._cells[cluster]:
            self._tested[label] += count
            self._training[label] -= 1
