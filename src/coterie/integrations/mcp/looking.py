"""Tools that look at projects: their segments, rows and edits, and where new texts belong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from coterie.integrations.mcp.answers import (
    Assigned,
    Assignments,
    Change,
    History,
    ProjectList,
    ProjectShown,
    Row,
    RowList,
    SegmentList,
    SegmentShown,
    SegmentWithRows,
    Trend,
)
from coterie.integrations.mcp.arguments import Limit, Offset, ProjectName, SegmentName, Text
from coterie.integrations.mcp.source import Source
from coterie.integrations.mcp.texts import LONG, fitting, part, plain, plain_cells, without_paths
from coterie.personal import hiding, mask
from coterie.segments.taxonomy.lookup import find
from coterie.serve.projects.projects import Opened
from coterie.serve.projects.showing import overview, show_rows

__all__ = ["Looking", "as_change"]

_WHOLE = 20_000  # characters of a row that is shown alone
_PERCEIVED = 8  # terms and examples of a segment
Order = Annotated[
    Literal["row", "confidence", "-confidence"],
    Field(description="By number, by rising or by falling (-) confidence."),
]


class Looking:
    """Tools that only read."""

    def __init__(self, source: Source) -> None:
        self._source = source

    @property
    def tools(self) -> Sequence[Any]:
        """The tools, in the order in which an assistant gets them."""
        return (
            self.list_projects,
            self.list_segments,
            self.show_segment,
            self.find_rows,
            self.show_row,
            self.assign,
            self.history,
        )

    def list_projects(self, offset: Offset = 0) -> ProjectList:
        """List the projects: tables of customer texts whose rows were put into named segments.

        Begin here: all other tools about segments and rows take the id or title of a project.
        """
        projects = self._source.projects
        every = projects.all()
        found = [self._shown(projects.describe(each)) for each in every[offset : offset + 100]]
        kept = fitting(found)
        return ProjectList(**part(len(every), offset, len(kept)), projects=kept)

    def list_segments(self, project: ProjectName, offset: Offset = 0) -> SegmentList:
        """List the segments of a project with their names, typical words and sizes.

        The largest come first. Use show_segment for examples, rows and sizes over time.
        """
        found, tag = overview(self._source.open(project))
        every = found["segments"]
        kept = fitting([_segment(each) for each in every[offset:]])
        return SegmentList(
            **part(len(every), offset, len(kept)),
            title=plain(found["title"]),
            rows=found["rows"],
            outside=found["outside"],
            frozen=found["frozen"],
            state=tag,
            segments=kept,
        )

    def show_segment(
        self,
        project: ProjectName,
        segment: SegmentName,
        offset: Offset = 0,
        limit: Limit = 10,
        order: Order = "-confidence",
    ) -> SegmentWithRows:
        """Show a segment: typical texts and words, its size over time, and a page of its rows."""
        opened = self._source.open(project)
        key = find(opened.grouping.current()[0], segment).id
        found, _ = overview(opened)
        shown = next(each for each in found["segments"] if each["id"] == key)
        total, places = opened.rows.listed(key, offset=offset, limit=limit, order=order)
        rows = _rows(opened, places.tolist())
        return SegmentWithRows(
            **part(total, offset, len(rows)),
            segment=_segment(shown),
            examples=[plain(each, LONG) for each in shown["exemplars"][:_PERCEIVED]],
            trend=_trend(shown["trend"], found["trend"]),
            rows=rows,
        )

    def find_rows(
        self,
        project: ProjectName,
        words: Annotated[
            str,
            Field(max_length=1000, description="Words that a row has, all of them; '' for all."),
        ] = "",
        segment: Annotated[
            str | None,
            Field(max_length=200, description="Only rows of this segment; '' for those in none."),
        ] = None,
        offset: Offset = 0,
        limit: Limit = 20,
        order: Order = "row",
    ) -> RowList:
        """Find the rows of a project whose text or id contains all words, letter by letter.

        This counts exactly: total is how many rows contain them. Use search for meaning.
        """
        opened = self._source.open(project)
        key = find(opened.grouping.current()[0], segment).id if segment else segment
        total, places = opened.rows.listed(
            key, offset=offset, limit=limit, order=order, words=words
        )
        rows = _rows(opened, places.tolist())
        return RowList(**part(total, offset, len(rows)), rows=rows)

    def show_row(
        self,
        project: ProjectName,
        row: Annotated[int, Field(ge=0, le=2**31, description="Number of the row.")],
    ) -> RowList:
        """Show one row with its whole text and all values; other tools cut long texts."""
        rows = _rows(self._source.open(project), [row], _WHOLE)
        return RowList(**part(1, 0, 1), rows=rows)

    def assign(
        self,
        project: ProjectName,
        texts: Annotated[list[Text], Field(min_length=1, max_length=100)],
    ) -> Assignments:
        """Say which segment of a project new texts belong to; nothing is added to the project."""
        found = self._source.open(project).grouping.assign(texts)
        return Assignments(
            assignments=[
                Assigned(
                    segment=each["segment"] or "",
                    name=plain(each.get("name", "")),
                    status=each["status"],
                    confidence=each.get("confidence"),
                    reason=each.get("reason", ""),
                )
                for each in found
            ]
        )

    def history(self, project: ProjectName, offset: Offset = 0) -> History:
        """List the edits of a project's segments with when, by whom and what; the newest first."""
        every = self._source.open(project).grouping.history()[::-1]
        kept = fitting([as_change(each) for each in every[offset : offset + 1000]])
        return History(**part(len(every), offset, len(kept)), changes=kept)

    def _shown(self, found: Mapping[str, Any]) -> ProjectShown:
        return ProjectShown(
            id=found["id"],
            title=plain(found["title"]),
            file=plain(found["file"]),
            created=found["created"],
            state=found["state"],
            error=without_paths(plain(found["error"], LONG), self._source.home),
            rows=found["rows"],
            segments=found["groups"],
            frozen=found["frozen"],
            searchable=found["searchable"],
            models=list(found["models"]),
        )


def as_change(change: Mapping[str, Any]) -> Change:
    """Give an edit as it is shown."""
    return Change(
        when=change["when"],
        by=plain(change["by"] or "Somebody"),
        what=change["what"],
        words=plain(mask(change["words"]), LONG),
    )


def _segment(found: Mapping[str, Any]) -> SegmentShown:
    return SegmentShown(
        id=found["id"],
        name=plain(found["name"] or found["id"]),
        description=plain(found["description"], LONG),
        terms=[plain(each) for each in found["terms"][:_PERCEIVED]],
        parent=plain(found["parent"]),
        size=found["size"],
        share=round(found["share"], 4),
        confidence=found["confidence"],
        vanished=found["vanished"],
    )


def _trend(rows: Sequence[int], about: Mapping[str, Any] | None) -> Trend | None:
    if about is None or not rows:
        return None
    since, until = (
        datetime.fromtimestamp(about[end] / 1000, UTC).isoformat(timespec="seconds")
        for end in ("from", "to")
    )
    return Trend(since=since, until=until, unit=about["unit"], rows=list(rows))


def _rows(opened: Opened, places: Sequence[int], most: int = LONG) -> list[Row]:
    hide = hiding(show_personal=opened.rows.shows_personal)
    return fitting(
        [
            Row(
                row=each.at,
                id=plain(hide(each.id)),
                text=plain(each.text, most),
                segment=each.segment,
                segment_name=plain(each.name),
                confidence=each.confidence,
                status=each.status,
                values=plain_cells(each.values, hide, min(most, LONG)),
            )
            for each in show_rows(opened, places)
        ]
    )
