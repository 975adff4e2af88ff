"""What requests about projects hold, and their answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from coterie.serve.forms import Form, Line, Said
from coterie.serve.projects.rows import Order

__all__ = [
    "ColumnsChosen",
    "NameRequest",
    "ProjectAnswer",
    "ProjectChange",
    "ProjectsAnswer",
    "RowsRequest",
    "TrainRequest",
]

_MOST_ROWS = 200
Title = Annotated[str, Field(min_length=1, max_length=200)]


class ProjectAnswer(Said):
    """A project as it stands."""

    id: str
    title: str
    created: str
    file: str = Field(description="Name of the file that was uploaded.")
    bytes: int
    rows: int | None = Field(description="Rows with a place on the map.")
    state: Literal["new", "queued", "running", "done", "failed", "cancelled"]
    progress: dict[str, Any] = Field(
        description="stage, done, total, step, steps, seconds_left of the whole work."
    )
    error: str
    notes: list[str]
    columns: dict[str, Any] = Field(description="What was chosen of the table.")
    groups: int | None = Field(description="Number of segments.")
    frozen: bool
    searchable: bool
    editable: bool
    own: bool = Field(description="Whether it was made here, and not by a recipe.")
    models: list[str] = Field(description="Models that were trained on it.")
    report: bool = Field(description="Whether there is a page of the discovery.")


class ProjectsAnswer(Said):
    """The projects of the service, the newest first."""

    projects: list[ProjectAnswer]


class ProjectChange(Form):
    """What is changed of a project."""

    title: Title


class ColumnsChosen(Form):
    """What is what in the table, and how segments are found in it."""

    text: Line = Field(description="Column of the text.")
    id: Line | None = Field(default=None, description="Column of unique ids.")
    labels: list[Line] = Field(default=[], max_length=20, description="Columns of labels.")
    time: Line | None = Field(default=None, description="Column of dates or times.")
    person: Line | None = Field(
        default=None, description="Column of a person, whose rows become one record."
    )
    sheet: Line | None = Field(default=None, description="Sheet of an Excel workbook.")
    encoder: Literal["minilm", "multilingual", "static", "tfidf"] = "minilm"
    groups: int | None = Field(default=None, ge=1, le=5000, description="Number of segments.")
    show_personal: bool = Field(
        default=False, description="Whether names, addresses and numbers are shown unmasked."
    )


class TrainRequest(Form):
    """Which model to train on a project."""

    name: Line = Field(min_length=1, description="Of the model; a known one gets a new version.")
    labels: Line = Field(
        default="segments", description="'segments', or the column that is to be predicted."
    )
    kind: Literal["linear", "few-shot", "mlp", "contrastive", "auto"] = "linear"
    note: Annotated[str, Field(max_length=500)] = ""


class NameRequest(Form):
    """Which language model names the segments."""

    llm: Line


class RowsRequest(Form):
    """Rows by their places on the map, or a page of a segment's rows."""

    at: list[int] | None = Field(
        default=None, max_length=_MOST_ROWS, description="Places of rows, from 0."
    )
    segment: Line | None = Field(
        default=None, description="Id of a segment; '' for rows outside of all of them."
    )
    offset: int = Field(default=0, ge=0, le=2**31)
    limit: int = Field(default=50, ge=1, le=_MOST_ROWS)
    order: Order = "row"
    q: Annotated[str, Field(max_length=1000)] = Field(default="", description="Words to contain.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.at is not None and (self.segment is not None or self.q):
            raise ValueError("'at' names rows, so that there is nothing to look for")
        return self
