"""Pairs of discoveries on disjoint halves of the rows: how far they agree is the stability."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.progress import current
from coterie.segments.finding.consensus import NEIGHBOURS, Structure, find_structure, nearest, unit
from coterie.segments.finding.neighbours import neighbours_among
from coterie.segments.finding.prototypes import cell_number, prototypes
from coterie.segments.finding.reduction import main_directions

__all__ = ["WIDE", "HalfSplit", "SplitHalves", "split_in_halves"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
T = TypeVar("T")
R = TypeVar("R")

WIDE = 4 * NEIGHBOURS
"""Neighbours to find of each row, so that enough of them fall in its own half."""

_ROUNDS = 3  # a judgement, as is the next
_COMPARED = 2000
_SHUFFLES = 4
_DIMENSIONS = 192  # of the vectors: nearly the numbers of all 384, in less time


@dataclass(frozen=True, slots=True, eq=False)
class Half:
    """One half of the rows as the encoder gives them, shape (h, e), and their structure."""

    vectors: Vectors
    structure: Structure

    def assign(self, rows: Vectors, numbers: Sequence[int], *, means: bool = True) -> Ints:
        """Give rows, shape (m, e), their group for each number of groups, in one way or two.

        Shape (ways, numbers, m): first by the nearest prototype, as a discovery does; then, with
        ``means``, by the nearest mean. Prototypes follow a group into every corner. That is right
        for a row's answer, and alone too kind to groups that are too fine: see
        docs/decisions/number-of-groups.md.
        """
        leaves = self.structure.tree.leaves
        cells = {k: cell_number(k, len(self.vectors), leaves) for k in numbers}
        cuts = self.structure.cuts([*numbers, *cells.values()])
        found = np.empty((1 + means, len(numbers), len(rows)), dtype=np.int64)
        for place, k in enumerate(numbers):
            centres, owners = prototypes(self.vectors, cuts[k], cuts[cells[k]])
            found[0, place] = owners[nearest(rows, centres)]
            if means:
                found[1, place] = nearest(rows, _means(self.vectors, cuts[k]))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class HalfSplit:
    """The rows that two halves are compared on, shape (m,), as they divide the table's rows."""

    compared: Ints
    rows: Vectors  # the same rows, shape (m, e), in the main directions
    halves: tuple[Half, Half]


@dataclass(slots=True, eq=False)
class SplitHalves:
    """Structures found independently on two halves of the rows, for several splits.

    What was asked once is known from then on, and can be kept: the halves are divided when
    something new is asked.

    Attributes
    ----------
    vectors
        Shape (n, d): all rows, as the encoder gives them.
    divide
        Makes the splits, the same each time.
    measures
        Number of groups to its stability and information.
    answers
        Number of groups to the group of each compared row, by the nearest prototype in both halves
        of each split: shape (splits, 2, m), int16.
    compared
        Shape (splits, m): the rows that each split was compared on, once there are answers.
    """

    vectors: Vectors
    divide: Callable[[], tuple[HalfSplit, ...]]
    measures: dict[int, tuple[float, float]] = field(default_factory=dict)
    answers: dict[int, npt.NDArray[np.int16]] = field(default_factory=dict)
    compared: Ints = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    _splits: tuple[HalfSplit, ...] = ()

    def compare(self, numbers: Sequence[int], *, means: bool = False) -> tuple[Floats, Floats]:
        """Give stability and information for each of several numbers of groups.

        A half gives rows their groups in two ways, of which the mean is taken: by the nearest mean
        and by the nearest prototype. ``means`` tells that the rows are means of several texts,
        whose groups lie close together: they get them by prototypes alone.

        *Stability* is the mean adjusted Rand index of the halves. *Information*, in nats, is what
        the groups of one half tell of those of the other: mutual information less what it is by
        chance, when the rows are shuffled. It is not scaled to 1, so that more groups tell more,
        as long as another discovery finds them again.
        """
        new = [k for k in dict.fromkeys(numbers) if k not in self.measures]
        if new:
            title = "Comparing the halves" + (" more closely" if self.measures else "")
            found = _each(title, partial(_measure, numbers=new, means=means), self._divided())
            agreed = np.mean([measured for measured, _ in found], axis=0)
            self.measures |= {
                k: (float(a), float(b)) for k, (a, b) in zip(new, agreed, strict=True)
            }
            self._remember(new, [given for _, given in found])
        stability, information = np.array([self.measures[k] for k in numbers]).reshape(-1, 2).T
        return stability, information

    def labels(self, groups: int) -> Iterator[tuple[Vectors, Ints, Ints]]:
        """Yield rows and their group by each of the halves, cut into ``groups``, for each split."""
        if groups not in self.answers:
            found = [
                np.stack([h.assign(split.rows, [groups], means=False)[0] for h in split.halves])
                for split in self._divided()
            ]
            self._remember([groups], found)
        for rows, given in zip(self.compared, self.answers[groups], strict=True):
            one, other = given.astype(np.int64)
            yield self.vectors[rows], one, other

    def _remember(self, numbers: Sequence[int], found: Sequence[Ints]) -> None:
        """Keep the groups by prototypes, shape (2, numbers, m) for each split."""
        self.compared = np.stack([split.compared for split in self._divided()])
        for place, k in enumerate(numbers):
            self.answers[k] = np.stack([given[:, place] for given in found]).astype(np.int16)

    def _divided(self) -> tuple[HalfSplit, ...]:
        self._splits = self._splits or self.divide()
        return self._splits


def _measure(split: HalfSplit, *, numbers: Sequence[int], means: bool) -> tuple[Floats, Ints]:
    """Stability and information of one split, shape (numbers, 2), and the groups by prototypes."""
    one, other = (half.assign(split.rows, numbers, means=not means) for half in split.halves)
    m = len(split.rows)
    pairs = zip(one.reshape(-1, m), other.reshape(-1, m), strict=True)
    measured = np.array([_agreement(*pair) for pair in pairs], dtype=np.float64)
    averaged: Floats = measured.reshape(len(one), len(numbers), 2).mean(axis=0)
    return averaged, np.stack([one[0], other[0]])


def _agreement(one: Ints, other: Ints) -> tuple[float, float]:
    """Measure adjusted Rand index and information of two groupings of the same rows."""
    from sklearn.metrics import adjusted_rand_score

    # The same shuffles for all numbers of groups, so that these compare like with like.
    rng = np.random.default_rng(0)
    by_chance = [_mutual(one, other[rng.permutation(len(other))]) for _ in range(_SHUFFLES)]
    return adjusted_rand_score(one, other), _mutual(one, other) - float(np.mean(by_chance))


def _mutual(one: Ints, other: Ints) -> float:
    """Mutual information of two groupings, in nats."""
    groups = int(other.max()) + 1
    joint = np.bincount(one * groups + other, minlength=(int(one.max()) + 1) * groups)
    parts = (np.bincount(one), np.bincount(other), joint)
    first, second, both = (-float(p @ np.log(p)) for p in (c[c > 0] / len(one) for c in parts))
    return first + second - both


def split_in_halves(
    vectors: Vectors,
    space: Vectors,
    neighbours: tuple[Ints, Floats],
    rngs: Sequence[np.random.Generator],
) -> tuple[HalfSplit, ...]:
    """Find the structures of two disjoint random halves of rows, once for each of ``rngs``.

    ``vectors``, shape (n, d), are the encoder's, in which a half assigns rows of the other;
    ``space``, shape (n, e), is what structures are found in. ``neighbours`` are the indices and
    cosine distances there, shape (n, w), of the `WIDE` nearest others of each row; those within a
    half are found among them, in O(n · w · e) time.
    """
    short = vectors @ main_directions(vectors, _DIMENSIONS)

    def divide(rng: np.random.Generator) -> HalfSplit:
        order = rng.permutation(len(vectors))
        compared = rng.permutation(order)[:_COMPARED]
        middle = len(order) // 2

        def half(rows: Ints) -> Half:
            near = neighbours_among(rows, space, *neighbours, k=min(NEIGHBOURS, len(rows) - 1))
            structure = find_structure(
                space[rows], rounds=_ROUNDS, rng=rng, neighbours=near, quiet=True
            )
            return Half(short[rows], structure)

        halves = half(np.sort(order[:middle])), half(np.sort(order[middle:]))
        return HalfSplit(compared, short[compared], halves)

    return tuple(_each("Dividing in halves", divide, rngs))


def _means(vectors: Vectors, codes: Ints) -> Vectors:
    """Mean of the rows of each group, scaled to length 1."""
    from scipy.sparse import csr_array

    ones = np.ones(len(codes), dtype=np.float32)
    member = csr_array((ones, (codes, np.arange(len(codes)))))
    return unit(np.asarray(member @ vectors))


def _each(title: str, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """Do work on each item, a thread for each processor, with progress.

    The linear algebra of each runs in its own thread alone: threads of threads wait for each other.
    """
    from threadpoolctl import threadpool_limits

    results = []
    with (
        current().stage(title, len(items)) as stage,
        threadpool_limits(1, user_api="blas"),
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        for result in pool.map(work, items):
            results.append(result)
            stage.advance()
    return results
