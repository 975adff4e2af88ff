"""The sentences of the page of a refresh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coterie.formatting import counted, percent
from coterie.segments import Segment
from coterie.workflows.refreshing.refresh import RefreshResult

OVERVIEW_TITLE = "In short"
NEW_TITLE = "New segments"
CHANGES_TITLE = "What became of each segment"
MAP_TITLE = "The map"
SET_ASIDE_TITLE = "Rows set aside"
MADE_TITLE = "How this was made"

NEW_INTRO = (
    "Groups of new rows to which no earlier row with a segment belongs, large and clear enough to "
    "be found again in other rows."
)
CHANGES_INTRO = (
    "A segment grew or shrank where chance alone would seldom change its share as much. It has "
    "vanished where, besides, less than a tenth of its earlier share is left."
)
CHANGES_NOTE = (
    "The p-value is that of Fisher's exact test, corrected for the number of segments (Holm); a "
    "segment has vanished by the test in one direction."
)
MAP_INTRO = "New rows are coloured by their segment; earlier rows are grey."

_NAMED = 5


def title_of(result: RefreshResult) -> str:
    """Say what met what."""
    title = result.before.figures.making.title or result.before.figures.table.source
    return f"{title}: refreshed with {result.period}"


def summary(result: RefreshResult) -> str:
    """Say what the new rows changed."""
    return "\n\n".join(filter(None, (_rows(result), _changes(result), _left_out(result))))


def headline(result: RefreshResult) -> str:
    """Say it in one line."""
    new = len(result.matched.fresh)
    if not new:
        return f"Nothing new: all {counted(len(result.dataset.records), 'row')} are there already."
    return f"{counted(new, 'new row')} in {counted(len(result.segmentation), 'segment')}"


def _rows(result: RefreshResult) -> str:
    matched, told = result.matched, [f"{headline(result)}."]
    if not len(matched.fresh):
        return told[0].replace("..", ".")
    if len(matched.again):
        by = "id" if matched.by_id else "text"
        told.append(
            f"{counted(len(matched.again), 'other row')} of {result.dataset.records.source} "
            f"{_are(len(matched.again))} there already, by {by}, and not counted again."
        )
    if matched.altered:
        told.append(
            f"{matched.altered:,} of them {'has' if matched.altered == 1 else 'have'} another text "
            "now: the earlier text stays."
        )
    if matched.known_texts:
        told.append(
            f"{counted(matched.known_texts, 'new row')} {_have(matched.known_texts)} a text that "
            "an earlier row has too."
        )
    fresh = result.answers.statuses[matched.fresh]
    inside = float((fresh != "outside").mean())
    told.append(f"{percent(inside)} of the new rows are in a segment.")
    return " ".join(told)


def _changes(result: RefreshResult) -> str:
    told = []
    if new := result.segments_that("new"):
        rows = sum(result.changes.loc[result.changes["change"] == "new", "rows_now"])
        held = f"{counted(len(new), 'segment')} {_are(len(new))} new"
        told.append(f"{held}, with {counted(rows, 'new row')}: {_list(new)}.")
    if result.taken:
        told.append(
            f"{result.taken:,} of these rows would have been in an old segment, which fits them "
            "less."
        )
    if result.joined:
        told.append(f"{counted(result.joined, 'earlier row')} that fitted no segment joined them.")
    for kind, verb in (("vanished", "vanished"), ("returned", "returned")):
        if found := result.segments_that(kind):
            told.append(f"{counted(len(found), 'segment')} {verb}: {_list(found)}.")
    grew, shrank = (len(result.segments_that(kind)) for kind in ("grew", "shrank"))
    if grew or shrank:
        told.append(f"{grew:,} grew and {shrank:,} shrank significantly.")
    elif len(result.matched.fresh) and not told:
        told.append("No segment changed significantly.")
    return " ".join(told)


def _left_out(result: RefreshResult) -> str:
    return " ".join(left_out(result))


def left_out(result: RefreshResult) -> Iterator[str]:
    """Say which groups did not become segments, and why."""
    renewal = result.renewal
    if renewal is None:
        return
    if renewal.waiting:
        groups = [f"{s.name} ({s.size:,})" for s in renewal.waiting[:_NAMED]]
        yield (
            f"{counted(len(renewal.waiting), 'group')} would be new segments: {', '.join(groups)}. "
            "The segmentation is frozen: to add them, make a draft with coterie segments thaw, and "
            "refresh that."
        )
    if renewal.known_groups:
        there = counted(renewal.known_groups, "group")
        yield (
            f"{there} of rows outside {_are(renewal.known_groups)} no more frequent than among "
            "the earlier rows outside, and not added."
        )
    if renewal.small_groups:
        yield (
            f"{counted(renewal.small_groups, 'group')} {_are(renewal.small_groups)} below the "
            "smallest share (--min-share), and not added."
        )


def _list(segments: Sequence[Segment]) -> str:
    names = [segment.name for segment in segments[:_NAMED]]
    more = len(segments) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
