"""What every edit does: it opens a draft, keeps names apart, and is recorded in the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from coterie.errors import SegmentError
from coterie.segments.model import Change, Segment, Segmentation
from coterie.segments.taxonomy.lookup import find, fold, retired

__all__ = [
    "edited",
    "free_name",
    "largest_first",
    "open_segment",
    "refuse_frozen",
    "unlike_others",
    "with_segment",
]


def open_segment(segmentation: Segmentation, wanted: str) -> Segment:
    """Find a segment of a draft by its id or name; `SegmentError` where it is frozen."""
    refuse_frozen(segmentation)
    return find(segmentation, wanted)


def refuse_frozen(segmentation: Segmentation) -> None:
    """Raise `SegmentError` where no edit is allowed."""
    if segmentation.frozen:
        raise SegmentError(
            "The segmentation is frozen, because classifiers may rely on its ids: make a draft "
            "with coterie segments thaw (found.thaw()) and edit that."
        )


def edited(
    segmentation: Segmentation, what: str, details: Mapping[str, Any], **changes: Any
) -> Segmentation:
    """Change a draft, and add the edit to its history."""
    refuse_frozen(segmentation)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    history = (*segmentation.history, Change(now, what, details))
    return replace(segmentation, history=history, **changes)


def with_segment(segmentation: Segmentation, new: Segment) -> tuple[Segment, ...]:
    """Give the segments, with a new one in the place of that with its id."""
    return tuple(new if s.id == new.id else s for s in segmentation.segments)


def largest_first(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Sort segments by size."""
    return tuple(sorted(segments, key=lambda s: -s.size))


def free_name(segmentation: Segmentation, name: str, own: Sequence[str]) -> str:
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


def unlike_others(segmentation: Segmentation, name: str) -> str:
    """Add to a name the first number that makes it unlike all others."""
    taken = {fold(key) for s in segmentation.segments for key in (s.name, s.id)}
    free, number = name, 1
    while fold(free) in taken or free in retired(segmentation):
        number += 1
        free = f"{name} {number}"
    return free
