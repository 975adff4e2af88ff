"""Two discoveries that share no row: what they agree on is there, not found by luck."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coterie.embed import Vectors
from coterie.segments.prototypes import prototypes
from coterie.segments.structure import Structure, find_structure, nearest

__all__ = ["Halves", "split_in_halves"]

Ints = npt.NDArray[np.int64]
_ROUNDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Halves:
    """Structures found independently on two disjoint halves of the rows.

    Attributes
    ----------
    rows
        Shape (m, d): rows of both halves, on which the two are compared.
    halves
        The rows of each half and the structure found on them.
    """

    rows: Vectors
    halves: tuple[tuple[Vectors, Structure], ...]

    def labels(self, groups: int) -> list[Ints]:
        """Group of each of the rows according to either half, cut into ``groups``."""
        found = []
        for vectors, structure in self.halves:
            codes = structure.cut(min(groups, structure.tree.leaves))
            centres, owners = prototypes(vectors, codes, structure)
            found.append(owners[nearest(self.rows, centres)])
        return found

    def stability(self, groups: int) -> float:
        """Compute the adjusted Rand index between the two halves' answers for the same rows."""
        from sklearn.metrics import adjusted_rand_score

        first, second = self.labels(groups)
        return float(adjusted_rand_score(first, second))


def split_in_halves(vectors: Vectors, rng: np.random.Generator, *, compared: int = 4000) -> Halves:
    """Find the structure of two disjoint random halves.

    O(n² · d / 2) time, as one structure of n rows costs O(n² · d).
    """
    order = rng.permutation(len(vectors))
    middle = len(order) // 2
    halves = tuple(
        (vectors[rows], find_structure(vectors[rows], rounds=_ROUNDS, rng=rng, quiet=True))
        for rows in (np.sort(order[:middle]), np.sort(order[middle:]))
    )
    return Halves(vectors[rng.permutation(len(vectors))[:compared]], halves)
