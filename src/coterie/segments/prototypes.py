"""From a partition of rows to the few vectors that stand for it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coterie.embed import Vectors
from coterie.segments.structure import Structure, unit
from coterie.segments.tree import group_sums

__all__ = ["prototypes"]

Ints = npt.NDArray[np.int64]
_CELLS_PER_GROUP = 4
_FEWEST_CELLS = 60
_FEWEST_ROWS = 3


def prototypes(vectors: Vectors, groups: Ints, structure: Structure) -> tuple[Vectors, Ints]:
    """Stand several means in the original space for each group.

    A group need not be round: each is divided into the small cells of the structure's tree, and
    each cell of at least three rows gets a prototype. The nearest prototype then repeats the
    partition for more rows than the nearest mean would, and does so for new rows too.

    Parameters
    ----------
    vectors
        Shape (n, d), the rows on which the structure was found.
    groups
        Shape (n,), numbered without gaps from 0; -1 for rows of no group.

    Returns
    -------
    prototypes : ndarray of shape (p, d), float32
    owners : ndarray of shape (p,), int64
        Group of each.
    """
    found = int(groups.max()) + 1
    cells = max(_CELLS_PER_GROUP * found, _FEWEST_CELLS)
    cells = min(cells, structure.tree.leaves, max(found, len(vectors) // (2 * _FEWEST_ROWS)))
    cell = structure.cut(cells)
    kept = groups >= 0
    pair = groups[kept] * (cell.max() + 1) + cell[kept]
    pairs, code, sizes = np.unique(pair, return_inverse=True, return_counts=True)
    owners = pairs // (cell.max() + 1)
    largest = np.zeros(found, dtype=np.int64)
    np.maximum.at(largest, owners, sizes)
    stands = (sizes >= _FEWEST_ROWS) | (sizes == largest[owners])
    sums, _ = group_sums(vectors[kept], code.astype(np.int64), len(pairs))
    return unit(sums[stands]), owners[stands].astype(np.int64)
