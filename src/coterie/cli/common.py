"""What the verbs that read a table have in common."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_type_hints

import typer

from coterie.errors import OptionError

if TYPE_CHECKING:
    from coterie.records import Reading, ReadOptions

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
    "reads_a_table",
    "told_set_aside",
]

Verb: TypeAlias = Callable[..., None]

_READING = "Reading the table"
_NAMING = "Concepts"
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

    def named(self) -> str:
        """Give the source.

        Raises
        ------
        OptionError
            When none is named.
        """
        if not self.source:
            raise OptionError("Name the FILE to read.")
        return self.source

    def options(self) -> ReadOptions:
        """Give what was asked for, but for the source, as all doors to Coterie do."""
        from coterie.records import ReadOptions

        asked = {each.name: getattr(self, each.name) for each in fields(self)}
        labels = asked.pop("label") or ()
        del asked["source"]
        given = {name: value for name, value in asked.items() if value}
        return ReadOptions(labels=labels, **given)

    def read(self) -> Reading:
        """Read the table and make records of it."""
        from coterie.records import read_source

        return read_source(self.source, self.options().changed(context=()))


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
