"""`coterie suspects`: labels that other rows contradict, before anything learns from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from coterie.cli.shared.common import DataFile, Json, OutFolder, Overwrite, told_set_aside
from coterie.cli.shared.options import takes
from coterie.options import SuspectsOptions

if TYPE_CHECKING:
    from coterie.workflows.tuning.suspects import SuspectsResult

__all__ = ["command"]

_SHOWN = 5  # labels


@takes(SuspectsOptions)
def command(
    source: DataFile,
    options: SuspectsOptions,
    *,
    out: OutFolder,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """List the rows whose label other rows contradict."""
    from coterie.progress import show_progress
    from coterie.verbs.suspects import FILES, suspects_with

    with show_progress(), FILES.claim(out, source, options, overwrite=overwrite):
        found = suspects_with(source, options)
        report = found.save(out, overwrite=overwrite)
    if as_json:
        typer.echo(json.dumps({**found.figures, "report": str(report)}))
    else:
        _summarise(found.result, report)


def _summarise(result: SuspectsResult, report: Path) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(result.verdict, style="bold"))
    by_label = result.by_label[result.by_label["suspect"] > 0].head(_SHOWN)
    for label, rows, suspect, mostly in by_label.itertuples(index=False):
        console.print(Text(f"  {label}: {suspect:,} of {rows:,}, mostly rather {mostly}"))
    table = report.with_name("suspects.csv")
    lines = [Text(f"Rows: {table}")]
    if aside := len(result.rejects):
        lines.append(Text(told_set_aside(aside, report.with_name("quarantine.csv"))))
    lines.append(Text(f"Report: {report}", style="bold"))
    if len(by_label):
        told = "Next: fill in the action column (keep, drop or fix), then coterie train FILE "
        lines.append(Text(f"{told}--corrections {table}"))
    for line in lines:
        console.print(line, soft_wrap=True)
