"""Later rows that have no earlier ones near them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors

__all__ = ["NOVEL", "later_shares"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NOVEL = 0.9
"""Share of later rows among its neighbours from which a row is novel: docs/refresh.md."""

_SAMPLE = 12_000  # of either kind of rows, as in a discovery
_BLOCK = 1024


def later_shares(
    earlier: Vectors,
    later: Vectors,
    earlier_keys: Sequence[str],
    later_keys: Sequence[str],
    *,
    neighbours: int = 10,
    asked: Ints | None = None,
    seed: int = 0,
) -> Floats:
    """Share of later rows among the nearest neighbours of each, of as many earlier ones as later.

    Where both are alike, it is about one half, and above 0.9 for one row in a hundred.

    Parameters
    ----------
    earlier, later
        Shape (n, d) and (m, d), unit length.
    earlier_keys, later_keys
        n and m texts, or keys that only equal rows share. Rows with the same key count once.
    neighbours
        How many are looked at; fewer where there are not as many rows.
    asked
        Places of the later rows that are asked about; all when None.
    seed
        Random seed of the rows that are looked at.

    Returns
    -------
    ndarray of shape (m,) or (asked,), float64
        0 for a row whose key an earlier row has, and where there are no earlier rows.

    Notes
    -----
    The share is the statistic of M. F. Schilling, "Multivariate two-sample tests based on nearest
    neighbors" (Journal of the American Statistical Association 81, 1986). O(asked · min(n, m,
    12,000) · d) time, in blocks.
    """
    places = np.arange(len(later)) if asked is None else asked
    known = set(earlier_keys)
    own = _different(later_keys, known)
    others = _different(earlier_keys, set())
    size = min(len(own), len(others), _SAMPLE)
    shares = np.zeros(len(places))
    few = min(neighbours, size - 1)
    if few < 1:
        return shares
    rng = np.random.default_rng(seed)
    own = own[rng.permutation(len(own))[:size]]
    others = others[rng.permutation(len(others))[:size]]
    at = {later_keys[row]: place for place, row in enumerate(own.tolist())}
    itself = np.array([at.get(later_keys[row], -1) for row in places.tolist()], dtype=np.int64)
    fresh = np.array([later_keys[row] not in known for row in places.tolist()], dtype=np.bool_)
    for start in range(0, len(places), _BLOCK):
        block = slice(start, start + _BLOCK)
        rows = later[places[block]]
        near_own = rows @ later[own].T
        there = np.flatnonzero(itself[block] >= 0)
        near_own[there, itself[block][there]] = -np.inf
        shares[block] = _among(near_own, rows @ earlier[others].T, few)
    return np.where(fresh, shares, 0.0)


def _different(keys: Sequence[str], without: set[str]) -> Ints:
    """Places of the first row of each key, but for those of ``without``."""
    first = {key: at for at, key in reversed(list(enumerate(keys))) if key not in without}
    return np.sort(np.array(list(first.values()), dtype=np.int64))


def _among(own: Vectors, others: Vectors, few: int) -> Floats:
    """Share of columns of ``own`` among the ``few`` largest of each row of both."""
    best = [-np.partition(-part, few - 1, axis=1)[:, :few] for part in (own, others)]
    order = np.argsort(-np.concatenate(best, axis=1), axis=1, kind="stable")[:, :few]
    share: Floats = (order < few).mean(axis=1)
    return share
