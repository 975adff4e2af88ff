"""Tools that edit the segments of a project; each edit is in its history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from coterie.integrations.mcp.answers import Edited
from coterie.integrations.mcp.arguments import ProjectName, RowNumbers, SegmentName
from coterie.integrations.mcp.looking import as_change
from coterie.integrations.mcp.source import Source
from coterie.integrations.mcp.texts import plain

__all__ = ["EDITS", "Editing"]

EDITS = (
    *("rename_segment", "merge_segments", "split_segment", "create_segment", "move_rows"),
    *("set_parent", "undo_edit", "redo_edit"),
)
"""Names of the tools, in the order in which an assistant gets them."""

NewName: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=200, description="The name, which no other segment has.")
]
State: TypeAlias = Annotated[
    str | None,
    Field(
        max_length=200,
        description="State that was looked at, from list_segments or the last edit: the edit is "
        "refused if somebody edited since.",
    ),
]


class Editing:
    """Tools that edit.

    Parameters
    ----------
    source
        What is edited.
    by
        Who the history says did it.
    """

    def __init__(self, source: Source, by: str) -> None:
        self._source, self._by = source, by

    @property
    def tools(self) -> Sequence[Any]:
        """The tools that `EDITS` names."""
        return [getattr(self, name) for name in EDITS]

    def rename_segment(
        self,
        project: ProjectName,
        segment: SegmentName,
        name: NewName,
        description: Annotated[
            str | None, Field(max_length=2000, description="A new one; null keeps the old one.")
        ] = None,
        state: State = None,
    ) -> Edited:
        """Give a segment another name; its rows stay."""
        said = {} if description is None else {"description": plain(description, 2000)}
        return self._edit(project, "rename", state, segment=segment, name=plain(name), **said)

    def merge_segments(
        self,
        project: ProjectName,
        segments: Annotated[list[SegmentName], Field(min_length=2, max_length=1000)],
        name: NewName | None = None,
        state: State = None,
    ) -> Edited:
        """Make one segment of several; the first one's id stays, and its name if none is given."""
        said = {} if name is None else {"name": plain(name)}
        return self._edit(project, "merge", state, segments=segments, **said)

    def split_segment(
        self,
        project: ProjectName,
        segment: SegmentName,
        into: Annotated[int, Field(ge=2, le=100, description="How many parts.")] = 2,
        state: State = None,
    ) -> Edited:
        """Split a segment into parts of similar texts, which get names of their own."""
        return self._edit(project, "split", state, segment=segment, into=into)

    def create_segment(
        self, project: ProjectName, name: NewName, rows: RowNumbers, state: State = None
    ) -> Edited:
        """Make a new segment of some rows; rows that are like them may follow."""
        return self._edit(project, "create", state, name=plain(name), at=rows)

    def move_rows(
        self, project: ProjectName, rows: RowNumbers, to: SegmentName, state: State = None
    ) -> Edited:
        """Move rows to another segment."""
        return self._edit(project, "move", state, at=rows, to=to)

    def set_parent(
        self,
        project: ProjectName,
        segment: SegmentName,
        parent: Annotated[
            str, Field(max_length=200, description="The coarser group; '' for none.")
        ],
        state: State = None,
    ) -> Edited:
        """Put a segment under a coarser group, which is only a name."""
        return self._edit(project, "parent", state, segment=segment, name=plain(parent))

    def undo_edit(self, project: ProjectName, state: State = None) -> Edited:
        """Take back the last edit of the segments, whoever made it: look at history first."""
        return self._edit(project, "undo", state)

    def redo_edit(self, project: ProjectName, state: State = None) -> Edited:
        """Make the edit again that was taken back last."""
        return self._edit(project, "redo", state)

    def _edit(self, project: str, kind: str, state: str | None, **options: Any) -> Edited:
        grouping = self._source.open(project).grouping
        done = grouping.edit(kind, options, by=self._by, tag=state)
        grouping.catch_up()
        made = grouping.history()[-len(done["changes"]) :] if done["changes"] else []
        return Edited(
            changes=[as_change(each) for each in made],
            moved=done["moved"],
            segments=len(done["segments"]),
            state=grouping.current()[1],
        )
