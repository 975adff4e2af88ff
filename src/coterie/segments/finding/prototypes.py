"""From a partition of rows to the few vectors that stand for it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.segments.finding.consensus import unit
from coterie.segments.finding.ward import group_sums

__all__ = ["cell_number", "prototypes"]

Ints = npt.NDArray[np.int64]
# Judgements, not measured one by one; see docs/decisions/groups.md.
_CELLS_PER_GROUP = 4
_FEWEST_CELLS = 60
_FEWEST_ROWS = 3
_ROWS_PER_CELL = 24  # measured: where the nearest prototype repeats the groups best


def cell_number(groups: int, rows: int, leaves: int) -> int:
    """How many small cells to divide rows into, for the prototypes of ``groups`` groups."""
    cells = max(_CELLS_PER_GROUP * groups, _FEWEST_CELLS)
    cells = max(cells, rows // _ROWS_PER_CELL)
    return min(cells, leaves, max(groups, rows // (2 * _FEWEST_ROWS)))


def prototypes(vectors: Vectors, groups: Ints, cells: Ints) -> tuple[Vectors, Ints]:
    """Stand several means in the original space for each group; give them, and the group of each.

    A group need not be round: each is divided into small cells, and each cell of at least three
    rows gets a prototype. The nearest prototype then repeats the partition for more rows than the
    nearest mean would, and for new rows too. A group without such a cell has its mean. ``groups``,
    shape (n,), has no gaps from 0, and -1 for no group; ``cells``, shape (n,), is the small cell of
    each row, see `cell_number`.
    """
    found = int(groups.max()) + 1
    rows = np.flatnonzero(groups >= 0)
    pairs, code, sizes = np.unique(
        groups[rows] * (cells.max() + 1) + cells[rows], return_inverse=True, return_counts=True
    )
    owners = pairs // (cells.max() + 1)
    stands = sizes >= _FEWEST_ROWS
    without = np.setdiff1d(owners, owners[stands])
    sums, _ = group_sums(vectors[rows], code.astype(np.int64), len(pairs))
    centres, owners = sums[stands], owners[stands]
    if len(without):
        whole, _ = group_sums(vectors[rows], groups[rows], found)
        centres, owners = np.concatenate([centres, whole[without]]), np.append(owners, without)
    return unit(centres), owners.astype(np.int64)
