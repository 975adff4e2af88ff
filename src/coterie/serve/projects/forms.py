"""What requests about projects hold, and their answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from coterie.serve.forms import Form, Line, Said
from coterie.serve.projects.rows import Order

__all__ = [
    "ChangeAnswer",
    "ColumnAnswer",
    "ColumnsChosen",
    "EditedAnswer",
    "HitAnswer",
    "HitsAnswer",
    "LanguageModels",
    "NameRequest",
    "PreviewAnswer",
    "ProjectAnswer",
    "ProjectChange",
    "ProjectRow",
    "ProjectsAnswer",
    "RowsPage",
    "RowsRequest",
    "SegmentsAnswer",
    "TrainRequest",
]

_MOST_ROWS = 200
Title = Annotated[str, Field(min_length=1, max_length=200)]


class ProgressAnswer(Said):
    """How far work is."""

    stage: str = ""
    done: int = 0
    total: int | None = None
    step: int = Field(default=0, description="Number of the stage.")
    steps: int = Field(default=0, description="How many stages there are.")
    seconds_left: float | None = Field(default=None, description="Of the whole work, about.")


class ColumnsAnswer(Said):
    """What was chosen of a table; nothing where no work has begun."""

    text: str | None = None
    id: str | None = None
    labels: list[str] = Field(default=[])
    time: str | None = None
    person: str | None = None
    sheet: str | None = None
    encoder: str | None = None
    groups: int | None = None
    show_personal: bool = False


class ProjectAnswer(Said):
    """A project as it stands."""

    id: str
    title: str
    created: str
    file: str = Field(description="Name of the file that was uploaded.")
    bytes: int
    rows: int | None = Field(description="Rows with a place on the map.")
    state: Literal["new", "queued", "running", "done", "failed", "cancelled"]
    progress: ProgressAnswer
    error: str
    notes: list[str]
    columns: ColumnsAnswer
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


class Guess(Said):
    """Which column seems to be which."""

    text: str | None
    id: str | None
    labels: list[str]
    time: str | None
    person: str | None


class PreviewColumn(Said):
    """A column by the first rows."""

    name: str
    kind: Literal["text", "category", "number", "date", "id", "empty", "list"]
    distinct: int = Field(description="Different values among the rows that were read.")
    missing: float = Field(description="Share of the rows without a value, 0 to 1.")
    examples: list[str]


class PreviewAnswer(Said):
    """The first rows of a table."""

    columns: list[PreviewColumn]
    guess: Guess
    rows: list[list[str | None]] = Field(description="Cells in the order of the columns.")
    read: int = Field(description="Rows that were looked at.")
    sheets: list[str] = Field(description="Of an Excel workbook.")
    notes: list[str]


class ProjectRow(Said):
    """A row with all that is known of it."""

    at: int = Field(description="Its place: its number in all streams of the project.")
    id: str
    text: str
    segment: str = Field(description="Id; '' outside of all segments.")
    name: str = Field(description="Of the segment.")
    confidence: float | None
    status: str
    values: dict[str, Any] = Field(description="Column to value.")


class RowsPage(Said):
    """Some rows, and how many there are in all."""

    total: int
    rows: list[ProjectRow]


class SegmentAnswer(Said):
    """A segment."""

    id: str
    name: str
    description: str
    terms: list[str]
    exemplars: list[str]
    parent: str = Field(description="Name of the coarser group, or ''.")
    size: int
    vanished: str = Field(description="Since when hardly any rows are in it, or ''.")
    share: float = Field(description="Of all rows, 0 to 1.")
    confidence: float | None = Field(description="Mean of its rows, 0 to 1.")
    trend: list[int] = Field(description="Rows in equal periods of time; empty without a time.")
    colour: int = Field(description="Number of a colour of the palette.")


class TrendAnswer(Said):
    """The time that trends are about."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    since: float = Field(alias="from", description="Milliseconds since 1970.")
    until: float = Field(alias="to")
    unit: str = Field(description="Length of a period, in words.")


class SegmentsAnswer(Said):
    """The segments of a project, the largest first."""

    title: str
    frozen: bool
    encoder: str
    rows: int
    outside: int = Field(description="Rows in no segment.")
    segments: list[SegmentAnswer]
    trend: TrendAnswer | None
    range: list[int] | None = Field(description="Numbers of segments that are well supported.")
    level: int = Field(description="Number of segments.")
    levels: list[int] = Field(description="Numbers of segments that the edit level can take.")
    can_undo: str | None = Field(description="What would be undone, in words.")
    can_redo: str | None


class ChangeAnswer(Said):
    """An edit in the history."""

    when: str
    by: str
    what: str
    details: dict[str, Any]
    words: str = Field(description="The edit in words.")


class EditedAnswer(SegmentsAnswer):
    """The segments after an edit."""

    changes: list[dict[str, Any]]
    moved: int | None = Field(description="Rows that are in another segment now.")


class FilterAnswer(Said):
    """A filter that every hit passes."""

    text: str = Field(description="As a person reads it.")
    expression: str = Field(description="As it is typed.")
    words: str = Field(description="Words of the query that state it; '' where it was given.")
    note: str


class HitAnswer(Said):
    """A row that was found."""

    rank: int
    id: str
    match: float | None = Field(description="How close it is for this index, 0 to 1.")
    cosine: float | None
    found_by: str = Field(description="meaning, words, both or filter.")
    text: str
    why: list[str] = Field(description="What it shares with what was searched for.")
    columns: dict[str, Any]
    at: int | None = Field(description="Its place on the map.")
    segment: str


class HitsAnswer(Said):
    """The hits of a search, the best first."""

    query: str
    filters: list[FilterAnswer]
    rest: str = Field(description="What was searched for by meaning and words.")
    hits: list[HitAnswer]
    plan: dict[str, Any]
    seconds: dict[str, float]
    doubts: list[str]


class ColumnAnswer(Said):
    """A column that filters can be about."""

    name: str
    kind: Literal["text", "tags", "number", "truth", "date"]
    values: list[str] = Field(description="The most frequent first.")
    counts: list[int] = Field(description="How many rows have each value.")
    levels: list[str] = Field(description="Values in their order, the lowest first.")
    low: float | str | None
    high: float | str | None
    quantiles: list[float]
    missing: int


class LanguageModels(Said):
    """Language models that can name segments."""

    models: list[str]
