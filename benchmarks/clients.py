"""P5: features of clients, predictions by ensembles, and 100,000 clients at once.

``python -m benchmarks.clients features [repeats] [clients]`` times the features of generated
clients; ``predict PRESET [repeats] [clients]`` an ensemble of one draw for each learner, all of
which vote, on clients that it was not trained on; ``many PRESET [clients]`` predicts many, and its
caller measures the memory of the process. Each prints one line
of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]

_LEARNT = 2000


def invented(folder: str, rows: int, seed: int = 0) -> Any:
    """Records of generated clients, each with its concepts."""
    from coterie.records import add_concepts, read_concepts, read_records
    from coterie.synthetic import generate

    generate("clients", Path(folder), rows=rows, seed=seed)
    labels, notes = (Path(folder) / name for name in ("labels.csv", "note_concepts.csv"))
    records = read_records(labels, id="client_id", labels=["purchased"])
    return add_concepts(records, read_concepts(notes, records=records))


def features(repeats: int, clients: int) -> None:
    """All five kinds: fitted with an empty cache, fitted again, and computed again."""
    from coterie.classifiers import make_features
    from coterie.encoders import MemoryCache, load_encoder

    encoder = load_encoder("minilm")
    encoder.encode(["warmed up"])
    with tempfile.TemporaryDirectory() as folder:
        frame = invented(folder, clients).context
    cold, warm, made = [], [], []
    for _ in range(repeats):
        pipeline = make_features(encoder=encoder, cache=MemoryCache(), warn=False)
        cold.append(seconds(lambda fit=pipeline: fit.fit_transform(frame)))
        warm.append(seconds(lambda fit=pipeline: fit.fit_transform(frame)))
        made.append(seconds(lambda fit=pipeline: fit.transform(frame)))
    width = pipeline.transform(frame[:1]).shape[1]
    say(
        {
            "task": "features",
            "clients": len(frame),
            "width": width,
            "cold": spread(cold),
            "warm": spread(warm),
            "made": spread(made),
            "repeats": repeats,
        }
    )


def trained(preset: str, folder: str) -> Any:
    """A model that was saved and loaded, in which all learners of a preset vote."""
    from coterie.options import ModelPlan
    from coterie.workflows.prediction.predictor import Predictor
    from coterie.workflows.training.train import train_model

    plan = ModelPlan(model="ensemble", preset=preset, mix="vote", draws=1, context=("concepts",))
    home = Path(folder) / "model"
    records = invented(folder, _LEARNT)
    found = train_model(records, plan, label="purchased")
    found.save(home, schema={"label": "purchased", "context": list(plan.context)})
    return Predictor.open(home)


def predict(preset: str, repeats: int, clients: int) -> None:
    """Rows per second: new clients without and with cached vectors, and known clients."""
    from coterie.workflows.training.rows import rows_of

    with tempfile.TemporaryDirectory() as folder:
        predictor = trained(preset, folder)
        records = invented(folder, clients, seed=1)
    model = predictor.model.classifier
    frame = rows_of(records, model.columns)
    ids = records.ids.tolist()
    one = ids[:1]
    model.decide(frame[:1])
    rates: dict[str, list[float]] = {"cold": [], "warm": [], "known": []}
    for _ in range(repeats):
        predictor.vectors.clear()
        rates["cold"].append(len(ids) / seconds(lambda: model.decide(frame)))
        rates["warm"].append(len(ids) / seconds(lambda: model.decide(frame)))
        predictor.know(records)
        rates["known"].append(len(ids) / seconds(lambda: predictor.predict_batch(ids)))
    singles = [seconds(lambda: predictor.predict_batch(one)) * 1000 for _ in range(200)]
    say(
        {
            "task": "predict",
            "preset": preset,
            "learners": [member.learner.name for member in model.trained_],
            "clients": len(ids),
            "width": model.width_,
            **{name: spread(found) for name, found in rates.items()},
            "p50_ms": statistics.median(singles),
            "p99_ms": float(np.quantile(singles, 0.99)),
            "repeats": repeats,
        }
    )


def many(preset: str, clients: int) -> None:
    """From the tables to the predictions, block by block, as ``coterie predict`` does it."""
    from coterie.workflows.prediction.predict import predict_records

    with tempfile.TemporaryDirectory() as folder:
        predictor = trained(preset, folder)
        started = time.perf_counter()
        records = invented(folder, clients, seed=1)
        read = time.perf_counter() - started
        took = seconds(
            lambda: predict_records(predictor.model.classifier, records, cache=predictor.vectors)
        )
        known = seconds(lambda: predictor.know(records))
    say(
        {
            "task": "many",
            "preset": preset,
            "clients": len(records),
            "invent_and_read_seconds": read,
            "predict_seconds": took,
            "know_seconds": known,
            "known_mib": predictor.nbytes / 2**20,
        }
    )


def seconds(run: Callable[[], Any]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def spread(values: list[float]) -> list[float]:
    """Median, smallest and largest."""
    return [statistics.median(values), min(values), max(values)]


def say(row: Row) -> None:
    print(json.dumps(row), flush=True)


def main(task: str, *given: str) -> None:
    warnings.simplefilter("ignore")
    match task:
        case "features":
            features(*numbers(given, 5, _LEARNT))
        case "predict":
            predict(given[0], *numbers(given[1:], 5, _LEARNT))
        case "many":
            many(given[0], *numbers(given[1:], 100_000))
        case _:
            raise SystemExit(f"There is no task {task}.")


def numbers(given: tuple[str, ...], *usual: int) -> list[int]:
    """The numbers given, and defaults for the others."""
    return [*map(int, given), *usual[len(given) :]]


if __name__ == "__main__":
    main(*sys.argv[1:])
