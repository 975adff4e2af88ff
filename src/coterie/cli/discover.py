"""`coterie discover`: find the groups in a table, name them, write a report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.common import (
    Encoder,
    Json,
    OutFolder,
    TableOptions,
    reads_a_table,
    told_set_aside,
)

if TYPE_CHECKING:
    from coterie.workflows.discovery.discover import DiscoverResult

__all__ = ["command", "print_discovery"]

_SHOWN = 10


@reads_a_table
def command(
    table: TableOptions,
    *,
    out: OutFolder,
    encoder: Encoder = "minilm",
    level: Annotated[
        str,
        typer.Option(help="With --group: embed the whole record, or each row and take the mean."),
    ] = "record",
    method: Annotated[str, typer.Option(help="auto, hdbscan or kmeans.")] = "auto",
    groups: Annotated[
        int | None, typer.Option(min=1, help="How many groups; chosen by the data otherwise.")
    ] = None,
    fewest: Annotated[
        int, typer.Option(min=2, help="The fewest groups to try, where the number is chosen.")
    ] = 4,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same groups.")] = 0,
    title: Annotated[str, typer.Option(help="Title of the report.")] = "",
    as_json: Json = False,
) -> None:
    """Find the groups in a table, name them and write a report."""
    from coterie.errors import OptionError
    from coterie.progress import show_progress
    from coterie.verbs.discovery import Found
    from coterie.workflows.dataset import dataset_of
    from coterie.workflows.discovery.discover import DiscoverOptions, discover

    if level not in ("record", "row"):
        raise OptionError(f"There is no level '{level}': --level is record or row.")
    with show_progress():
        result = discover(
            dataset_of(table.read(), by_row=level == "row"),
            DiscoverOptions(
                encoder=encoder,
                method=method,
                groups=groups,
                fewest=fewest,
                seed=seed,
                title=title,
            ),
        )
        report = Found(result).save(out)
    if as_json:
        typer.echo(json.dumps({**result.to_dict(), "report": str(report)}))
    else:
        print_discovery(result, report)


def _agreement(scores: Mapping[str, float]) -> str:
    return f"ARI {scores['ari']:z.3f}, NMI {scores['nmi']:z.3f}"


def print_discovery(result: DiscoverResult, report: Path) -> None:
    """Print the largest groups, where the report is, and what to type next."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    metrics, segmentation = result.metrics, result.discovery.segmentation
    head = f"{metrics['rows']:,} {metrics['unit']} in {metrics['groups']:,} groups"
    console.print(Text(f"{head}, {metrics['coverage']:.1%} covered", style="bold"))
    shown = Table(box=None, show_header=False, pad_edge=False)
    shown.add_column(justify="right", no_wrap=True, min_width=len(f"{metrics['rows']:,}"))
    shown.add_column(justify="right", no_wrap=True, min_width=len("99.9%"))
    shown.add_column(no_wrap=True)
    shown.add_column(no_wrap=True, style="dim")
    ordered = sorted(segmentation.segments, key=lambda s: (-s.size, s.name))
    for segment in ordered[:_SHOWN]:
        share = f"{segment.size / max(metrics['rows'], 1):.1%}"
        words = Text(", ".join(segment.terms[:3]))
        shown.add_row(f"{segment.size:,}", share, Text(segment.name), words)
    console.print(shown)
    if len(ordered) > _SHOWN:
        console.print(f"and {len(ordered) - _SHOWN:,} smaller ones")
    if metrics["families"]["groups"]:
        console.print(f"in {metrics['families']['groups']:,} families, for a coarser look")
    for column, scores in metrics["labels"].items():
        said = f"beside {column}: {_agreement(scores)}"
        if coarse := metrics["families"]["labels"].get(column):
            said += f"; the families: {_agreement(coarse)}"
        console.print(Text(said), soft_wrap=True)
    if metrics["set_aside"]:
        aside = told_set_aside(metrics["set_aside"], report.with_name("quarantine.csv"))
        console.print(Text(aside), soft_wrap=True)
    console.print(Text(f"Report: {report}", style="bold"), soft_wrap=True)
    first = ordered[0].id if ordered else "ID"
    console.print(
        Text(f'Next: coterie segments rename {report.parent} {first} "A better name"'),
        soft_wrap=True,
    )
