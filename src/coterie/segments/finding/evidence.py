"""What a table's groups are chosen by: its structure, and that of its halves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.progress import current
from coterie.segments.finding.consensus import Structure, find_structure
from coterie.segments.finding.neighbours import nearest_neighbours
from coterie.segments.finding.space import finding_space
from coterie.segments.finding.split_halves import WIDE, SplitHalves, split_in_halves

__all__ = ["Evidence", "gather_evidence"]

Ints = npt.NDArray[np.int64]

# Constants of the method: docs/decisions/groups.md says how they were settled.
_ROUNDS = 6
_FEWEST_FOR_HALVES = 40


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Rows of a table, and how they hang together.

    Attributes
    ----------
    rows
        Shape (n,): their places in the table.
    vectors
        Shape (n, d): as the encoder gives them.
    space
        Shape (n, e): what the structure was found in, see `coterie.segments.finding.space`.
    structure
        Of all n rows.
    halves
        Of pairs of halves; None where there are too few rows.
    """

    rows: Ints
    vectors: Vectors
    space: Vectors
    structure: Structure
    halves: SplitHalves | None


def gather_evidence(
    texts: Sequence[str] | None,
    vectors: Vectors,
    rows: Ints,
    *,
    seed: int,
    rng: np.random.Generator,
    means: bool = False,
) -> Evidence:
    """Find the structure of some rows, and of halves of them.

    Parameters
    ----------
    texts
        Those of the n rows; None for groups by the vectors alone.
    vectors
        Of the whole table, shape (m, d), unit length.
    rows
        Shape (n,): different rows to look at; O(n² · 128) time.
    seed, rng
        Of the words' decomposition, and of everything else that is drawn.
    means
        Whether the vectors are means of several texts, which are taken as they are.
    """
    sample = vectors[rows]
    with current().stage("Finding neighbours"):
        space = sample if means else finding_space(sample, texts, seed)
        near = nearest_neighbours(space, min(WIDE, len(rows) - 1))
    structure = find_structure(space, rounds=_ROUNDS, rng=rng, neighbours=near)
    halves = None
    if len(rows) >= _FEWEST_FOR_HALVES:
        halves = split_in_halves(sample, space, near, rng)
    return Evidence(rows, sample, space, structure, halves)
