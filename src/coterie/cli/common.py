"""What the verbs that read a table have in common."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_type_hints

import typer

from coterie.errors import OptionError

if TYPE_CHECKING:
    from coterie.recipes.material import Parts
    from coterie.records import Records, Table

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
_KEPT = ("text", "id", "group", "order", "speaker", "first")
_ROLLING = "Rolling rows up"


def _reading(names: str, explanation: str) -> Any:
    return typer.Option(names, help=explanation, rich_help_panel=_READING)


def _rolling(names: str, explanation: str, **limits: Any) -> Any:
    return typer.Option(names, help=explanation, rich_help_panel=_ROLLING, **limits)


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

    def given(self) -> TableOptions:
        """Check that a file and a text column are named; they are where a verb asks for them.

        Raises
        ------
        OptionError
            When one is not.
        """
        if not self.source:
            raise OptionError("Name the FILE to read.")
        if not self.text:
            raise OptionError("Name the column of the text with --text.")
        return self

    def schema(self) -> dict[str, Any]:
        """Say how records are made, as `following` takes it."""
        return {name: getattr(self, name) for name in _KEPT if getattr(self, name)}

    def following(self, schema: Mapping[str, Any]) -> TableOptions:
        """Take from a schema what was not asked for otherwise."""
        known = {name: schema[name] for name in _KEPT if name in schema}
        taken = {name: value for name, value in known.items() if not getattr(self, name)}
        return replace(self, **taken)

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

    def records(self, table: Table | None = None, *, context: Sequence[str] = ()) -> Records:
        """Make records of the table, which is read where it is not given."""
        from coterie.records import read_records

        return read_records(
            self.read() if table is None else table,
            text=self.text,
            id=self.id,
            labels=self.label or (),
            time=self.time,
            group=self.group,
            order=self.order,
            speaker=self.speaker,
            first=self.first,
            context=context,
        )

    def parts(self, table: Table, records: Records) -> Parts:
        """Find the rows that records were rolled up from, to embed them one by one."""
        from coterie.recipes.material import parts_of

        if self.group is None:
            raise OptionError(
                "Rows are embedded one by one here, and a mean taken of each record: name the "
                "column that tells which rows make one with --group."
            )
        if self.first is not None:
            raise OptionError("--first works on whole records: leave it out, or embed those.")
        return parts_of(table, self.text, self.group, records, id_column=self.id)


def told_set_aside(rows: int, quarantine: Path) -> str:
    """Say how many rows were set aside and where they are."""
    return f"{rows:,} {'row' if rows == 1 else 'rows'} set aside: {quarantine}"


def reads_a_table(verb: Verb) -> Verb:
    """Give a verb the options of `TableOptions`, which it receives as its argument ``table``."""
    return _with_table(verb, optional=False, last=False)


def may_read_a_table(*, last: bool = False, named: bool = True) -> Callable[[Verb], Verb]:
    """Do as `reads_a_table`, for a verb where FILE and the text column may be left out ("" then).

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
