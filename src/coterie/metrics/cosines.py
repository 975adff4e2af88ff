"""Cosine similarity of rows within a label and between labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import OptionError
from coterie.metrics.columns import (
    Floats,
    Ints,
    Names,
    Vectors,
    check_lengths,
    is_missing,
    unit_rows,
)

__all__ = ["Cosines", "label_cosines"]

_FINE = 2000  # bins of 0.001: what the area under the curve is read from
_EXACT_ROWS = 8192  # 34 million pairs; above it they are sampled: a judgement
_SAMPLE = 500_000  # of each kind: the standard error of the AUC stays below 0.001
_DRAWS = 50_000  # pairs at a time, to bound memory
_BLOCK = 512  # rows at a time, to bound memory


@dataclass(frozen=True, slots=True, eq=False)
class Cosines:
    """Cosines of pairs of rows, within a label and between two.

    Attributes
    ----------
    edges
        Shape (bins + 1,), float64: from -1 to 1.
    within, between
        Shape (bins,), float64: share of the pairs in each bin; they add up to 1, or are NaN
        where there is no such pair.
    within_mean, between_mean
        Over all pairs, never a sample; NaN where there is none.
    d_prime
        Difference of the means in units of the pooled standard deviation, over all pairs.
    auc
        Probability that a pair within has a higher cosine than a pair between: 1 is full
        separation, 0.5 is none.
    labels
        One row per label, sorted: ``label``, ``rows``, ``within`` (mean cosine of its pairs, NaN
        for a single row) and ``between`` (mean cosine to the rows of other labels).
    pairs
        Pairs that histograms and ``auc`` come from.
    sampled
        Whether those are a sample.
    """

    edges: Floats
    within: Floats
    between: Floats
    within_mean: float
    between_mean: float
    d_prime: float
    auc: float
    labels: pd.DataFrame
    pairs: int
    sampled: bool


def label_cosines(vectors: Vectors, labels: Names, *, bins: int = 50, seed: int = 0) -> Cosines:
    """Compare the cosines of pairs within a label with those between two labels.

    Parameters
    ----------
    vectors
        Shape (n, d); brought to unit length where they are not.
    labels
        Shape (n,); rows without one are left out.
    bins
        Of the histograms: a divisor of 2,000.
    seed
        Draws the pairs where not all are looked at.

    Raises
    ------
    InputError
        When vectors and labels differ in length.
    OptionError
        When ``bins`` is no divisor of 2,000.

    Notes
    -----
    Means and d' are exact at any size: they follow from the sums of vectors and of their outer
    products, in O(n · d²) time and O(d²) memory for each label in turn. Histograms and AUC look
    at all pairs of up to 8,192 rows, 512 rows at a time, and at 500,000 random pairs of each
    kind above. AUC is read from bins of 0.001. d' and AUC as in J. A. Hanley and B. J. McNeil,
    "The meaning and use of the area under a ROC curve" (Radiology 143, 1982).
    """
    check_lengths(vectors, labels, "vectors and labels")
    if bins < 1 or _FINE % bins:
        raise OptionError(f"The number of bins is {bins}: give a divisor of 2,000, such as 50.")
    given = np.asarray(labels, dtype=object)
    rows = np.flatnonzero(~is_missing(given))
    codes, names = pd.factorize(given[rows].astype(str), sort=True)
    order = np.argsort(codes, kind="stable")
    unit, codes = unit_rows(np.asarray(vectors)[rows[order]]), codes[order].astype(np.int64)
    sizes = np.bincount(codes, minlength=len(names))
    sampled = len(rows) > _EXACT_ROWS
    counts = np.zeros((2, _FINE), dtype=np.int64)
    for kind, cosines in _sample(unit, codes, sizes, seed) if sampled else _all(unit, codes):
        counts[kind] += np.bincount(_bin(cosines), minlength=_FINE)
    mean, d_prime = _moments(unit, sizes)
    shares = _shares(counts.reshape(2, bins, -1).sum(axis=2))
    return Cosines(
        edges=np.linspace(-1, 1, bins + 1),
        within=shares[1],
        between=shares[0],
        within_mean=mean[1],
        between_mean=mean[0],
        d_prime=d_prime,
        auc=_area(counts),
        labels=_per_label(names, sizes, unit),
        pairs=int(counts.sum()),
        sampled=sampled,
    )


def _moments(unit: Vectors, sizes: Ints) -> tuple[list[float], float]:
    """Give the mean cosine between and within labels, and d'.

    Sums go over ordered pairs of two rows: a sum over all pairs is the norm of a sum.
    """
    all_sum, all_square = np.zeros(unit.shape[1]), np.zeros((unit.shape[1], unit.shape[1]))
    within = np.zeros(2)  # sum of the cosines, and of their squares
    for block in np.split(unit, np.cumsum(sizes)[:-1]) if len(sizes) else []:
        label_sum, square = block.sum(axis=0, dtype=np.float64), block.T @ block
        within += [label_sum @ label_sum, np.square(square, dtype=np.float64).sum()]
        all_sum += label_sum
        all_square += square
    length = np.einsum("ij,ij->i", unit, unit, dtype=np.float64)
    between = np.array([all_sum @ all_sum, np.square(all_square).sum()]) - within
    within -= [length.sum(), np.square(length).sum()]  # a row with itself
    inside = float((sizes * (sizes - 1)).sum())
    number = [float(len(unit)) ** 2 - float(np.square(sizes).sum()), inside]
    sums = [between.tolist(), within.tolist()]
    mean = [first / n if n else float("nan") for (first, _), n in zip(sums, number, strict=True)]
    if not all(number):
        return mean, float("nan")
    spread = [sums[kind][1] / number[kind] - mean[kind] ** 2 for kind in (0, 1)]
    pooled = max(sum(spread) / 2, 0.0) ** 0.5
    gap = mean[1] - mean[0]
    if pooled > 1e-6:
        return mean, gap / pooled
    return mean, float(np.copysign(np.inf, gap)) if gap else 0.0


def _all(unit: Vectors, codes: Ints) -> Iterator[tuple[int, Vectors]]:
    """Yield the cosines of all pairs, each once; kind 0 is between labels, 1 within."""
    n = len(unit)
    for start in range(0, n, _BLOCK):
        end = min(start + _BLOCK, n)
        cosines = unit[start:end] @ unit[start:].T
        later = np.arange(start, n) > np.arange(start, end)[:, None]
        same = codes[start:end, None] == codes[start:]
        yield 1, cosines[later & same]
        yield 0, cosines[later & ~same]


def _sample(unit: Vectors, codes: Ints, sizes: Ints, seed: int) -> Iterator[tuple[int, Vectors]]:
    """Yield cosines of random pairs; every pair of a kind is as likely as any other of it."""
    rng = np.random.default_rng(seed)
    starts = np.cumsum(sizes) - sizes
    kinds = {1: (sizes - 1)[codes], 0: (len(codes) - sizes)[codes]}
    for kind, partners in kinds.items():
        weight = np.cumsum(partners, dtype=np.float64)
        if not weight[-1]:
            continue
        for _ in range(0, _SAMPLE, _DRAWS):
            draws = rng.random(_DRAWS) * weight[-1]
            first = np.minimum(np.searchsorted(weight, draws, side="right"), len(codes) - 1)
            second = rng.integers(partners[first])
            start = starts[codes[first]]
            if kind:
                second += start
                second += second >= first
            else:
                second += np.where(second >= start, sizes[codes[first]], 0)
            yield kind, np.einsum("ij,ij->i", unit[first], unit[second])


def _bin(cosines: Vectors) -> Ints:
    bins: Ints = np.clip((cosines + 1) * (_FINE / 2), 0, _FINE - 1).astype(np.int64)
    return bins


def _shares(counts: Ints) -> Floats:
    with np.errstate(invalid="ignore"):
        shares: Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _area(counts: Ints) -> float:
    """Compute the area under the curve; pairs in one bin count as equal."""
    between, within = _shares(counts)
    below = np.cumsum(between) - between
    return float(within @ (below + between / 2))


def _per_label(names: npt.NDArray[Any], sizes: Ints, unit: Vectors) -> pd.DataFrame:
    blocks = np.split(unit, np.cumsum(sizes)[:-1]) if len(sizes) else []
    sums = np.array([block.sum(axis=0, dtype=np.float64) for block in blocks])
    own = np.array([np.square(block, dtype=np.float64).sum() for block in blocks])
    if not blocks:
        return pd.DataFrame({"label": [], "rows": [], "within": [], "between": []})
    with np.errstate(invalid="ignore", divide="ignore"):
        within = (np.square(sums).sum(axis=1) - own) / (sizes * (sizes - 1))
        to_all = sums @ sums.sum(axis=0) - np.square(sums).sum(axis=1)
        between = to_all / (sizes * (len(unit) - sizes))
    return pd.DataFrame({"label": names, "rows": sizes, "within": within, "between": between})
