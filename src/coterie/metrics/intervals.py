"""95% intervals of the figures of models, by drawing the rows again (bootstrap)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.metrics.columns import (
    Bools,
    Floats,
    Ints,
    Names,
    check_confidence,
    check_lengths,
    check_scores,
    code_answers,
)
from coterie.metrics.compare import wilson_interval

__all__ = ["Interval", "class_intervals", "number_intervals"]

Interval = tuple[float, float]

_ENDS = (2.5, 97.5)
_BINS = 15  # as of `coterie.metrics.score_calibration`


def class_intervals(
    truth: Names,
    predicted: Names,
    probability: npt.ArrayLike,
    confidence: npt.ArrayLike,
    classes: Sequence[Any],
    *,
    positive: str | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Interval]:
    """Give the 95% intervals of the figures of n answers.

    Parameters
    ----------
    truth, predicted
        Shape (n,): labels and answers; a label may be none of the classes.
    probability
        Shape (n, k): of each class.
    confidence
        Shape (n,): of the answers.
    classes
        The k classes.
    positive
        The class that precision, recall, F1, AUC and average precision are of, too; None for
        means of the two last over the classes.
    draws, seed
        How often the rows are drawn, and the random seed.

    Returns
    -------
    dict
        ``accuracy``, ``balanced_accuracy``, ``macro_precision``, ``macro_recall``, ``macro_f1``,
        ``auc``, ``average_precision``, ``ece``, and with a positive class ``precision``,
        ``recall`` and ``f1``: the lower and the upper end. Those that are not defined are left
        out.

    Raises
    ------
    InputError
        As `coterie.metrics.score_classes` and `coterie.metrics.score_ranking`.

    Notes
    -----
    For a few hundred rows: O(draws · n · (n + k)) time, O(draws · n + n²) memory. That of the
    accuracy is Wilson's. The others are percentiles over rows drawn with replacement (B. Efron,
    "Bootstrap methods: another look at the jackknife", Annals of Statistics 7, 1979); that of the
    calibration error, which drawing makes larger, is reflected about its value. Where each draw
    gives the same perfect figure, the interval is Wilson's of as many rows that are all right: of
    those of the rarer side for areas under curves.
    """
    found = code_answers(truth, predicted, classes)
    n, k = len(found.truth), len(found.names)
    if not n:
        return {}
    scores = check_scores(probability, n, found.classes)
    sure = check_confidence(confidence)
    check_lengths(found.truth, sure, "labels and confidences")
    right = found.truth == found.predicted
    chances = np.full(n, 1 / n)
    drawn = np.random.default_rng(seed).multinomial(n, chances, size=draws)
    weights = np.vstack([np.ones((1, n)), drawn]).astype(np.float32)  # the rows as they are first
    at = found.names.index(positive) if positive in found.names else None
    figures = dict(_counted(weights, found.truth, found.predicted, k, at))
    ranked = [code for code in range(found.classes) if positive is None or code == at]
    areas = [_areas(weights, found.truth == code, scores[:, code]) for code in ranked]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a mean of no class is NaN
        for place, name in enumerate(("auc", "average_precision") if areas else ()):
            figures[name] = np.nanmean([each[place] for each in areas], axis=0)
    figures["ece"] = _calibration(weights, right, sure)
    rarer = [min(int((found.truth == c).sum()), int((found.truth != c).sum())) for c in ranked]
    rows = {"auc": min(filter(None, rarer), default=n)}
    rows["average_precision"] = rows["auc"]
    made = {"accuracy": wilson_interval(int(right.sum()), n)}
    for name, values in figures.items():
        ends = _ends(values, rows.get(name, n), reflected=name == "ece")
        if ends is not None:
            made[name] = ends
    return made


def number_intervals(
    truth: npt.ArrayLike, said: npt.ArrayLike, *, draws: int = 1000, seed: int = 0
) -> dict[str, Interval]:
    """Give the 95% intervals of the errors of n estimates, by drawing the rows again.

    Parameters
    ----------
    truth, said
        Shape (n,), finite numbers.
    draws, seed
        As of `class_intervals`.

    Returns
    -------
    dict
        ``mae``, ``rmse``, ``median_error``, ``bias`` and ``r2``: the lower and the upper end; none
        for fewer than two rows.
    """
    true, off = (np.asarray(each, dtype=np.float64) for each in (truth, said))
    off, n = off - true, len(true)
    if n < 2:
        return {}
    rows = np.random.default_rng(seed).integers(n, size=(draws, n))
    rows = np.vstack([np.arange(n), rows])
    errors, around = off[rows], true[rows]
    squared = np.square(errors).mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        figures = {
            "mae": np.abs(errors).mean(axis=1),
            "rmse": np.sqrt(squared),
            "median_error": np.median(np.abs(errors), axis=1),
            "bias": errors.mean(axis=1),
            "r2": 1 - squared / around.var(axis=1),
        }
    found = {}
    for name, values in figures.items():
        drawn = values[1:][np.isfinite(values[1:])]
        if np.isfinite(values[0]) and len(drawn):
            low, high = (float(end) for end in np.percentile(drawn, _ENDS))
            found[name] = min(low, float(values[0])), max(high, float(values[0]))
    return found


def _ends(values: Floats, rows: int, *, reflected: bool) -> Interval | None:
    """Give the interval of a figure whose first value is that of the rows as they are."""
    own, drawn = float(values[0]), values[1:][np.isfinite(values[1:])]
    if not np.isfinite(own) or not len(drawn):
        return None
    low, high = (float(end) for end in np.percentile(drawn, _ENDS))
    if reflected:
        low, high = max(2 * own - high, 0.0), max(2 * own - low, 0.0)
    elif high - low < 1e-9:
        return wilson_interval(round(own * rows), rows)
    return min(low, own), max(high, own)


def _counted(
    weights: npt.NDArray[np.float32], true: Ints, said: Ints, k: int, positive: int | None
) -> Iterator[tuple[str, Floats]]:
    """Give precision, recall and F1, of all classes and of one, and the balanced accuracy."""
    places = np.arange(k)
    of_label = weights @ (true[:, None] == places).astype(np.float32)
    of_answer = weights @ (said[:, None] == places).astype(np.float32)
    both = weights @ ((true == said)[:, None] & (true[:, None] == places)).astype(np.float32)
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        each = {
            "precision": both / of_answer,
            "recall": both / of_label,
            "f1": 2 * both / (of_label + of_answer),
        }
        for name, table in each.items():
            yield f"macro_{name}", np.nanmean(table, axis=1).astype(np.float64)
            if positive is not None:
                yield name, table[:, positive].astype(np.float64)
        yield "balanced_accuracy", np.nanmean(each["recall"], axis=1).astype(np.float64)


def _areas(weights: npt.NDArray[np.float32], of_class: Bools, scores: Any) -> tuple[Floats, Floats]:
    """Give ROC AUC and average precision of one class for each draw; NaN where not defined."""
    own, mine = scores[of_class][:, None], weights[:, of_class]
    below = ((own > scores) + (own == scores) / 2) * ~of_class  # (rows of the class, n)
    before = own <= scores
    with np.errstate(invalid="ignore", divide="ignore"):
        found = mine.sum(axis=1, dtype=np.float64)
        others = weights[:, ~of_class].sum(axis=1, dtype=np.float64)
        area = (mine * _times(weights, below)).sum(axis=1) / (found * others)
        share = _times(mine, before[:, of_class]) / np.maximum(_times(weights, before), 1)
        mean = (mine * share).sum(axis=1) / found
    return area, mean


def _times(weights: npt.NDArray[np.float32], table: npt.NDArray[Any]) -> Floats:
    return np.asarray(weights @ table.T.astype(np.float32), dtype=np.float64)


def _calibration(weights: npt.NDArray[np.float32], right: Bools, sure: Floats) -> Floats:
    """Give the expected calibration error for each draw."""
    bins = np.searchsorted(np.linspace(0, 1, _BINS + 1)[1:-1], sure, side="left")
    inside = bins[:, None] == np.arange(_BINS)
    gaps = _times(weights, np.where(inside, (sure - right)[:, None], 0.0).T)
    return np.asarray(np.abs(gaps).sum(axis=1) / len(sure), dtype=np.float64)
