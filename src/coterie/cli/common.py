"""What the verbs that read a table have in common."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_type_hints

import typer

from coterie.errors import ColumnError, OptionError

if TYPE_CHECKING:
    from coterie.records import Records, Table
    from coterie.workflows.dataset import SourceTexts

__all__ = [
    "DataFile",
    "Device",
    "Encoder",
    "Id",
    "Json",
    "Label",
    "OutFolder",
    "TableOptions",
    "Text",
    "may_read_a_table",
    "needs_texts",
    "reads_a_table",
    "told_set_aside",
]

Verb: TypeAlias = Callable[..., None]

_READING = "Reading the table"
_NAMING = "Concepts"
_KEPT = ("text", "id", "group", "order", "speaker", "first")
_OF_CONCEPTS = ("concept", "concept_id", "concept_separator")
_ROLLING = "Rolling rows up"


def _reading(names: str, explanation: str) -> Any:
    return typer.Option(names, help=explanation, rich_help_panel=_READING)


def _rolling(names: str, explanation: str, **limits: Any) -> Any:
    return typer.Option(names, help=explanation, rich_help_panel=_ROLLING, **limits)


def _naming(names: str, explanation: str) -> Any:
    return typer.Option(names, help=explanation, rich_help_panel=_NAMING)


DataFile = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="CSV, JSON, JSON Lines, Parquet or Excel file, folder, database or URL.",
    ),
]
Text = Annotated[
    str, typer.Option("--text", help="Column of the text, or a template: '{title}. {body}'.")
]
Id = Annotated[str | None, typer.Option("--id", help="Column of a unique id.")]
Label = Annotated[
    list[str] | None, typer.Option("--label", help="Column of labels; give it again for more.")
]
Time = Annotated[str | None, typer.Option("--time", help="Column of dates or times.")]
Group = Annotated[str | None, _rolling("--group", "Column by which rows are rolled up.")]
Order = Annotated[str | None, _rolling("--order", "Column by which a group's rows are ordered.")]
Speaker = Annotated[str | None, _rolling("--speaker", "Column put before each text of a group.")]
First = Annotated[int | None, _rolling("--first", "Use a group's first so many steps.", min=1)]
Join = Annotated[
    list[str] | None, _reading("--join", "Table to join by the columns it shares; repeat it.")
]
Delimiter = Annotated[
    str | None, _reading("--delimiter", "One character, or tab; found out otherwise.")
]
Encoding = Annotated[str | None, _reading("--encoding", "As utf-8 or cp1252; found out otherwise.")]
Query = Annotated[str | None, _reading("--query", "SQL, where FILE is a database.")]
Sheet = Annotated[str | None, _reading("--sheet", "Sheet of an Excel workbook.")]

Concepts = Annotated[
    str | None, _naming("--concepts", "Table of a row for each concept noted of a client.")
]
Concept = Annotated[
    str | None, _naming("--concept", "Column of concepts; of FILE, where there is no such table.")
]
ConceptId = Annotated[
    str | None, _naming("--concept-id", "Column of the clients' ids; found out otherwise.")
]
ConceptSeparator = Annotated[
    str | None, _naming("--concept-separator", "Between those of one cell; found out otherwise.")
]

Encoder = Annotated[str, typer.Option(help="minilm, static, tfidf, a folder or a hub name.")]
Device = Annotated[str | None, typer.Option(help="Where torch models run: cpu, cuda.")]
OutFolder = Annotated[Path, typer.Option("--out", help="Folder to write to.", file_okay=False)]
Json = Annotated[bool, typer.Option("--json", help="Print a machine's answer instead.")]


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """How a table is read and made into records, as the user asked for it."""

    source: DataFile
    text: Text
    id: Id = None
    label: Label = None
    time: Time = None
    group: Group = None
    order: Order = None
    speaker: Speaker = None
    first: First = None
    join: Join = None
    delimiter: Delimiter = None
    encoding: Encoding = None
    query: Query = None
    sheet: Sheet = None
    concepts: Concepts = None
    concept: Concept = None
    concept_id: ConceptId = None
    concept_separator: ConceptSeparator = None

    @property
    def has_concepts(self) -> bool:
        """Whether the records are to have concepts."""
        return any((self.concepts, self.concept, self.concept_id, self.concept_separator))

    def given(self, *, text: bool = True) -> TableOptions:
        """Check that a file is named, and a text column where one is needed.

        Raises
        ------
        OptionError
            When one is not.
        """
        if not self.source:
            raise OptionError("Name the FILE to read.")
        if text and not self.text:
            raise OptionError("Name the column of the text with --text.")
        return self

    def schema(self) -> dict[str, Any]:
        """Say how records are made, as `following` takes it; the text is None where there is none.

        `records_and_schema` tells the names of the columns of concepts too.
        """
        named = {name: getattr(self, name) for name in _KEPT if getattr(self, name)}
        return {"text": None, **named}

    def following(self, schema: Mapping[str, Any]) -> TableOptions:
        """Take from a schema what was not asked for otherwise."""
        names = (*_KEPT, *_OF_CONCEPTS)
        taken = {name: schema[name] for name in names if schema.get(name)}
        return replace(self, **{n: value for n, value in taken.items() if not getattr(self, n)})

    def read(self) -> Table:
        """Read the table."""
        from coterie.records import read_table

        return read_table(
            self.source,
            delimiter=self.delimiter,
            encoding=self.encoding,
            query=self.query,
            sheet=self.sheet,
            join=self.join or (),
        )

    def features(self, table: Table, named: Sequence[str], *, by: str | None) -> list[str]:
        """Name the context columns to learn from.

        Those named; or where there are none, and neither texts nor concepts, all columns of the
        table but ids and what is used otherwise, such as ``by``.

        Raises
        ------
        ColumnError
            When the table has no column to learn from.
        """
        from coterie.records import usual_context

        if named or self.text or self.has_concepts:
            return list(named)
        taken = (self.id, self.group, self.order, self.time, by, *(self.label or ()))
        found = usual_context(table, {name for name in taken if name})
        if not found:
            raise ColumnError(
                f"{table.source} has no column to learn from: name the text with --text, or "
                "columns with --context."
            )
        return found

    def records(self, table: Table | None = None, *, context: Sequence[str] = ()) -> Records:
        """Make records of the table, which is read where it is not given."""
        return self.records_and_schema(table, context=context)[0]

    def records_and_schema(
        self, table: Table | None = None, *, context: Sequence[str] = ()
    ) -> tuple[Records, dict[str, Any]]:
        """Make records with their concepts, and say how, as `following` takes it.

        Raises
        ------
        OptionError
            When a table of concepts is asked for and not named, or rows are rolled up that hold
            the concepts.
        """
        from coterie.records import CONCEPTS, add_concepts, read_concepts

        if not self.has_concepts:
            return self._records(table, context), self.schema()
        others = [name for name in context if name != CONCEPTS]
        if self.concepts is None:
            return self._with_column(table, others)
        records = self._records(table, others)
        noted = read_concepts(
            self.concepts, concept=self.concept, id=self.concept_id, records=records
        )
        found = {"concept": noted.concept_column, "concept_id": noted.id_column}
        return add_concepts(records, noted), {**self.schema(), **found}

    def _with_column(
        self, table: Table | None, context: Sequence[str]
    ) -> tuple[Records, dict[str, Any]]:
        """Take the concepts from a column of the table itself."""
        from coterie.records import find_separator, split_concepts, with_concepts

        if self.concept is None or self.concept_id is not None:
            raise OptionError("Name the table of the concepts with --concepts.")
        if self.group is not None:
            raise OptionError(
                "Concepts in a column of FILE are those of one row, and --group rolls rows up: "
                "name FILE, or a table of its own, with --concepts too."
            )
        records = self._records(table, [*context, self.concept])
        cells = records.context[self.concept]
        mark = self.concept_separator or find_separator(cells)
        others = records.context[[name for name in context if name != self.concept]]
        records = with_concepts(replace(records, context=others), split_concepts(cells, mark))
        return records, {**self.schema(), "concept": self.concept, "concept_separator": mark}

    def _records(self, table: Table | None, context: Sequence[str]) -> Records:
        from coterie.records import read_records

        return read_records(
            self.read() if table is None else table,
            text=self.text or None,
            id=self.id,
            labels=self.label or (),
            time=self.time,
            group=self.group,
            order=self.order,
            speaker=self.speaker,
            first=self.first,
            context=context,
        )

    def parts(self, table: Table, records: Records) -> SourceTexts:
        """Find the rows that records were rolled up from, to embed them one by one."""
        from coterie.workflows.dataset import source_texts_of

        if self.group is None:
            raise OptionError(
                "Rows are embedded one by one here, and a mean taken of each record: name the "
                "column that tells which rows make one with --group."
            )
        if self.first is not None:
            raise OptionError("--first works on whole records: leave it out, or embed those.")
        return source_texts_of(table, self.text, self.group, records, id_column=self.id)


def needs_texts(schema: Mapping[str, Any]) -> bool:
    """Whether a model with this schema was trained on texts."""
    return "text" not in schema or schema["text"] is not None


def told_set_aside(rows: int, quarantine: Path) -> str:
    """Say how many rows were set aside and where they are."""
    return f"{rows:,} {'row' if rows == 1 else 'rows'} set aside: {quarantine}"


def reads_a_table(verb: Verb) -> Verb:
    """Give a verb the options of `TableOptions`, which it receives as its argument ``table``.

    All but those of concepts, which are for models.
    """
    return _with_table(verb, optional=False, last=False)


def may_read_a_table(*, last: bool = False, named: bool = True) -> Callable[[Verb], Verb]:
    """Do as `reads_a_table`, for a verb where FILE and the text may be left out ("" then).

    Parameters
    ----------
    last
        Whether FILE comes after the verb's own arguments.
    named
        Whether FILE is an argument of its own; else the verb finds it among its others.
    """
    return lambda verb: _with_table(verb, optional=True, last=last, named=named)


def _with_table(verb: Verb, *, optional: bool, last: bool, named: bool = True) -> Verb:
    of_table = dict(inspect.signature(TableOptions, eval_str=True).parameters)
    if optional:
        for name in ("source", "text"):
            of_table[name] = of_table[name].replace(default="")
    else:
        for name in ("concepts", *_OF_CONCEPTS):
            del of_table[name]
    if not named:
        del of_table["source"]
    hints = get_type_hints(verb, include_extras=True)
    own = [
        each.replace(annotation=hints[each.name], kind=inspect.Parameter.KEYWORD_ONLY)
        for each in inspect.signature(verb).parameters.values()
        if each.name != "table"
    ]

    def command(**given: Any) -> None:
        read = {name: given.pop(name) for name in of_table}
        table = TableOptions(**{"source": "", **read})
        verb(table=table, **given)

    parameters = [*own, *of_table.values()] if last else [*of_table.values(), *own]
    command.__doc__ = verb.__doc__
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command
