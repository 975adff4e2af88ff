"""`coterie train`: a classifier from labelled rows, kept as a model directory."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coterie.cli.common import Json, MaybeFile, told_set_aside
from coterie.cli.options import takes
from coterie.options import TrainOptions

if TYPE_CHECKING:
    from coterie.store import Manifest
    from coterie.workflows.training.numbers import RegressorResult
    from coterie.workflows.training.train import TrainResult

__all__ = ["command"]


@takes(TrainOptions)
def command(
    options: TrainOptions,
    *,
    source: MaybeFile = None,
    out: Annotated[Path, typer.Option("--out", help="Model directory.", file_okay=False)],
    note: Annotated[str, typer.Option(help="A remark kept with the model.")] = "",
    as_json: Json = False,
) -> None:
    """Train a classifier on labelled rows, or on the segments of a folder."""
    from coterie.progress import show_progress
    from coterie.verbs.model import train_with

    with show_progress():
        trained = train_with(source, options)
        manifest = trained.write(out, note=note)
    result, reading = trained.trained, trained.reading
    assert result is not None
    assert reading is not None
    records = reading.records
    if as_json:
        answer = {"model": str(out), "version": manifest.version, **result.metrics}
        typer.echo(json.dumps(answer))
        return
    if len(records.rejects):
        from coterie.records import write_quarantine

        write_quarantine(records, out / "quarantine.csv")
        typer.echo(told_set_aside(len(records.rejects), out / "quarantine.csv"), err=True)
    _print(result, manifest, out, trained.schema["context"] if not records.has_texts else ())


def _print(
    result: TrainResult | RegressorResult, manifest: Manifest, out: Path, features: Sequence[str]
) -> None:
    from rich.console import Console
    from rich.text import Text

    from coterie.workflows.training.train import TrainResult

    console = Console(highlight=False)
    if isinstance(result, TrainResult):
        if len(result.candidates) > 1:
            console.print(_table(result))
        tried = getattr(result.classifier, "table_", None)
        lines = _of_classes(result, features)
    else:
        tried = result.regressor.table_
        lines = _of_numbers(result, features)
    if tried is not None:
        console.print(_tried(tried))
    for line in lines:
        console.print(Text(line))
    console.print(
        Text(f"Model: {out}, version {manifest.version} ({manifest.kind})", style="bold"),
        soft_wrap=True,
    )
    noted = " --concepts CONCEPTS" if "concept_id" in manifest.schema else ""
    told = f"Next: coterie predict {out} FILE{noted} --out predictions.csv"
    console.print(Text(told), soft_wrap=True)


def _of_numbers(result: RegressorResult, features: Sequence[str]) -> list[str]:
    figures, scores = result.metrics, result.scores
    logs = "" if isnan(scores.r2_log) else f", of its logarithm {scores.r2_log:.2f}"
    return [
        f"A number, learnt from {figures['trained_on']:,} rows"
        + (f"; {figures['unlabelled']:,} without one" if figures["unlabelled"] else ""),
        *([f"From the columns {', '.join(features)}"] if features else []),
        f"On rows not learnt from: {scores.r2:.2f} of the variance explained (R2){logs}; off by "
        f"{scores.median_error:,.4g} or less for half of them, by {scores.mae:,.4g} on average",
    ]


def _of_classes(result: TrainResult, features: Sequence[str]) -> list[str]:
    figures = result.metrics
    lines = [
        f"{figures['classes']} classes, learnt from {figures['trained_on']:,} rows"
        + (f"; {figures['unlabelled']:,} without a label" if figures["unlabelled"] else ""),
        *([f"From the columns {', '.join(features)}"] if features else []),
        *_shares(result.classifier),
        f"On {figures['judged_on']:,} rows not learnt from: {figures['accuracy']:.1%} right, "
        f"macro F1 {figures['macro_f1']:.2f}, calibration error {figures['ece']:.3f}",
    ]
    if figures["threshold"] and figures["accuracy_assigned"] is not None:
        lines.append(
            f"{figures['assigned']:.0%} of them with a confidence of {figures['threshold']:.2f} or "
            f"more, {figures['accuracy_assigned']:.1%} of these right; the others are ambiguous"
        )
    return lines


def _shares(classifier: Any) -> list[str]:
    """Show how common the classes are, where an ensemble could balance them."""
    counts = getattr(classifier, "counts_", None)
    if counts is None or counts.min() * len(counts) > counts.sum() / 2:
        return []
    named = zip(classifier.classes_.tolist(), (counts / counts.sum()).tolist(), strict=True)
    told = ", ".join(f"{name} {share:.0%}" for name, share in named)
    mend = "" if classifier.balance else "; --balance lets rare ones count as much"
    return [f"Of the rows {told}{mend}"]


def _tried(table: Any) -> Any:
    """Show what an ensemble tried, by the loss on rows held out."""
    from rich.table import Table

    shown = Table(box=None, pad_edge=False)
    figure = "r2" if "r2" in table else "accuracy"
    heads = (
        "learner",
        "features",
        "loss",
        figure,
        "mae" if figure == "r2" else "AUC",
        "seconds",
        "tried",
        "",
    )
    for name in heads:
        shown.add_column(name, justify="left" if name in ("learner", "features", "") else "right")
    for row in table.to_dict("records"):
        shown_other = f"{row['mae']:,.4g}" if figure == "r2" else f"{row['auc']:.3f}"
        shown.add_row(
            row["model"],
            row["features"],
            f"{row['loss']:.3f} ± {row['loss_sd']:.3f}",
            f"{row[figure]:.3f} ± {row[figure + '_sd']:.3f}",
            shown_other,
            f"{row['seconds']:.1f}",
            str(row["draws"]),
            "chosen" if row["chosen"] else "",
        )
    return shown


def _table(result: TrainResult) -> Any:
    from rich.table import Table

    shown = Table(box=None, pad_edge=False)
    for name in ("model", "accuracy", "macro F1", "log loss", "calibration error", ""):
        shown.add_column(name, justify="left" if name in ("model", "") else "right")
    for row in result.table.to_dict("records"):
        shown.add_row(
            row["model"],
            f"{row['accuracy']:.1%}",
            f"{row['macro_f1']:.3f}",
            f"{row['log_loss']:.3f}",
            f"{row['ece']:.3f}",
            "chosen" if row["chosen"] else "",
        )
    return shown
