"""New segments from rows that are outside of all old ones, whose answers stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors, row_keys
from coterie.segments.finding.consensus import unit
from coterie.segments.finding.groups import find_groups
from coterie.segments.finding.ward import group_sums
from coterie.segments.model import Segment, Segmentation
from coterie.segments.naming.names import describe_segments
from coterie.segments.router import Router
from coterie.segments.taxonomy.drafts import edited, largest_first, refuse_frozen, unlike_others
from coterie.segments.taxonomy.lookup import next_ids

__all__ = ["FEWEST", "SURE", "add_segments", "extend", "find_candidates", "only"]

Ints = npt.NDArray[np.int64]

FEWEST = 8
"""Distinct texts of a group, as in a discovery."""

SURE = 0.5
"""Mean confidence of a new segment's rows: below, it would be ambiguous as a whole."""


def extend(
    segmentation: Segmentation,
    vectors: Vectors,
    texts: Sequence[str] | None = None,
    *,
    seed: int = 0,
    show_personal: bool = False,
) -> Segmentation:
    """Add segments for the groups among rows that are outside of all segments.

    Old segments keep their ids and names. A row that had a segment keeps it, with the same status,
    confidence and similarity, to the bit: only rows that would be outside are compared with the
    new segments.

    Parameters
    ----------
    segmentation
        The draft to extend.
    vectors
        Shape (n, dim), unit length: rows of a later table, or of the same one.
    texts
        n texts of the rows, to find groups by their words too and to name them; None for vectors
        alone.
    seed
        Random seed.
    show_personal
        Whether segments may be described with personal data, which is masked otherwise.

    Returns
    -------
    Segmentation
        With the new segments; the same object where there is no group. A group has at least 8
        distinct rows, and a mean confidence of at least 0.5, so that it would be found again in
        other rows. Two groups that are nearer to each other than old segments usually are to the
        one next to them make one segment.

    Raises
    ------
    EncoderMismatchError
        When the vectors are of another width than the segmentation's.
    SegmentError
        When the segmentation is frozen.

    Notes
    -----
    Time for all n rows as in `Segmentation.predict`, and as in `find_groups` for those outside.
    """
    refuse_frozen(segmentation)
    outside = np.flatnonzero(segmentation.predict(vectors).segments == "")
    apart = vectors[outside]
    keys = row_keys(apart) if texts is None else [texts[row] for row in outside.tolist()]
    found = find_candidates(segmentation, apart, keys, seed=seed, words=texts is not None)
    if found is None:
        return segmentation
    names = found.segment_ids
    ids = dict(zip(names, next_ids(segmentation, len(names)), strict=True))
    router = add_segments(segmentation.router, found, ids)
    extended = replace(segmentation, router=router)
    codes = extended.predict(apart).codes(list(ids.values()))
    drafted = segmentation
    for segment in _described(
        ids, codes, apart, None if texts is None else keys, show_personal=show_personal
    ):
        named = replace(segment, name=unlike_others(drafted, segment.name))
        drafted = replace(drafted, segments=(*drafted.segments, named))
    new = drafted.segments[len(segmentation.segments) :]
    details = {"added": {s.id: s.name for s in new}, "rows": int((codes >= 0).sum())}
    return edited(
        segmentation, "extend", details, segments=largest_first(drafted.segments), router=router
    )


def find_candidates(
    segmentation: Segmentation,
    vectors: Vectors,
    keys: Sequence[str],
    *,
    seed: int = 0,
    words: bool = True,
) -> Router | None:
    """Find groups among rows that are outside of all segments, see `extend`.

    Parameters
    ----------
    segmentation
        The segments.
    vectors
        Shape (n, dim), unit length: rows that are outside of all of them.
    keys
        n texts, or keys that only equal rows share.
    seed
        Random seed.
    words
        Whether the keys are texts, to find groups by their words too.

    Returns
    -------
    Router or None
        Sends such rows to the groups that would be found again, the largest first; None where
        there is no group.
    """
    if len(set(keys)) < FEWEST:
        return None
    found = find_groups(
        keys, vectors, encoder=segmentation.encoder, fewest=2, seed=seed, words=words
    ).segmentation.router
    found = _joined(found, _usual_nearness(segmentation.router))
    found = replace(found, floor=max(segmentation.router.floor, found.floor))
    kept = _sure(found, vectors, keys)
    return only(found, kept) if kept else None


def only(router: Router, segments: Sequence[str]) -> Router:
    """Keep the prototypes of some segments, in the order in which these are named."""
    kept = [
        place
        for segment in segments
        for place, target in enumerate(router.targets)
        if target == segment
    ]
    return replace(
        router,
        prototypes=router.prototypes[kept],
        nodes=router.nodes[kept],
        targets=tuple(router.targets[place] for place in kept),
        offsets=router.offsets and tuple(router.offsets[place] for place in kept),
        core={segment: router.core[segment] for segment in segments if segment in router.core},
    )


def _usual_nearness(router: Router) -> float:
    """Median cosine of a segment's mean to that of the segment next to it; 1 for fewer than two."""
    means = _means(router)
    if len(means) < 2:
        return 1.0
    cosines = means @ means.T
    np.fill_diagonal(cosines, -1.0)
    return float(np.median(cosines.max(axis=1)))


def _means(router: Router) -> Vectors:
    """Mean of the prototypes of each segment, shape (segments, d), in the order of their ids."""
    places = {segment: place for place, segment in enumerate(router.segment_ids)}
    owners = np.array([places.get(target, -1) for target in router.targets], dtype=np.int64)
    kept = owners >= 0
    return unit(group_sums(router.prototypes[kept], owners[kept], len(places))[0])


def _joined(router: Router, near: float) -> Router:
    """Make one segment of any two whose means have a cosine above ``near``."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    means = _means(router)
    _, parts = connected_components(csr_array(means @ means.T > near), directed=False)
    ids = router.segment_ids
    first = {part: ids[place] for place, part in reversed(list(enumerate(parts.tolist())))}
    into = {segment: first[part] for segment, part in zip(ids, parts.tolist(), strict=True)}
    return replace(router, targets=tuple(into[target] for target in router.targets))


def _sure(router: Router, vectors: Vectors, keys: Sequence[str]) -> list[str]:
    """Segments with enough different rows that are sure on average, the largest first."""
    rows = router.route(vectors)
    places = np.unique(np.array(keys, dtype=str), return_index=True)[1]
    held = {}
    for segment in router.segment_ids:
        own = places[rows.segments[places] == segment]
        if len(own) >= FEWEST and rows.confidences[own].mean() >= SURE:
            held[segment] = len(own)
    return sorted(held, key=lambda segment: -held[segment])


def add_segments(
    router: Router, found: Router, ids: Mapping[str, str], leads: Sequence[float] = ()
) -> Router:
    """Let rows that are outside of a router go on to the segments found, under their new ids.

    ``leads``, one for each prototype found, let rows go there that are not outside, see `Router`.
    """
    node = -1 - len(router.added_floors)
    return replace(
        router,
        prototypes=np.concatenate([router.prototypes, found.prototypes]),
        nodes=np.concatenate([router.nodes, np.full(len(found.targets), node)]),
        targets=(*router.targets, *(ids[target] for target in found.targets)),
        offsets=router.offsets and (*router.offsets, *[0.0] * len(found.targets)),
        core={**router.core, **{ids[s]: found.core[s] for s in ids if s in found.core}},
        added_floors=(*router.added_floors, found.floor),
        leads=_leads(router, len(found.targets), leads),
    )


_NEVER = 3.0  # a lead that no row has: cosines differ by 2 at most


def _leads(router: Router, added: int, leads: Sequence[float]) -> tuple[float, ...]:
    if not leads and not router.leads:
        return ()
    before = router.leads or tuple(np.where(router.nodes < 0, _NEVER, 0.0).tolist())
    return (*before, *(leads or [_NEVER] * added))


def _described(
    ids: dict[str, str],
    codes: Ints,
    vectors: Vectors,
    texts: Sequence[str] | None,
    *,
    show_personal: bool,
) -> list[Segment]:
    sizes = np.bincount(codes[codes >= 0], minlength=len(ids))
    segments = [
        Segment(new, f"Group {new}", size=int(size))
        for new, size in zip(ids.values(), sizes, strict=True)
    ]
    if texts is None:
        return segments
    about = describe_segments(texts, codes, vectors, show_personal=show_personal)
    return [replace(s, **asdict(d)) for s, d in zip(segments, about, strict=True)]
