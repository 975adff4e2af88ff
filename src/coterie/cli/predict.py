"""`coterie predict`: a saved model on a table, or the explanation of one row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.common import Json, MaybeFile, Overwrite
from coterie.cli.options import takes
from coterie.errors import OptionError
from coterie.formatting import counted
from coterie.options import PredictOptions

if TYPE_CHECKING:
    from coterie.classifiers import EstimateExplanation, Explanation
    from coterie.workflows.prediction.predict import LoadedModel, PredictResult

__all__ = ["command"]


@takes(PredictOptions)
def command(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model directory.")],
    options: PredictOptions,
    *,
    source: MaybeFile = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="File to write: .csv, .xlsx, .parquet, .json or .jsonl.", dir_okay=False
        ),
    ] = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="Version of the model; the active one otherwise.")
    ] = None,
    why: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Explain this row of FILE, in place of --out."),
    ] = None,
    one: Annotated[str | None, typer.Option(help="Explain this text, in place of FILE.")] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="COLUMN=VALUE of that text, or of a row without one; repeat it. Concepts cannot "
            "be set: use FILE and --why.",
        ),
    ] = None,
    id_as: Annotated[str, typer.Option(help="Name of the id column to write.")] = "id",
    label_as: Annotated[str, typer.Option(help="Name of the label column to write.")] = "label",
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Predict the rows of a table, or one row and why."""
    from coterie.progress import show_progress
    from coterie.verbs.predictions import claim_predictions, write_predictions
    from coterie.verbs.reading import read_alike
    from coterie.workflows.prediction.explain import explain_given, explain_record
    from coterie.workflows.prediction.predict import load_model, predict_records

    typed = one is not None or bool(given)
    rows = source if options.vectors is None else source or str(options.vectors)
    _check(rows, out, why, one=one is not None, given=bool(given))
    if typed:
        _explain(explain_given(load_model(model, version), one, _pairs(given)), as_json=as_json)
        return
    if out is None:
        assert why is not None
        with show_progress():
            loaded = load_model(model, version)
            records = read_alike(source, options, [loaded.schema], [loaded.classifier]).records
        _explain(explain_record(loaded, records, why), as_json=as_json, id=why)
        return
    reads = (model, source, *options.sources())
    with show_progress(), claim_predictions(out, *reads, overwrite=overwrite):
        loaded = load_model(model, version)
        records = read_alike(source, options, [loaded.schema], [loaded.classifier]).records
        result = predict_records(loaded.classifier, records)
        files = write_predictions(result, out, id_name=id_as, label_name=label_as)
    if as_json:
        saved = {"model": str(loaded.home), "version": loaded.manifest.version}
        named = {"files": [str(path) for path in files]}
        typer.echo(json.dumps({**saved, **result.to_dict(), **named}))
    else:
        _print(loaded, result, files)


def _check(
    source: str | None, out: Path | None, why: str | None, *, one: bool, given: bool
) -> None:
    """Refuse options that do not go together."""
    if source and one:
        raise OptionError("FILE and --one exclude each other: give one of them.")
    if source and given:
        raise OptionError("FILE and --set exclude each other: give one of them.")
    if not source and why is not None:
        raise OptionError("--why ID explains a row of a FILE: name the FILE.")
    if not source and not (one or given):
        raise OptionError(
            "Give either a FILE to predict, its vectors with --vectors, or one row with --one TEXT "
            "or --set COLUMN=VALUE."
        )
    if why is not None and out is not None:
        raise OptionError("--why and --out exclude each other: give one of them.")
    if source and why is None and out is None:
        raise OptionError("Name the file to write with --out predictions.csv.")


def _pairs(given: list[str] | None) -> dict[str, str]:
    pairs = {}
    for each in given or []:
        name, equals, value = each.partition("=")
        if not equals:
            raise OptionError(f"--set {each} has no value: write COLUMN=VALUE.")
        pairs[name] = value
    return pairs


def _explain(found: Explanation | EstimateExplanation, *, as_json: bool, **more: str) -> None:
    from dataclasses import asdict

    from coterie.classifiers import Explanation

    if as_json:
        label = {"label": str(found.label)} if isinstance(found, Explanation) else {}
        typer.echo(json.dumps({**more, **asdict(found), **label}, default=str))
        return
    for sentence in found.sentences():
        typer.echo(sentence)


def _print(model: LoadedModel, result: PredictResult, files: Sequence[Path]) -> None:
    from rich.console import Console
    from rich.text import Text

    from coterie.classifiers import Estimates

    console = Console(highlight=False)
    told = [f"{rows:,} {status}" for status, rows in result.statuses.items()]
    if isinstance(result.predictions, Estimates):
        told = [f"{result.statuses['assigned']:,} predicted", told[-1]]
    console.print(Text(f"{counted(len(result.predictions), 'row')}: {', '.join(told)}"))
    names = model.class_names
    top = list(result.counts.items())[:10]
    shown = [f"{names.get(label, label)} {count:,}" for label, count in top]
    more = f" and {len(result.counts) - len(top)} others" if len(result.counts) > len(top) else ""
    if shown:
        console.print(Text(f"Assigned: {', '.join(shown)}{more}"))
    if len(result.records.rejects):
        aside = f"{counted(len(result.records.rejects), 'row')} set aside: {files[-1]}"
        console.print(Text(aside), soft_wrap=True)
    console.print(Text(f"Predictions: {files[0]}", style="bold"), soft_wrap=True)
