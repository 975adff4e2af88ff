"""``coterie bench``: how fast saved models are on this machine."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coterie.cli.shared.common import Json, MaybeFile
from coterie.cli.shared.options import takes
from coterie.errors import OptionError
from coterie.options import PredictOptions

if TYPE_CHECKING:
    from coterie.records import Records
    from coterie.workflows.prediction.benchmark import SpeedResult
    from coterie.workflows.prediction.predict import LoadedModel

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Measure how fast saved models are on this machine.",
)


@app.callback()
def bench() -> None:
    """Measure how fast saved models are on this machine."""


@app.command("predict")
@takes(PredictOptions)
def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model directory.")],
    options: PredictOptions,
    *,
    source: MaybeFile = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="Version; the active one otherwise.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, help="Largest number of different rows.")] = 2000,
    seconds: Annotated[float, typer.Option(min=0.01, help="Time for each state.")] = 5.0,
    as_json: Json = False,
) -> None:
    """Measure predictions, on the rows of a table or on rows that are made up."""
    from coterie.progress import show_progress
    from coterie.workflows.asking import connect
    from coterie.workflows.prediction.benchmark import measure_predictions
    from coterie.workflows.prediction.predict import load_model

    with show_progress():
        started = time.perf_counter()
        loaded = load_model(model, version)
        took = time.perf_counter() - started
        connect([loaded.classifier], options)
        records = _records(loaded, source, options, rows)
        result = measure_predictions(loaded, records, seconds=seconds, load_seconds=took)
    if as_json:
        version = loaded.manifest.version
        typer.echo(json.dumps({"model": str(loaded.home), "version": version, **result.to_dict()}))
    else:
        _print(loaded, result)


def _records(model: LoadedModel, source: str | None, options: PredictOptions, rows: int) -> Records:
    import numpy as np

    from coterie.verbs.reading import read_alike
    from coterie.workflows.prediction.benchmark import rows_for

    if source is None:
        if options.has_concepts:
            raise OptionError("Name the FILE of the clients that the concepts are of.")
        return rows_for(model, rows)
    records = read_alike(source, options, [model.schema], [model.classifier]).records
    return records if len(records) <= rows else records.take(np.arange(rows))


def _print(model: LoadedModel, result: SpeedResult) -> None:
    from coterie.cli.shared.tables import print_lines, print_table

    name = f"{model.home.absolute().name}  version {model.manifest.version}"
    print_lines(
        [
            ("", f"{name} ({model.manifest.kind})"),
            ("Rows", f"{result.rows:,}: {result.source}"),
            ("Load", f"{result.load_seconds:.2f} s"),
            ("Memory", _memory(result)),
        ]
    )
    most = result.speeds[0].batch
    print_table(
        "Rows per second by rows in a call, and milliseconds of a call for one",
        {
            "state": "left",
            **dict.fromkeys(("1", "32", f"{most:,}", "p50 ms", "p99 ms"), "right"),
        },
        [
            (
                speed.state,
                *(f"{rate:,.0f}" for rate in (speed.one, speed.few, speed.many)),
                f"{speed.p50_ms:.2f}",
                f"{speed.p99_ms:.2f}",
            )
            for speed in result.speeds
        ],
    )


def _memory(result: SpeedResult) -> str:
    kept = f"{result.kept_mib:,.1f} MiB of kept features and vectors"
    if result.peak_mib is None:
        return kept
    return f"{result.peak_mib:,.0f} MiB at most, {kept} among them"
