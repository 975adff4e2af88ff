"""The figures of an evaluation, and what they come to in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from coterie.jsonable import as_plain
from coterie.metrics import confusion, score_ranking, wilson_interval
from coterie.workflows.evaluation.costs import cost_figures
from coterie.workflows.evaluation.evaluation import Evaluation
from coterie.workflows.evaluation.scored import Judged

__all__ = [
    "class_table",
    "differences",
    "figures_of",
    "metrics_of",
    "mistakes",
    "predictions_table",
    "verdict",
]

_MOST_CONFUSED = 30
_DECIMALS = 6


def metrics_of(evaluation: Evaluation) -> dict[str, Any]:
    """Give all figures, as ``metrics.json`` holds them."""
    label, share = evaluation.baseline
    ceiling = evaluation.ceiling
    found = {
        "title": evaluation.title,
        "source": evaluation.source,
        "label": evaluation.label,
        "rows": len(evaluation.truth),
        "unlabelled": evaluation.unlabelled,
        "set_aside": sum(evaluation.reasons.values()),
        "reasons": dict(evaluation.reasons),
        "classes": evaluation.classes,
        "positive": evaluation.class_of_interest,
        "baseline": {"label": label, "accuracy": share},
        "ceiling": None
        if ceiling is None
        else {"accuracy": ceiling.accuracy, "auc": ceiling.auc, "why": ceiling.why},
        "price_per_core_hour": evaluation.price,
        "best": evaluation.best.name,
        "verdict": verdict(evaluation),
        "models": [_model(evaluation, model) for model in evaluation.judged],
        "differences": differences(evaluation).to_dict("records"),
        "learning": {name: table.to_dict("records") for name, table in evaluation.learning.items()},
    }
    return as_plain(found)


def figures_of(evaluation: Evaluation, model: Judged) -> dict[str, Any]:
    """Give the figures of one model: `Judged.figures`, and what depends on the others or on costs.

    Precision, recall and F1 are of the class of interest where there is one; the area under the
    curve and the average precision too, else they are means over the classes that the model knows.
    Costs are of the processor's time for a row in a call of its own.
    """
    rows, right = len(model.truth), int(model.correct.sum())
    low, high = wilson_interval(right, rows)
    figures = {**model.figures, "accuracy_low": low, "accuracy_high": high}
    figures |= {"unknown_label_rows": evaluation.unknown_rows(model)}
    figures |= _ranked(evaluation, model)
    spent = model.about.get("processor_ms") or figures.get("milliseconds_p50")
    if spent:
        costs = cost_figures(spent, evaluation.price)
        figures |= {
            **costs,
            "accuracy_per_ms": model.scores.accuracy / spent,
            "right_per_dollar": model.scores.accuracy / costs["cost_per_1000"] * 1000,
        }
    return figures


def _ranked(evaluation: Evaluation, model: Judged) -> dict[str, Any]:
    positive = evaluation.class_of_interest
    if positive is None:
        found = model.ranking.per_class  # of two classes among more, the mean here too
        means = found["roc_auc"].mean(), found["average_precision"].mean()
        return {"auc": float(means[0]), "average_precision": float(means[1])}
    table = model.scores.per_class
    own = table[table["class"] == positive]
    figures: dict[str, Any] = {
        name: float(own[name].iloc[0]) if len(own) else None
        for name in ("precision", "recall", "f1")
    }
    if positive not in model.classes:
        return {**figures, "auc": None, "average_precision": None}
    ranking = score_ranking(
        model.truth, model.predictions.probabilities, model.classes, positive=positive
    )
    return {**figures, "auc": ranking.roc_auc, "average_precision": ranking.average_precision}


def _model(evaluation: Evaluation, model: Judged) -> dict[str, Any]:
    counts = confusion(model.truth, model.predictions.labels, model.classes)
    small = len(evaluation.classes) <= _MOST_CONFUSED
    return {
        **figures_of(evaluation, model),
        "per_class": class_table(model).to_dict("records"),
        "calibration": model.calibration.table.to_dict("records"),
        "confusion": {
            "truth": counts.index.tolist(),
            "predicted": counts.columns.tolist(),
            "counts": counts.to_numpy().tolist(),
        }
        if small
        else None,
        "about": dict(model.about),
    }


def class_table(model: Judged) -> pd.DataFrame:
    """Give the figures of each class that a model knows or a row carries."""
    ranking = model.ranking.per_class[["class", "roc_auc", "average_precision"]]
    return model.scores.per_class.merge(ranking, on="class", how="left")


def differences(evaluation: Evaluation) -> pd.DataFrame:
    """Compare every two models by the rows that each gets right."""
    columns = ("difference", "low", "high", "p_value", "only_first", "only_second")
    pairs = combinations(evaluation.ranked, 2)
    return pd.DataFrame(
        [
            {
                "first": one.name,
                "second": other.name,
                **{name: getattr(evaluation.difference(one, other), name) for name in columns},
            }
            for one, other in pairs
        ],
        columns=["first", "second", *columns],
    )


def predictions_table(evaluation: Evaluation) -> pd.DataFrame:
    """Give each row's label, and what each model says of it."""
    columns: dict[str, Any] = {"id": evaluation.ids, "truth": evaluation.truth}
    for model in evaluation.judged:
        said = model.predictions
        columns |= {
            f"{model.name} label": said.labels,
            f"{model.name} confidence": np.round(said.confidences, _DECIMALS),
            f"{model.name} status": said.statuses,
            f"{model.name} correct": model.correct,
        }
    return pd.DataFrame(columns)


def mistakes(evaluation: Evaluation) -> pd.DataFrame:
    """List the wrong answers of each model, the surest first, and how many models share them."""
    wrong_in = np.sum([~model.correct for model in evaluation.judged], axis=0)
    parts = []
    for model in evaluation.judged:
        rows = np.flatnonzero(~model.correct)
        said = model.predictions
        rows = rows[np.argsort(-said.confidences[rows], kind="stable")]
        parts.append(
            pd.DataFrame(
                {
                    "model": np.full(len(rows), model.name, dtype=object),
                    "id": evaluation.ids[rows],
                    "text": evaluation.texts[rows],
                    "truth": evaluation.truth[rows],
                    "predicted": said.labels[rows],
                    "confidence": np.round(said.confidences[rows], _DECIMALS),
                    "status": said.statuses[rows],
                    "models_wrong": wrong_in[rows],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def verdict(evaluation: Evaluation) -> str:
    """Say which model is best, whether that may be chance, and how good any could be."""
    return " ".join(_sentences(evaluation))


def _sentences(evaluation: Evaluation) -> Iterator[str]:
    best, rows = evaluation.best, len(evaluation.truth)
    right = int(best.correct.sum())
    low, high = wilson_interval(right, rows)
    share = f"{right / rows:.1%} of {rows:,} rows ({low:.1%} to {high:.1%} with 95% confidence)"
    if len(evaluation.judged) == 1:
        yield f"{best.name} is right about {share}."
    else:
        yield f"{best.name} is right most often: about {share}."
        yield from _against_others(evaluation)
    label, common = evaluation.baseline
    if low <= common:
        yield (
            f"That is not clearly better than always saying “{label}”, which is right "
            f"{common:.1%} of the time."
        )
    ceiling = evaluation.ceiling
    if ceiling is not None:
        yield f"No model can expect to be right more than {ceiling.accuracy:.1%} of the time here."
        if low > ceiling.accuracy:
            yield f"{best.name} is above that, so these rows flatter it."
        elif right / rows > ceiling.accuracy:
            yield f"That {best.name} is right more often on these rows is luck."
        elif high >= ceiling.accuracy:
            yield f"{best.name} comes as near to it as these rows can tell."


def _against_others(evaluation: Evaluation) -> Iterator[str]:
    best = evaluation.best
    beaten: list[Judged] = []
    equal: list[Judged] = []
    for other in evaluation.ranked:
        if other is not best:
            sure = evaluation.difference(best, other).low > 0
            (beaten if sure else equal).append(other)
    if beaten:
        more = "more than can be chance" if not equal else "beyond chance"
        yield f"It beats {_listed(beaten)}, {more}."
    if equal:
        verb = "may be as good" if len(equal) == 1 else "may each be as good"
        yield f"{_listed(equal)} {verb}: on these rows the difference could be chance."
        yield from _cheapest(evaluation, [best, *equal])


def _cheapest(evaluation: Evaluation, models: Sequence[Judged]) -> Iterator[str]:
    spent = [figures_of(evaluation, model).get("processor_ms") for model in models]
    if all(each is not None for each in spent):
        at = int(np.argmin(np.array(spent, dtype=np.float64)))
        told = f"{spent[at]:.2g} ms of a processor a row"
        yield f"Of these, {models[at].name} costs the least: {told}."


def _listed(models: Sequence[Judged]) -> str:
    named = [f"{model.name} ({model.scores.accuracy:.1%})" for model in models]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
