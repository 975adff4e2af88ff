"""`coterie explore`: what is in this table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from coterie.cli.common import Json, TableOptions, reads_a_table

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
    from coterie.profile import profile_records
    from coterie.progress import show_progress
    from coterie.verbs.exploration import Explored

    with show_progress():
        read = table.read()
        records = table.records(read, context=[] if response is None else [response])
        profile = profile_records(
            records, table=read, response=response, near_duplicate_threshold=near
        )
    page = Explored(profile, records.rejects).save(out)
    if as_json:
        json.dump(profile.to_dict(), sys.stdout)
        sys.stdout.write("\n")
    else:
        _summarise(profile, page)


def _summarise(profile: Any, page: Path) -> None:
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
