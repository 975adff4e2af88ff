"""Later rows that have no earlier ones near them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors

__all__ = ["novel_rows"]

Bools = npt.NDArray[np.bool_]

# docs/refresh.md says how these were settled.
_NEIGHBOURS, _LATER = 10, 9
_SAMPLE = 12_000  # of either kind of rows, as in a discovery
_BLOCK = 1024


def novel_rows(
    earlier: Vectors,
    later: Vectors,
    earlier_keys: Sequence[str],
    later_keys: Sequence[str],
    *,
    seed: int = 0,
) -> Bools:
    """Tell which later rows are among later rows only, though as many earlier ones were looked at.

    Of the ten nearest neighbours of such a row, in equally many different rows of either kind,
    nine at least are later ones. Where both kinds are alike, about one row in a hundred is so.

    Parameters
    ----------
    earlier, later
        Shape (n, d) and (m, d), unit length.
    earlier_keys, later_keys
        n and m texts, or keys that only equal rows share. Rows with the same key count once, and
        one whose key an earlier row has is not novel.
    seed
        Random seed of the rows that are looked at.

    Returns
    -------
    ndarray of shape (m,), bool

    Notes
    -----
    The share of neighbours of one's own kind is the statistic of M. F. Schilling, "Multivariate
    two-sample tests based on nearest neighbors" (Journal of the American Statistical Association
    81, 1986). O(m · min(n, m, 12,000) · d) time, in blocks.
    """
    known = set(earlier_keys)
    first_later = {key: at for at, key in reversed(list(enumerate(later_keys)))}
    fresh = np.array([at for key, at in first_later.items() if key not in known], dtype=np.int64)
    first_earlier = {key: at for at, key in enumerate(earlier_keys)}
    others = np.array(list(first_earlier.values()), dtype=np.int64)
    size = min(len(fresh), len(others), _SAMPLE)
    if size <= _NEIGHBOURS:
        return np.zeros(len(later), dtype=np.bool_)
    rng = np.random.default_rng(seed)
    sampled = rng.permutation(len(fresh))[:size]
    own = later[fresh[sampled]]
    old = earlier[others[rng.permutation(len(others))[:size]]]
    place = np.full(len(fresh), -1, dtype=np.int64)
    place[sampled] = np.arange(size)
    novel = set[str]()
    for start in range(0, len(fresh), _BLOCK):
        rows = fresh[start : start + _BLOCK]
        near_own, near_old = later[rows] @ own.T, later[rows] @ old.T
        itself = place[start : start + _BLOCK]
        there = np.flatnonzero(itself >= 0)
        near_own[there, itself[there]] = -np.inf
        ours = -np.partition(-near_own, _LATER - 1, axis=1)[:, _LATER - 1]
        theirs = -np.partition(-near_old, _NEIGHBOURS - _LATER, axis=1)[:, _NEIGHBOURS - _LATER]
        # nine of ours are among the ten nearest where the second of theirs is farther than they
        novel |= {later_keys[row] for row in rows[ours > theirs].tolist()}
    return np.array([key in novel for key in later_keys], dtype=np.bool_)
