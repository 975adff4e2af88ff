"""`coterie refresh`: a discovery meets next month's rows; ids and names stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.common import Json, MaybeFile, Overwrite, told_set_aside
from coterie.cli.shared.options import takes
from coterie.options import RefreshOptions

if TYPE_CHECKING:
    from coterie.workflows.refreshing.refresh import RefreshResult

__all__ = ["command"]

_SHOWN = 20


@takes(RefreshOptions)
def command(
    options: RefreshOptions,
    *,
    folder: Annotated[Path, typer.Argument(metavar="FOUND", help="Folder that discover wrote.")],
    source: MaybeFile = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write to; else FOUND itself.", file_okay=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would change; write nothing.")
    ] = False,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="Who asks, for the history; else the user name."),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Bring a discovery up to date with new rows; ids and names stay."""
    from coterie.progress import show_progress
    from coterie.segments import load_segmentation
    from coterie.verbs.service.refreshing import claim_refresh, refresh_saved
    from coterie.workflows.assignment import home_of

    home, report = home_of(folder), None
    goal = home if out is None else out
    with show_progress():
        if dry_run:
            refreshed = refresh_saved(home, source, options, by=by)
        else:
            edits = load_segmentation(home).edits
            with claim_refresh(goal, home, edits, source, options, overwrite=overwrite):
                refreshed = refresh_saved(home, source, options, by=by)
                report = refreshed.save(goal, overwrite=overwrite)
    if as_json:
        told = None if report is None else str(report)
        typer.echo(json.dumps({**refreshed.figures, "report": told}))
    else:
        _print(refreshed.result, report, kept=goal == home)


def _print(result: RefreshResult, report: Path | None, *, kept: bool) -> None:
    from rich.console import Console
    from rich.text import Text

    from coterie.cli.shared.tables import print_table
    from coterie.pages.refreshing import words
    from coterie.verbs.service.refreshing import BEFORE

    console = Console(highlight=False)
    for paragraph in words.summary(result).split("\n\n"):
        console.print(Text(paragraph), soft_wrap=True)
    changed = result.changes[result.changes["change"] != ""]
    if len(changed):
        print_table(
            "Changes",
            {"id": "left", "name": "left", "change": "left", "before": "right", "now": "right"},
            [
                (
                    row["id"],
                    Text(row["name"], style="bold"),
                    row["change"],
                    f"{row['rows_before']:,} ({row['share_before']:.1%})",
                    f"{row['rows_now']:,} ({row['share_now']:.1%})",
                )
                for row in changed.head(_SHOWN).to_dict("records")
            ],
        )
    lines = []
    if len(changed) > _SHOWN:
        lines.append(f"and {len(changed) - _SHOWN:,} more")
    if set_aside := len(result.dataset.records.rejects):
        where = Path("quarantine.csv") if report is None else report.with_name("quarantine.csv")
        lines.append(told_set_aside(set_aside, where))
    if report is None:
        lines.append("Nothing was written.")
    elif result.renewal is None and kept:
        lines.append("The folder stays as it was.")
    else:
        lines.append(f"Report: {report}")
        if kept:
            lines.append(f"The folder as it was before: {report.with_name(BEFORE)}")
    for line in lines:
        console.print(Text(line), soft_wrap=True)
