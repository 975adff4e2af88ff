"""`coterie explore`: what is in this table."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["command"]


def command(
    source: Annotated[str, typer.Argument(metavar="FILE", help="CSV, JSON, Parquet, Excel or URL")],
    *,
    text: Annotated[str, typer.Option(help="Column of the text, or a template: '{title}. {body}'")],
    out: Annotated[Path, typer.Option(help="Folder for explore.html and explore.json")],
    id_column: Annotated[str | None, typer.Option("--id", help="Column of unique ids")] = None,
    label: Annotated[list[str] | None, typer.Option(help="Column of labels; repeat it")] = None,
    response: Annotated[str | None, typer.Option(help="Column of the answers to the texts")] = None,
    group: Annotated[str | None, typer.Option(help="Column by which rows are rolled up")] = None,
    time: Annotated[str | None, typer.Option(help="Column of dates or times")] = None,
    join: Annotated[list[str] | None, typer.Option(help="Table to join; repeat it")] = None,
    near: Annotated[
        float, typer.Option(min=0.3, max=1.0, help="How alike near duplicates are, 0.3 to 1")
    ] = 0.8,
    as_json: Annotated[bool, typer.Option("--json", help="Print explore.json instead")] = False,
) -> None:
    """Show what is in a table: sizes, gaps, duplicates, labels, lengths, words."""
    from coterie.explore import explore, write_explore
    from coterie.progress import show_progress
    from coterie.recipes.explore_page import explore_page
    from coterie.records import read_records, read_table, write_quarantine

    with show_progress():
        table = read_table(source, join=join or ())
        records = read_records(
            table,
            text=text,
            id=id_column,
            labels=label or (),
            group=group,
            time=time,
            context=[] if response is None else [response],
        )
        profile = explore(records, table=table, response=response, near_duplicate_threshold=near)
    write_explore(profile, out)
    page = explore_page(profile).write(out / "explore.html")
    if len(records.rejects):
        write_quarantine(records, out / "quarantine.csv")
    else:
        (out / "quarantine.csv").unlink(missing_ok=True)
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
