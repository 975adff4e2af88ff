"""The rows that carry a label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import NoRowsError
from coterie.metrics.columns import check_lengths, is_missing

__all__ = ["Labelled", "labelled_rows"]

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """The m labelled rows of n.

    Attributes
    ----------
    rows
        Shape (m,), int64: row numbers, sorted.
    codes
        Shape (m,), int64: place of the label of each in ``names``.
    names
        The k labels, sorted.
    clusters
        Shape (m,), int64: cluster of each, 0 to c - 1.
    unlabelled
        ``n - m``.
    """

    rows: Ints
    codes: Ints
    names: tuple[str, ...]
    clusters: Ints
    unlabelled: int


def labelled_rows(
    labels: npt.NDArray[np.object_], clusters: npt.NDArray[np.integer[Any]]
) -> Labelled:
    """Find the rows with a label, and number their labels and clusters.

    Raises
    ------
    InputError
        When labels and clusters differ in length.
    NoRowsError
        When no row has a label.
    """
    check_lengths(labels, clusters, "labels and clusters")
    rows = np.flatnonzero(~is_missing(labels))
    if not len(rows):
        raise NoRowsError("No row has a label: name the column that holds the labels.")
    codes, names = pd.factorize(np.asarray(labels, dtype=object)[rows].astype(str), sort=True)
    numbers, _ = pd.factorize(np.asarray(clusters)[rows])
    return Labelled(
        rows=rows,
        codes=codes.astype(np.int64),
        names=tuple(str(name) for name in names),
        clusters=numbers.astype(np.int64),
        unlabelled=len(labels) - len(rows),
    )
