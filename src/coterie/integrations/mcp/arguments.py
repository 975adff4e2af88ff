"""Arguments that several tools have in common."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

__all__ = ["Limit", "Offset", "ProjectName", "RowNumbers", "SegmentName", "Text", "Where"]

ProjectName: TypeAlias = Annotated[
    str, Field(max_length=200, description="Id or title of a project, see list_projects.")
]
SegmentName: TypeAlias = Annotated[
    str, Field(max_length=200, description="Id or name of a segment, see list_segments.")
]
Offset: TypeAlias = Annotated[
    int, Field(ge=0, le=2**31, description="How many to leave out: next_offset of the last answer.")
]
Limit: TypeAlias = Annotated[
    int, Field(ge=1, le=100, description="How many at most; long ones come in smaller parts.")
]
RowNumbers: TypeAlias = Annotated[
    list[Annotated[int, Field(ge=0, le=2**31)]],
    Field(min_length=1, max_length=1000, description="Numbers of rows, as 'row' of other tools."),
]
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=20_000)]
Where: TypeAlias = Annotated[
    str | None,
    Field(
        max_length=2000,
        description="Filter that every hit passes, on columns of list_columns: \"plan = 'paid' AND "
        'seats >= 5"; also IN, BETWEEN, CONTAINS, HAS, IS NULL, NOT, OR.',
    ),
]
