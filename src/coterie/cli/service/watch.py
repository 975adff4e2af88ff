"""`coterie watch`: what changed in new rows, in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.common import Json, MaybeFile, OutFolder, Overwrite, told_set_aside
from coterie.cli.shared.options import takes
from coterie.options import WatchOptions

if TYPE_CHECKING:
    from coterie.workflows.watching.result import WatchResult

__all__ = ["command"]


@takes(WatchOptions)
def command(
    watched: Annotated[
        Path,
        typer.Argument(metavar="FOUND", help="Folder of a discovery, or a model directory."),
    ],
    options: WatchOptions,
    *,
    source: MaybeFile = None,
    out: OutFolder,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Say in words how new rows differ from those of the training.

    Which segments grew or shrank, which new group there is, and whether it is more than chance.
    """
    from coterie.progress import show_progress
    from coterie.segments import is_segmentation
    from coterie.verbs.service.watching import FILES, watch_with

    role = "segments" if is_segmentation(watched) else "model"
    options = options.changed(**{role: watched})
    with show_progress(), FILES.claim(out, source, options, overwrite=overwrite):
        found = watch_with(source, options)
        report = found.save(out, overwrite=overwrite)
    if as_json:
        typer.echo(json.dumps({**found.result.to_dict(), "report": str(report)}))
    else:
        _print(found.result, report)


def _print(result: WatchResult, report: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(result.headline, style="bold"))
    for change in result.changes:
        console.print(Text(f"- {result.sentence(change)}"))
    if not result.alarms:
        console.print(Text(result.sight))
    for note in result.notes:
        console.print(Text(note))
    if len(result.rejects):
        aside = told_set_aside(len(result.rejects), report.with_name("quarantine.csv"))
        console.print(Text(aside), soft_wrap=True)
    console.print(Text(f"Report: {report}", style="bold"), soft_wrap=True)
