"""Results of P5 and Q8 as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from benchmarks.tables import judged, table, verdict

__all__ = ["clients", "leads"]

Part = Mapping[str, Any]
Row = Mapping[str, Any]

_SECONDS, _BALANCED, _SPEED, _MOST_MIB = 4.0, 2_000, 20_000, 4096
_AUC, _BEHIND, _SHARE = 0.87, 0.005, 0.2
_PEER = "AutoGluon"


def clients(part: Part) -> list[str]:
    """P5."""
    rows = part["rows"]
    made = next(row for row in rows if row["task"] == "features")
    presets = {row["preset"]: row for row in rows if row["task"] == "predict"}
    many = next(row for row in rows if row["task"] == "many")
    cold = made["cold"]
    balanced, speed = (presets[name]["cold"][0] for name in ("balanced", "speed"))
    lines = [
        (
            f"P5 seconds, features of {made['clients']:,} x {made['width']:,}, nothing kept",
            _range(cold, 2),
            "4",
            "",
            "reached" if cold[0] <= _SECONDS else "falls short",
        ),
        (
            "P5 clients per second, balanced preset",
            _range(presets["balanced"]["cold"]),
            f"{_BALANCED:,}",
            "",
            verdict(balanced, _BALANCED),
        ),
        (
            "P5 clients per second, speed preset",
            _range(presets["speed"]["cold"]),
            "",
            f"{_SPEED:,}",
            "the aim is reached" if speed >= _SPEED else "the aim falls short",
        ),
        (
            f"P5 peak memory, {many['clients']:,} clients",
            f"{many['peak_mib']:,.0f} MiB",
            "",
            f"{_MOST_MIB:,} MiB",
            "the aim is reached" if many["peak_mib"] <= _MOST_MIB else "the aim falls short",
        ),
    ]
    runs = [
        (
            f"{name}: {', '.join(row['learners'])}",
            f"{row['width']:,}",
            *(_range(row[key]) for key in ("cold", "warm", "known")),
            f"{row['p50_ms']:.2f}",
            f"{row['p99_ms']:.2f}",
        )
        for name, row in presets.items()
    ]
    head = (
        "preset | features | clients per second, model just loaded | all concepts seen before | "
        "clients known | p50 ms, one known client | p99 ms"
    )
    note = (
        "Generated clients. Features of all five kinds, fitted and computed: "
        f"{_range(cold, 2)} s with an empty cache, {_range(made['warm'], 2)} s with known "
        f"concepts; computed by fitted features {_range(made['made'], 2)} s. Predictions of "
        f"{presets['balanced']['clients']:,} clients in one call, by a model of 2,000 others that "
        "was saved and loaded, one draw for each learner, all of which vote; the targets apply to "
        "a model just loaded, which has the vectors of its training concepts. "
        f"{many['clients']:,} clients: the peak of a process that generates and reads them, trains "
        "the model of the balanced preset, predicts them in "
        f"{many['predict_seconds']:.0f} s and keeps the features of all, "
        f"{many['known_mib']:,.0f} MiB. Median of {made['repeats']} repeats, smallest and largest."
    )
    return ["## P5: clients and their concepts", judged(lines), table(head, runs), note]


def leads(part: Part) -> list[str]:
    """Q8."""
    rows = part["rows"]
    models = list(dict.fromkeys(row["model"] for row in rows))
    ours = [model for model in models if model.startswith("ensemble")]
    best = max(ours, key=lambda model: mean(_of(rows, model, "auc")))
    auc = mean(_of(rows, best, "auc"))
    lines = [(f"Q8 AUC, {best}", _spread(_of(rows, best, "auc")), f"{_AUC}", "", _judge(auc, _AUC))]
    if _PEER in models:
        their_auc, their_time = (mean(_of(rows, _PEER, key)) for key in ("auc", "seconds"))
        near = [m for m in ours if mean(_of(rows, m, "auc")) >= their_auc - _BEHIND]
        quick = min(near or [best], key=lambda model: mean(_of(rows, model, "seconds")))
        share = mean(_of(rows, quick, "seconds")) / their_time
        behind = their_auc - mean(_of(rows, quick, "auc"))
        lines += [
            (
                f"Q8 AUC behind {_PEER}, {quick}",
                f"{behind:+.4f}",
                f"at most {_BEHIND}",
                "",
                "reached" if near else "falls short",
            ),
            (
                f"Q8 share of the time of {_PEER}, {quick}",
                f"{share:.2f}",
                f"at most {_SHARE}",
                "",
                "reached" if share <= _SHARE else "falls short",
            ),
        ]
    runs = [
        (
            model,
            len(_of(rows, model, "auc")),
            _spread(_of(rows, model, "auc")),
            f"{mean(_of(rows, model, 'seconds')):.1f}",
        )
        for model in models
    ]
    if _PEER in models:
        version = next(row["version"] for row in rows if row["model"] == _PEER)
        peer = (
            f"{_PEER} {version} with its preset of medium quality and without its networks, which "
            "need torch, in its own environment."
        )
    else:
        peer = f"{_PEER} was not measured: AUTOGLUON_PYTHON named no Python that has it."
    note = (
        "9,240 leads, seven columns without their ids; five folds, the same for all. AUC is the "
        "mean of the folds, ± their standard deviation; seconds are for training on four folds and "
        f"predicting the fifth, on all processors. {peer}"
    )
    return [
        "## Q8: leads into conversion",
        judged(lines),
        table("model | folds | AUC | seconds", runs),
        note,
    ]


def _of(rows: Sequence[Row], model: str, key: str) -> list[float]:
    return [float(row[key]) for row in rows if row["model"] == model]


def _judge(value: float, reach: float) -> str:
    return verdict(round(value, 4), reach)


def _spread(values: Sequence[float]) -> str:
    return f"{mean(values):.4f} ± {stdev(values):.4f}" if len(values) > 1 else f"{values[0]:.4f}"


def _range(found: Sequence[float], digits: int = 0) -> str:
    median, least, most = (f"{value:,.{digits}f}" for value in found)
    return f"{median} ({least} to {most})"
