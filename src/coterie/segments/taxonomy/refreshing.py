"""Later rows meet a segmentation: what is new, what has vanished, and what stays as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import READABLE, Vectors, row_keys
from coterie.segments.assignments import Assignments
from coterie.segments.finding.novelty import NOVEL, later_shares
from coterie.segments.model import Change, Segment, Segmentation
from coterie.segments.naming.names import describe_segments
from coterie.segments.naming.people import openings
from coterie.segments.router import Router
from coterie.segments.taxonomy.additions import (
    FEWEST,
    SURE,
    add_segments,
    find_candidates,
    only,
)
from coterie.segments.taxonomy.drafts import unlike_others
from coterie.segments.taxonomy.edits import counted
from coterie.segments.taxonomy.lookup import next_ids
from coterie.segments.taxonomy.presence import Presence, judge_presence
from coterie.segments.taxonomy.rows import StoredRows

__all__ = ["KINDS", "REFRESH", "Renewal", "batch_sizes", "refresh_segments", "refreshes"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

REFRESH = "refresh"
"""What a refresh is called in the history."""

KINDS = ("new", "vanished", "returned", "grew", "shrank", "")
"""What can become of a segment, "" where nothing much."""

_BLOCK = 8192
_NEAR, _LATER = 5, 0.8  # neighbours, and share of later ones among them: docs/refresh.md


@dataclass(frozen=True, slots=True, eq=False)
class Renewal:
    """What later rows did to a segmentation.

    Attributes
    ----------
    segmentation
        With the new segments, the marks, the sizes, and one more line in the history.
    before, assignments
        Where each of the n rows, earlier and later ones, goes by the segmentation as it was, and
        by this one.
    changes
        One row a segment, those of the first of `KINDS` first, then the largest: ``id``; ``name``;
        ``change``, one of `KINDS`; ``rows_before`` and ``share_before``, of the earlier rows that
        it is compared with; ``rows_now`` and ``share_now``; and ``p_value``, see `Presence`.
    waiting
        Segments that would be new, were the segmentation not frozen.
    known_groups, small_groups
        Groups that were left out: those that there were before among the rows outside, and those
        that have too small a share of the later rows.
    """

    segmentation: Segmentation
    before: Assignments
    assignments: Assignments
    changes: pd.DataFrame
    waiting: tuple[Segment, ...] = ()
    known_groups: int = 0
    small_groups: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Groups among later rows that can become segments, their leads, and how many cannot."""

    router: Router | None = None
    leads: tuple[float, ...] = ()
    known: int = 0
    small: int = 0


def refreshes(segmentation: Segmentation) -> list[Change]:
    """Give the refreshes in the history, the first one first."""
    return [change for change in segmentation.history if change.what == REFRESH]


def batch_sizes(segmentation: Segmentation, assignments: Assignments, batches: Ints) -> Ints:
    """Count the rows of each segment in each batch: shape (segments + 1, batches), outside last."""
    codes = assignments.codes([segment.id for segment in segmentation.segments])
    counts = np.zeros((len(segmentation) + 1, int(batches.max(initial=0)) + 1), dtype=np.int64)
    np.add.at(counts, (codes, batches), 1)
    return counts


def refresh_segments(
    segmentation: Segmentation,
    rows: StoredRows,
    *,
    again: Ints | None = None,
    details: Mapping[str, Any] | None = None,
    min_share: float = 0.0,
    outside_only: bool = False,
    seed: int = 0,
) -> Renewal:
    """Let later rows meet a segmentation.

    Every earlier row that has a segment keeps it, and every later row that fits one gets it, with
    the same status, confidence and similarity as before, to the bit.

    Groups are looked for, as in `extend`, among the later rows that are outside, and among those
    that have hardly an earlier row near them (`later_shares`). A row belongs to such a group where
    it is outside of all segments, or where it is nearer to the group than to its segment by more
    than any earlier row with a segment is: the others fit. A group is left out where its rows have
    earlier ones near them, be they outside: more than one in five of their neighbours, in as many
    earlier rows as later ones. Segments vanish and return as
    `coterie.segments.taxonomy.presence.judge_presence` says; their earlier rows are those since
    they were added, but for the time when they had vanished.

    Parameters
    ----------
    segmentation
        As it was. One that is frozen gets no segment.
    rows
        The n earlier and later rows; the later ones are those of the last batch.
    again
        Places of earlier rows that may be among the later ones too, where ids do not tell: they
        count as later rows when it comes to what has vanished.
    details
        What else to write into the history.
    min_share
        Smallest share of the later rows for a new segment, 0 to 1.
    outside_only
        Whether new segments take rows only that are outside of all others.
    seed
        Random seed.

    Notes
    -----
    O(n · prototypes · dim) time and O(n · dim) memory, as `Segmentation.predict`; and as
    `find_groups` and `later_shares` for the later rows.
    """
    later = rows.batch_codes == rows.batch_codes.max(initial=0)
    before = segmentation.predict(
        rows.vectors, fingerprint=rows.fingerprint, readable=rows.readable
    )
    groups = _groups(
        segmentation,
        rows,
        before,
        later,
        min_share=min_share,
        outside_only=outside_only,
        seed=seed,
    )
    grown, after, new = segmentation, before, tuple[Segment, ...]()
    if groups.router is not None:
        grown, after, new = _with_groups(segmentation, rows, before, later, groups, seed=seed)
    waiting: tuple[Segment, ...] = ()
    if segmentation.frozen and new:
        grown, after, new, waiting = segmentation, before, (), new
    seen = np.flatnonzero(later) if again is None else np.append(np.flatnonzero(later), again)
    changes = _changes(grown, rows, after, seen, {segment.id for segment in new})
    now = datetime.now(UTC).isoformat(timespec="seconds")
    said = {
        "refresh": int(rows.batch_codes.max(initial=0)),
        **(details or {}),
        "rows": int(later.sum()),
        "outside": int((after.segments[later] == "").sum()),
        "added": _named(changes, "new"),
        "vanished": _named(changes, "vanished"),
        "returned": _named(changes, "returned"),
        "waiting": [segment.name for segment in waiting],
        "sizes": _sizes(grown, after, rows.batch_codes),
        "seed": seed,
        "min_share": min_share,
    }
    marked = replace(
        grown,
        segments=tuple(_marked(segment, said, now) for segment in grown.segments),
        history=(*grown.history, Change(now, REFRESH, said)),
    )
    return Renewal(
        counted(marked, after), before, after, changes, waiting, groups.known, groups.small
    )


def _groups(
    segmentation: Segmentation,
    rows: StoredRows,
    before: Assignments,
    later: Bools,
    *,
    min_share: float,
    outside_only: bool,
    seed: int,
) -> _Groups:
    """Find groups among the later rows that fit no segment, and leave out those known before."""
    readable = np.ones(len(rows), np.bool_) if rows.readable is None else rows.readable >= READABLE
    outside = before.segments == ""
    new, old = np.flatnonzero(later), np.flatnonzero(~later)
    apart = outside[new]
    keys, words = _keys(segmentation, rows, new)
    compared = (rows.vectors[old], rows.vectors[new], _keys(segmentation, rows, old)[0], keys)
    if not outside_only:
        apart |= later_shares(*compared, seed=seed) >= NOVEL
    tried = np.flatnonzero(apart & readable[new])
    found = find_candidates(
        segmentation,
        rows.vectors[new[tried]],
        [keys[at] for at in tried.tolist()],
        seed=seed,
        words=words,
    )
    if found is None:
        return _Groups()
    names = found.segment_ids
    leads = () if outside_only else _leads(segmentation, found, rows.vectors[old[~outside[old]]])
    wanted = {name: f"new {name}" for name in names}
    added = add_segments(segmentation.router, found, wanted, leads)
    answers = added.route(rows.vectors[new], _of(rows.readable, new))
    now = answers.codes(list(wanted.values()))
    texts = _texts_of(now, keys)
    sure, known = np.zeros((2, len(names)), dtype=np.bool_)
    for group in range(len(names)):
        if len(texts.get(group, ())) < FEWEST:
            continue
        own = np.flatnonzero(now == group)
        sure[group] = answers.confidences[own].mean() >= SURE
        shares = later_shares(*compared, neighbours=_NEAR, asked=own, seed=seed)
        known[group] = sure[group] and shares.mean() < _LATER
    sizes = np.bincount(now[now >= 0], minlength=len(names))
    small = sure & ~known & (sizes < min_share * len(new))
    kept = [name for name, good in zip(names, sure & ~known & ~small, strict=True) if good]
    told = int(known.sum()), int(small.sum())
    if not kept:
        return _Groups(None, (), *told)
    return _Groups(only(found, kept), _leads_of(found, leads, kept), *told)


def _leads(segmentation: Segmentation, found: Router, earlier: Vectors) -> tuple[float, ...]:
    """By how much a row must be nearer to a group than any earlier row with a segment is.

    One number for each prototype, the same for those of a group; 0 at least.
    """
    most = np.zeros(len(found.targets))
    for start in range(0, len(earlier), _BLOCK):
        led = segmentation.router.lead(earlier[start : start + _BLOCK], found)
        most = np.maximum(most, led.max(axis=0))
    of_group = dict.fromkeys(found.segment_ids, 0.0)
    for target, lead in zip(found.targets, most.tolist(), strict=True):
        of_group[target] = max(of_group[target], lead)
    return tuple(of_group[target] for target in found.targets)


def _leads_of(found: Router, leads: Sequence[float], kept: Sequence[str]) -> tuple[float, ...]:
    """Give the leads of the prototypes of some groups, in the order of `only`."""
    if not leads:
        return ()
    lead = dict(zip(found.targets, leads, strict=True))
    return tuple(lead[target] for target in only(found, kept).targets)


def _texts_of(codes: Ints, keys: Sequence[str]) -> dict[int, set[str]]:
    """Group to the different texts of its rows."""
    texts: dict[int, set[str]] = {}
    for group, key in zip(codes.tolist(), keys, strict=True):
        texts.setdefault(group, set()).add(key)
    return texts


def _of(shares: npt.NDArray[np.float32] | None, places: Ints) -> npt.NDArray[np.float32] | None:
    return None if shares is None else shares[places]


def _keys(segmentation: Segmentation, rows: StoredRows, places: Ints) -> tuple[Sequence[str], bool]:
    """Give the texts of some rows, as groups are found by them, or keys where there are none."""
    if not any(rows.texts):
        return row_keys(rows.vectors[places]), False
    return _read(segmentation, rows.texts[places].tolist()), True


def _read(segmentation: Segmentation, texts: Sequence[str]) -> Sequence[str]:
    if segmentation.encoder.pooling == "row":
        return [openings(text) for text in texts]
    return texts


def _with_groups(
    segmentation: Segmentation,
    rows: StoredRows,
    before: Assignments,
    later: Bools,
    groups: _Groups,
    *,
    seed: int,
) -> tuple[Segmentation, Assignments, tuple[Segment, ...]]:
    """Add groups as segments, with names unlike those there are.

    Later rows, and earlier ones that are outside, are routed again; the others stay.
    """
    assert groups.router is not None
    names = groups.router.segment_ids
    ids = dict(zip(names, next_ids(segmentation, len(names)), strict=True))
    router = add_segments(segmentation.router, groups.router, ids, groups.leads)
    moving = np.flatnonzero(later | (before.segments == ""))
    again = router.route(rows.vectors[moving], _of(rows.readable, moving))
    after = Assignments(*(getattr(before, each.name).copy() for each in fields(Assignments)))
    for each in fields(Assignments):
        getattr(after, each.name)[moving] = getattr(again, each.name)
    new = [Segment(each, f"Group {each}") for each in ids.values()]
    if any(rows.texts):
        others = [segment.id for segment in segmentation.segments]
        described = describe_segments(
            _read(segmentation, rows.texts.tolist()),
            after.codes([*ids.values(), *others]),
            rows.vectors,
            seed=seed,
            shown=rows.shown.tolist(),
            show_personal=rows.show_personal,
            avoid=[segment.name for segment in segmentation.segments],
        )
        pairs = zip(new, described, strict=False)
        new = [replace(segment, **asdict(about)) for segment, about in pairs]
    drafted = replace(segmentation, router=router)
    for segment in new:
        named = replace(segment, name=unlike_others(drafted, segment.name))
        drafted = replace(drafted, segments=(*drafted.segments, named))
    drafted = counted(drafted, after)
    return drafted, after, tuple(s for s in drafted.segments if s.id in ids.values())


def _changes(
    segmentation: Segmentation,
    rows: StoredRows,
    after: Assignments,
    seen: Ints,
    new: set[str],
) -> pd.DataFrame:
    """Compare the segments in the later rows with the earlier ones, see `Renewal.changes`."""
    segments, batches = segmentation.segments, rows.batch_codes
    batch = int(batches.max(initial=0))
    compared = _compared(segmentation, batch)
    earlier = batch_sizes(segmentation, after, batches)[:-1, :batch]
    before = (earlier * compared).sum(axis=1)
    before_rows = (compared * np.bincount(batches, minlength=batch)[:batch]).sum(axis=1)
    codes = after.codes([segment.id for segment in segments])
    now = np.bincount(codes[seen][codes[seen] >= 0], minlength=len(segments))
    is_new = np.array([segment.id in new for segment in segments], dtype=np.bool_)
    absent = np.array([bool(segment.vanished) for segment in segments], dtype=np.bool_)
    judged = judge_presence(before, np.where(is_new, 0, before_rows), now, len(seen), absent)
    frame = pd.DataFrame(
        {
            "id": [segment.id for segment in segments],
            "name": [segment.name for segment in segments],
            "change": _kinds(judged, is_new),
            "rows_before": before,
            "share_before": before / np.maximum(before_rows, 1),
            "rows_now": now,
            "share_now": now / max(len(seen), 1),
            "p_value": judged.p_values,
        }
    )
    rank = frame["change"].map(KINDS.index)
    return frame.iloc[np.lexsort((-frame["rows_now"], rank))].reset_index(drop=True)


def _compared(segmentation: Segmentation, batches: int) -> Bools:
    """Which batches later rows of each segment are compared with, shape (segments, batches).

    Those since it was added, but for those in which it had vanished.
    """
    place = {segment.id: at for at, segment in enumerate(segmentation.segments)}
    compared = np.ones((len(place), batches), dtype=np.bool_)
    gone: dict[str, int] = {}
    for change in refreshes(segmentation):
        batch = int(change.details["refresh"])
        for segment in change.details["added"]:
            if segment in place:
                compared[place[segment], :batch] = False
        gone |= dict.fromkeys(change.details["vanished"], batch)
        for segment in change.details["returned"]:
            if segment in place and segment in gone:
                compared[place[segment], gone.pop(segment) : batch] = False
    for segment, batch in gone.items():
        if segment in place and segmentation[segment].vanished:
            compared[place[segment], batch:] = False
    return compared


def _kinds(judged: Presence, is_new: Bools) -> list[str]:
    """Name what became of each segment."""
    names = np.full(len(is_new), "", dtype=object)
    for kind in ("vanished", "returned", "grew", "shrank"):
        names[getattr(judged, kind)] = kind
    names[is_new] = "new"
    return [str(name) for name in names]


def _named(changes: pd.DataFrame, kind: str) -> dict[str, str]:
    rows = changes[changes["change"] == kind]
    return dict(zip(rows["id"].tolist(), rows["name"].tolist(), strict=True))


def _sizes(segmentation: Segmentation, after: Assignments, batches: Ints) -> dict[str, list[int]]:
    """Give the rows of each segment, the earlier and the later ones, as JSON gives them back."""
    counts = batch_sizes(segmentation, after, batches)[:-1]
    pairs = np.stack([counts[:, :-1].sum(axis=1), counts[:, -1]], axis=1).tolist()
    return {segment.id: pair for segment, pair in zip(segmentation.segments, pairs, strict=True)}


def _marked(segment: Segment, said: Mapping[str, Any], now: str) -> Segment:
    if segment.id in said["vanished"]:
        return replace(segment, vanished=now)
    return replace(segment, vanished="") if segment.id in said["returned"] else segment
