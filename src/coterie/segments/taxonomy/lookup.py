"""Find a segment by its id or its name, and ids that were never used."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from coterie.errors import SegmentError
from coterie.segments.model import Change, Segment, Segmentation

__all__ = ["REDO", "UNDO", "changes_of", "find", "fold", "next_ids", "retired", "standing"]

UNDO, REDO = "undo", "redo"
"""Changes that take others back, and make them again; ``changes`` are their places."""

_NUMBERED = re.compile(r"s(\d+)", re.ASCII)
_TOUCHED = ("segment", "into", "retired", "to", "from", "added", "vanished", "returned")
_VERBS = {"merge": "merged", "split": "split"}


def find(segmentation: Segmentation, wanted: str) -> Segment:
    """Find a segment by its id or its name, also in other capitals or spaces.

    Raises
    ------
    SegmentError
        When there is none, or several of that name; the message says which are near, and what
        became of a segment that was retired.
    """
    segments = segmentation.segments
    for found in (
        [s for s in segments if s.id == wanted],
        [s for s in segments if s.name == wanted],
        [s for s in segments if s.id == wanted.lower()],
        [s for s in segments if fold(s.name) == fold(wanted)],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(s.id for s in found)
            raise SegmentError(f"{len(found)} segments are named {wanted!r}: use an id, {ids}.")
    raise SegmentError(f"No segment has the id or name {wanted!r}: {_hint(segmentation, wanted)}")


def standing(history: Sequence[Change]) -> tuple[Change, ...]:
    """Give the changes that are in force: those that were not undone, or that were redone."""
    undone: set[int] = set()
    for change in history:
        if change.what == UNDO:
            undone |= set(change.details["changes"])
        elif change.what == REDO:
            undone -= set(change.details["changes"])
    return tuple(
        change
        for place, change in enumerate(history)
        if place not in undone and change.what not in (UNDO, REDO)
    )


def retired(segmentation: Segmentation) -> Mapping[str, str]:
    """Ids that are no longer in use, each with what became of it: ``"merged into s01"``."""
    fates: dict[str, str] = {}
    for change in segmentation.history:
        fates |= dict.fromkeys(
            (*_added(change), *change.details.get("retired", ())), "taken back by an undo"
        )
    for change in standing(segmentation.history):
        into = change.details.get("into", ())
        heirs = into if isinstance(into, str) else ", ".join(into)
        said = f"{_VERBS[change.what]} into {heirs}" if change.what in _VERBS else "replaced"
        fates |= dict.fromkeys(change.details.get("retired", ()), said)
    present = {segment.id for segment in segmentation.segments}
    return {gone: fate for gone, fate in fates.items() if gone not in present}


def _added(change: Change) -> Sequence[str]:
    """Ids that a change gave to new segments."""
    into = change.details.get("into", ())
    return (*change.details.get("added", ()), *(() if isinstance(into, str) else into))


def changes_of(segmentation: Segmentation, segment_id: str) -> tuple[Change, ...]:
    """Find the changes that had to do with a segment, the first one first."""
    history = segmentation.history
    found: list[Change] = []
    for change in history:
        covered = [change]
        if change.what in (UNDO, REDO):
            covered = [history[place] for place in change.details["changes"]]
        if any(segment_id in _touched(each) for each in covered):
            found.append(change)
    return tuple(found)


def _touched(change: Change) -> set[str]:
    touched: set[str] = set()
    for key in _TOUCHED:
        named = change.details.get(key, ())
        touched |= {named} if isinstance(named, str) else set(named)
    return touched


def next_ids(segmentation: Segmentation | None, n: int) -> tuple[str, ...]:
    """Make n ids, ``s01``, ``s02`` …, above all that are or were used; None has used none."""
    used: set[str] = set()
    if segmentation is not None:
        used = {s.id for s in segmentation.segments} | set(retired(segmentation))
    numbers = [int(match[1]) for match in map(_NUMBERED.fullmatch, used) if match]
    first = max(numbers, default=0) + 1
    return tuple(f"s{number:02d}" for number in range(first, first + n))


def fold(name: str) -> str:
    """Write a name as it is compared: small letters, single spaces."""
    return " ".join(name.casefold().split())


def _hint(segmentation: Segmentation, wanted: str) -> str:
    fate = retired(segmentation).get(wanted)
    if fate is not None:
        return f"it was {fate}."
    known = {fold(key): key for s in segmentation.segments for key in (s.id, s.name)}
    near = difflib.get_close_matches(fold(wanted), known, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(known[key] for key in near)}?"
    return f"the ids are {', '.join(s.id for s in segmentation.segments)}."
