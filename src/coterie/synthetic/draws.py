"""Chance, the same on every machine."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

import numpy as np

__all__ = ["Draws", "Weighted"]

T = TypeVar("T")


class Draws:
    """A stream of choices that depends on its numbers alone.

    Only uniform doubles of PCG64 are taken from numpy, so a choice does not depend on the machine,
    the hash seed or on how a numpy release draws from other distributions.

    Parameters
    ----------
    *entropy
        Non-negative integers; other numbers give an independent stream.
    """

    def __init__(self, *entropy: int) -> None:
        self.unit: Callable[[], float] = _doubles(entropy).__next__

    def chance(self, probability: float) -> bool:
        """Be true with this probability."""
        return self.unit() < probability

    def below(self, limit: int) -> int:
        """Draw an integer from 0 up to, and without, ``limit``."""
        return int(self.unit() * limit)

    def pick(self, options: Sequence[T]) -> T:
        """Draw one of the options, all alike likely."""
        return options[int(self.unit() * len(options))]

    def sample(self, options: Sequence[T], size: int) -> list[T]:
        """Draw ``size`` different options, or all of them where there are fewer."""
        left = list(options)
        return [left.pop(self.below(len(left))) for _ in range(min(size, len(left)))]


class Weighted:
    """Indices drawn by weight.

    Parameters
    ----------
    weights
        Shape (k,), not negative, at least one above zero.
    """

    def __init__(self, weights: Sequence[float]) -> None:
        self._edges = list(accumulate(weights))
        self._last = max(i for i, weight in enumerate(weights) if weight > 0)

    def draw(self, draws: Draws) -> int:
        """Draw an index from 0 to k - 1."""
        return min(bisect_right(self._edges, draws.unit() * self._edges[-1]), self._last)


def _doubles(entropy: Sequence[int]) -> Iterator[float]:
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))
    while True:
        yield from generator.random(1024).tolist()
