"""`coterie predict`: a saved model on a table, or on one text."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coterie.cli.common import Json, TableOptions, may_read_a_table, needs_texts
from coterie.errors import OptionError

if TYPE_CHECKING:
    from coterie.recipes.predicting import LoadedModel, PredictResult

__all__ = ["command"]


@may_read_a_table(last=True)
def command(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model directory.")],
    table: TableOptions,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", help="CSV or Parquet file to write.", dir_okay=False)
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Not the active version.")] = None,
    one: Annotated[str | None, typer.Option(help="One text, in place of FILE.")] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="COLUMN=VALUE of that text; repeat it.")
    ] = None,
    id_as: Annotated[str, typer.Option(help="What to call the id column.")] = "id",
    label_as: Annotated[str, typer.Option(help="What to call the label column.")] = "label",
    as_json: Json = False,
) -> None:
    """Predict the rows of a table, or one text and why."""
    from coterie.progress import show_progress
    from coterie.recipes.predicting import context_of, load_model, predict_records

    if (one is None) == (not table.source):
        raise OptionError("Give either a FILE to predict or one text with --one.")
    if one is not None:
        _one(load_model(model, version), one, _pairs(given), as_json=as_json)
        return
    if given:
        raise OptionError("--set is for the one text of --one: leave it out.")
    if out is None:
        raise OptionError("Say where to write the predictions with --out predictions.csv.")
    with show_progress():
        loaded = load_model(model, version)
        if table.has_concepts and "concept" not in loaded.schema:
            raise OptionError(f"{model} was trained without concepts: leave them out.")
        wanted = table.following(loaded.schema).given(text=needs_texts(loaded.schema))
        rows = wanted.read()
        id_column = wanted.id if wanted.id in rows.columns or table.id else None
        wanted = replace(wanted, id=id_column)
        context = [name for name in context_of(loaded.classifier) if name in rows.columns]
        records = wanted.records(rows, context=context)
        result = predict_records(loaded, records, out, id_name=id_as, label_name=label_as)
    if as_json:
        typer.echo(json.dumps(_figures(loaded, result)))
    else:
        _print(loaded, result)


def _pairs(given: list[str] | None) -> dict[str, str]:
    pairs = {}
    for each in given or []:
        name, equals, value = each.partition("=")
        if not equals:
            raise OptionError(f"--set {each} has no value: write COLUMN=VALUE.")
        pairs[name] = value
    return pairs


def _one(model: LoadedModel, text: str, context: dict[str, str], *, as_json: bool) -> None:
    from dataclasses import asdict

    from coterie.classify import explain

    found = explain(model.classifier, text, context)
    if as_json:
        typer.echo(json.dumps({**asdict(found), "label": str(found.label)}, default=str))
        return
    for sentence in found.sentences():
        typer.echo(sentence)


def _figures(model: LoadedModel, result: PredictResult) -> dict[str, Any]:
    statuses = result.predictions.statuses
    return {
        "model": str(model.home),
        "version": model.manifest.version,
        "rows": len(result.predictions),
        "set_aside": len(result.records.rejects),
        **{name: int((statuses == name).sum()) for name in ("assigned", "ambiguous", "outside")},
        "labels": result.counts,
        "files": [str(path) for path in result.files],
    }


def _print(model: LoadedModel, result: PredictResult) -> None:
    from rich.console import Console
    from rich.text import Text

    from coterie.classify import Estimates

    console = Console(highlight=False)
    figures = _figures(model, result)
    told = [f"{figures[name]:,} {name}" for name in ("assigned", "ambiguous", "outside")]
    if isinstance(result.predictions, Estimates):
        told = [f"{figures['assigned']:,} estimated", told[-1]]
    console.print(Text(f"{figures['rows']:,} rows: {', '.join(told)}"))
    names = model.class_names
    top = list(result.counts.items())[:10]
    shown = [f"{names.get(label, label)} {count:,}" for label, count in top]
    more = f" and {len(result.counts) - len(top)} others" if len(result.counts) > len(top) else ""
    if shown:
        console.print(Text(f"Assigned: {', '.join(shown)}{more}"))
    if figures["set_aside"]:
        console.print(
            Text(f"{figures['set_aside']:,} rows set aside: {result.files[-1]}"), soft_wrap=True
        )
    console.print(Text(f"Predictions: {result.files[0]}", style="bold"), soft_wrap=True)
