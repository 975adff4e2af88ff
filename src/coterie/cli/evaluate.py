"""`coterie evaluate`: saved models side by side on labelled rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.common import Json, OutFolder, Overwrite, told_set_aside, told_suspects
from coterie.cli.shared.options import takes
from coterie.errors import OptionError
from coterie.formatting import counted, format_number
from coterie.options import EvaluateOptions

if TYPE_CHECKING:
    from pathlib import Path

    from coterie.workflows.evaluation.classes import ClassEvaluation
    from coterie.workflows.evaluation.figures import (
        ClassFigures,
        LanguageFigures,
        NumberFigures,
    )
    from coterie.workflows.evaluation.numbers import NumberEvaluation

__all__ = ["command"]

_ANY_WIDTH = 10_000


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
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Evaluate saved models on labelled rows that they were not trained on, side by side.

    All of them tell classes apart, or all estimate a number. Columns are those that the first model
    was trained with, where none are named.
    """
    from coterie.progress import show_progress
    from coterie.verbs.evaluation import FILES, evaluate_with

    *homes, source = models
    if not homes:
        raise OptionError("Name one model or more, and after them the FILE of labelled rows.")
    with show_progress(), FILES.claim(out, models, options, overwrite=overwrite):
        judged = evaluate_with(homes, source, options)
        report = judged.save(out, overwrite=overwrite)
    result = judged.result
    if as_json:
        typer.echo(json.dumps({**result.to_dict(), "report": str(report)}))
    else:
        _print(result, report)
        _print_suspects(result, source, options)


def _print_suspects(
    evaluation: ClassEvaluation | NumberEvaluation, source: str, options: EvaluateOptions
) -> None:
    from coterie.workflows.evaluation.classes import ClassEvaluation
    from coterie.workflows.evaluation.words import suspects_in_words

    if not isinstance(evaluation, ClassEvaluation) or not any(evaluation.best.texts):
        return
    if told := suspects_in_words(evaluation.best):
        typer.echo(told_suspects(told, source, options, evaluation.label))


def _print(evaluation: ClassEvaluation | NumberEvaluation, report: Path) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    rows = [_row(each) for each in evaluation.figures]
    shown = Table(box=None, pad_edge=False)
    for heading in rows[0]:
        shown.add_column(heading, justify="left" if heading == "model" else "right")
    for row in rows:
        shown.add_row(*map(Text, row.values()))
    whole = Console(width=_ANY_WIDTH).measure(shown).maximum  # no figure is cut
    Console(highlight=False, width=max(console.width, whole)).print(shown)
    if any(getattr(each, "intervals", None) for each in evaluation.figures):
        console.print("Below each figure: its 95% interval.")
    for line in (evaluation.verdict, *_notes(evaluation)):
        console.print(Text(line))
    if len(evaluation.rejects):
        aside = told_set_aside(len(evaluation.rejects), report.with_name("quarantine.csv"))
        console.print(Text(aside), soft_wrap=True)
    console.print(Text(f"Report: {report}", style="bold"), soft_wrap=True)


def _notes(evaluation: ClassEvaluation | NumberEvaluation) -> Iterator[str]:
    from coterie.workflows.evaluation.numbers import NumberEvaluation
    from coterie.workflows.evaluation.words import seen_in_words

    for told in filter(None, map(seen_in_words, evaluation.models)):
        yield f"Warning: {told}"
    if isinstance(evaluation, NumberEvaluation):
        what, odd = "number", evaluation.not_numbers
        for found in evaluation.figures:
            if found.beside_training:
                yield f"Note: {found.beside_training}"
    else:
        what, odd = "label", 0
        for each in evaluation.figures:
            if each.language is not None:
                yield _of_language_model(each.model, each.language)
            if each.unknown_label_rows:
                yield (
                    f"Labels that {each.model} does not know, counted as wrong: "
                    f"{counted(each.unknown_label_rows, 'row')}"
                )
    if evaluation.unlabelled:
        yield f"Left out, without a {what}: {counted(evaluation.unlabelled, 'row')}"
    if odd:
        yield f"Left out, with something else than a number: {counted(odd, 'row')}"


def _of_language_model(model: str, found: LanguageFigures) -> str:
    told = [f"{found.refused:.1%} of the texts refused"]
    if found.order_bias is not None:
        told.append(f"order bias {found.order_bias:.2f}")
    told.append(f"{found.llm_tokens:,.0f} tokens and {found.llm_seconds:.2f} s for a text")
    if found.llm_cost_per_1000:
        told.append(f"${found.llm_cost_per_1000:,.2f} for 1,000")
    return f"{model} asks {found.llm}: {', '.join(told)}"


def _row(figures: ClassFigures | NumberFigures) -> dict[str, str]:
    from coterie.workflows.evaluation.figures import ClassFigures

    if isinstance(figures, ClassFigures):
        positive, ends = figures.positive, figures.intervals or {}
        f1, of = (figures.macro_f1, "macro_f1") if positive is None else (positive.f1, "f1")
        accuracy = figures.accuracy_low or 0.0, figures.accuracy_high or 0.0
        row = {
            "model": figures.model,
            "accuracy": _number(figures.accuracy, ".1%", accuracy),
            "F1": _number(f1, ".3f", ends.get(of)),
            "AUC": _number(figures.auc, ".3f", ends.get("auc")),
            "calibration\nerror": f"{figures.ece:.3f}",
            "assigned": _number(figures.assigned, ".1%", ends.get("assigned")),
        }
    else:
        ends = figures.intervals or {}
        row = {
            "model": figures.model,
            "median error": format_number(figures.median_error),
            "MAE": _number(figures.mae, "", ends.get("mae")),
            "RMSE": format_number(figures.rmse),
            "R2": _number(figures.r2, ".3f", ends.get("r2")),
            "Spearman": _number(figures.rank, ".3f"),
            "within range": _number(figures.within, ".1%", ends.get("within")),
        }
    milliseconds = None if figures.speed is None else figures.speed.milliseconds_p50
    told = "" if milliseconds is None else format_number(milliseconds)
    size = f"{_number(figures.size_mib, ',.1f')} MiB"
    return {**row, "ms": told, "on disk": size}


def _number(value: float | None, spec: str, ends: Sequence[float] | None = None) -> str:
    """Write a figure, and under it its 95% interval, in few characters."""
    if value is None:
        return ""
    shown = format_number(value, spec)
    if ends is None:
        return shown
    short = {".1%": ".0%", ".3f": ".2f"}.get(spec, spec)
    low, high = (format_number(end, short) for end in ends)
    return f"{shown}\n{low.rstrip('%')}\N{EN DASH}{high}"
