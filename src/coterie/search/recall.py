"""How many of the best rows a search with codes finds, measured against an exact one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from coterie.search.codes import RowCodes
from coterie.search.nearest import Plan, VectorRows, exact_nearest, nearest

__all__ = ["SHAPES", "candidates_for", "measure_recall"]

Bools = npt.NDArray[np.bool_]

SHAPES: Mapping[str, float] = {
    "all rows": 1.0,
    "10% of the rows": 0.1,
    "1% of the rows": 0.01,
    "10% of the rows, all alike": 0.1,
    "1% of the rows, all alike": 0.01,
}
"""Shapes of a filter, and the share of the rows that each lets pass: by chance, or the rows nearest
to one of them, which few queries are near to."""

HITS = 10
_QUERIES = 50
_ANCHORS = 5
_ALIKE = "alike"
_BLOCK = 65_536
_CANDIDATES = (300, 500, 1_000, 3_000, 10_000)
_WANTED = 0.995
_SHIFT = 0.5  # of a query from a row, as a share of its length


def candidates_for(
    rows: VectorRows, codes: RowCodes, seed: int = 0
) -> tuple[int, dict[str, float]]:
    """Choose how many rows are compared again, so that recall@10 is 0.995 for every filter.

    Queries are rows of the index, moved at random.

    Returns
    -------
    candidates : int
        The smallest number tried that is enough; the largest where none is.
    recall : dict of str to float
        Shape of the filter to recall@10 with it.
    """
    best: dict[str, float] = {}
    truths = _truths(rows, codes.rows, seed)
    for candidates in _CANDIDATES:
        best = measure_recall(rows, codes, candidates, truths)
        if min(best.values()) >= _WANTED:
            return candidates, best
    return _CANDIDATES[-1], best


_Truth = tuple[npt.NDArray[np.float32], Bools, npt.NDArray[np.int64]]


def _truths(rows: VectorRows, count: int, seed: int) -> dict[str, list[_Truth]]:
    random = np.random.default_rng(seed)
    chosen = np.sort(random.choice(count, min(_QUERIES, count), replace=False))
    vectors = rows.vectors(chosen)
    noise = random.standard_normal(vectors.shape).astype(np.float32)
    noise *= _SHIFT / np.linalg.norm(noise, axis=1, keepdims=True)
    queries = vectors + noise
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    anchors = rows.vectors(np.sort(random.choice(count, min(_ANCHORS, count), replace=False)))
    orders = [_nearness(rows, anchor)[:count] for anchor in anchors]
    found: dict[str, list[_Truth]] = {}
    for shape, share in SHAPES.items():
        found[shape] = []
        for number, query in enumerate(queries[: len(queries) if share < 1 else _QUERIES // 2]):
            mask = np.zeros(rows.places, dtype=np.bool_)
            if shape.endswith(_ALIKE):
                near = orders[number % len(orders)]
                mask[:count] = near >= np.quantile(near, 1 - share)
            else:
                mask[:count] = True if share == 1 else random.random(count) < share
            best, _ = exact_nearest(rows, query, mask, HITS)
            found[shape].append((query, mask, best))
    return found


def _nearness(rows: VectorRows, anchor: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Give the cosine of every row with one of them."""
    return np.concatenate([block @ anchor for _, block in rows.blocks(_BLOCK)])


def measure_recall(
    rows: VectorRows, codes: RowCodes, candidates: int, truths: Mapping[str, list[_Truth]]
) -> dict[str, float]:
    """Measure recall@10 for each shape of a filter."""
    recall = {}
    for shape, cases in truths.items():
        shares = []
        for query, mask, best in cases:
            matches = int(np.count_nonzero(mask))
            plan = Plan("codes", "", rows.places, matches, candidates)
            places, _ = nearest(_Coded(rows, codes), query, plan, mask, HITS)
            shares.append(len(np.intersect1d(places, best)) / max(len(best), 1))
        recall[shape] = float(np.mean(shares))
    return recall


class _Coded:
    """Rows with codes that are not saved yet."""

    def __init__(self, rows: VectorRows, codes: RowCodes) -> None:
        self._rows, self.codes = rows, codes
        self.places = self.coded = codes.rows
        self.vectors, self.blocks = rows.vectors, rows.blocks
