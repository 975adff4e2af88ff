"""`coterie tune`: a better encoder from labelled rows, and the proof that it is better."""

from __future__ import annotations

import json
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
    from coterie.workflows.tuning.tune import TuneResult

__all__ = ["command", "print_tuning"]


@reads_a_table
def command(
    table: TableOptions,
    *,
    out: OutFolder,
    encoder: Encoder = "minilm",
    loss: Annotated[
        str, typer.Option(help="ranking, triplet, infonce, both or contrastive.")
    ] = "ranking",
    hard_negatives: Annotated[
        bool, typer.Option("--hard-negatives", help="Mine a hard negative for each pair.")
    ] = False,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the pairs.")] = 3,
    batch: Annotated[int, typer.Option(min=2, help="Pairs in a step.")] = 64,
    learning_rate: Annotated[float, typer.Option(help="The highest.")] = 5e-5,
    test: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="Share of the rows kept to judge on.")
    ] = 0.2,
    near: Annotated[
        float, typer.Option(min=0.3, max=1.0, help="How alike near duplicates are at least.")
    ] = 0.8,
    suspects: Annotated[
        str, typer.Option(help="Labels that the data contradicts: keep, drop or fix.")
    ] = "keep",
    corrections: Annotated[
        Path | None, typer.Option(help="A suspects.csv with its action column filled in.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same encoder.")] = 0,
    title: Annotated[str, typer.Option(help="Title of the report.")] = "",
    as_json: Json = False,
) -> None:
    """Tune an encoder on labelled rows, and compare it with the one it was."""
    from coterie.progress import show_progress
    from coterie.tuning import TuneOptions
    from coterie.verbs.tuning import tune_into
    from coterie.workflows.tuning.tune import TunePlan

    training = TuneOptions(
        loss=loss,  # type: ignore[arg-type]
        hard_negatives=hard_negatives,
        epochs=epochs,
        batch=batch,
        learning_rate=learning_rate,
        seed=seed,
    )
    plan = TunePlan(
        encoder=encoder,
        test=test,
        near=near,
        suspects=suspects,
        corrections=corrections,
        training=training,
        title=title,
    )
    with show_progress():
        result, report = tune_into(table.read().records, out, plan)
    if as_json:
        typer.echo(json.dumps({**result.to_dict(), "report": str(report)}))
    else:
        print_tuning(result, report)


def print_tuning(result: TuneResult, report: Path) -> None:
    """Print the verdict, where the report is, and what to type next."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    metrics = result.metrics
    console.print(Text(str(metrics["verdict"]), style="bold"))
    shown = Table(box=None, pad_edge=False)
    for heading in ("", "groups", "ARI", "NMI", "purity", "5 examples"):
        shown.add_column(heading, justify="left" if not heading else "right")
    for side in (metrics["base"], metrics["tuned"]):
        shown.add_row(
            "tuned" if side is metrics["tuned"] else "as it was",
            f"{side['groups']:,}",
            *(f"{side[name]:z.3f}" for name in ("ari", "nmi", "purity")),
            f"{side['few_shot']['5']['mean']:.1%}",
        )
    console.print(shown)
    found = metrics["suspects"]["found"]
    if found:
        told = f"{found:,} labels that other rows contradict: {report.with_name('suspects.csv')}"
        console.print(Text(told), soft_wrap=True)
    if metrics["set_aside"]:
        aside = told_set_aside(metrics["set_aside"], report.with_name("quarantine.csv"))
        console.print(Text(aside), soft_wrap=True)
    console.print(Text(f"Report: {report}", style="bold"), soft_wrap=True)
    following = f"Next: coterie discover FILE --text COL --encoder {report.parent} --out DIR"
    console.print(Text(following), soft_wrap=True)
