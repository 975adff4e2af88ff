"""Later rows meet a segmentation: what is new, what has vanished, and what stays as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import READABLE, row_keys
from coterie.segments.assignments import Assignments
from coterie.segments.model import Change, Segment, Segmentation
from coterie.segments.naming.names import describe_segments
from coterie.segments.naming.people import openings
from coterie.segments.router import Router
from coterie.segments.taxonomy.additions import FEWEST, add_segments, find_candidates, only
from coterie.segments.taxonomy.drafts import unlike_others
from coterie.segments.taxonomy.edits import counted
from coterie.segments.taxonomy.lookup import next_ids
from coterie.segments.taxonomy.presence import Presence, judge_presence, more_often
from coterie.segments.taxonomy.rows import StoredRows

__all__ = ["KINDS", "REFRESH", "Renewal", "batch_sizes", "refresh_segments", "refreshes"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

REFRESH = "refresh"
"""What a refresh is called in the history."""

KINDS = ("new", "vanished", "returned", "grew", "shrank", "")
"""What can become of a segment, "" where nothing much."""

_QUANTILE, _LOOSE = 0.05, 0.4  # see `_loose`; docs/refresh.md says how the second was settled


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
        it is compared with; ``rows_now`` and ``share_now``; ``p_value``, see `Presence`; and
        ``loose``: later rows that fit it less well than nearly all earlier ones, where these are
        many, else 0.
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
    """Groups among later rows outside that can become segments, and how many cannot."""

    router: Router | None = None
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
    seed: int = 0,
) -> Renewal:
    """Let later rows meet a segmentation.

    A row that has a segment keeps it, with the same status, confidence and similarity, to the bit.
    New segments are those of `extend`, for groups among the later rows that are outside. A group
    is left out where eight different earlier rows that are outside belong to it, and it is not
    significantly more frequent now: it was there before. Segments vanish and return as
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
    seed
        Random seed.

    Notes
    -----
    O(n · prototypes · dim) time and O(n · dim) memory, as `Segmentation.predict`; and as
    `find_groups` for the later rows that are outside.
    """
    later = rows.batch_codes == rows.batch_codes.max(initial=0)
    before = segmentation.predict(
        rows.vectors, fingerprint=rows.fingerprint, readable=rows.readable
    )
    groups = _groups(segmentation, rows, before, later, min_share=min_share, seed=seed)
    grown, after, new = segmentation, before, tuple[Segment, ...]()
    if groups.router is not None:
        grown, after, new = _with_groups(segmentation, rows, before, groups.router, seed=seed)
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
    seed: int,
) -> _Groups:
    """Find the groups among the later rows that are outside, and leave out those known before."""
    readable = np.ones(len(rows), np.bool_) if rows.readable is None else rows.readable >= READABLE
    outside = (before.segments == "") & readable
    apart, earlier = np.flatnonzero(outside & later), np.flatnonzero(outside & ~later)
    keys, words = _keys(segmentation, rows, apart)
    found = find_candidates(segmentation, rows.vectors[apart], keys, seed=seed, words=words)
    if found is None:
        return _Groups()
    names = found.segment_ids
    now = found.route(rows.vectors[apart]).codes(names)
    of_earlier = found.route(rows.vectors[earlier]).codes(names)
    old_keys, _ = _keys(segmentation, rows, earlier)
    texts_of: dict[int, set[str]] = {group: set() for group in range(-1, len(names))}
    for group, key in zip(of_earlier.tolist(), old_keys, strict=True):
        texts_of[group].add(key)
    counts = [np.bincount(codes[codes >= 0], minlength=len(names)) for codes in (of_earlier, now)]
    there = np.array([len(texts_of[group]) >= FEWEST for group in range(len(names))])
    there &= ~more_often(counts[0], int((~later).sum()), counts[1], int(later.sum()))
    small = ~there & (counts[1] < min_share * later.sum())
    kept = [name for name, out in zip(names, (there | small).tolist(), strict=True) if not out]
    return _Groups(only(found, kept) if kept else None, int(there.sum()), int(small.sum()))


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
    segmentation: Segmentation, rows: StoredRows, before: Assignments, found: Router, *, seed: int
) -> tuple[Segmentation, Assignments, tuple[Segment, ...]]:
    """Add groups as segments, with names unlike those there are; route the rows outside again."""
    names = found.segment_ids
    ids = dict(zip(names, next_ids(segmentation, len(names)), strict=True))
    router = add_segments(segmentation.router, found, ids)
    outside = np.flatnonzero(before.segments == "")
    shares = None if rows.readable is None else rows.readable[outside]
    again = router.route(rows.vectors[outside], shares)
    after = Assignments(*(getattr(before, each.name).copy() for each in fields(Assignments)))
    for each in fields(Assignments):
        getattr(after, each.name)[outside] = getattr(again, each.name)
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
            "loose": _loose(after, codes, compared, batches),
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


def _loose(after: Assignments, codes: Ints, compared: Bools, batches: Ints) -> list[int]:
    """Count the later rows of each segment that fit it loosely, where these are many; else 0.

    A row fits loosely whose cosine is below that of 95% of the earlier rows. They are many where
    they are significantly more than among the earlier rows, and two in five: earlier rows fit a
    little better than others, because the segments were found in them.
    """
    batch = compared.shape[1]
    counts = np.zeros((4, len(compared)), dtype=np.int64)
    for segment in range(len(compared)):
        own = np.flatnonzero(codes == segment)
        early = own[batches[own] < batch]
        early = early[compared[segment, batches[early]]]
        late = own[batches[own] == batch]
        if len(early) < FEWEST or not len(late):
            continue
        cut = np.quantile(after.similarities[early], _QUANTILE)
        below = [int((after.similarities[part] < cut).sum()) for part in (early, late)]
        counts[:, segment] = below[0], len(early), below[1], len(late)
    few, early_rows, loose, late_rows = counts
    told = more_often(few, early_rows, loose, late_rows) & (loose >= FEWEST)
    told &= loose >= _LOOSE * late_rows
    return [int(count) for count in np.where(told, loose, 0)]


def _named(changes: pd.DataFrame, kind: str) -> dict[str, str]:
    rows = changes[changes["change"] == kind]
    return dict(zip(rows["id"].tolist(), rows["name"].tolist(), strict=True))


def _sizes(
    segmentation: Segmentation, after: Assignments, batches: Ints
) -> dict[str, tuple[int, int]]:
    """Give the rows of each segment, the earlier and the later ones."""
    counts = batch_sizes(segmentation, after, batches)[:-1]
    pairs = zip(counts[:, :-1].sum(axis=1).tolist(), counts[:, -1].tolist(), strict=True)
    return {segment.id: pair for segment, pair in zip(segmentation.segments, pairs, strict=True)}


def _marked(segment: Segment, said: Mapping[str, Any], now: str) -> Segment:
    if segment.id in said["vanished"]:
        return replace(segment, vanished=now)
    return replace(segment, vanished="") if segment.id in said["returned"] else segment
