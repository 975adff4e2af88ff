"""`coterie evaluate`: saved models side by side on labelled rows."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coterie.cli.common import (
    Json,
    OutFolder,
    TableOptions,
    may_read_a_table,
    needs_texts,
    told_set_aside,
)
from coterie.errors import CoterieWarning, OptionError

if TYPE_CHECKING:
    from coterie.recipes.evaluating import EvaluateResult
    from coterie.recipes.predicting import LoadedModel
    from coterie.records import Records

__all__ = ["command"]

_OF_TEXTS = ("text", "group", "order", "speaker", "first")


@may_read_a_table(last=True, named=False)
def command(
    models: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL... FILE",
            help="Model directories, or versions of one, and at last the table of labelled rows.",
        ),
    ],
    table: TableOptions,
    *,
    out: OutFolder,
    positive: Annotated[
        str | None, typer.Option(help="Class that precision, recall and AUC are of.")
    ] = None,
    learning: Annotated[
        bool, typer.Option("--learning", help="Show what more labelled rows would gain.")
    ] = False,
    price: Annotated[
        float, typer.Option(min=0, help="US dollars for an hour of one processor core.")
    ] = 0.05,
    title: Annotated[str, typer.Option(help="Title of the page.")] = "",
    as_json: Json = False,
) -> None:
    """Judge saved models on labelled rows that they have not learnt from, side by side.

    Columns are those that the first model was trained with, unless told.
    """
    from coterie.progress import show_progress
    from coterie.recipes.evaluating import evaluate_loaded
    from coterie.recipes.predicting import load_model

    *homes, source = models
    if not homes:
        raise OptionError("Name one model or more, and after them the FILE of labelled rows.")
    if len(table.label or ()) > 1:
        raise OptionError("Models are judged by one label column: give --label once.")
    with show_progress():
        loaded = [load_model(home) for home in homes]
        asked = replace(table, source=source)
        wanted = _following(asked, [model.schema for model in loaded])
        for model in loaded:
            _warn_of_others(wanted, model)
        records = _records(asked, wanted, loaded)
        result = evaluate_loaded(
            loaded,
            records,
            None,
            out,
            positive=positive,
            price=price,
            learning=learning,
            title=title,
        )
    if as_json:
        typer.echo(json.dumps({**result.metrics, "report": str(result.report)}))
    else:
        _print(result)


def _following(table: TableOptions, schemas: Sequence[Mapping[str, Any]]) -> TableOptions:
    """Take the columns of the first training, the label too, where no others are asked for.

    Those of the concepts are of the first that had some.
    """
    schema = schemas[0]
    noted = next((each for each in schemas if "concept" in each), None)
    if table.has_concepts and noted is None:
        raise OptionError("The models were trained without concepts: leave them out.")
    if not table.label:
        if not schema.get("label"):
            raise OptionError("Name the column of the true labels with --label.")
        table = replace(table, label=[schema["label"]])
    followed = table.following(schema)
    if noted is not None:
        followed = followed.following({k: noted[k] for k in noted if k.startswith("concept")})
    return followed.given(text=any(map(needs_texts, schemas)))


def _warn_of_others(wanted: TableOptions, model: LoadedModel) -> None:
    """Say where a model was trained on texts that were made otherwise."""
    used = wanted.schema()
    for name in _OF_TEXTS:
        its = model.schema.get(name)
        if "text" in model.schema and its != used.get(name):
            warnings.warn(
                f"{model.home.name} was trained with --{name} {its or 'left out'} and is judged "
                f"with {used.get(name) or 'none'}: that may not be fair to it.",
                CoterieWarning,
                stacklevel=2,
            )


def _records(asked: TableOptions, wanted: TableOptions, models: Sequence[LoadedModel]) -> Records:
    """Read the rows; the id column of the training may be absent where none was asked for."""
    from coterie.recipes.predicting import context_of

    rows = wanted.read()
    if wanted.id not in rows.columns and asked.id is None:
        wanted = replace(wanted, id=None)
    known = dict.fromkeys(name for model in models for name in context_of(model.classifier))
    context = [name for name in known if name in rows.columns]
    return wanted.records(rows, context=context)


def _print(result: EvaluateResult) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    metrics = result.metrics
    shown = Table(box=None, pad_edge=False)
    for heading in ("model", "right", "F1", "AUC", "calibration error", "sure", "ms", "on disk"):
        shown.add_column(heading, justify="left" if heading == "model" else "right")
    for figures in metrics["models"]:
        shown.add_row(
            Text(figures["model"]),
            f"{figures['accuracy']:.1%}",
            _number(figures.get("f1", figures["macro_f1"]), ".3f"),
            _number(figures["auc"], ".3f"),
            f"{figures['ece']:.3f}",
            f"{figures['assigned']:.0%}",
            _number(figures.get("milliseconds_p50"), ".3g"),
            f"{_number(figures.get('size_mib'), ',.1f')} MiB",
        )
    console.print(shown)
    console.print(Text(str(metrics["verdict"])))
    for figures in metrics["models"]:
        if figures["unknown_label_rows"]:
            rows, name = figures["unknown_label_rows"], figures["model"]
            console.print(Text(f"Labels that {name} does not know, so wrong: {rows:,} of the rows"))
    if metrics["unlabelled"]:
        console.print(Text(f"Left out for want of a label: {metrics['unlabelled']:,} of the rows"))
    if metrics["set_aside"]:
        aside = told_set_aside(metrics["set_aside"], result.folder / "quarantine.csv")
        console.print(Text(aside), soft_wrap=True)
    console.print(Text(f"Report: {result.report}", style="bold"), soft_wrap=True)


def _number(value: float | None, spec: str) -> str:
    return "" if value is None else format(value, spec)
