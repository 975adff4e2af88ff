"""The sentences that ``metrics.json`` holds: which model is best, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from coterie.formatting import counted, format_number
from coterie.metrics import PairedErrors
from coterie.workflows.evaluation.figures import Ceiling
from coterie.workflows.evaluation.models import (
    RANGE_SHARE,
    Constant,
    EvaluatedClassifier,
    EvaluatedRegressor,
)

__all__ = [
    "beside_ceiling",
    "class_verdict",
    "number_verdict",
    "ranges_in_words",
    "seen_in_words",
    "sizes_in_words",
    "suspects_in_words",
    "training_in_words",
]

_FEWEST = 20  # rows of which a tenth can be told of: a judgement, not measured
_SHORT = 0.05  # how far the share of a tenth may fall short, of ten that are looked at: a judgement
_SURE = 2.0  # standard errors: about the 95% that the field calls significant
_MANY = 0.02  # share of contradicted labels that is told of; clean tables have 0.01 to 0.15
_SEEN = 0.05  # share of the rows that may be training rows without a warning; a judgement
_BY_CHANCE = 2.0  # times the share of training rows that repeat each other; a judgement
_STRANGE = 3.0  # standard errors that need an explanation: a judgement, not measured

_BESIDE_CEILING = {
    "above": "{} is significantly above that: these rows overstate its accuracy.",
    "by chance": "{} is not significantly above that: its interval includes it.",
    "reached": "{} may have reached it: its interval includes it.",
    "below": "{} is significantly below it.",
}


def class_verdict(
    best: EvaluatedClassifier,
    beaten: Sequence[EvaluatedClassifier],
    tied: Sequence[EvaluatedClassifier],
    baseline: tuple[str, float],
    ceiling: Ceiling | None,
    *,
    better: Sequence[EvaluatedClassifier] = (),
    chosen: bool = False,
) -> Iterator[str]:
    """Say which classifier is best, whether that may be chance, and how good any could be.

    ``chosen`` says that it was chosen by validation rows.
    """
    low, high = best.interval
    share = f"{best.correct.mean():.1%} on {counted(len(best.truth), 'row')}"
    share += f" (95% interval: {low:.1%} to {high:.1%})"
    if chosen:
        yield f"{best.name} was chosen by validation rows, and has an accuracy of {share}."
    elif not (beaten or tied):
        yield f"{best.name} has an accuracy of {share}."
    else:
        yield f"{best.name} is the most accurate: {share}."
    yield from _against_others(
        [f"{model.name} ({model.scores.accuracy:.1%})" for model in beaten],
        [f"{model.name} ({model.scores.accuracy:.1%})" for model in tied],
    )
    if better:
        named = _listed([f"{model.name} ({model.scores.accuracy:.1%})" for model in better])
        yield f"{named} is significantly better on these rows."
    spent = [model.spent for model in (best, *tied)]
    if tied and None not in spent:
        at = int(np.argmin(np.array(spent, dtype=np.float64)))
        name = (best, *tied)[at].name
        cost = f"{format_number(spent[at])} ms of processor time for a row"
        yield f"Of these, {name} costs least: {cost}."
    label, common = baseline
    if not best.beats_answer(label):
        yield (
            f"That is not significantly better than always answering “{label}”, which has an "
            f"accuracy of {common:.1%}."
        )
    if ceiling is not None:
        limit = f"{ceiling.accuracy:.1%}"
        yield f"The upper limit is an accuracy of {limit}, because the data contain noise."
        yield _BESIDE_CEILING[beside_ceiling(best, ceiling)].format(best.name)


def suspects_in_words(model: EvaluatedClassifier) -> str | None:
    """Say how many labels a model contradicts, on rows that it was not trained on; else nothing."""
    found, rows = model.suspect_rows, len(model.truth)
    if found < _MANY * rows or not found:
        return None
    return (
        f"{found:,} of {rows:,} labels ({found / rows:.1%}) are contradicted by other rows: they "
        "may be wrong, or hard to predict."
    )


def beside_ceiling(model: EvaluatedClassifier, ceiling: Ceiling) -> str:
    """Tell where an accuracy lies: ``above`` its ceiling, ``by chance``, ``reached``, ``below``."""
    low, high = model.interval
    if model.shown_score == f"{ceiling.accuracy:.1%}":
        return "reached"
    if low > ceiling.accuracy:
        return "above"
    if model.correct.mean() > ceiling.accuracy:
        return "by chance"
    return "reached" if high >= ceiling.accuracy else "below"


def number_verdict(
    best: EvaluatedRegressor,
    beaten: Sequence[EvaluatedRegressor],
    tied: Sequence[EvaluatedRegressor],
    constant: Constant,
) -> Iterator[str]:
    """Say which model comes nearest, whether that may be chance, and what is no better."""
    rows = len(best.truth)
    mean, half = (format_number(x) for x in (best.scores.mae, best.scores.median_error))
    others = sorted([*beaten, *tied], key=lambda model: model.scores.mae)
    if others:
        yield _against_next(best, others[0], significant=others[0] in beaten)
        yield from _against_others(
            [f"{m.name} ({format_number(m.scores.mae)})" for m in beaten if m is not others[0]],
            [f"{m.name} ({format_number(m.scores.mae)})" for m in tied if m is not others[0]],
        )
    elif rows > 1:
        told = f"{best.name} has a mean absolute error of {mean} on {counted(rows, 'row')}"
        yield f"{told}; half of the errors are {half} or less."
    if rows < 2:
        yield f"{best.name} is off by {mean} on the only row, which is too few to judge by."
    elif not best.beats_constant(constant):
        yield (
            "That is not significantly better than always estimating "
            f"{format_number(constant.number)}, {constant.what}, which has a mean absolute error "
            f"of {constant.shown_score}."
        )


def _against_next(best: EvaluatedRegressor, other: EvaluatedRegressor, *, significant: bool) -> str:
    found = best.difference(other)
    rows = len(best.truth)
    mean = f"{format_number(best.scores.mae)} on {rows:,} {'row' if rows == 1 else 'rows'}"
    if found.difference == 0:
        return f"{best.name} and {other.name} have the same mean absolute error: {mean}."
    less, share = format_number(-found.difference), -found.difference / other.scores.mae
    return (
        f"{best.name} has the smallest mean absolute error: {mean}, {less} ({share:.1%}) less than "
        f"{other.name}; {_chance(found, significant=significant)}."
    )


def _chance(found: PairedErrors, *, significant: bool) -> str:
    if found.rows < 2:
        return "one row cannot show a significant difference"
    sure = "is significant" if significant else "is not significant"
    low, high = format_number(-found.high), format_number(-found.low)
    return f"the difference {sure} (95% interval: {low} to {high} less)"


def _against_others(beaten: Sequence[str], tied: Sequence[str]) -> Iterator[str]:
    if beaten:
        yield f"It is significantly better than {_listed(beaten)}."
    if tied:
        verb = "is" if len(tied) == 1 else "are"
        yield f"{_listed(tied)} {verb} not significantly different on these rows."


def _listed(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def sizes_in_words(model: EvaluatedRegressor) -> str:
    """Say whether a model says too little of the largest numbers, and of the smallest too much."""
    bands = model.by_truth
    if len(model.truth) < _FEWEST or len(bands) < 2:
        return "There are too few rows or different numbers to compare small numbers with large."
    bottom, top, said = bands.iloc[0], bands.iloc[-1], model.by_estimate.iloc[-1]
    return (
        f"For the {int(top['rows']):,} rows with the largest numbers "
        f"({format_number(top['from'])} and above), {model.name}'s estimates are {_bias(top)}; for "
        f"the {int(bottom['rows']):,} with the smallest (up to {format_number(bottom['to'])}), "
        f"they are {_bias(bottom)}. Its own large estimates ({format_number(said['from'])} and "
        f"above, {int(said['rows']):,} rows) are {_bias(said)}."
    )


def _bias(band: pd.Series[Any]) -> str:
    off = float(band["bias"])
    if not abs(off) > _SURE * float(band["bias_error"]):
        return "neither significantly too high nor too low"
    share = f" ({abs(off) / band['truth']:.0%})" if band["truth"] > 0 else ""
    return f"{format_number(abs(off))}{share} too {'high' if off > 0 else 'low'} on average"


def training_in_words(model: EvaluatedRegressor) -> str | None:
    """Say whether the error here is smaller or larger than in training; else nothing."""
    trained, here = model.about.mae_in_training, model.scores.mae
    if trained is None or len(model.truth) < _FEWEST or seen_in_words(model):
        return None
    spread = float(np.abs(model.errors).std(ddof=1)) / float(np.sqrt(len(model.truth)))
    if abs(here - trained) <= _STRANGE * spread:
        return None
    why = "may be of another kind"
    if here < trained and model.about.seen is None:
        why = "may be training rows"
    return (
        f"{model.name} has a mean absolute error of {format_number(here)} here and of "
        f"{format_number(trained)} on the validation rows of its training: these rows {why}."
    )


def seen_in_words(model: EvaluatedClassifier | EvaluatedRegressor) -> str | None:
    """Say how many rows a model was trained on, where that is more than chance; else nothing."""
    seen, rows = model.about.seen or 0, len(model.truth)
    if seen <= max(_SEEN, _BY_CHANCE * (model.about.repeated or 0.0)) * rows:
        return None
    return (
        f"{seen:,} of the {rows:,} rows have the same content as rows that {model.name} was "
        "trained on, so its figures are better than on new rows: evaluate it on others."
    )


def ranges_in_words(model: EvaluatedRegressor) -> str:
    """Say whether the ranges of a model hold the share of numbers that they should."""
    low, high = model.interval
    if high < RANGE_SHARE:
        verdict = "too narrow"
    else:
        verdict = "wider than necessary" if low > RANGE_SHARE else "as wide as they should be"
    return " ".join(
        [
            f"{model.name}'s ranges hold {model.ranges.within:.1%} of the true numbers (95% "
            f"interval: {low:.0%} to {high:.0%}) and should hold {RANGE_SHARE:.0%}: they are "
            f"{verdict}.",
            *_tenths_in_words(model),
        ]
    )


def _tenths_in_words(model: EvaluatedRegressor) -> Iterator[str]:
    """Say whether the ranges hold what they should for small and for large estimates alike."""
    bands = model.by_estimate
    if len(model.truth) < _FEWEST or len(bands) < 2:
        return
    least, most = bands["within"].min(), bands["within"].max()
    yield f"By tenths of the estimates, they hold {least:.0%} to {most:.0%}."
    worst = bands.iloc[int(bands["within"].to_numpy().argmin())]
    if worst["within_high"] < RANGE_SHARE - _SHORT:
        yield (
            f"They are too narrow for estimates from {format_number(worst['from'])} to "
            f"{format_number(worst['to'])}: {worst['within']:.0%} of {int(worst['rows']):,} rows."
        )
