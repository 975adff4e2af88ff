"""Edits of a segmentation: each returns a new one, and records itself in its history."""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from coterie.encoders import Vectors
from coterie.errors import SegmentError
from coterie.segments.assignments import Assignments
from coterie.segments.model import Segment, Segmentation
from coterie.segments.taxonomy.creation import create, create_stored
from coterie.segments.taxonomy.describing import describe_new
from coterie.segments.taxonomy.drafts import (
    edited,
    free_name,
    largest_first,
    open_segment,
    refuse_frozen,
    unlike_others,
    with_segment,
)
from coterie.segments.taxonomy.lookup import find, fold, next_ids, standing
from coterie.segments.taxonomy.routes import add_pins, grow_node, lead_to
from coterie.segments.taxonomy.rows import StoredRows, stored

__all__ = [
    "counted",
    "create",
    "create_stored",
    "freeze",
    "merge",
    "move",
    "move_stored",
    "named_by_hand",
    "rename",
    "rename_by_model",
    "set_parent",
    "sign",
    "split",
    "split_stored",
    "thaw",
]

NAMED, NAMED_FAMILY = "name", "name family"
"""Edits that a language model made."""

_SHOWN = 8  # terms and exemplars of a merged segment
_NAMED_ROWS = 100  # ids of moved rows in the history, where they were given by their places


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
    old = open_segment(segmentation, segment)
    new = replace(old, name=free_name(segmentation, name, [old.id]))
    details = {"segment": old.id, "from": old.name, "to": new.name}
    if description is not None:
        new = replace(new, description=description)
        details["description"] = description
    return edited(segmentation, "rename", details, segments=with_segment(segmentation, new))


def rename_by_model(
    segmentation: Segmentation,
    names: Mapping[str, tuple[str, str]],
    families: Mapping[str, str],
    model: str,
) -> Segmentation:
    """Give segments and families the names that a language model found, in one edit each.

    Parameters
    ----------
    segmentation
        The draft to edit.
    names
        Id of a segment to its new name and description. They are checked together, so that two
        segments may exchange theirs.
    families
        Name of a family to its new one.
    model
        Who named them, for the history.

    Raises
    ------
    SegmentError
        When the segmentation is frozen, there is no such segment, a name is blank or taken, or two
        families would be one.
    """
    refuse_frozen(segmentation)
    olds = {key: find(segmentation, key) for key in names}
    blank = tuple(replace(s, name="") if s.id in names else s for s in segmentation.segments)
    drafted = replace(segmentation, segments=blank)
    for key, (name, description) in names.items():
        old = olds[key]
        new = replace(old, name=free_name(drafted, name, [old.id]), description=description)
        details = {"segment": old.id, "from": old.name, "to": new.name, "model": model}
        details["description"] = description
        drafted = edited(drafted, NAMED, details, segments=with_segment(drafted, new))
    after = {parent: parent for parent in {s.parent for s in segmentation.segments if s.parent}}
    after |= {family: " ".join(name.split()) for family, name in families.items()}
    if "" in after.values() or len(set(map(fold, after.values()))) < len(after):
        raise SegmentError("A family's name cannot be blank or that of another: choose another.")
    moved = tuple(replace(s, parent=after.get(s.parent, "")) for s in drafted.segments)
    for family in families:
        details = {"family": family, "to": after[family], "model": model}
        drafted = edited(drafted, NAMED_FAMILY, details, segments=moved)
    return drafted


def named_by_hand(segmentation: Segmentation) -> frozenset[str]:
    """Give the ids of the segments, and the names of the families, that a person named last."""
    found: set[str] = set()
    for change in standing(segmentation.history):
        about = change.details
        match change.what:
            case "rename":
                found.add(about["segment"])
            case "merge" if about.get("name") != about.get("from"):
                found.add(about["into"])
            case "split" if about.get("given"):
                found |= {*about["into"]}
            case "set parent":
                found.add(about["to"])
            case "create":
                found |= {*about["added"]}
    return frozenset(found)


def set_parent(segmentation: Segmentation, segment: str, parent: str) -> Segmentation:
    """Put a segment under a coarser group; ``""`` takes it out.

    Raises
    ------
    SegmentError
        When the segmentation is frozen or there is no such segment.
    """
    old = open_segment(segmentation, segment)
    new = replace(old, parent=parent.strip())
    details = {"segment": old.id, "name": old.name, "from": old.parent, "to": new.parent}
    return edited(segmentation, "set parent", details, segments=with_segment(segmentation, new))


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
    found = {s.id: s for s in (open_segment(segmentation, segment) for segment in segments)}
    if len(found) < 2:
        raise SegmentError("A merge needs two different segments at least: name another one.")
    first, *gone = found.values()
    lost = {s.id: s.name for s in gone}
    merged = replace(
        first,
        name=first.name if name is None else free_name(segmentation, name, list(found)),
        terms=_interleaved([s.terms for s in found.values()]),
        exemplars=_interleaved([s.exemplars for s in found.values()]),
        size=sum(s.size for s in found.values()),
        vanished=first.vanished if all(s.vanished for s in found.values()) else "",
    )
    kept = tuple(s for s in with_segment(segmentation, merged) if s.id not in lost)
    router = lead_to(segmentation.router, list(lost), first.id)
    details = {"into": first.id, "retired": lost, "from": first.name, "name": merged.name}
    return edited(segmentation, "merge", details, segments=largest_first(kept), router=router)


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
    old = open_segment(segmentation, segment)
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
        Segment(
            new,
            f"{old.name or old.id} {number}",
            parent=old.parent,
            size=size,
            vanished=old.vanished,
        )
        for number, (new, size) in enumerate(zip(ids, sizes, strict=True), start=1)
    ]
    if texts is not None:
        described = describe_new(
            segmentation.encoder,
            texts,
            codes,
            vectors,
            into,
            seed=seed,
            shown=shown,
            show_personal=show_personal,
        )
        pairs = zip(parts, described, strict=True)
        parts = [replace(part, **asdict(about)) for part, about in pairs]
    drafted = replace(segmentation, segments=others)
    for place, part in enumerate(parts):
        name = unlike_others(drafted, part.name) if names is None else names[place]
        named = replace(part, name=free_name(drafted, name, []))
        drafted = replace(drafted, segments=(*drafted.segments, named))
    details = {
        "retired": {old.id: old.name},
        "into": list(ids),
        "names": [s.name for s in drafted.segments[len(others) :]],
        "given": names is not None,
        "seed": seed,
    }
    return edited(
        segmentation, "split", details, segments=largest_first(drafted.segments), router=router
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
    found = stored(rows)
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
    goal = open_segment(segmentation, to)
    came_from = segmentation.predict(vectors).segments
    if not len(vectors):
        raise SegmentError("There is no row to move: name one at least.")
    counts = {str(s): int((came_from == s).sum()) for s in dict.fromkeys(came_from)}
    details: dict[str, Any] = {"to": goal.id, "name": goal.name, "from": counts}
    if len(rows):
        details["rows"] = [str(row) for row in rows]
    router = add_pins(segmentation.router, vectors, goal.id)
    return edited(segmentation, "move", details, router=router)


def move_stored(
    segmentation: Segmentation,
    ids: Sequence[str],
    to: str,
    rows: StoredRows | None,
    *,
    places: Sequence[int] = (),
) -> Segmentation:
    """Move rows of a folder by their ids or their places in it, see `move`.

    Raises `StoreError` where the folder has no rows.
    """
    found = stored(rows)
    chosen = found.chosen(ids, places)
    named = ids if len(ids) else found.ids[chosen[:_NAMED_ROWS]].tolist()
    return move(segmentation, found.vectors[chosen], to, rows=named)


def freeze(segmentation: Segmentation) -> Segmentation:
    """Allow no further edits; a frozen segmentation stays as it is."""
    if segmentation.frozen:
        return segmentation
    details = {"segments": [s.id for s in segmentation.segments]}
    return replace(edited(segmentation, "freeze", details), frozen=True)


def thaw(segmentation: Segmentation) -> Segmentation:
    """Make a draft of a frozen segmentation, which itself stays; a draft stays as it is."""
    if not segmentation.frozen:
        return segmentation
    return edited(replace(segmentation, frozen=False), "thaw", {})


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
    return replace(segmentation, segments=largest_first(fresh))


def _interleaved(parts: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Take the first of each, then the second of each, without doubles."""
    longest = max(map(len, parts))
    every = [part[place] for place in range(longest) for part in parts if place < len(part)]
    return tuple(dict.fromkeys(every))[:_SHOWN]
