"""`coterie predict`: a saved model on a table, or the explanation of one row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.analysis import AskedRow, analyse_one, print_analysis, refuse_settings
from coterie.cli.shared.common import Json, MaybeFile, Overwrite
from coterie.cli.shared.many import print_many
from coterie.cli.shared.options import takes
from coterie.errors import OptionError
from coterie.formatting import counted
from coterie.options import ExplainOneOptions, PredictManyOptions

if TYPE_CHECKING:
    from rich.console import Console

    from coterie.classifiers import EstimateExplanation, Explanation
    from coterie.llm import Asker
    from coterie.records import Records
    from coterie.workflows.prediction.predict import JointResult, LoadedModel, PredictResult

__all__ = ["command"]


@takes(PredictManyOptions)
def command(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL",
            help="Model directory, or a folder of several; with --analysis the folder of a run "
            "too.",
        ),
    ],
    options: PredictManyOptions,
    *,
    source: MaybeFile = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="File to write: .csv, .xlsx, .parquet, .json or .jsonl; with --engine ray a "
            "folder.",
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
    analysis: Annotated[
        bool,
        typer.Option(
            "--analysis",
            help="Analyse the row of --one, --set or --why: sentiment, indicators, risk factors, "
            "recommendations, and similar conversations.",
        ),
    ] = False,
    id_as: Annotated[str, typer.Option(help="Name of the id column to write.")] = "id",
    label_as: Annotated[str, typer.Option(help="Name of the label column to write.")] = "label",
    overwrite: Overwrite = False,
    as_json: Json = False,
) -> None:
    """Predict the rows of a table, or one row and why; with one model, or all of a folder."""
    from coterie.progress import show_progress
    from coterie.store import models_in
    from coterie.verbs.predictions import claim_predictions, write_predictions
    from coterie.verbs.reading import read_alike
    from coterie.workflows.asking import connect
    from coterie.workflows.prediction.explain import explain_all, explain_record
    from coterie.workflows.prediction.predict import (
        load_models,
        predict_jointly,
        predict_records,
    )

    askers: list[Asker] = []

    def load() -> list[LoadedModel]:
        loaded = load_models(model, version)
        askers.extend(connect([each.classifier for each in loaded], options))
        return loaded

    def read(loaded: Sequence[LoadedModel]) -> Records:
        schemas = [each.schema for each in loaded]
        return read_alike(source, options, schemas, [each.classifier for each in loaded]).records

    typed = one is not None or bool(given)
    if options.engine == "ray":
        whole = None if typed or why is not None or analysis else source
        names = {"id_as": id_as, "label_as": label_as}
        _predict_many(
            model, whole, out, options, names, version, overwrite=overwrite, as_json=as_json
        )
        return
    if analysis:
        _check(source, out, why, one=one is not None, given=bool(given), analysis=True)
        _analyse(
            model, options, AskedRow(one, _pairs(given), source, why), version, as_json=as_json
        )
        return
    refuse_settings(options)
    joint = bool(models_in(model))
    rows = source if options.vectors is None else source or str(options.vectors)
    _check(rows, out, why, one=one is not None, given=bool(given))
    if typed:
        _explain(explain_all(load(), one, _pairs(given)), askers, as_json=as_json)
        return
    if out is None:
        assert why is not None
        with show_progress():
            loaded = load()
            records = read(loaded)
        found = {m.home.name: explain_record(m, records, why) for m in loaded}
        _explain(found, askers, as_json=as_json, id=why)
        return
    reads = (model, source, *options.sources())
    with show_progress(), claim_predictions(out, *reads, overwrite=overwrite):
        loaded = load()
        records = read(loaded)
        result = (
            predict_records(loaded[0].classifier, records)
            if not joint
            else predict_jointly(loaded, records)
        )
        files = write_predictions(result, out, id_name=id_as, label_name=label_as)
    if as_json:
        saved: dict[str, object] = {"model": str(model)}
        if not joint:
            saved = {"model": str(loaded[0].home), "version": loaded[0].manifest.version}
        named: dict[str, object] = {"files": [str(path) for path in files]}
        typer.echo(json.dumps({**saved, **result.to_dict(), **named, **_ledgers(askers)}))
    else:
        _print(loaded, result, files)
        _print_ledgers(askers)


def _predict_many(
    model: Path,
    source: str | None,
    out: Path | None,
    options: PredictManyOptions,
    names: Mapping[str, str],
    version: int | None,
    *,
    overwrite: bool,
    as_json: bool,
) -> None:
    from coterie.integrations.ray import predict_many
    from coterie.progress import show_progress

    refuse_settings(options)
    if source is None or out is None:
        raise OptionError("--engine ray predicts a FILE into a folder: give FILE and --out.")
    with show_progress():
        many = predict_many(
            model, source, out, options, version=version, overwrite=overwrite, **names
        )
    print_many(many, as_json=as_json)


def _check(
    source: str | None,
    out: Path | None,
    why: str | None,
    *,
    one: bool,
    given: bool,
    analysis: bool = False,
) -> None:
    """Refuse options that do not go together."""
    if analysis and out is not None:
        raise OptionError("--analysis is of one row: give --one, --set or --why in place of --out.")
    if analysis and source and why is None:
        raise OptionError("--analysis is of one row: name one of the FILE with --why ID.")
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


def _analyse(
    home: Path,
    options: ExplainOneOptions,
    row: AskedRow,
    version: int | None,
    *,
    as_json: bool,
) -> None:
    found, askers = analyse_one(home, options, row, version)
    if as_json:
        typer.echo(json.dumps({**found.to_dict(), **_ledgers(askers)}, default=str))
    else:
        print_analysis(found)
        _print_ledgers(askers)


def _explain(
    found: Mapping[str, Explanation | EstimateExplanation],
    askers: Sequence[Asker],
    *,
    as_json: bool,
    **more: str,
) -> None:
    from dataclasses import asdict

    from coterie.classifiers import Explanation

    if as_json:
        parts = {}
        for name, each in found.items():
            parts[name] = asdict(each)
            if isinstance(each, Explanation):
                parts[name]["label"] = "" if each.label is None else str(each.label)
        whole = {"models": parts} if len(parts) > 1 else next(iter(parts.values()))
        typer.echo(json.dumps({**more, **whole, **_ledgers(askers)}, default=str))
        return
    for place, (name, each) in enumerate(found.items()):
        if len(found) > 1:
            typer.echo(f"{chr(10) if place else ''}{name}")
        for sentence in each.sentences():
            typer.echo(sentence)
    _print_ledgers(askers)


def _ledgers(askers: Sequence[Asker]) -> dict[str, object]:
    """Give what asking took, of those that asked."""
    found = [each.ledger.to_dict() for each in askers if each.ledger.calls or each.ledger.kept]
    return {"language_models": found} if found else {}


def _print_ledgers(askers: Sequence[Asker]) -> None:
    for each in askers:
        if each.ledger.calls or each.ledger.kept:
            typer.echo(each.ledger.line)


def _print(
    models: Sequence[LoadedModel], result: PredictResult | JointResult, files: Sequence[Path]
) -> None:
    from rich.console import Console
    from rich.text import Text

    from coterie.workflows.prediction.predict import JointResult

    console = Console(highlight=False)
    if isinstance(result, JointResult):
        parts = [(each.home.name, each, result.results[each.home.name]) for each in models]
    else:
        parts = [("", models[0], result)]
    for name, model, own in parts:
        if name:
            console.print(Text(name, style="bold"))
        _print_one(console, model, own)
    if len(result.records.rejects):
        aside = f"{counted(len(result.records.rejects), 'row')} set aside: {files[-1]}"
        console.print(Text(aside), soft_wrap=True)
    console.print(Text(f"Predictions: {files[0]}", style="bold"), soft_wrap=True)


def _print_one(console: Console, model: LoadedModel, result: PredictResult) -> None:
    from rich.text import Text

    from coterie.classifiers import Estimates

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
