"""`coterie explore`: what is in this table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.common import Json, TableOptions, reads_a_table

if TYPE_CHECKING:
    from coterie.profile import Profile

__all__ = ["command"]


@reads_a_table
def command(
    table: TableOptions,
    *,
    out: Annotated[
        Path, typer.Option(help="Folder for explore.html and explore.json.", file_okay=False)
    ],
    response: Annotated[
        str | None, typer.Option(help="Column of the answers to the texts.")
    ] = None,
    near: Annotated[
        float, typer.Option(min=0.3, max=1.0, help="How alike near duplicates are, 0.3 to 1.")
    ] = 0.8,
    as_json: Json = False,
) -> None:
    """Show what is in a table: sizes, gaps, duplicates, labels, lengths, words."""
    from coterie.progress import show_progress
    from coterie.records import read_source
    from coterie.verbs.exploration import Explored
    from coterie.workflows.exploration import explore_records

    with show_progress():
        read = read_source(table.source, table.options().changed(context=response))
        found = explore_records(read.records, table=read.table, response=response, near=near)
        page = Explored(found).save(out)
    if as_json:
        json.dump(found.to_dict(), sys.stdout)
        sys.stdout.write("\n")
    else:
        _summarise(found.profile, page)


def _summarise(profile: Profile, page: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(
        Text(f"{profile.source}: {profile.rows:,} {profile.unit} with a text", style="bold")
    )
    marks = {"warning": ("!", "yellow"), "info": ("·", "blue"), "good": ("✓", "green")}
    for finding in profile.findings:
        mark, style = marks[finding.kind]
        console.print(Text.assemble((f"{mark} ", style), finding.text))
    console.print(Text(f"{page}"), soft_wrap=True)
