"""Chance, the same on every machine."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["Draws", "Weighted", "WeightedRows", "exact_counts", "shuffled", "uniforms"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
T = TypeVar("T")


class Draws:
    """A stream of choices that depends on its numbers alone.

    Only uniform doubles of PCG64 are taken from numpy, so a choice does not depend on the machine,
    the hash seed or on how a numpy release draws from other distributions. The numbers are 0 or
    more; other numbers give an independent stream.
    """

    def __init__(self, *entropy: int) -> None:
        self.unit: Callable[[], float] = _doubles(entropy).__next__

    def chance(self, probability: float) -> bool:
        """Be true with this probability."""
        return self.unit() < probability

    def below(self, limit: int) -> int:
        """Draw an integer from 0 to below ``limit``."""
        return int(self.unit() * limit)

    def between(self, low: int, high: int) -> int:
        """Draw an integer from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        """Draw one of the options, all alike likely."""
        return options[int(self.unit() * len(options))]

    def sample(self, options: Sequence[T], size: int) -> list[T]:
        """Draw ``size`` different options, or all of them where there are fewer."""
        left = list(options)
        return [left.pop(self.below(len(left))) for _ in range(min(size, len(left)))]


class Weighted:
    """Indices drawn by weight: k weights, not negative, at least one above zero."""

    def __init__(self, weights: Sequence[float]) -> None:
        self._edges = list(accumulate(weights))
        self._last = max(i for i, weight in enumerate(weights) if weight > 0)

    def draw(self, draws: Draws) -> int:
        """Draw an index from 0 to k - 1."""
        return min(bisect_right(self._edges, draws.unit() * self._edges[-1]), self._last)


class WeightedRows:
    """Many indices drawn by weight at once, each by one of several rows of weights, all above 0."""

    def __init__(self, rows: Sequence[FloatArray]) -> None:
        sizes = np.array([len(row) for row in rows], dtype=np.int64)
        self.starts: IntArray = np.cumsum(sizes) - sizes
        self._last = sizes - 1
        self._edges = np.concatenate([i + np.cumsum(row) / row.sum() for i, row in enumerate(rows)])

    def draw(self, rows: IntArray, unit: FloatArray) -> IntArray:
        """Draw an index into each of these rows (n,) by a double each, from 0 to below 1."""
        found = np.searchsorted(self._edges, rows + unit, side="right") - self.starts[rows]
        return np.asarray(np.clip(found, 0, self._last[rows]))


def uniforms(*entropy: int) -> Callable[[int], FloatArray]:
    """Give a function that draws as many doubles from 0 to below 1 as asked for; see `Draws`."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy))).random


def exact_counts(shares: FloatArray, rows: int) -> IntArray:
    """Share rows out exactly, what is left over to the largest remainders."""
    exact = shares * rows
    counts = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(counts - exact, kind="stable")
    counts[order[: rows - int(counts.sum())]] += 1
    return counts


def shuffled(counts: Sequence[int] | IntArray, *entropy: int) -> IntArray:
    """Give each index as often as its count says, in an order that the numbers decide."""
    plan = np.repeat(np.arange(len(counts)), counts)
    return plan[np.argsort(uniforms(*entropy)(len(plan)), kind="stable")]


def _doubles(entropy: Sequence[int]) -> Iterator[float]:
    draw = uniforms(*entropy)
    while True:
        yield from draw(1024).tolist()
