"""`coterie name`: have a language model name the groups of a discovery."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.common import Json
from coterie.cli.shared.options import takes
from coterie.options import NameOptions

if TYPE_CHECKING:
    from coterie.verbs.naming import Named

__all__ = ["command"]


@takes(NameOptions)
def command(
    options: NameOptions,
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that discover wrote.")],
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Only say what it will take; ask nothing.")
    ] = False,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="Who asks, for the history; else the user name."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Have a language model name the groups; names given by hand stay."""
    from coterie.progress import show_progress
    from coterie.verbs.naming import estimate_saved, name_saved

    if estimate:
        with show_progress():
            expected = estimate_saved(folder, options)
        typer.echo(json.dumps(expected.to_dict()) if as_json else expected.line)
        return
    with show_progress():
        named = name_saved(folder, options, by=by)
    if as_json:
        typer.echo(json.dumps(named.to_dict()))
        return
    _print(named, folder)


def _print(named: Named, folder: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    from coterie.cli.shared.tables import print_table

    print_table(
        named.found.segmentation.title or "Segments",
        {"id": "left", "name": "left", "before": "left", "status": "left"},
        [
            (
                row["segment"] or "family",
                Text(row["name"], style="bold"),
                row["before"],
                row["status"],
            )
            for row in named.names.to_dict("records")
        ],
    )
    console = Console(highlight=False)
    figures = named.naming.figures
    for line in (
        figures.line,
        named.naming.ledger.line,
        f"Prompts and answers: {folder / 'language-model.jsonl'}",
        f"Report: {folder / 'report.html'}",
    ):
        console.print(Text(line), soft_wrap=True)
