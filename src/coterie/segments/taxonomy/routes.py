"""Changes of a router that leave all rows but the ones meant where they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from coterie.encoders import Vectors
from coterie.errors import SegmentError
from coterie.segments.finding.consensus import unit
from coterie.segments.pins import same_as
from coterie.segments.router import Router

__all__ = ["add_pins", "fault_of", "grow_node", "lead_to", "out_of_reach", "spherical_means"]

_SAME = 1 - 1e-6  # the grain of the router's cosines
_NEVER = 3.0  # an offset that lets no row in: cosines differ by 2 at most


def lead_to(router: Router, gone: Sequence[str], survivor: str) -> Router:
    """Let everything that leads to a segment of ``gone`` lead to ``survivor``."""

    def lead(targets: Sequence[str]) -> tuple[str, ...]:
        return tuple(survivor if target in gone else target for target in targets)

    core = {segment: level for segment, level in router.core.items() if segment not in gone}
    levels = [router.core[s] for s in (survivor, *gone) if s in router.core]
    if levels:
        core[survivor] = min(levels)
    pointed = replace(
        router, targets=lead(router.targets), pin_targets=lead(router.pin_targets), core=core
    )
    return _without_idle_nodes(pointed)


def grow_node(
    router: Router, parent: str, vectors: Vectors, ids: Sequence[str], *, seed: int
) -> Router:
    """Let what leads to a segment lead to a new node, with one prototype for each of ``ids``.

    ``vectors``, shape (n, d), are the rows of the segment; the first id gets most of them. Raises
    `SegmentError` when there are fewer different rows than ids.
    """
    prototypes = spherical_means(vectors, len(ids), seed)
    node = int(router.nodes.max()) + 1
    nearest = (router.pins @ prototypes.T).argmax(axis=1)
    return replace(
        router,
        prototypes=np.concatenate([router.prototypes, prototypes]),
        nodes=np.concatenate([router.nodes, np.full(len(ids), node)]),
        targets=(*(f"@{node}" if t == parent else t for t in router.targets), *ids),
        offsets=router.offsets and (*router.offsets, *[0.0] * len(ids)),
        leads=router.leads and (*router.leads, *[0.0] * len(ids)),
        pin_targets=tuple(
            ids[part] if target == parent else target
            for target, part in zip(router.pin_targets, nearest, strict=True)
        ),
        core=_inherited_core(router, parent, vectors, dict(zip(ids, prototypes, strict=True))),
    )


def out_of_reach(router: Router, places: Sequence[int], targets: Sequence[str]) -> Router:
    """Keep segments that have lost all prototypes, by copies of some that no row goes to."""
    if not places:
        return router
    offsets = router.offsets or (0.0,) * len(router.targets)
    return replace(
        router,
        prototypes=np.concatenate([router.prototypes, router.prototypes[list(places)]]),
        nodes=np.append(router.nodes, np.zeros(len(places), dtype=np.int64)),
        targets=(*router.targets, *targets),
        offsets=(*offsets, *[_NEVER] * len(places)),
        leads=router.leads and (*router.leads, *[0.0] * len(places)),
    )


def add_pins(router: Router, vectors: Vectors, target: str) -> Router:
    """Pin rows, shape (m, d), to a segment; a row pinned before goes where it is pinned now."""
    fresh = np.unique(vectors.astype(np.float32), axis=0)
    kept = np.setdiff1d(np.arange(len(router.pins)), same_as(router.pins, fresh, _SAME)[0])
    return replace(
        router,
        pins=np.concatenate([fresh, router.pins[kept]]),
        pin_targets=(target,) * len(fresh) + tuple(router.pin_targets[pin] for pin in kept),
    )


def fault_of(router: Router, segments: Sequence[str]) -> str | None:
    """Say what keeps a router from working for segments with these ids, None if nothing does."""
    return next(_faults(router, segments), None)


def _faults(router: Router, segments: Sequence[str]) -> Iterator[str]:
    count, pins = len(router.prototypes), router.pins
    if not count or router.prototypes.ndim != 2 or pins.shape[1:] != router.prototypes.shape[1:]:
        yield "the prototypes and pins are no matrices of one width"
    if router.nodes.shape != (count,) or len(router.targets) != count:
        yield "not every prototype has its node and target"
    if len(router.offsets) not in (0, count):
        yield "not every prototype has its offset"
    if len(router.leads) not in (0, count):
        yield "not every prototype has its lead"
    if len(router.pin_targets) != len(pins):
        yield "not every pin has its target"
    nodes = {f"@{node}" for node in router.nodes}
    for node, target in zip(router.nodes.tolist(), router.targets, strict=True):
        if target.startswith("@") and (target not in nodes or int(target[1:]) <= max(node, 0)):
            yield f"a prototype of node {node} leads to {target}"
    added = {f"@{-place}" for place in range(1, len(router.added_floors) + 1)}
    if nodes != {"@0", *added, *(t for t in router.targets if t.startswith("@"))}:
        yield "a node cannot be reached"
    if len(set(segments)) != len(segments):
        yield "two segments have one id"
    if set(router.segment_ids) != set(segments) or not set(router.pin_targets) <= set(segments):
        yield "the router's targets are not the segments"


def _without_idle_nodes(router: Router) -> Router:
    """Drop nodes that lead to one segment only: the way to them leads to that segment."""
    for node in sorted({n for n in router.nodes.tolist() if n > 0}, reverse=True):
        members = router.nodes == node
        ends = {t for t, inside in zip(router.targets, members, strict=True) if inside}
        if len(ends) > 1:
            continue
        end = ends.pop()
        kept = np.flatnonzero(~members)
        router = replace(
            router,
            prototypes=router.prototypes[kept],
            nodes=router.nodes[kept],
            offsets=router.offsets and tuple(router.offsets[row] for row in kept),
            leads=router.leads and tuple(router.leads[row] for row in kept),
            targets=tuple(
                end if router.targets[row] == f"@{node}" else router.targets[row] for row in kept
            ),
        )
    return router


def spherical_means(vectors: Vectors, k: int, seed: int) -> Vectors:
    """Centres (k, d) of unit length, the largest cluster first."""
    from sklearn.cluster import KMeans

    different = len(np.unique(vectors, axis=0))
    if different < k:
        raise SegmentError(
            f"The segment has {different:,} different rows, too few for {k} parts: ask for fewer, "
            "or give the rows of the whole table."
        )
    found = KMeans(k, n_init=4, random_state=seed).fit(vectors.astype(np.float64))
    order = np.argsort(-np.bincount(found.labels_, minlength=k), kind="stable")
    return unit(found.cluster_centers_[order])


def _inherited_core(
    router: Router, parent: str, vectors: Vectors, parts: Mapping[str, Vectors]
) -> dict[str, float]:
    """Give the parts the cosine above which as large a share of their rows lies as before."""
    core = {segment: level for segment, level in router.core.items() if segment != parent}
    if parent not in router.core:
        return core
    below = float((router.route(vectors).similarities < router.core[parent]).mean())
    cosines = vectors @ np.stack(list(parts.values())).T
    for part, segment in enumerate(parts):
        own = cosines[cosines.argmax(axis=1) == part, part]
        if len(own):
            core[segment] = float(np.quantile(own, below))
    return core
