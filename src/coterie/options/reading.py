"""How a table is read and made into records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, model_validator

from coterie.errors import OptionError
from coterie.hints import did_you_mean
from coterie.options.base import Names, Options, PythonOnly, Reads, Typed

__all__ = [
    "CLEANINGS",
    "MAX_TEXT_CHARS",
    "ConceptOptions",
    "DateOrder",
    "DecimalSign",
    "LabelOptions",
    "LabelsOptions",
    "ReadOptions",
    "TableOptions",
    "VectorOptions",
    "cleanings_of",
]

CLEANINGS = ("html", "quotes", "signatures", "boilerplate")
"""What can be taken out of texts before anything learns from them, in this order."""

NO_CLEANING = "none"

MAX_TEXT_CHARS = 1_000_000

DateOrder: TypeAlias = Literal["dmy", "mdy", "ymd"]
DecimalSign: TypeAlias = Literal[".", ","]

OtherTable: TypeAlias = Annotated[
    Any, PlainValidator(lambda given: given, json_schema_input_type=str)
]
"""A path or a URL, as it stands in a schema; or a table in memory, taken as it is."""


def _as_tuple(given: Any) -> Any:
    return tuple(given) if isinstance(given, list) else given


def _as_cleanings(given: Sequence[str]) -> Sequence[str]:
    known = (*CLEANINGS, NO_CLEANING)
    for name in given:
        if name not in known:
            near = did_you_mean(name, known, f"choose among {', '.join(known)}.")
            raise OptionError(f"There is no cleaning '{name}': {near}")
    if NO_CLEANING in given and len(given) > 1:
        raise OptionError("'none' switches all cleaning off: name it alone, or leave it out.")
    return given


def cleanings_of(named: Sequence[str]) -> Sequence[str]:
    """Name the kinds of cleaning that are on: HTML always, unless ``"none"`` is named."""
    if NO_CLEANING in named:
        return ()
    return tuple(name for name in CLEANINGS if name == "html" or name in named)


Cleanings: TypeAlias = Annotated[Names, AfterValidator(_as_cleanings)]
"""Names of `CLEANINGS`, or ``"none"`` alone."""

_KEPT = (
    *("text", "id", "group", "order", "speaker", "first", "dates", "decimal"),
    *("clean", "side", "boilerplate"),
)
_OF_LABELS = ("label_separator", "has_label", "missing_labels")
_OF_CONCEPTS = ("concept", "concept_id", "concept_separator")
_FILE = Typed(panel="Reading the table")
_HEADER = Typed("--header/--no-header", panel="Reading the table")
_ROLLING = Typed(panel="Rolling rows up")
_CONCEPTS = Typed(panel="Concepts")
_LABELS = Typed(panel="Labels")
_CLEANING = Typed(panel="Cleaning texts")


class TableOptions(Options):
    """How a table is read and made into records without labels."""

    text: str | None = Field(
        default=None, description="Column of the text, or a template: '{title}. {body}'."
    )
    id: str | None = Field(
        default=None, description="Column of a unique id; row numbers otherwise."
    )
    time: str | None = Field(default=None, description="Column of dates or times.")
    context: Annotated[Names | None, PythonOnly] = Field(
        default=None,
        description="Other columns to keep, '*' for all that are not used otherwise; without a "
        "text, all but ids where none are named.",
    )
    group: Annotated[str | None, _ROLLING] = Field(
        default=None, description="Column by which rows are rolled up into one record."
    )
    order: Annotated[str | None, _ROLLING] = Field(
        default=None, description="Column by which the rows of a group are ordered."
    )
    speaker: Annotated[str | None, _ROLLING] = Field(
        default=None, description="Column put before each text of a group."
    )
    first: Annotated[int | None, _ROLLING] = Field(
        default=None, ge=1, description="Use only the first rows of each group: how many."
    )
    clean: Annotated[Cleanings, _CLEANING] = Field(
        default=(),
        description="What to leave out of the texts before training: quotes (quoted threads), "
        "signatures, boilerplate (lines that many texts repeat). HTML always becomes text, unless "
        "this is none. Texts are shown as they are.",
    )
    side: Annotated[str | None, _CLEANING] = Field(
        default=None,
        min_length=1,
        description="Of conversations in one cell, 'Agent: … Customer: …': the side to learn from.",
    )
    boilerplate: Annotated[Names, PythonOnly] = Field(
        default=(),
        description="Lines to leave out with clean='boilerplate'; those that many texts repeat "
        "otherwise.",
    )
    max_text_chars: Annotated[int, _FILE] = Field(
        default=MAX_TEXT_CHARS, ge=1, description="Longer texts are set aside, in characters."
    )
    join: Annotated[Sequence[OtherTable], BeforeValidator(_as_tuple), _FILE, Reads()] = Field(
        default=(), description="Other tables to join by the columns they share."
    )
    delimiter: Annotated[str | None, _FILE] = Field(
        default=None, description="One character, or tab, of a CSV file; detected otherwise."
    )
    encoding: Annotated[str | None, _FILE] = Field(
        default=None, description="Encoding of the file, as utf-8 or cp1252; detected otherwise."
    )
    query: Annotated[str | None, _FILE] = Field(
        default=None, description="SQL, where the source is a database."
    )
    sheet: Annotated[str | None, _FILE] = Field(
        default=None, description="Sheet of an Excel workbook; the first otherwise."
    )
    records: Annotated[str | None, _FILE] = Field(
        default=None,
        description="Array of a JSON document that holds the rows, as tickets or result.tickets; "
        "found where there is only one.",
    )

    dates: Annotated[DateOrder | None, _FILE] = Field(
        default=None,
        description="What dates such as 03/04/2025 mean: dmy, mdy or ymd (day, month, year); "
        "settled on the whole column otherwise.",
    )
    decimal: Annotated[DecimalSign | None, _FILE] = Field(
        default=None,
        description="Decimal sign, a point or a comma, where a column leaves it open, as 1.234 "
        "alone does.",
    )

    header: Annotated[bool, _HEADER] = Field(
        default=True,
        description="Whether a line of a CSV file names its columns; they are 'column 1', "
        "'column 2' and so on otherwise.",
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        for name in ("order", "speaker", "first"):
            if self.group is None and getattr(self, name) is not None:
                raise OptionError(
                    f"'{name}' is about the rows of one group: name the group column too."
                )
        if self.text is None and self.side is not None:
            raise OptionError("'side' is about texts: name the column of the text too.")
        for name in ("speaker", "first"):
            if self.text is None and getattr(self, name) is not None:
                raise OptionError(f"'{name}' is about texts: name the column of the text too.")
        return self

    @property
    def label_columns(self) -> Sequence[str]:
        """Columns of labels."""
        return ()

    @property
    def cleanings(self) -> Sequence[str]:
        """The kinds of cleaning that are on, in the order in which they work."""
        return cleanings_of(self.clean)

    @property
    def has_concepts(self) -> bool:
        """Whether the records are to have concepts."""
        return any(getattr(self, name, None) is not None for name in ("concepts", *_OF_CONCEPTS))

    def of_reading(self) -> list[str]:
        """Names of the options given that say how to read, and not which label is meant."""
        return [name for name in self.given() if name in ReadOptions.model_fields]

    def kept(self) -> dict[str, Any]:
        """Tell what a model keeps of them to read others alike, as `following` takes it.

        The text is None where there is none.
        """
        values = {name: getattr(self, name, None) for name in (*_KEPT, *_OF_LABELS, *_OF_CONCEPTS)}
        return {"text": None, **{name: value for name, value in values.items() if value}}

    def following(self, schema: Mapping[str, Any]) -> Self:
        """Take from what a model keeps what was not asked for otherwise."""
        taken = {
            name: schema[name]
            for name in (*_KEPT, *_OF_LABELS, *_OF_CONCEPTS)
            if name in type(self).model_fields and schema.get(name) and not getattr(self, name)
        }
        return self.changed(**taken)


class _Labelled(TableOptions):
    label_separator: Annotated[str | None, _LABELS] = Field(
        default=None,
        min_length=1,
        description="Sign between several labels of one cell, as ';': the first one is used.",
    )
    missing_labels: Annotated[Names, Typed("--missing-label", panel="Labels")] = Field(
        default=(),
        description="Label that means that there is none, as N/A; case does not matter.",
    )


class LabelsOptions(_Labelled):
    """How a table is read that may have columns of labels."""

    labels: Annotated[Names, Typed("--label")] = Field(default=(), description="Columns of labels.")

    @property
    def label_columns(self) -> Sequence[str]:
        """Columns of labels."""
        return self.labels


class LabelOptions(_Labelled):
    """How a table is read that has one column of labels."""

    label: Annotated[str | None, Typed(once=True)] = Field(
        default=None, description="Column of the label."
    )
    has_label: Annotated[str | None, _LABELS] = Field(
        default=None,
        min_length=1,
        description="With --label-separator: whether a cell has this label, True or False, in "
        "place of the first one.",
    )

    @model_validator(mode="after")
    def _one_of_several(self) -> Self:
        if self.has_label is not None and self.label_separator is None:
            raise OptionError(
                "'has_label' is about cells with several labels: give the sign between them with "
                "--label-separator (label_separator=) too."
            )
        return self

    @property
    def label_columns(self) -> Sequence[str]:
        """The column of the label, where it is named."""
        return () if self.label is None else (self.label,)


class ConceptOptions(TableOptions):
    """How a table is read, and the concepts noted of each record with it."""

    concepts: Annotated[OtherTable, _CONCEPTS, Reads()] = Field(
        default=None, description="Table with one row for each concept noted of a client."
    )
    concept: Annotated[str | None, _CONCEPTS] = Field(
        default=None,
        description="Column of concepts: of the table of concepts, or of the source where there "
        "is no such table.",
    )
    concept_id: Annotated[str | None, _CONCEPTS] = Field(
        default=None,
        description="Column of the clients' ids in the table of concepts; detected otherwise.",
    )
    concept_separator: Annotated[str | None, _CONCEPTS] = Field(
        default=None,
        min_length=1,
        description="Between the concepts of one cell; detected otherwise.",
    )


class VectorOptions(Options):
    """Vectors that are given, in place of those that an encoder would make of texts."""

    vectors: Annotated[OtherTable, Reads()] = Field(
        default=None,
        description="Vectors in place of texts: a JSON, .npy or Parquet file as embed writes, "
        "whose ids are those of the rows; in Python also an array with a row for each row.",
    )


class ReadOptions(ConceptOptions, LabelsOptions):
    """How any table is read and made into records; see `coterie.records.read_records`."""
