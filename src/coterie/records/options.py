"""How a table is read and made into records: declared once, for every way to ask for it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from coterie.errors import OptionError
from coterie.records.compose import template_columns

if TYPE_CHECKING:
    from coterie.records.read import Source

    OtherSource: TypeAlias = Source
else:  # in a schema it is a path or a URL; a table in memory is taken as it is
    OtherSource = Annotated[Any, PlainValidator(lambda given: given, json_schema_input_type=str)]

__all__ = ["MAX_TEXT_CHARS", "Options", "ReadOptions"]

MAX_TEXT_CHARS = 1_000_000

_KEPT = ("text", "id", "group", "order", "speaker", "first")
_OF_CONCEPTS = ("concept", "concept_id", "concept_separator")


def _as_names(given: Any) -> Any:
    if isinstance(given, str):
        return (given,)
    return tuple(given) if isinstance(given, Iterable) else given


Names: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_as_names)]
"""Names of columns; one alone may stand without brackets."""


class Options(BaseModel):
    """Options that are declared once: each with its type, its limits and what it means.

    Raises
    ------
    OptionError
        When one is unknown or outside its limits.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise OptionError(self._complaint(error.errors(include_url=False)[0])) from None

    @classmethod
    def _complaint(cls, error: ErrorDetails) -> str:
        name = ".".join(map(str, error["loc"]))
        said = error["msg"].removeprefix("Value error, ").rstrip(".")
        if error["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, cls.model_fields, n=1)
            known = f"known are {', '.join(cls.model_fields)}."
            mend = f"did you mean '{near[0]}'?" if near else known
            return f"There is no option '{name}': {mend}"
        if not name:  # of several options together: a sentence of ours
            return f"{said}."
        value = error["input"]  # others may hold a password
        what = f"is {value}" if isinstance(value, int | float) else "cannot be used"
        return f"'{name}' {what}: {said[:1].lower()}{said[1:]}."


class ReadOptions(Options):
    """How a table is read and made into records; see `coterie.records.read_records`."""

    text: str | None = Field(
        default=None, description="Column of the text, or a template: '{title}. {body}'."
    )
    id: str | None = Field(
        default=None, description="Column of a unique id; row numbers otherwise."
    )
    labels: Names = Field(default=(), description="Columns of labels.")
    time: str | None = Field(default=None, description="Column of dates or times.")
    context: Names | None = Field(
        default=None,
        description="Other columns to keep, '*' for all that are not used otherwise; without a "
        "text, all but ids where none are named.",
    )
    group: str | None = Field(
        default=None, description="Column by which rows are rolled up into one record."
    )
    order: str | None = Field(
        default=None, description="Column by which the rows of a group are ordered."
    )
    speaker: str | None = Field(default=None, description="Column put before each text of a group.")
    first: int | None = Field(
        default=None, ge=1, description="Use the texts of a group's first so many steps."
    )
    max_text_chars: int = Field(
        default=MAX_TEXT_CHARS, ge=1, description="Longer texts are set aside, in characters."
    )
    join: tuple[OtherSource, ...] = Field(
        default=(), description="Other tables to join by the columns they share."
    )
    delimiter: str | None = Field(
        default=None, description="One character, or tab, of a CSV file; found out otherwise."
    )
    encoding: str | None = Field(
        default=None, description="Encoding of the file, as utf-8 or cp1252; found out otherwise."
    )
    query: str | None = Field(default=None, description="SQL, where the source is a database.")
    sheet: str | None = Field(
        default=None, description="Sheet of an Excel workbook; the first otherwise."
    )
    concepts: OtherSource | None = Field(
        default=None, description="Table with one row for each concept noted of a client."
    )
    concept: str | None = Field(
        default=None,
        description="Column of concepts: of the table of concepts, or of the source where there "
        "is no such table.",
    )
    concept_id: str | None = Field(
        default=None,
        description="Column of the clients' ids in the table of concepts; found out otherwise.",
    )
    concept_separator: str | None = Field(
        default=None,
        min_length=1,
        description="Between the concepts of one cell; found out otherwise.",
    )

    @model_validator(mode="after")
    def _fit_together(self) -> ReadOptions:
        for name in ("order", "speaker", "first"):
            if self.group is None and getattr(self, name) is not None:
                raise OptionError(
                    f"'{name}' is about the rows of one group: name the group column too."
                )
        for name in ("speaker", "first"):
            if self.text is None and getattr(self, name) is not None:
                raise OptionError(f"'{name}' is about texts: name the column of the text too.")
        return self

    @property
    def has_concepts(self) -> bool:
        """Whether the records are to have concepts."""
        return self.concepts is not None or any(getattr(self, name) for name in _OF_CONCEPTS)

    def columns(self, known: Sequence[str]) -> list[str]:
        """Columns that are asked for, those of the template among them."""
        concept = self.concept if self.concepts is None else None
        single = (self.id, self.group, self.order, self.speaker, self.time, concept)
        texts = [] if self.text is None else template_columns(self.text, known)
        asked = [*texts, *filter(None, single), *self.labels]
        return [*asked, *(name for name in self.context or () if name != "*")]

    def given(self) -> list[str]:
        """Names of the options that are not left as they are by default."""
        return [
            name
            for name, option in type(self).model_fields.items()
            if not _is_default(getattr(self, name), option.default)
        ]

    def kept(self) -> dict[str, Any]:
        """Tell what a model keeps of them to read others alike, as `following` takes it.

        The text is None where there is none.
        """
        named = {n: getattr(self, n) for n in (*_KEPT, *_OF_CONCEPTS) if getattr(self, n)}
        return {"text": None, **named}

    def following(self, schema: Mapping[str, Any]) -> ReadOptions:
        """Take from what a model keeps what was not asked for otherwise."""
        taken = {
            name: schema[name]
            for name in (*_KEPT, *_OF_CONCEPTS)
            if schema.get(name) and not getattr(self, name)
        }
        return self.changed(**taken)

    def changed(self, **options: Any) -> ReadOptions:
        """Give the same options but for some."""
        kept = {name: getattr(self, name) for name in self.given()}
        return ReadOptions(**{**kept, **options})


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (isinstance(value, int | str | tuple) and value == default)
