"""Results of FEWSHOT, a few examples of each class, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from benchmarks.tables import judged, table

__all__ = ["few_examples"]

Row = Mapping[str, Any]

OURS, PEER, WORDS = "few-shot", "logistic regression on MiniLM", "logistic regression on TF-IDF"


def few_examples(part: Mapping[str, Any]) -> list[str]:
    rows = part["rows"]
    counts = list(dict.fromkeys(row["examples"] for row in rows))
    lines, runs = [], []
    for count in counts:
        own = [row for row in rows if row["examples"] == count]
        names = list(dict.fromkeys(row["table"] for row in own))
        for key, named in (("accuracy", "accuracy"), ("macro_f1", "macro F1")):
            gains = [mean(_gains(own, name, key)) for name in names]
            low, high = _interval(gains)
            lines.append(
                (
                    f"{count} examples a class, {named} beside logistic regression, mean of "
                    f"{len(names)} tables",
                    f"{mean(gains):+.1%} ({low:+.1%} to {high:+.1%})",
                    "0",
                    "",
                    "reached" if low >= 0 else "falls short",
                )
            )
        runs += [_run(own, name, count) for name in names]
    head = (
        "table | classes | examples | TF-IDF | logistic regression | few-shot "
        "| few-shot beside logistic regression: accuracy | macro F1"
    )
    return [
        "## FEWSHOT: a few examples of each class, on tables of many kinds",
        judged(lines),
        table(head, runs),
        f"Accuracy, mean of {len({row['seed'] for row in rows})} seeds, each with other rows, the "
        "same for all models; tested on up to 1,000 other rows. *TF-IDF* and *logistic regression* "
        "are scikit-learn's, with C = 10, on words and pairs of words and on MiniLM vectors. "
        "Differences are paired by seed, with 95% intervals over the seeds, and in the first table "
        "over the tables. How the constants of few-shot were settled is in "
        "docs/decisions/few-examples.md.",
    ]


def _run(rows: Sequence[Row], name: str, count: int) -> tuple[object, ...]:
    own = [row for row in rows if row["table"] == name]
    shown = [f"{mean(_of(own, name, m, 'accuracy')):.1%}" for m in (WORDS, PEER, OURS)]
    gains = []
    for key in ("accuracy", "macro_f1"):
        found = _gains(own, name, key)
        low, high = _interval(found)
        gains.append(f"{mean(found):+.1%} ({low:+.1%} to {high:+.1%})")
    return (name, own[0]["classes"], count, *shown, *gains)


def _of(rows: Sequence[Row], name: str, model: str, key: str) -> list[float]:
    return [float(row[key]) for row in rows if (row["table"], row["model"]) == (name, model)]


def _gains(rows: Sequence[Row], name: str, key: str) -> list[float]:
    both = zip(_of(rows, name, OURS, key), _of(rows, name, PEER, key), strict=True)
    return [ours - peer for ours, peer in both]


def _interval(values: Sequence[float]) -> tuple[float, float]:
    from scipy.stats import t

    if len(values) < 2:
        return values[0], values[0]
    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return mean(values) - half, mean(values) + half
