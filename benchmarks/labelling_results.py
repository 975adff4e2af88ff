"""Results of LABELLING, which rows to label next, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

import numpy as np

from benchmarks.tables import judged, table

__all__ = ["labelling"]

Row = Mapping[str, Any]

OURS, RANDOM = "coterie label", "random"


def labelling(part: Mapping[str, Any]) -> list[str]:
    rows = part["rows"]
    models = list(dict.fromkeys(row["model"] for row in rows))
    lines, runs = [], []
    for model in models:
        own = [row for row in rows if row["model"] == model]
        sizes = sorted({row["labels"] for row in own if row["chosen"] == OURS})
        most = sizes[-1]
        gains = _gains(own, most)
        low, high = _interval(gains)
        lines.append(
            (
                f"{model}, accuracy from {most} chosen labels, beside random ones",
                f"{mean(gains) * 100:+.1f} points ({low * 100:+.1f} to {high * 100:+.1f})",
                "0",
                "",
                "reached" if low > 0 else "falls short",
            )
        )
        runs += [_run(own, model, size) for size in sizes]
    head = "model | labels | chosen by coterie label | random | difference | random labels for that"
    larger = sorted(
        {r["labels"] for r in rows} - {r["labels"] for r in rows if r["chosen"] == OURS}
    )
    more = [
        (model, size, f"{mean(_of(rows, model, RANDOM, size)):.1%}")
        for model in models
        for size in larger
    ]
    return [
        "## LABELLING: which rows to label next, on Banking77",
        judged(lines),
        table(head, runs),
        *([table("model | random labels | accuracy", more)] if more else []),
        f"Accuracy on the test file, mean of {len({row['seed'] for row in rows})} seeds with "
        "standard deviation. Each starts with one random row of each of 77 classes; then 77 rows "
        "are labelled in each round, out of the 9,999 different texts of the training file, of "
        "which a tenth of those chosen are random. *Random labels for that*: how many random "
        "labels give the same accuracy, between the sizes that were measured. Models learn from "
        "MiniLM vectors, linear with two folds. The method and its constants were settled on "
        "HWU64, StackOverflow and Bitext, see docs/label.md.",
    ]


def _run(rows: Sequence[Row], model: str, size: int) -> tuple[object, ...]:
    ours, random = (_of(rows, model, how, size) for how in (OURS, RANDOM))
    return (
        model,
        size,
        _spread(ours),
        _spread(random),
        f"{(mean(ours) - mean(random)) * 100:+.1f}",
        _worth(rows, model, mean(ours)),
    )


def _worth(rows: Sequence[Row], model: str, accuracy: float) -> str:
    """Interpolate how many random labels give an accuracy."""
    sizes = sorted({row["labels"] for row in rows if row["chosen"] == RANDOM})
    found = np.maximum.accumulate([mean(_of(rows, model, RANDOM, size)) for size in sizes])
    if accuracy > found[-1]:
        return f"over {sizes[-1]:,}"
    return f"{round(float(np.interp(accuracy, found, sizes))):,}"


def _of(rows: Sequence[Row], model: str, how: str, size: int) -> list[float]:
    wanted = (model, how, size)
    return [float(r["accuracy"]) for r in rows if (r["model"], r["chosen"], r["labels"]) == wanted]


def _gains(rows: Sequence[Row], size: int) -> list[float]:
    model = rows[0]["model"]
    both = zip(_of(rows, model, OURS, size), _of(rows, model, RANDOM, size), strict=True)
    return [ours - random for ours, random in both]


def _spread(values: Sequence[float]) -> str:
    spread = f" ± {stdev(values) * 100:.1f}" if len(values) > 1 else ""
    return f"{mean(values) * 100:.1f}{spread}"


def _interval(values: Sequence[float]) -> tuple[float, float]:
    from scipy.stats import t

    if len(values) < 2:
        return values[0], values[0]
    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return mean(values) - half, mean(values) + half
