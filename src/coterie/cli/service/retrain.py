"""`coterie retrain`: feedback into a new version, compared before it is used."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.common import Json, Overwrite, told_set_aside
from coterie.cli.shared.options import takes
from coterie.options import RetrainOptions

if TYPE_CHECKING:
    from coterie.verbs.service.retraining import Retrained

__all__ = ["command"]

_SHOWN = 5  # classes


@takes(RetrainOptions)
def command(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model directory.")],
    options: RetrainOptions,
    *,
    feedback: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FEEDBACK...",
            help="Tables of rows with their truth: CSV, JSON, JSON Lines, Parquet or Excel.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for the page of the comparison.", file_okay=False),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Train a new version on feedback, and compare it with the active one before it is used."""
    from contextlib import nullcontext

    from coterie.progress import show_progress
    from coterie.verbs.service.retraining import FILES, retrain_with

    reads = (model, feedback, options)
    claim = nullcontext() if out is None else FILES.claim(out, *reads, overwrite=overwrite)
    with show_progress(), claim:
        found = retrain_with(model, feedback, options)
        report = None if out is None else found.save(out, overwrite=overwrite)
    if as_json:
        saved = {"model": str(model), "version": found.version, "active": found.active}
        told = {} if report is None else {"report": str(report)}
        typer.echo(json.dumps({**saved, **found.figures, **told}))
    else:
        _print(found, report)


def _print(found: Retrained, report: Path | None) -> None:
    from rich.console import Console
    from rich.text import Text

    console, result = Console(highlight=False), found.result
    console.print(Text(result.verdict, style="bold"))
    for words in result.notes:
        console.print(Text(words))
    counts = [f"{rows:,} {name}" for name, rows in result.feedback.counts.items() if rows]
    console.print(Text(f"Feedback: {', '.join(counts)}"))
    if result.on_original is not None:
        console.print(Text(f"On held-out training rows: {result.on_original.sentence}"))
    changed = result.classes[result.classes["mended"] != result.classes["lost"]].head(_SHOWN)
    for row in changed.itertuples(index=False):
        name, before, after = row[0], float(row[2]), float(row[3])
        console.print(Text(f"  {name}: {before:.0%} right, now {after:.0%} ({row[1]:,} rows)"))
    if report is not None:
        if aside := len(result.rejects):
            console.print(Text(told_set_aside(aside, report.with_name("quarantine.csv"))))
        console.print(Text(f"Report: {report}", style="bold"), soft_wrap=True)
    home, number = quote(str(found.home)), found.version
    if found.active:
        told = f"Version {number} of {found.home} is used from now on."
    else:
        told = (
            f"Version {number} of {found.home} is saved, and version {result.version} is still "
            f"used. Next: coterie models activate {home} {number}"
        )
    console.print(Text(told), soft_wrap=True)
