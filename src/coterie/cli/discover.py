"""`coterie discover`: find the groups in a table, name them, write a report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from coterie.cli.shared.common import Json, MaybeFile, OutFolder, Overwrite, told_set_aside
from coterie.cli.shared.many import print_many
from coterie.cli.shared.options import takes
from coterie.errors import OptionError
from coterie.formatting import counted, percent
from coterie.options import DiscoverManyOptions, DiscoverOptions

if TYPE_CHECKING:
    from coterie.metrics import ClusterScores
    from coterie.workflows.discovery.discover import DiscoverResult

__all__ = ["command", "print_discovery"]

_SHOWN = 10


@takes(DiscoverManyOptions)
def command(
    options: DiscoverManyOptions,
    *,
    source: MaybeFile = None,
    out: OutFolder,
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Find the groups in a table, name them and write a report."""
    from coterie.progress import show_progress
    from coterie.verbs.discovery import FILES, discover_with

    if options.engine == "ray":
        _discover_many(source, out, options, overwrite=overwrite, as_json=as_json)
        return
    with show_progress(), FILES.claim(out, source, options, overwrite=overwrite):
        found = discover_with(source, options.part(DiscoverOptions))
        report = found.save(out, overwrite=overwrite)
    result = found.result
    if as_json:
        typer.echo(json.dumps({**result.to_dict(), "report": str(report)}))
    else:
        print_discovery(result, report)


def _discover_many(
    source: str | None,
    out: Path,
    options: DiscoverManyOptions,
    *,
    overwrite: bool,
    as_json: bool,
) -> None:
    from coterie.integrations.ray import discover_many
    from coterie.progress import show_progress

    if source is None:
        raise OptionError("Name the FILE (table).")
    with show_progress():
        found, made = discover_many(source, out, options, overwrite=overwrite)
    report = out / "report.html"
    if as_json:
        told = {**found.figures, "report": str(report), "many": made.to_dict()}
        typer.echo(json.dumps(told))
        return
    print_many(made, as_json=False)
    print_discovery(found.result, report)


def _agreement(scores: ClusterScores) -> str:
    return f"ARI {scores.ari:z.3f}, NMI {scores.nmi:z.3f}"


def print_discovery(result: DiscoverResult, report: Path) -> None:
    """Print the largest groups, where the report is, and what to type next."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    table, groups = result.figures.table, result.figures.groups
    head = f"{table.rows:,} {table.unit} in {counted(groups.groups, 'group')}"
    low, high = groups.range
    console.print(Text(f"{head}, coverage {percent(groups.coverage)}", style="bold"))
    shown = Table(box=None, show_header=False, pad_edge=False)
    shown.add_column(justify="right", no_wrap=True, min_width=len(f"{table.rows:,}"))
    shown.add_column(justify="right", no_wrap=True, min_width=len("99.9%"))
    shown.add_column(no_wrap=True)
    shown.add_column(no_wrap=True, style="dim")
    ordered = sorted(result.segmentation.segments, key=lambda s: (-s.size, s.name))
    for segment in ordered[:_SHOWN]:
        share = f"{segment.size / max(table.rows, 1):.1%}"
        words = Text(", ".join(segment.terms[:3]))
        shown.add_row(f"{segment.size:,}", share, Text(segment.name), words)
    console.print(shown)
    lines = []
    if len(ordered) > _SHOWN:
        lines.append(f"and {len(ordered) - _SHOWN:,} smaller ones")
    if low < high:
        lines.append(
            f"{low:,} to {high:,} groups are about as well supported: --coarser and --finer take "
            "the ends"
        )
    if groups.families:
        lines.append(f"in {groups.families:,} families, a coarser level")
    for column, scores in groups.labels.items():
        said = f"agreement with {column}: {_agreement(scores)}"
        if coarse := groups.family_labels.get(column):
            said += f"; of the families: {_agreement(coarse)}"
        lines.append(said)
    if table.set_aside:
        lines.append(told_set_aside(table.set_aside, report.with_name("quarantine.csv")))
    for line in lines:
        console.print(Text(line), soft_wrap=True)
    console.print(Text(f"Report: {report}", style="bold"), soft_wrap=True)
    first = ordered[0].id if ordered else "ID"
    console.print(
        Text(f'Next: coterie segments rename {report.parent} {first} "A better name"'),
        soft_wrap=True,
    )
