"""Which pairs of concepts are worth a column of their own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

__all__ = ["rank_pairs"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_SLAB = 256  # concepts


def rank_pairs(held: csr_matrix, most: int, least: int) -> list[tuple[int, int]]:
    """Rank pairs of concepts by how well their own effect can be told, without any label.

    Clients fall into four cells: those with both concepts, with one only, with the other only,
    with neither. The variance of the effect that a pair has beyond its two concepts, the
    interaction of the 2 x 2 table, is the sum of the reciprocals of the four counts (Woolf 1955),
    and pairs are ranked by its inverse. Where concepts are rare that is nearly the number of
    clients with both; but a pair of which one concept hardly ever comes without the other, which a
    ranking by count or by lift puts first, says nothing that the one concept does not, and comes
    last. Pairs with an empty cell are left out.

    Concepts are gone through from the commonest, in slabs of 256, until no further one could bring
    a pair among the best, for no pair ranks above the number of clients with its rarer concept.
    Time grows with the pairs of concepts that clients have, summed over clients: with the square
    of concepts per client; memory with the different pairs of a slab.

    Parameters
    ----------
    held
        Sparse, shape (n, m), of integers: 1 where a client has a concept.
    most
        How many pairs at most.
    least
        How many clients must have both.

    Returns
    -------
    list of pairs of int
        Columns of ``held``, the lower first; the best pair first, of equals the lower ones.
    """
    often = np.bincount(held.indices, minlength=held.shape[1])
    order = np.argsort(-often, kind="stable")
    order = order[often[order] >= least]
    ranked = held.tocsc()[:, order]
    often = often[order]
    best, pairs = np.empty(0), np.empty((0, 2), dtype=np.int64)
    for start in range(0, len(order), _SLAB):
        if len(best) == most and often[start] <= best[-1]:
            break
        stop = min(start + _SLAB, len(order))
        together = (ranked[:, start:stop].T @ ranked[:, :stop]).tocoo()
        rows, columns = together.row + start, together.col
        kept = (columns < rows) & (together.data >= least)
        rows, columns, both = rows[kept], columns[kept], together.data[kept]
        found = _information(both, often[rows], often[columns], held.shape[0])
        telling = found > 0
        places = np.sort(order[np.column_stack([rows, columns])[telling]], axis=1)
        best, pairs = np.concatenate([best, found[telling]]), np.concatenate([pairs, places])
        first = np.lexsort((pairs[:, 1], pairs[:, 0], -best))[:most]
        best, pairs = best[first], pairs[first]
    return [(one, two) for one, two in pairs.tolist()]


def _information(both: Ints, one: Ints, other: Ints, rows: int) -> Floats:
    """Inverse of the variance of the interaction; 0 where a cell is empty."""
    cells = np.stack([both, one - both, other - both, rows - one - other + both]).astype(np.float64)
    with np.errstate(divide="ignore"):
        found: Floats = 1 / (1 / cells).sum(axis=0)
    return found
