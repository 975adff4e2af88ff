"""Another number of groups: the tree over the prototypes of a segmentation, cut elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import SegmentError, StoreError
from coterie.segments.assignments import Assignments
from coterie.segments.finding.number import supported_range
from coterie.segments.finding.ward import group_sums, grow_tree
from coterie.segments.model import Segment, Segmentation
from coterie.segments.router import Router
from coterie.segments.taxonomy.describing import describe_new
from coterie.segments.taxonomy.drafts import (
    edited,
    largest_first,
    refuse_frozen,
    unlike_others,
)
from coterie.segments.taxonomy.edits import named_by_hand
from coterie.segments.taxonomy.lookup import next_ids
from coterie.segments.taxonomy.rows import StoredRows, has_rows, stored
from coterie.segments.taxonomy.steps import first_of_run

__all__ = ["LEVEL", "level", "level_stored", "levels", "levels_of", "supported"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEVEL = "level"
"""What this edit is called in the history."""

_SWEEP = "sweep.csv"
_LIGHT = 1e-3  # weight of a prototype without rows: it goes with the one next to it first


@dataclass(frozen=True, slots=True, eq=False)
class _Leaves:
    """The prototypes that lead to segments, as leaves of a tree.

    Attributes
    ----------
    sums, counts
        Sum of the rows of each leaf, shape (leaves, d), and how many they are.
    keys
        Codes of the leaves, finest first: leaves come together only within one, until all of the
        same code are; then those of the next.
    """

    sums: Floats
    counts: Floats
    keys: Sequence[Ints]

    def cut(self, groups: int) -> Ints:
        """Give the group of each leaf where so many groups are left, numbered from 0."""
        labels = np.arange(len(self.counts))
        for key in self.keys:
            surplus = len(np.unique(labels)) - groups
            for one, other in self._merges(labels, key)[: max(surplus, 0)]:
                labels[labels == labels[other]] = labels[one]
        return np.unique(labels, return_inverse=True)[1].reshape(-1).astype(np.int64)

    def _merges(self, labels: Ints, key: Ints) -> list[tuple[int, int]]:
        """Pairs of leaves whose groups merge, within the same code, the nearest first."""
        pairs: list[tuple[float, int, int]] = []
        for code in np.unique(key):
            inside = np.flatnonzero(key == code)
            firsts, groups = np.unique(labels[inside], return_inverse=True)
            if len(firsts) < 2:
                continue
            sums, _ = group_sums(self.sums[inside], groups.reshape(-1), len(firsts))
            counts = np.bincount(groups.reshape(-1), weights=self.counts[inside]).astype(float)
            tree = grow_tree(sums, counts)
            for (one, other), height in zip(
                firsts[tree.merges].tolist(), tree.heights, strict=True
            ):
                pairs.append((float(height), one, other))
        return [(one, other) for _, one, other in sorted(pairs, key=lambda pair: pair[0])]


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """The segments of the groups of a cut, and which of them are to be described, or named too."""

    segments: tuple[Segment, ...]
    changed: frozenset[str]
    named: frozenset[str]


def supported(folder: Path | str) -> tuple[int, int] | None:
    """Give the fewest and the most groups that are about as well supported as those found.

    None where the folder has no comparison of numbers, such as that of described segments.
    """
    try:
        return supported_range(pd.read_csv(Path(folder) / _SWEEP))
    except (OSError, ValueError, KeyError, IndexError):
        return None


def levels(folder: Path | str, segmentation: Segmentation) -> list[int]:
    """Give the numbers of segments that the edit `level` can lead to, ascending.

    They are those of the range that the data support, and the present one; that one alone where
    the folder has no rows, or no comparison of numbers.

    Parameters
    ----------
    folder
        Of a discovery.
    segmentation
        The one in it.
    """
    return levels_of(segmentation, supported(folder) if has_rows(folder) else None)


def levels_of(segmentation: Segmentation, found: tuple[int, int] | None) -> list[int]:
    """Give the numbers of `levels`, for a range."""
    here = {len(segmentation)}
    if found is None:
        return sorted(here)
    most = min(found[1], len(_leaves(segmentation.router)))
    return sorted(here | set(range(max(found[0], 1), most + 1)))


def level(
    segmentation: Segmentation,
    rows: StoredRows,
    groups: int,
    *,
    base: Segmentation | None = None,
    seed: int = 0,
) -> Segmentation:
    """Make another number of segments, by merging the nearest or by dividing the widest.

    The prototypes of the segments are the leaves of a tree, and its cuts are nested: prototypes of
    one group at the finer end of the range that the discovery supports come together first, then
    those of one segment, those of one group at the coarser end, and the rest; within each of these
    the nearest first (Ward's method). So a cut at the number of segments, or at either end, gives
    these. A row goes with its nearest prototype, so none falls outside.

    Parameters
    ----------
    segmentation
        The draft to edit.
    rows
        Of its folder.
    groups
        How many segments there are to be.
    base
        The segmentation of which the tree is grown, with the same prototypes; this one when None.
        Segments of it that are cut again come back with their ids and names.
    seed
        Random seed of names.

    Returns
    -------
    Segmentation
        Segments that stay as they were keep their ids, names and texts. A merged one has the id of
        one of its parts, and its name if a person gave it: of several such the largest, else the
        largest of all. Parts have new ids, and so have their names. The same object where the
        number is that already.

    Raises
    ------
    SegmentError
        When the segmentation is frozen, or there cannot be that many segments.

    Notes
    -----
    O(n · prototypes · dim) time as for `Segmentation.predict`, and as for `describe_segments`.
    """
    refuse_frozen(segmentation)
    base = segmentation if base is None else base
    if not np.array_equal(base.router.prototypes, segmentation.router.prototypes):
        base = segmentation
    leaves = _leaves(base.router)
    if not 1 <= groups <= len(leaves):
        raise SegmentError(
            f"There can be 1 to {len(leaves):,} segments here, not {groups:,}: choose such a "
            "number."
        )
    if groups == len(segmentation):
        return segmentation
    assignments, ends = base.router.trace(rows.vectors, rows.readable)
    targets = np.array(base.router.targets, dtype=object)
    at = np.where(assignments.segments == targets[ends], np.searchsorted(leaves, ends), -1)
    cut = _tree(base, rows, at, leaves).cut(groups)
    plan = _planned(segmentation, base, leaves, cut)
    router = _led(base.router, assignments, at, leaves, cut, [s.id for s in plan.segments])
    after = router.route(rows.vectors, rows.readable)
    sizes = {s.id: int((after.segments == s.id).sum()) for s in plan.segments}
    segments = tuple(replace(s, size=sizes[s.id]) for s in plan.segments)
    segments = _described(segmentation, rows, after, segments, plan, seed)
    details = {
        "before": len(segmentation),
        "groups": groups,
        "retired": _missing(segmentation.segments, segments),
        "added": _missing(segments, segmentation.segments),
    }
    return edited(segmentation, LEVEL, details, segments=largest_first(segments), router=router)


def level_stored(
    segmentation: Segmentation, rows: StoredRows | None, groups: int, folder: Path | str
) -> Segmentation:
    """Make another number of segments in a folder, one of `levels`; see `level`.

    One such edit after another starts where the first one did, so that a number that was left
    comes back as it was.

    Raises
    ------
    SegmentError
        As `level`, and when the number is none of `levels`.
    StoreError
        When the folder has no rows.
    """
    found = stored(rows)
    refuse_frozen(segmentation)
    allowed = levels(folder, segmentation)
    if groups not in allowed:
        raise SegmentError(
            f"There can be {_told(allowed)} segments here, not {groups:,}: choose such a number, "
            "or discover again with --groups."
        )
    try:
        base = first_of_run(folder, segmentation, LEVEL)
    except StoreError:  # its state is damaged
        base = None
    return level(segmentation, found, groups, base=base)


def _told(numbers: Sequence[int]) -> str:
    if len(numbers) < 2:
        return f"only {numbers[0]:,}"
    return f"{numbers[0]:,} to {numbers[-1]:,}"


def _leaves(router: Router) -> Ints:
    """Places of the prototypes that lead to segments, ascending."""
    return np.flatnonzero([not target.startswith("@") for target in router.targets])


def _tree(base: Segmentation, rows: StoredRows, at: Ints, leaves: Ints) -> _Leaves:
    """Give the leaves, with the rows ``at`` each; -1 is at none."""
    count, inside = len(leaves), at >= 0
    sums, counts = group_sums(rows.vectors[inside], at[inside], count)
    bare = counts == 0
    sums[bare], counts[bare] = _LIGHT * base.router.prototypes[leaves[bare]], _LIGHT
    ids = [segment.id for segment in base.segments]
    owners = np.array([ids.index(base.router.targets[leaf]) for leaf in leaves], dtype=np.int64)
    ends = {} if rows.picture is None else rows.picture.ends
    finer = np.zeros(count, dtype=np.int64)
    coarser = np.zeros(len(ids), dtype=np.int64)
    if "finer" in ends:
        finer = _most(at[inside], ends["finer"][inside], count)
    if "coarser" in ends:
        coarser = _most(owners[at[inside]], ends["coarser"][inside], len(ids))
    pairs = np.unique(np.stack([owners, finer]), axis=1, return_inverse=True)[1].reshape(-1)
    keys = (pairs.astype(np.int64), owners, coarser[owners], np.zeros(count, dtype=np.int64))
    return _Leaves(sums, counts, keys)


def _most(places: Ints, codes: Ints, count: int) -> Ints:
    """Give the code that most rows of each of ``count`` places have, -1 where there are none."""
    table = np.zeros((count, int(codes.max(initial=0)) + 1), dtype=np.int64)
    np.add.at(table, (places[codes >= 0], codes[codes >= 0]), 1)
    return np.where(table.any(axis=1), table.argmax(axis=1), -1).astype(np.int64)


def _planned(segmentation: Segmentation, base: Segmentation, leaves: Ints, cut: Ints) -> _Plan:
    """Say which segment each group of leaves is."""
    held = [_held(each, leaves) for each in (base, segmentation)]
    whole = {leaf_set: segment for parts in held for segment, leaf_set in parts}
    by_hand = named_by_hand(segmentation)
    groups = [frozenset(np.flatnonzero(cut == group).tolist()) for group in range(cut.max() + 1)]
    fresh = iter(next_ids(segmentation, len(groups)))
    segments: list[Segment] = []
    changed: set[str] = set()
    for group in groups:
        if group in whole:
            segments.append(whole[group])
            continue
        parts = next(filter(None, (_within(each, group) for each in held)), [])
        if parts:
            segment = max(parts, key=lambda s: (s.id in by_hand, s.size))
            segment = replace(segment, vanished=segment.vanished if len(parts) < 2 else "")
        else:
            [whole_one] = [s for s, leaf_set in held[0] if group <= leaf_set]
            segment = replace(whole_one, id=next(fresh))
        segments.append(segment)
        changed.add(segment.id)
    return _Plan(tuple(segments), frozenset(changed), by_hand)


def _held(segmentation: Segmentation, leaves: Ints) -> list[tuple[Segment, frozenset[int]]]:
    """Give the segments, each with its leaves."""
    targets = np.array(segmentation.router.targets, dtype=object)[leaves]
    return [
        (segment, frozenset(np.flatnonzero(targets == segment.id).tolist()))
        for segment in segmentation.segments
    ]


def _within(held: Sequence[tuple[Segment, frozenset[int]]], group: frozenset[int]) -> list[Segment]:
    return [segment for segment, leaf_set in held if leaf_set <= group]


def _led(
    router: Router,
    assignments: Assignments,
    at: Ints,
    leaves: Ints,
    cut: Ints,
    ids: Sequence[str],
) -> Router:
    """Let the leaves of each group lead to its segment, and pins to that of the nearest of them."""
    targets = np.array(router.targets, dtype=object)
    before = targets[leaves]
    names = np.array(ids, dtype=object)[cut]
    core: dict[str, float] = {}
    for group, segment in enumerate(ids):
        own = cut == group
        olds = dict.fromkeys(before[own].tolist())
        levels_before = [router.core[old] for old in olds if old in router.core]
        same = list(olds) == [segment] and (before == segment).sum() == own.sum()
        rows = np.flatnonzero((at >= 0) & own[at])
        if levels_before and (same or not len(rows)):
            core[segment] = min(levels_before)
        elif levels_before:
            core[segment] = float(np.median(assignments.similarities[rows]))
    pinned: list[str] = []
    for pin, target in zip(router.pins, router.pin_targets, strict=True):
        own = np.flatnonzero(before == target)
        nearest = own[(router.prototypes[leaves[own]] @ pin).argmax()]
        pinned.append(str(names[nearest]))
    targets[leaves] = names
    return replace(router, targets=tuple(targets.tolist()), pin_targets=tuple(pinned), core=core)


def _described(
    segmentation: Segmentation,
    rows: StoredRows,
    after: Assignments,
    segments: Sequence[Segment],
    plan: _Plan,
    seed: int,
) -> tuple[Segment, ...]:
    """Describe the segments that changed, and name those that nobody named by hand."""
    changed = [s for s in segments if s.id in plan.changed]
    kept = [s for s in segments if s.id not in plan.changed]
    if changed and any(rows.texts):
        described = describe_new(
            segmentation.encoder,
            rows.texts.tolist(),
            after.codes([s.id for s in (*changed, *kept)]),
            rows.vectors,
            len(changed),
            shown=rows.shown.tolist(),
            show_personal=rows.show_personal,
            seed=seed,
            avoid=[s.name for s in (*kept, *changed) if s.id in plan.named or s in kept],
        )
        changed = [
            *(
                replace(
                    s, **{**asdict(about), "name": s.name if s.id in plan.named else about.name}
                )
                for s, about in zip(changed, described, strict=False)
            ),
            *changed[len(described) :],
        ]
    drafted = replace(segmentation, segments=tuple(kept))
    for segment in sorted(changed, key=lambda s: s.id not in plan.named):
        named = replace(segment, name=unlike_others(drafted, segment.name))
        drafted = replace(drafted, segments=(*drafted.segments, named))
    return drafted.segments


def _missing(these: Sequence[Segment], those: Sequence[Segment]) -> dict[str, str]:
    """Ids and names of the segments that the others have not."""
    known = {segment.id for segment in those}
    return {segment.id: segment.name for segment in these if segment.id not in known}
