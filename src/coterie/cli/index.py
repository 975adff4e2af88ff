"""``coterie index``: rows into an index that is searched in words, by example and by filter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from coterie.cli.shared.common import Json, MaybeFile, told_set_aside
from coterie.cli.shared.options import takes
from coterie.errors import OptionError
from coterie.formatting import counted, named, percent
from coterie.hints import did_you_mean
from coterie.options import ChangeOptions, IndexManyOptions, IndexOptions

if TYPE_CHECKING:
    from coterie.verbs.searching import Index

__all__ = ["command"]

Mode = Literal["create", "append", "update", "delete"]
_MODES: tuple[Mode, ...] = ("create", "append", "update", "delete")
_OF_INDEX = ("encoder", "level", "levels")  # settled when it was made


@takes(IndexManyOptions)
def command(
    options: IndexManyOptions,
    *,
    source: MaybeFile = None,
    out: Annotated[Path, typer.Option("--out", help="Folder of the index.", file_okay=False)],
    mode: Annotated[
        str,
        typer.Option(
            metavar="|".join(_MODES),
            help="create a new index; append rows with new ids; update rows by their ids, and add "
            "new ones; delete the rows whose ids FILE holds.",
        ),
    ] = "create",
    delete: Annotated[
        list[str] | None, typer.Option(help="Id of a row to delete; repeat it for more.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the index that is there.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Index rows, with all of their columns, so that coterie search finds them."""
    from coterie.outputs import claim_file
    from coterie.progress import show_progress
    from coterie.records import write_rejects
    from coterie.verbs.saving import sources_of

    home = out.resolve()
    aside = home.with_name(f"{home.name}.quarantine.csv")
    claimed = claim_file(aside, by="index", inputs=sources_of((source, options)))
    with show_progress(), claimed:
        made = _make(options, source, out, _mode(mode), delete or [], overwrite=overwrite)
        aside.unlink(missing_ok=True)  # of earlier rows
        if len(made.rejects):
            write_rejects(made.rejects, aside)
            typer.echo(told_set_aside(len(made.rejects), aside), err=True)
    if as_json:
        facts = made.changed.to_dict() if made.changed is not None else {}
        now = {"rows": len(made), "version": made.reader.version.version}
        typer.echo(json.dumps({"index": str(out), **facts, **now}))
    else:
        _print(made, out)


def _mode(mode: str) -> Mode:
    for known in _MODES:
        if mode == known:
            return known
    hint = did_you_mean(mode, _MODES, f"choose one of {', '.join(_MODES)}.")
    raise OptionError(f"There is no mode '{mode}': {hint}")


def _make(
    options: IndexManyOptions,
    source: str | None,
    out: Path,
    mode: Mode,
    delete: list[str],
    *,
    overwrite: bool,
) -> Index:
    from coterie.verbs.searching import Index, ids_of, index_into

    if options.engine == "ray":
        from coterie.integrations.ray import index_many

        if mode != "create" or delete or source is None:
            raise OptionError(
                "--engine ray makes a new index of a FILE: leave it out to change one."
            )
        return index_many(source, out, options, overwrite=overwrite)
    if mode == "create" and not delete:
        return index_into(source, out, options.part(IndexOptions), overwrite=overwrite)
    if mode == "create" and source is not None:
        raise OptionError("--delete changes an index: leave FILE out, or give a --mode.")
    if overwrite:
        raise OptionError("--overwrite makes an index again: leave it out, or leave --mode out.")
    if asked := [name for name in _OF_INDEX if name in options.given()]:
        raise OptionError(
            f"'{asked[0]}' was settled when the index was made: leave it out, or make the index "
            "again with --overwrite."
        )
    index, change = Index(out), options.part(ChangeOptions)
    if mode in ("append", "update"):
        if source is None and options.vectors is None:
            raise OptionError(f"Name the FILE with the rows to {mode}.")
        index = (index.append_with if mode == "append" else index.update_with)(source, change)
    elif mode == "delete":
        if source is None:
            raise OptionError("Name the FILE with the ids to delete, or use --delete ID.")
        delete = [*delete, *ids_of(source, change, index)]
    if delete:
        absent = index.delete(delete)
        gone = len(set(delete)) - len(absent)
        typer.echo(f"{counted(gone, 'row')} deleted.", err=True)
        if absent:
            typer.echo(f"Not in the index: {named(absent, 5)}.", err=True)
    return index


def _print(made: Index, out: Path) -> None:
    from coterie.cli.shared.tables import print_table

    version, changed = made.reader.version, made.changed
    if changed is not None:
        for note in changed.notes:
            typer.echo(f"Note: {note}", err=True)
    encoder = version.encoder.get("name", "")
    typer.echo(
        f"{counted(len(made), 'row')}, version {version.version}, "
        f"vectors of width {version.dim}{f' by {encoder}' if encoder else ''}"
    )
    rows = [
        (
            column.name,
            column.kind,
            " < ".join(column.levels)
            if column.levels
            else named(column.values, 4) or _range(column.low, column.high),
        )
        for column in made.schema
    ]
    print_table("Columns to filter by", {"column": "left", "kind": "left", "values": "left"}, rows)
    for shape, recall in version.recall.items():
        typer.echo(f"Recall of the ten nearest, {shape} passing: {percent(recall)}")
    typer.echo(f"Next: coterie search {out} 'what you look for'")


def _range(low: object, high: object) -> str:
    return "" if low is None else f"{low} to {high}"
