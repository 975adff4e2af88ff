"""What a table's groups are chosen by: its structure, that of its halves, and its layout."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.progress import current
from coterie.segments.finding.consensus import Structure, find_structure
from coterie.segments.finding.kept import Kept, evidence_key, keep_evidence, read_evidence
from coterie.segments.finding.layout import lay_out
from coterie.segments.finding.neighbours import nearest_neighbours
from coterie.segments.finding.space import finding_space
from coterie.segments.finding.split_halves import WIDE, HalfSplit, SplitHalves, split_in_halves

__all__ = ["Evidence"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Constants of the method: docs/decisions/groups.md says how they were settled.
_ROUNDS = 6
_FEWEST_FOR_HALVES = 40
_SPLITS = 8  # steadier from seed to seed than one or five
_FEWEST_KEPT = 1_000  # rows: with fewer, finding it again takes a moment


class Evidence:
    """How some rows of a table hang together; each part is found when it is first asked for.

    Parameters
    ----------
    texts
        Those of the n rows; None for groups by the vectors alone.
    vectors
        Shape (n, d), unit length, of different rows. Finding takes O(n² · 128) time.
    seed, rng
        Of the words' decomposition and the layout, and of everything else that is drawn.
    means
        Whether the vectors are means of several texts, which are taken as they are.
    folder
        Where parts that were found earlier are kept; None keeps nothing.
    """

    def __init__(
        self,
        texts: Sequence[str] | None,
        vectors: Vectors,
        *,
        seed: int,
        rng: np.random.Generator,
        means: bool = False,
        folder: Path | None = None,
    ) -> None:
        self.vectors, self.means = vectors, means
        self._texts, self._seed, self._rng = None if means else texts, seed, rng
        self._rngs = rng.spawn(_SPLITS)
        self._folder = folder if len(vectors) >= _FEWEST_KEPT else None
        self._key = evidence_key(vectors, self._texts, seed, means) if self._folder else ""
        self._kept = read_evidence(self._folder, self._key) if self._folder else None

    @cached_property
    def space(self) -> Vectors:
        """What the structure is found in, shape (n, e), see `coterie.segments.finding.space`."""
        if self.means:
            return self.vectors
        with current().stage("Joining words and meaning"):
            return finding_space(self.vectors, self._texts, self._seed)

    @cached_property
    def structure(self) -> Structure:
        """The structure of all n rows."""
        if self._kept is not None:
            return self._kept.structure
        return find_structure(
            self.space, rounds=_ROUNDS, rng=self._rng, neighbours=self._neighbours
        )

    @cached_property
    def halves(self) -> SplitHalves | None:
        """Of pairs of halves; None where there are too few rows."""
        if len(self.vectors) < _FEWEST_FOR_HALVES:
            return None
        halves = SplitHalves(self.vectors, self._divide)
        if self._kept is not None:
            halves.measures |= self._kept.measures
            halves.answers |= self._kept.answers
            halves.compared = self._kept.compared
        return halves

    @cached_property
    def layout(self) -> Vectors:
        """The rows in the plane, shape (n, 2)."""
        if self._kept is not None:
            return self._kept.layout
        structure = self.structure
        return lay_out(self.space, structure.neighbours, structure.distances, seed=self._seed)

    def keep(self) -> None:
        """Keep what was found, if it is new, for the next discovery of the same rows."""
        halves, kept = self.halves, self._kept
        if self._folder is None or halves is None:
            return
        if kept is None or len(halves.answers) > len(kept.answers):
            found = Kept(
                self.structure, self.layout, halves.measures, halves.answers, halves.compared
            )
            keep_evidence(self._folder, self._key, found)

    @cached_property
    def _neighbours(self) -> tuple[Ints, Floats]:
        space = self.space
        with current().stage("Finding neighbours"):
            return nearest_neighbours(space, min(WIDE, len(space) - 1))

    def _divide(self) -> tuple[HalfSplit, ...]:
        return split_in_halves(self.vectors, self.space, self._neighbours, self._rngs)
