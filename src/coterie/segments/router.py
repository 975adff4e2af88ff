"""Which segment a row belongs to: nearest prototype, through a tree of splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from coterie.encoders import READABLE, Vectors
from coterie.segments.assignments import Assignments
from coterie.segments.pins import rounded_cosines, same_as

__all__ = ["Curve", "Router", "Shares"]

Curve = tuple[tuple[float, float], ...]
"""Pairs of margin and confidence. The default is a judgement, for tables too small to measure."""

Shares = npt.NDArray[np.float32]
_BLOCK = 8192


class _Walk(NamedTuple):
    """Where each row ends, the cosine there, the least margin on the way, and who is outside."""

    target: npt.NDArray[np.object_]
    prototype: npt.NDArray[np.int64]
    best: npt.NDArray[np.float64]
    margin: npt.NDArray[np.float64]
    outside: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Router:
    """Prototypes, what each leads to, and how similarities become confidence.

    A row goes to its nearest prototype among those of the root, the first of equals. A prototype
    leads to a segment, or to a further node whose own prototypes then decide: that is how a split
    leaves the rows of all other segments where they were. Several prototypes may lead to one
    segment, which is how a merge leaves every row where it was.

    Attributes
    ----------
    prototypes
        Shape (p, d), float32, unit length; at least one.
    nodes
        Shape (p,), int64: the node each prototype belongs to; 0 is the root. Rows that are outside
        of the root go to node -1, those that are outside of it too to node -2, and so on: so
        groups are added of which no older row hears. See also ``leads``.
    targets
        p strings: a segment id, or ``"@3"`` for node 3. A node leads only to higher nodes above 0.
    pins
        Shape (m, d), float32: rows that a person has moved; a text whose vector has a cosine of
        at least ``pin_cosine`` to one goes where the person said; the first of equals wins, so
        the newest stand first.
    pin_targets
        m segment ids.
    curve
        Pairs of margin and confidence, both ascending; confidence is read off between them. The
        margin is the cosine to the nearest prototype less that to the nearest one of another
        segment.
    floor
        A row whose best cosine at the root, less the offset, is below it is outside, so that a
        split neither lets rows in nor shuts them out.
    added_floors
        The same for the nodes -1, -2 and so on.
    sure
        The confidence from which a row can count as core; 0.9 is a judgement, not measured.
    core
        Segment id to the cosine from which a sure row counts as core.
    pin_cosine
        How alike a text must be to a moved one to go with it: all but the same text.
    offsets
        p numbers, subtracted from the cosines to the prototypes wherever these are compared; ()
        for none.
    leads
        p numbers, of prototypes of the nodes -1, -2 and so on: a row that has a segment goes there
        all the same where it is nearer to that prototype than to all of the root and of earlier
        such nodes, by more than this; 0 for other prototypes. () lets no row that has a segment
        go there.
    """

    prototypes: Vectors
    nodes: npt.NDArray[np.int64]
    targets: tuple[str, ...]
    pins: Vectors
    pin_targets: tuple[str, ...] = ()
    curve: Curve = ((0.0, 0.4), (0.02, 0.5), (0.1, 0.9), (0.2, 0.99))
    floor: float = -1.0
    sure: float = 0.9
    core: Mapping[str, float] = field(default_factory=dict)
    pin_cosine: float = 0.999
    offsets: tuple[float, ...] = ()
    added_floors: tuple[float, ...] = ()
    leads: tuple[float, ...] = ()

    @classmethod
    def flat(cls, prototypes: Vectors, targets: Iterable[str], **more: Any) -> Router:
        """Make a router without splits and moved rows."""
        nodes = np.zeros(len(prototypes), dtype=np.int64)
        pins = np.zeros((0, prototypes.shape[1]), dtype=np.float32)
        return cls(prototypes, nodes, tuple(targets), pins, **more)

    @property
    def segment_ids(self) -> tuple[str, ...]:
        """Ids of the segments that rows can reach, in the order of their first prototype."""
        return tuple(dict.fromkeys(t for t in self.targets if not t.startswith("@")))

    def route(self, vectors: Vectors, readable: Shares | None = None) -> Assignments:
        """Route rows of unit length; each one's answer depends on that row alone.

        ``readable``, shape (n,), is the share of each text that the encoder reads: where that is
        less than half, the confidence is multiplied by it, which makes the row ambiguous. Rows
        that a person has moved stay core.

        O(n · p · d) time; memory for a block of 8,192 rows at a time.
        """
        return self.trace(vectors, readable)[0]

    def trace(
        self, vectors: Vectors, readable: Shares | None = None
    ) -> tuple[Assignments, npt.NDArray[np.int64]]:
        """Route rows, see `route`; and give the index of the prototype that each ends at.

        That prototype is where the row would end were it neither outside nor pinned.
        """
        starts = range(0, max(len(vectors), 1), _BLOCK)
        shares = np.ones(len(vectors), np.float32) if readable is None else readable
        blocks = [slice(start, start + _BLOCK) for start in starts]
        parts = [self._route(vectors[block], shares[block]) for block in blocks]
        found = Assignments(
            *(
                np.concatenate([getattr(part, each.name) for part, _ in parts])
                for each in fields(Assignments)
            )
        )
        return found, np.concatenate([ends for _, ends in parts])

    def margins(self, vectors: Vectors) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.float64]]:
        """Segment of each row and its margin over the next one, pins and outside left aside."""
        walk = self._follow(vectors)
        return walk.target, walk.margin

    def nearest_prototypes(self, vectors: Vectors) -> npt.NDArray[np.int64]:
        """Index of the nearest prototype of each row, by the differences that `route` compares."""
        parts = [
            self._scores(vectors[start : start + _BLOCK]).argmax(axis=1)
            for start in range(0, max(len(vectors), 1), _BLOCK)
        ]
        return np.concatenate(parts).astype(np.int64)

    def lead(self, vectors: Vectors, other: Router) -> npt.NDArray[np.float64]:
        """By how much rows (n, d) are nearer to prototypes of another router than to any of this.

        Shape (n, prototypes of the other), compared as `route` compares them: those of nodes that
        splits made do not count. -inf where a row would be outside of the other for that prototype.
        """
        parts = []
        for start in range(0, max(len(vectors), 1), _BLOCK):
            block = vectors[start : start + _BLOCK]
            nearest = self._scores(block)[:, self.nodes <= 0].max(axis=1)
            scores = other._scores(block)
            parts.append(np.where(scores >= other.floor, scores - nearest[:, None], -np.inf))
        return np.concatenate(parts)

    def _follow(self, vectors: Vectors) -> _Walk:
        """Walk each row down the nodes."""
        scores = self._scores(vectors)
        n = len(vectors)
        target = np.full(n, "@0", dtype=object)
        prototype = np.zeros(n, dtype=np.int64)
        best, margin = np.zeros(n), np.full(n, np.inf)
        nearest = scores[:, self.nodes == 0].max(axis=1)
        outside = nearest < self.floor
        for place, floor in enumerate(self.added_floors, start=1):
            members = np.flatnonzero(self.nodes == -place)
            here = scores[:, members].max(axis=1)
            found = outside & (here >= floor)
            if self.leads:
                first = members[scores[:, members].argmax(axis=1)]
                nearer = here - nearest > np.array(self.leads)[first]
                found |= ~outside & (here >= floor) & nearer
            target[found], margin[found] = f"@{-place}", (here - nearest)[found]
            outside &= ~found
            nearest = np.maximum(nearest, here)
        leads_to = np.array(self.targets, dtype=object)
        offsets = np.array(self.offsets or np.zeros(len(self.prototypes)))
        for node in np.unique(self.nodes):
            rows = np.flatnonzero(target == f"@{node}")
            members = np.flatnonzero(self.nodes == node)
            if not len(rows):
                continue
            there = scores[np.ix_(rows, members)]
            nearest_here = members[there.argmax(axis=1)]
            best[rows], gap = _nearest(there, leads_to[members])
            best[rows] += offsets[nearest_here]
            target[rows], prototype[rows] = leads_to[nearest_here], nearest_here
            margin[rows] = np.minimum(margin[rows], gap)
        return _Walk(target, prototype, best, margin, outside)

    def _scores(self, vectors: Vectors) -> npt.NDArray[np.float64]:
        """Cosine to each prototype, less its offset."""
        cosines = rounded_cosines(vectors, self.prototypes)
        return cosines - np.array(self.offsets) if self.offsets else cosines

    def _route(
        self, vectors: Vectors, readable: Shares
    ) -> tuple[Assignments, npt.NDArray[np.int64]]:
        target, ends, best, margin, outside = self._follow(vectors)
        confidence = np.interp(margin, *np.transpose(self.curve))
        confidence[readable < READABLE] *= readable[readable < READABLE]
        status = np.full(len(vectors), "assigned", dtype=object)
        needed = np.array([self.core.get(t, np.inf) for t in target], dtype=np.float64)
        status[(confidence >= self.sure) & (best >= needed)] = "core"
        status[confidence < 0.5] = "ambiguous"
        status[outside], target[outside], confidence[outside] = "outside", "", 0.0
        self._pin(vectors, target, status, confidence)
        sure, near = confidence.astype(np.float32), best.astype(np.float32)
        return Assignments(target, status, sure, near), ends

    def _pin(
        self,
        vectors: Vectors,
        target: npt.NDArray[np.object_],
        status: npt.NDArray[np.object_],
        confidence: npt.NDArray[np.float64],
    ) -> None:
        if not self.pin_targets:
            return
        pinned, nearest = same_as(vectors, self.pins, self.pin_cosine)
        target[pinned] = np.array(self.pin_targets, dtype=object)[nearest]
        status[pinned], confidence[pinned] = "core", 1.0


def _nearest(
    cosines: npt.NDArray[np.float64], leads_to: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Cosine to the nearest prototype, and the gap to the nearest one of another target."""
    owner = np.unique(leads_to.astype(str), return_inverse=True)[1]
    order = np.argsort(owner, kind="stable")
    firsts = np.flatnonzero(np.diff(owner[order], prepend=-1))
    by_target = np.maximum.reduceat(cosines[:, order], firsts, axis=1)
    rows, choice = np.arange(len(cosines)), by_target.argmax(axis=1)
    best = by_target[rows, choice]
    by_target[rows, choice] = -np.inf
    return best, best - by_target.max(axis=1, initial=-np.inf)
