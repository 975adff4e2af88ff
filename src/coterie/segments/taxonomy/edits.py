"""Edits of a segmentation: each returns a new one, and records itself in its history."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from coterie.encoders import Vectors
from coterie.errors import SegmentError, StoreError
from coterie.segments.assignments import Assignments
from coterie.segments.model import Change, Segment, Segmentation
from coterie.segments.naming.names import describe_segments
from coterie.segments.naming.people import openings
from coterie.segments.taxonomy.lookup import find, fold, next_ids, retired
from coterie.segments.taxonomy.routes import add_pins, grow_node, lead_to
from coterie.segments.taxonomy.rows import ROWS, StoredRows

__all__ = [
    "counted",
    "freeze",
    "merge",
    "move",
    "move_stored",
    "rename",
    "set_parent",
    "sign",
    "split",
    "split_stored",
    "thaw",
]

_SHOWN = 8  # terms and exemplars of a merged segment


def rename(
    segmentation: Segmentation, segment: str, name: str, description: str | None = None
) -> Segmentation:
    """Give a segment another name.

    Parameters
    ----------
    segmentation, segment
        The draft to edit, and a segment by its id or name.
    name, description
        The new ones. No other segment may have the name as name or id; None keeps the description.

    Raises
    ------
    SegmentError
        When the segmentation is frozen, there is no such segment, or the name is blank or taken.
    """
    old = _open(segmentation, segment)
    new = replace(old, name=_free_name(segmentation, name, [old.id]))
    details = {"segment": old.id, "from": old.name, "to": new.name}
    if description is not None:
        new = replace(new, description=description)
        details["description"] = description
    return _edited(segmentation, "rename", details, segments=_with(segmentation, new))


def set_parent(segmentation: Segmentation, segment: str, parent: str) -> Segmentation:
    """Put a segment under a coarser group; ``""`` takes it out.

    Raises
    ------
    SegmentError
        When the segmentation is frozen or there is no such segment.
    """
    old = _open(segmentation, segment)
    new = replace(old, parent=parent.strip())
    details = {"segment": old.id, "from": old.parent, "to": new.parent}
    return _edited(segmentation, "set parent", details, segments=_with(segmentation, new))


def merge(
    segmentation: Segmentation, segments: Sequence[str], name: str | None = None
) -> Segmentation:
    """Make one segment of several; the id of the first stays, the others are retired.

    Every row of the segments is in it afterwards, and no other row moves.

    Parameters
    ----------
    segmentation, segments
        The draft to edit, and ids or names of two different segments at least.
    name
        Of the merged segment; None keeps that of the first one.

    Raises
    ------
    SegmentError
        When the segmentation is frozen, there is no such segment, fewer than two are named, or
        the name is taken.
    """
    found = {s.id: s for s in (_open(segmentation, segment) for segment in segments)}
    if len(found) < 2:
        raise SegmentError("A merge needs two different segments at least: name another one.")
    first, *gone = found.values()
    lost = {s.id: s.name for s in gone}
    merged = replace(
        first,
        name=first.name if name is None else _free_name(segmentation, name, list(found)),
        terms=_interleaved([s.terms for s in found.values()]),
        exemplars=_interleaved([s.exemplars for s in found.values()]),
        size=sum(s.size for s in found.values()),
    )
    kept = tuple(s for s in _with(segmentation, merged) if s.id not in lost)
    router = lead_to(segmentation.router, list(lost), first.id)
    details = {"into": first.id, "retired": lost, "from": first.name, "name": merged.name}
    return _edited(segmentation, "merge", details, segments=_largest_first(kept), router=router)


def split(
    segmentation: Segmentation,
    segment: str,
    vectors: Vectors,
    into: int = 2,
    *,
    names: Sequence[str] | None = None,
    texts: Sequence[str] | None = None,
    shown: Sequence[str] | None = None,
    show_personal: bool = False,
    seed: int = 0,
) -> Segmentation:
    """Make several segments of one, by spherical k-means on the rows it holds.

    The old id is retired, and the parts get new ones. Rows of other segments do not move. Rows
    that were moved into the segment go to the nearest part.

    Parameters
    ----------
    segmentation, segment
        The draft to edit, and a segment by its id or name.
    vectors
        Shape (n, dim), unit length: all rows of the table.
    into
        Number of parts.
    names
        Of the parts, the largest first; by default those of `describe_segments`, or without texts
        the old name with a number.
    texts
        n texts of the rows, to describe the parts; None leaves them without terms.
    shown
        The texts as they were written, where ``texts`` were cleaned.
    show_personal
        Whether the parts may be described with personal data, which is masked otherwise.
    seed
        Random seed of k-means.

    Raises
    ------
    EncoderMismatchError
        When the vectors are of another width than the segmentation's.
    SegmentError
        When the segmentation is frozen, there is no such segment, a name is taken, or the rows
        do not make that many different parts.

    Notes
    -----
    O(rows of the segment · into · dim) for each of at most 300 rounds, four times over.
    """
    old = _open(segmentation, segment)
    if into < 2:
        raise SegmentError(f"A split makes two parts at least, not {into}: ask for more.")
    if names is not None and len(names) != into:
        raise SegmentError(f"{len(names)} names for {into} parts: give one name for each part.")
    rows = np.flatnonzero(segmentation.predict(vectors).segments == old.id)
    ids = next_ids(segmentation, into)
    router = grow_node(segmentation.router, old.id, vectors[rows], ids, seed=seed)
    others = tuple(s for s in segmentation.segments if s.id != old.id)
    after = router.route(vectors)
    codes = after.codes([*ids, *(s.id for s in others)])
    sizes = [int((codes == part).sum()) for part in range(into)]
    if not all(sizes):
        raise SegmentError(
            f"{old.name or old.id} has {len(rows):,} rows, which do not make {into} different "
            "parts: ask for fewer."
        )
    parts = [
        Segment(new, f"{old.name or old.id} {number}", parent=old.parent, size=size)
        for number, (new, size) in enumerate(zip(ids, sizes, strict=True), start=1)
    ]
    if texts is not None:
        whole = texts
        if segmentation.encoder.pooling == "row":
            texts = [openings(text) for text in texts]
        described = describe_segments(
            texts, codes, vectors, seed=seed, shown=shown or whole, show_personal=show_personal
        )
        pairs = zip(parts, described[:into], strict=True)
        parts = [replace(part, **asdict(about)) for part, about in pairs]
    drafted = replace(segmentation, segments=others)
    for place, part in enumerate(parts):
        name = _unlike_others(drafted, part.name) if names is None else names[place]
        named = replace(part, name=_free_name(drafted, name, []))
        drafted = replace(drafted, segments=(*drafted.segments, named))
    details = {
        "retired": {old.id: old.name},
        "into": list(ids),
        "names": [s.name for s in drafted.segments[len(others) :]],
        "seed": seed,
    }
    return _edited(
        segmentation, "split", details, segments=_largest_first(drafted.segments), router=router
    )


def split_stored(
    segmentation: Segmentation,
    segment: str,
    rows: StoredRows | None,
    into: int = 2,
    *,
    names: Sequence[str] | None = None,
    seed: int = 0,
) -> Segmentation:
    """Split a segment by the rows of its folder, see `split`; `StoreError` where there are none."""
    found = _stored(rows)
    told = any(found.texts)
    return split(
        segmentation,
        segment,
        found.vectors,
        into,
        names=names,
        texts=found.texts.tolist() if told else None,
        shown=found.shown.tolist() if told else None,
        show_personal=found.show_personal,
        seed=seed,
    )


def move(
    segmentation: Segmentation, vectors: Vectors, to: str, *, rows: Sequence[str] = ()
) -> Segmentation:
    """Pin rows to a segment, and with them texts that are nearly the same.

    Sizes stay as they were: update them with `counted`.

    Parameters
    ----------
    segmentation, to
        The draft to edit, and the segment by its id or name.
    vectors
        Shape (m, dim), unit length: the rows to move.
    rows
        Ids of the rows, for the history.

    Raises
    ------
    EncoderMismatchError
        When the vectors are of another width than the segmentation's.
    SegmentError
        When the segmentation is frozen, there is no such segment, or no row is given.
    """
    goal = _open(segmentation, to)
    came_from = segmentation.predict(vectors).segments
    if not len(vectors):
        raise SegmentError("There is no row to move: name one at least.")
    counts = {str(s): int((came_from == s).sum()) for s in dict.fromkeys(came_from)}
    details: dict[str, Any] = {"to": goal.id, "from": counts}
    if len(rows):
        details["rows"] = [str(row) for row in rows]
    router = add_pins(segmentation.router, vectors, goal.id)
    return _edited(segmentation, "move", details, router=router)


def move_stored(
    segmentation: Segmentation, ids: Sequence[str], to: str, rows: StoredRows | None
) -> Segmentation:
    """Move rows of a folder by their ids, see `move`; `StoreError` where there are none."""
    found = _stored(rows)
    return move(segmentation, found.vectors[found.places(ids)], to, rows=ids)


def freeze(segmentation: Segmentation) -> Segmentation:
    """Allow no further edits; a frozen segmentation stays as it is."""
    if segmentation.frozen:
        return segmentation
    details = {"segments": [s.id for s in segmentation.segments]}
    return replace(_edited(segmentation, "freeze", details), frozen=True)


def thaw(segmentation: Segmentation) -> Segmentation:
    """Make a draft of a frozen segmentation, which itself stays; a draft stays as it is."""
    if not segmentation.frozen:
        return segmentation
    return _edited(replace(segmentation, frozen=False), "thaw", {})


def sign(before: Segmentation, after: Segmentation, by: str | None = None) -> Segmentation:
    """Record who made the edits that lead from one segmentation to another.

    Parameters
    ----------
    before, after
        As it was, and as the edits left it.
    by
        A name; that of the user of this computer when None.
    """
    known = len(before.history)
    name = _user() if by is None else " ".join(by.split())
    signed = (replace(change, by=name) for change in after.history[known:])
    return replace(after, history=(*after.history[:known], *signed))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no account, as in some containers
        return ""


def counted(segmentation: Segmentation, assignments: Assignments) -> Segmentation:
    """Update the sizes, and put the largest segment first. No edit, so not recorded."""
    sizes = Counter(assignments.segments.tolist())
    fresh = tuple(replace(s, size=sizes[s.id]) for s in segmentation.segments)
    return replace(segmentation, segments=_largest_first(fresh))


def _stored(rows: StoredRows | None) -> StoredRows:
    if rows is None:
        raise StoreError(f"The folder has no {ROWS}, which this edit needs: discover again.")
    return rows


def _open(segmentation: Segmentation, wanted: str) -> Segment:
    _refuse_frozen(segmentation)
    return find(segmentation, wanted)


def _refuse_frozen(segmentation: Segmentation) -> None:
    if segmentation.frozen:
        raise SegmentError(
            "The segmentation is frozen, because classifiers may rely on its ids: make a draft "
            "with coterie segments thaw (found.thaw()) and edit that."
        )


def _edited(
    segmentation: Segmentation, what: str, details: Mapping[str, Any], **changes: Any
) -> Segmentation:
    _refuse_frozen(segmentation)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    history = (*segmentation.history, Change(now, what, details))
    return replace(segmentation, history=history, **changes)


def _with(segmentation: Segmentation, new: Segment) -> tuple[Segment, ...]:
    return tuple(new if s.id == new.id else s for s in segmentation.segments)


def _largest_first(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    return tuple(sorted(segments, key=lambda s: -s.size))


def _free_name(segmentation: Segmentation, name: str, own: Sequence[str]) -> str:
    """Check that no segment but those of ``own`` has a name."""
    name = " ".join(name.split())
    if not name:
        raise SegmentError("A segment's name cannot be blank: write a name.")
    for other in segmentation.segments:
        if other.id not in own and fold(name) in (fold(other.name), fold(other.id)):
            raise SegmentError(
                f"{name!r} is the name or id of segment {other.id}: choose another name."
            )
    if name in retired(segmentation):
        raise SegmentError(f"{name!r} is the id of a retired segment: choose another name.")
    return name


def _unlike_others(segmentation: Segmentation, name: str) -> str:
    """Add to a name the first number that makes it unlike all others."""
    taken = {fold(key) for s in segmentation.segments for key in (s.name, s.id)}
    free, number = name, 1
    while fold(free) in taken or free in retired(segmentation):
        number += 1
        free = f"{name} {number}"
    return free


def _interleaved(parts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Take the first of each, then the second of each, without doubles."""
    longest = max(map(len, parts))
    every = [part[place] for place in range(longest) for part in parts if place < len(part)]
    return tuple(dict.fromkeys(every))[:_SHOWN]
