"""`coterie evaluate`: saved models side by side on labelled rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coterie.cli.common import Json, OutFolder, told_set_aside
from coterie.cli.options import takes
from coterie.errors import OptionError
from coterie.options import EvaluateOptions

if TYPE_CHECKING:
    from pathlib import Path

    from coterie.workflows.evaluation.result import EvaluateResult

__all__ = ["command"]


@takes(EvaluateOptions)
def command(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL... FILE",
            help="Model directories, or versions of one, and last the table of labelled rows.",
        ),
    ],
    options: EvaluateOptions,
    *,
    out: OutFolder,
    as_json: Json = False,
) -> None:
    """Evaluate saved models on labelled rows that they have not learnt from, side by side.

    All of them tell classes apart, or all estimate a number. Columns are those that the first model
    was trained with, where none are named.
    """
    from coterie.progress import show_progress
    from coterie.verbs.evaluation import evaluate_with

    *homes, source = models
    if not homes:
        raise OptionError("Name one model or more, and after them the FILE of labelled rows.")
    with show_progress():
        judged = evaluate_with(homes, source, options)
        report = judged.save(out)
    result = judged.result
    if as_json:
        typer.echo(json.dumps({**result.metrics, "report": str(report)}))
    else:
        _print(result, report)


def _print(result: EvaluateResult, report: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from coterie.workflows.evaluation.evaluation import Evaluation

    console = Console(highlight=False)
    metrics = result.metrics
    of_classes = isinstance(result.evaluation, Evaluation)
    rows = [(_of_classes if of_classes else _of_a_number)(each) for each in metrics["models"]]
    shown = Table(box=None, pad_edge=False)
    for heading in rows[0]:
        shown.add_column(heading, justify="left" if heading == "model" else "right")
    for row in rows:
        shown.add_row(*map(Text, row.values()))
    console.print(shown)
    console.print(Text(str(metrics["verdict"])))
    for figures in metrics["models"]:
        if figures.get("unknown_label_rows"):
            unknown, name = figures["unknown_label_rows"], figures["model"]
            told = f"Labels that {name} does not know, so wrong: {unknown:,} of the rows"
            console.print(Text(told))
        if figures.get("beside_training"):
            console.print(Text(f"Note: {figures['beside_training']}"))
    if metrics["unlabelled"]:
        what = "label" if of_classes else "number"
        console.print(Text(f"Left out for want of a {what}: {metrics['unlabelled']:,} of the rows"))
    if metrics.get("not_numbers"):
        told = f"Left out for what is no number: {metrics['not_numbers']:,} of the rows"
        console.print(Text(told))
    if metrics["set_aside"]:
        aside = told_set_aside(metrics["set_aside"], report.with_name("quarantine.csv"))
        console.print(Text(aside), soft_wrap=True)
    console.print(Text(f"Report: {report}", style="bold"), soft_wrap=True)


def _of_classes(figures: Mapping[str, Any]) -> dict[str, str]:
    return {
        "model": figures["model"],
        "right": f"{figures['accuracy']:.1%}",
        "F1": _number(figures.get("f1", figures["macro_f1"]), ".3f"),
        "AUC": _number(figures["auc"], ".3f"),
        "calibration error": f"{figures['ece']:.3f}",
        "sure": f"{figures['assigned']:.0%}",
        **_costs(figures),
    }


def _of_a_number(figures: Mapping[str, Any]) -> dict[str, str]:
    from coterie.formatting import format_number

    return {
        "model": figures["model"],
        "typical error": format_number(figures["median_error"]),
        "mean error": format_number(figures["mae"]),
        "RMSE": format_number(figures["rmse"]),
        "R2": _number(figures["r2"], ".3f"),
        "order right": _number(figures["rank"], ".3f"),
        "within range": f"{figures['within']:.0%}",
        **_costs(figures),
    }


def _costs(figures: Mapping[str, Any]) -> dict[str, str]:
    return {
        "ms": _number(figures.get("milliseconds_p50"), ".3g"),
        "on disk": f"{_number(figures.get('size_mib'), ',.1f')} MiB",
    }


def _number(value: float | None, spec: str) -> str:
    return "" if value is None else format(value, spec)
