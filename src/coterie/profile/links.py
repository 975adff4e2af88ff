"""Texts linked by near duplicates, with no pair overlooked: for rows that must not be divided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coterie.profile.near import fold, jaccard, near_duplicates, shingles_of
from coterie.progress import current

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["linked_texts"]

Ints = npt.NDArray[np.int64]

_SHARED = 1000  # texts that may share a rare run of characters: a bound of the work, a judgement
_CHUNK = 500  # texts, which bounds the memory
_ROUNDING = 1e-9


def linked_texts(texts: Sequence[str], *, threshold: float = 0.8, seed: int = 0) -> Ints:
    """Link near duplicates, and give the texts of each chain a number.

    `near_duplicates` proposes pairs by chance, and overlooks some at the threshold. Here those
    that it left apart are compared too, so that two texts of different numbers are less alike than
    ``threshold``; but for runs of characters that more than 1,000 texts share as their rarest.

    Parameters
    ----------
    texts, threshold, seed
        As for `near_duplicates`.

    Returns
    -------
    ndarray of shape (n,), int64

    Raises
    ------
    OptionError
        As `near_duplicates`.

    Notes
    -----
    Two sets that are at least t alike share one of the members that come first in any common
    order, of the s members of each the first ``s - ceil(t s) + 1`` (R. J. Bayardo, Y. Ma and
    R. Srikant, "Scaling up all pairs similarity search", WWW 2007). In the order from the rarest
    member on, few texts share one, so few pairs are compared.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    found = near_duplicates(texts, threshold=threshold, seed=seed)
    forms: dict[str, int] = {}
    node = np.fromiter(
        (forms.setdefault(fold(text), len(forms)) for text in texts), np.int64, len(texts)
    )
    if len(forms) < 2:
        return found.chain
    chain = np.empty(len(forms), dtype=np.int64)
    chain[node] = found.chain
    pairs = np.concatenate([*_overlooked(shingles_of(list(forms)), chain, threshold)])
    size = int(chain.max()) + 1
    links = coo_array((np.ones(len(pairs)), chain[pairs].T), shape=(size, size))
    joined = np.asarray(connected_components(links, directed=False)[1], dtype=np.int64)
    return joined[chain][node]


def _overlooked(shingles: csr_array, chain: Ints, threshold: float) -> Iterator[Ints]:
    """Give pairs of near texts of different chains, shape (p, 2) each."""
    yield np.empty((0, 2), dtype=np.int64)
    rare = _rarest(shingles, threshold)
    by_shingle = rare.T.tocsr()
    sizes = np.diff(shingles.indptr)
    n = len(sizes)
    with current().stage("Linking near duplicates", n) as stage:
        for start in range(0, n, _CHUNK):
            shared = (rare[start : start + _CHUNK] @ by_shingle).tocoo()
            one, other = shared.row.astype(np.int64) + start, shared.col.astype(np.int64)
            smaller, larger = (
                np.minimum(sizes[one], sizes[other]),
                np.maximum(sizes[one], sizes[other]),
            )
            kept = (one < other) & (chain[one] != chain[other])
            kept &= smaller >= threshold * larger - _ROUNDING
            one, other = one[kept], other[kept]
            near = jaccard(shingles, one, other) >= threshold
            yield np.stack([one[near], other[near]], axis=1)
            stage.advance(min(_CHUNK, n - start))


def _rarest(shingles: csr_array, threshold: float) -> csr_array:
    """Keep the rarest shingles of each text, of which two near texts share one."""
    from scipy.sparse import csr_array

    sizes = np.diff(shingles.indptr)
    n = len(sizes)
    _, code = np.unique(shingles.indices, return_inverse=True)
    often = np.bincount(code)
    order = np.argsort(often, kind="stable")
    rank = np.empty(len(often), dtype=np.int64)
    rank[order] = np.arange(len(often))
    row, column = np.repeat(np.arange(n), sizes), rank[code]
    placed = np.lexsort((column, row))
    row, column = row[placed], column[placed]
    place = np.arange(len(row)) - shingles.indptr[row]
    first = place < sizes[row] - np.ceil(threshold * sizes[row] - _ROUNDING) + 1
    row, column = row[first], column[first]
    few = np.bincount(column)[column] <= _SHARED
    ones = np.ones(int(few.sum()), dtype=np.int32)
    return csr_array((ones, (row[few], column[few])), shape=(n, len(often)))
