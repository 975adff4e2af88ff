"""`coterie train`: a classifier from labelled rows, kept as a model directory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coterie.cli.shared.common import Json, MaybeFile, Overwrite, told_set_aside, told_suspects
from coterie.cli.shared.options import takes
from coterie.formatting import between, counted, format_number
from coterie.options import TrainOptions

if TYPE_CHECKING:
    from coterie.cli.shared.tables import Side
    from coterie.records import RowVectors
    from coterie.store import Manifest
    from coterie.workflows.training.results import ClassifierResult, TrainResult

__all__ = ["command"]


@takes(TrainOptions)
def command(
    options: TrainOptions,
    *,
    source: MaybeFile = None,
    out: Annotated[Path, typer.Option("--out", help="Model directory.", file_okay=False)],
    note: Annotated[str, typer.Option(help="A remark kept with the model.")] = "",
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Train a classifier on labelled rows, or on the segments of a folder."""
    from coterie.progress import show_progress
    from coterie.records import write_rejects
    from coterie.verbs.model import claim_model, train_with
    from coterie.verbs.saving import QUARANTINE

    with show_progress(), claim_model(out, source, options, overwrite=overwrite):
        trained = train_with(source, options)
        manifest = trained.write(out, note=note)
        if len(rejects := trained.rejects):
            write_rejects(rejects, out / QUARANTINE)
    result, reading = trained.trained, trained.reading
    assert result is not None
    assert reading is not None
    records = reading.records
    if as_json:
        answer = {"model": str(out), "version": manifest.version, **result.to_dict()}
        typer.echo(json.dumps(answer))
        return
    if len(records.rejects):
        typer.echo(told_set_aside(len(records.rejects), out / QUARANTINE), err=True)
    features = trained.schema["context"] if not records.has_texts else ()
    _print(result, manifest, out, features, records.vectors)
    if isinstance(source, str) and records.has_texts:
        _print_suspects(result, source, options, trained.schema["label"])


def _print(
    result: TrainResult,
    manifest: Manifest,
    out: Path,
    features: Sequence[str],
    vectors: RowVectors | None,
) -> None:
    from rich.console import Console
    from rich.text import Text

    from coterie.workflows.training.results import ClassifierResult, RegressorResult

    console = Console(highlight=False)
    if isinstance(result, ClassifierResult) and len(result.candidates) > 1:
        _print_candidates(result)
    if hasattr(result.model, "table_"):
        _print_learners(result.model.table_)
    lines = [f"Columns: {', '.join(features)}"] if features else []
    if vectors is not None:
        made_by = vectors.origin.name or "an unknown encoder"
        lines.insert(0, f"Vectors: {vectors.dim} wide, of {made_by}")
    if isinstance(result, ClassifierResult):
        lines = [_counted(result, f"{len(result.judged.classes)} classes"), *lines]
        lines += [*_shares(result.model), *_scored(result), *_asked(result.model)]
    elif isinstance(result, RegressorResult):
        scores = result.scores
        logs = "" if isnan(scores.r2_log) else f" ({scores.r2_log:.2f} for the logarithm)"
        lines = [_counted(result, "A number"), *lines]
        lines.append(
            f"Validation rows: R2 {scores.r2:.2f}{logs}, median error "
            f"{format_number(scores.median_error)}, mean absolute error {format_number(scores.mae)}"
        )
    for line in lines:
        console.print(Text(line))
    console.print(
        Text(f"Model: {out}, version {manifest.version} ({manifest.kind})", style="bold"),
        soft_wrap=True,
    )
    rows = "FILE --concepts CONCEPTS" if "concept_id" in manifest.schema else "FILE"
    rows = f"--vectors {rows}" if vectors else rows
    told = f"Next: coterie predict {out} {rows} --out predictions.csv"
    console.print(Text(told), soft_wrap=True)


def _print_suspects(result: TrainResult, source: str, options: TrainOptions, label: str) -> None:
    from coterie.workflows.evaluation.words import suspects_in_words
    from coterie.workflows.training.results import ClassifierResult

    if not isinstance(result, ClassifierResult):
        return
    told = suspects_in_words(result.judged)
    if told is None and result.conflicts is not None:
        told = "Identical texts have different labels."
    if told is not None:
        typer.echo(told_suspects(told, source, options, label))


def _counted(result: TrainResult, what: str) -> str:
    without = f"; {result.unlabelled:,} without a label" if result.unlabelled else ""
    return f"{what}, trained on {counted(result.trained_on, 'row')}{without}"


def _scored(result: ClassifierResult) -> Iterator[str]:
    judged, figures = result.judged, result.judged.figures
    ends = judged.intervals or {}

    def written(value: float, spec: str, name: str) -> str:
        interval = f" ({between(ends[name], spec)})" if name in ends else ""
        return f"{value:{spec}}{interval}"

    told = ", ".join(
        (
            f"accuracy {written(judged.scores.accuracy, '.1%', 'accuracy')}",
            f"macro F1 {written(judged.scores.macro_f1, '.2f', 'macro_f1')}",
            f"calibration error {written(judged.calibration.ece, '.3f', 'ece')}",
        )
    )
    note = "; in brackets: 95% intervals" if ends else ""
    yield f"{counted(len(judged.truth), 'validation row')}: {told}{note}"
    if over := judged.over_folds:
        yield (
            f"Over {over.folds} folds, mean ± standard deviation: accuracy {over.accuracy:.1%} ± "
            f"{over.accuracy_sd:.1%}, macro F1 {over.macro_f1:.2f} ± {over.macro_f1_sd:.2f}"
        )
    assigned = figures.assigned
    if assigned is not None and assigned < 1 and figures.accuracy_assigned is not None:
        low = f"have a confidence below {result.threshold:.2f} or " if result.threshold else ""
        yield (
            f"Assigned: {assigned:.1%} of them, accuracy {figures.accuracy_assigned:.1%}; "
            f"the others {low}may belong to none of the classes"
        )


def _shares(classifier: Any) -> Iterator[str]:
    """Show how common the classes are, where an ensemble could balance them."""
    counts = getattr(classifier, "counts_", None)
    if counts is None or counts.min() * len(counts) > counts.sum() / 2:
        return
    named = zip(classifier.classes_.tolist(), (counts / counts.sum()).tolist(), strict=True)
    shares = ", ".join(f"{name} {share:.0%}" for name, share in named)
    mend = "" if classifier.balance else "; --balance gives rare classes the same weight"
    yield f"Class shares: {shares}{mend}"


def _asked(classifier: Any) -> Iterator[str]:
    """Show what asking a language model took, and how far its answers depend on the order."""
    from coterie.classifiers import PromptClassifier

    if not isinstance(classifier, PromptClassifier):
        return
    yield classifier.who_asks.ledger.line
    bias = classifier.order_bias_
    if bias is not None:
        yield (
            f"Order of the labels: {bias.first:.0%} of the answers are the first label shown, "
            f"which is right for {bias.expected_first:.0%}; order bias {bias.bias:.2f}"
        )


def _print_learners(table: Any) -> None:
    """Show what an ensemble tried, by the loss on validation rows."""
    from coterie.cli.shared.tables import print_table

    figure, other, digits = ("r2", "mae", "") if "r2" in table else ("accuracy", "auc", ".3f")
    rows = [
        (
            row["model"],
            row["features"],
            f"{row['loss']:.3f} ± {row['loss_sd']:.3f}",
            f"{row[figure]:.3f} ± {row[figure + '_sd']:.3f}",
            format_number(row[other], digits),
            f"{row['seconds']:.1f}",
            str(row["draws"]),
            "chosen" if row["chosen"] else "",
        )
        for row in table.to_dict("records")
    ]
    heads = ("loss", figure, {"auc": "AUC"}.get(other, other), "seconds", "tried")
    columns: dict[str, Side] = {
        "learner": "left",
        "features": "left",
        **dict.fromkeys(heads, "right"),
        "": "left",
    }
    print_table("Learners by the loss on validation rows", columns, rows)


def _print_candidates(result: ClassifierResult) -> None:
    from coterie.cli.shared.tables import print_table

    rows = [
        (
            row["model"],
            f"{row['accuracy']:.1%}",
            *(f"{row[name]:.3f}" for name in ("macro_f1", "log_loss", "ece")),
            "chosen" if row["chosen"] else "",
        )
        for row in result.table.to_dict("records")
    ]
    heads = ("accuracy", "macro F1", "log loss", "calibration error")
    right: dict[str, Side] = dict.fromkeys(heads, "right")
    columns: dict[str, Side] = {"model": "left", **right, "": "left"}
    print_table("Models on validation rows", columns, rows)
