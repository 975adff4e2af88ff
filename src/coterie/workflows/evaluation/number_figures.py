"""The figures of an evaluation of numbers, and what they come to in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.formatting import format_number
from coterie.jsonable import as_plain
from coterie.metrics import PairedErrors
from coterie.records import CONCEPTS, Records
from coterie.workflows.evaluation.costs import cost_figures
from coterie.workflows.evaluation.number_evaluation import NumberEvaluation
from coterie.workflows.evaluation.scored_numbers import PROMISED, JudgedNumbers

__all__ = [
    "differences",
    "metrics_of",
    "misses",
    "predictions_table",
    "ranges_in_words",
    "sizes_in_words",
    "training_in_words",
    "verdict",
]

_MISSES = 100
_OWN = ("model", "id", "truth", "estimate", "error", "low", "high", "status", "text")
_DIGITS = 10
_FEWEST = 20  # rows of which a tenth can be spoken
_SURE = 2.0  # standard errors that are more than chance
_STRANGE = 3.0  # standard errors that something must explain


def metrics_of(evaluation: NumberEvaluation) -> dict[str, Any]:
    """Give all figures, as ``metrics.json`` holds them."""
    ceiling = evaluation.ceiling
    return as_plain(
        {
            "title": evaluation.title,
            "source": evaluation.source,
            "label": evaluation.label,
            "rows": len(evaluation.truth),
            "unlabelled": evaluation.unlabelled,
            "not_numbers": evaluation.not_numbers,
            "set_aside": sum(evaluation.reasons.values()),
            "reasons": dict(evaluation.reasons),
            "range_of": PROMISED,
            "constants": [
                {"number": each.number, "what": each.what, **each.scores.figures}
                for each in evaluation.constants
            ],
            "ceiling": None if ceiling is None else asdict(ceiling),
            "price_per_core_hour": evaluation.price,
            "best": evaluation.best.name,
            "verdict": verdict(evaluation),
            "models": [_model(evaluation, model) for model in evaluation.judged],
            "differences": differences(evaluation).to_dict("records"),
        }
    )


def _model(evaluation: NumberEvaluation, model: JudgedNumbers) -> dict[str, Any]:
    figures = dict(model.figures)
    spent = model.about.get("processor_ms") or figures.get("milliseconds_p50")
    if spent:
        figures |= cost_figures(spent, evaluation.price)
    return {
        **figures,
        "beside_training": training_in_words(model) or None,
        "in_words": [sizes_in_words(model), ranges_in_words(model)],
        "by_truth": model.by_truth.to_dict("records"),
        "by_estimate": model.by_estimate.to_dict("records"),
        "about": dict(model.about),
    }


def differences(evaluation: NumberEvaluation) -> pd.DataFrame:
    """Compare every two models by how far each is off."""
    columns = ("difference", "low", "high", "p_value", "nearer_first", "nearer_second")
    return pd.DataFrame(
        [
            {
                "first": one.name,
                "second": other.name,
                **{name: getattr(evaluation.difference(one, other), name) for name in columns},
            }
            for one, other in combinations(evaluation.ranked, 2)
        ],
        columns=["first", "second", *columns],
    )


def predictions_table(evaluation: NumberEvaluation) -> pd.DataFrame:
    """Give each row's number, and what each model says of it."""
    parts = [pd.DataFrame({"id": evaluation.ids, "truth": evaluation.truth})]
    for model in evaluation.judged:
        said = model.estimates.frame(evaluation.ids).drop(columns="id")
        said["error"] = _errors(said["estimate"], evaluation.truth)
        parts.append(said.add_prefix(f"{model.name} "))
    return pd.concat(parts, axis=1)


def misses(evaluation: NumberEvaluation, most: int = _MISSES) -> pd.DataFrame:
    """List the estimates of each model that are furthest off, with what is known of the rows."""
    known = _known(evaluation.records)
    parts = []
    for model in evaluation.judged:
        off = np.abs(model.errors)
        rows = np.argsort(-off, kind="stable")[:most]
        rows = rows[off[rows] > 0]
        said = model.estimates.frame(evaluation.ids).iloc[rows]
        said.insert(0, "model", model.name)
        said.insert(2, "truth", evaluation.truth[rows])
        said.insert(4, "error", _errors(said["estimate"], said["truth"]))
        parts.append(pd.concat([said, known.iloc[rows]], axis=1))
    return pd.concat(parts, ignore_index=True)


def _errors(said: pd.Series[float], truth: npt.ArrayLike) -> list[float]:
    return [float(f"{off:.{_DIGITS}g}") for off in said - np.asarray(truth)]


def _known(records: Records) -> pd.DataFrame:
    """Lay out what is known of each row: its text, its concepts as one text, its columns."""
    frame = records.context.reset_index(drop=True) if len(records.context) else pd.DataFrame()
    frame = frame.reindex(range(len(records))).rename(
        columns=lambda name: f"{name} (column)" if name in _OWN else name
    )
    if CONCEPTS in frame:
        frame[CONCEPTS] = ["; ".join(dict.fromkeys(each)) for each in frame[CONCEPTS]]
    if records.has_texts:
        frame.insert(0, "text", records.texts)
    return frame


def verdict(evaluation: NumberEvaluation) -> str:
    """Say which model comes nearest, whether that may be chance, and what is no better."""
    return " ".join(_sentences(evaluation))


def _sentences(evaluation: NumberEvaluation) -> Iterator[str]:
    best, rows = evaluation.best, len(evaluation.truth)
    mean, half = (format_number(x) for x in (best.scores.mae, best.scores.median_error))
    told = f"off by {mean} on average over {rows:,} rows" if rows > 1 else f"off by {mean}"
    if len(evaluation.judged) > 1:
        yield _against_next(evaluation, told)
        yield from _against_rest(evaluation)
    elif rows > 1:
        yield f"{best.name} is {told}, and by {half} or less for half."
    if rows < 2:
        yield f"{best.name} is {told} on the one row there is, from which little follows."
        return
    constant = evaluation.nearest_constant
    if not evaluation.difference(best, constant).high < 0:
        yield (
            f"That is not clearly nearer than always saying {format_number(constant.number)}, "
            f"{constant.what}, which is off by {format_number(constant.scores.mae)}."
        )


def _against_next(evaluation: NumberEvaluation, told: str) -> str:
    best, other = evaluation.ranked[:2]
    found = evaluation.difference(best, other)
    if found.difference == 0:
        return f"{best.name} and {other.name} come equally near: {told}."
    less = format_number(-found.difference)
    share = -found.difference / other.scores.mae
    return (
        f"{best.name} is the nearest: {told}, {less} ({share:.1%}) less than {other.name}, "
        f"{_chance(found)}."
    )


def _chance(found: PairedErrors) -> str:
    if found.rows < 2:
        return "which one row cannot tell from chance"
    low, high = format_number(-found.high), format_number(-found.low)
    between = f"paired differences, 95%: between {low} and {high} less"
    sure = "is more than chance" if found.high < 0 else "may be chance"
    return f"which {sure} ({between})"


def _against_rest(evaluation: NumberEvaluation) -> Iterator[str]:
    beaten: list[JudgedNumbers] = []
    equal: list[JudgedNumbers] = []
    for other in evaluation.ranked[2:]:
        sure = evaluation.difference(evaluation.best, other).high < 0
        (beaten if sure else equal).append(other)
    if beaten:
        yield f"It is nearer than {_listed(beaten)} too, more than chance."
    if equal:
        yield f"{_listed(equal)} may be as near: that difference could be chance."


def _listed(models: Sequence[JudgedNumbers]) -> str:
    named = [f"{model.name} ({format_number(model.scores.mae)})" for model in models]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def sizes_in_words(model: JudgedNumbers) -> str:
    """Say whether a model says too little of the largest numbers, and of the smallest too much."""
    bands = model.by_truth
    if len(model.truth) < _FEWEST or len(bands) < 2:
        return "There are too few rows, or too few different numbers, to tell small from large."
    bottom, top = bands.iloc[0], bands.iloc[-1]
    told = (
        f"Of the {int(top['rows']):,} rows with the largest numbers "
        f"({format_number(top['from'])} and above), {model.name}'s estimates are {_bias(top)}; of "
        f"the {int(bottom['rows']):,} with the smallest (up to {format_number(bottom['to'])}), "
        f"{_bias(bottom)}."
    )
    said = model.by_estimate.iloc[-1]
    return told + (
        f" Its own large estimates ({format_number(said['from'])} and above, {int(said['rows']):,} "
        f"rows) are {_bias(said)}."
    )


def _bias(band: pd.Series[Any]) -> str:
    off = float(band["bias"])
    if not abs(off) > _SURE * float(band["bias_error"]):
        return "neither too high nor too low beyond chance"
    share = f" ({abs(off) / band['truth']:.0%})" if band["truth"] > 0 else ""
    return f"{format_number(abs(off))}{share} too {'high' if off > 0 else 'low'} on average"


def training_in_words(model: JudgedNumbers) -> str:
    """Say whether a model is nearer here than in its training, or further off; else nothing."""
    trained, here = model.about.get("mae_in_training"), model.scores.mae
    if trained is None or len(model.truth) < _FEWEST:
        return ""
    off = _STRANGE * float(np.abs(model.errors).std(ddof=1)) / float(np.sqrt(len(model.truth)))
    told = (
        f"{format_number(here)} on average here, and by {format_number(trained)} in training, on "
        "rows held out"
    )
    if here + off < trained:
        return f"{model.name} is off by {told}: it may have learnt from these rows."
    if here - off > trained:
        return f"{model.name} is off by {told}: these rows may be of another kind."
    return ""


def ranges_in_words(model: JudgedNumbers) -> str:
    """Say whether a model's ranges keep what they promise."""
    figures = model.figures
    low, high = figures["within_low"], figures["within_high"]
    told = (
        f"{model.name}'s ranges hold {figures['within']:.1%} of the true numbers ({low:.0%} to "
        f"{high:.0%} with 95% confidence), and promise {PROMISED:.0%}: "
    )
    if high < PROMISED:
        return told + "they are too narrow."
    if low > PROMISED:
        return told + "they are wider than need be."
    return told + "they keep it, as far as these rows can tell."
