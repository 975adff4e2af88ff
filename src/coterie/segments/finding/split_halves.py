"""Pairs of discoveries on disjoint halves of the rows: how far they agree is the stability."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.progress import current
from coterie.segments.finding.consensus import NEIGHBOURS, Structure, find_structure, nearest
from coterie.segments.finding.neighbours import neighbours_among
from coterie.segments.finding.prototypes import cell_number, prototypes

__all__ = ["WIDE", "HalfSplit", "SplitHalves", "split_in_halves"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Half = tuple[Vectors, Structure]
T = TypeVar("T")
R = TypeVar("R")

WIDE = 4 * NEIGHBOURS
"""Neighbours to find of each row, so that enough of them fall in its own half."""

_SPLITS = 8  # steadier from seed to seed than one or five, see docs/decisions/groups.md
_ROUNDS = 3  # a judgement, as is the next
_COMPARED = 2000


@dataclass(frozen=True, slots=True, eq=False)
class HalfSplit:
    """Rows of both halves to compare on, shape (m, d); each half's rows and their structure."""

    rows: Vectors
    halves: tuple[Half, Half]


@dataclass(frozen=True, slots=True, eq=False)
class SplitHalves:
    """Structures found independently on two halves of the rows, for several splits."""

    splits: tuple[HalfSplit, ...]

    def stability(self, numbers: Sequence[int]) -> Floats:
        """Mean adjusted Rand index of the halves for each of several numbers of groups."""
        from sklearn.metrics import adjusted_rand_score

        return self._compared(numbers, adjusted_rand_score)

    def information(self, numbers: Sequence[int]) -> Floats:
        """Mean information, in nats, that the groups of one half hold of those of the other.

        It is mutual information less what chance gives (Vinh, Epps and Bailey 2010), not scaled to
        1: more groups hold more, as long as another discovery finds them again.
        """
        return self._compared(numbers, _information)

    def _compared(self, numbers: Sequence[int], measure: Callable[[Ints, Ints], float]) -> Floats:
        def compare(split: HalfSplit) -> list[float]:
            one, other = (_labels(split.rows, *half, numbers) for half in split.halves)
            return [measure(one[k], other[k]) for k in numbers]

        agreed = _each("Comparing the halves", compare, self.splits)
        return np.asarray(np.mean(agreed, axis=0), dtype=np.float64)

    def labels(self, groups: int) -> Iterator[tuple[Vectors, Ints, Ints]]:
        """Yield rows and their group by each of the halves, cut into ``groups``, for each split."""
        for split in self.splits:
            one, other = (_labels(split.rows, *half, [groups])[groups] for half in split.halves)
            yield split.rows, one, other


def _information(one: Ints, other: Ints) -> float:
    from sklearn.metrics import mutual_info_score
    from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

    table = contingency_matrix(one, other).astype(np.int64)
    by_chance = expected_mutual_information(table, len(one))
    return float(mutual_info_score(one, other, contingency=table) - by_chance)


def _labels(
    rows: Vectors, vectors: Vectors, structure: Structure, numbers: Sequence[int]
) -> dict[int, Ints]:
    """Group of rows for each number of groups, by the prototypes of a structure of others."""
    cells = {k: cell_number(k, len(vectors), structure.tree.leaves) for k in numbers}
    cuts = structure.cuts([*numbers, *cells.values()])
    found = {}
    for groups in numbers:
        centres, owners = prototypes(vectors, cuts[groups], cuts[cells[groups]])
        found[groups] = owners[nearest(rows, centres)]
    return found


def split_in_halves(
    vectors: Vectors, neighbours: tuple[Ints, Floats], rng: np.random.Generator
) -> SplitHalves:
    """Find the structures of two disjoint random halves of rows, shape (n, d), eight times.

    ``neighbours`` are the indices and cosine distances, shape (n, w), of the `WIDE` nearest others
    of each row; those within a half are found among them, in O(n · w · d) time.
    """

    def divide(rng: np.random.Generator) -> HalfSplit:
        order = rng.permutation(len(vectors))
        middle = len(order) // 2
        one = _half(np.sort(order[:middle]), vectors, neighbours, rng)
        other = _half(np.sort(order[middle:]), vectors, neighbours, rng)
        return HalfSplit(vectors[rng.permutation(order)[:_COMPARED]], (one, other))

    return SplitHalves(tuple(_each("Dividing in halves", divide, rng.spawn(_SPLITS))))


def _each(title: str, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Do work on each item, a thread for each processor, with progress."""
    results = []
    with current().stage(title, len(items)) as stage, ThreadPoolExecutor(os.cpu_count()) as pool:
        for result in pool.map(work, items):
            results.append(result)
            stage.advance()
    return results


def _half(
    rows: Ints, vectors: Vectors, neighbours: tuple[Ints, Floats], rng: np.random.Generator
) -> Half:
    near = neighbours_among(rows, vectors, *neighbours, k=min(NEIGHBOURS, len(rows) - 1))
    own = vectors[rows]
    return own, find_structure(own, rounds=_ROUNDS, rng=rng, neighbours=near, quiet=True)
