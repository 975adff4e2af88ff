"""Scores into calibrated confidence, and the threshold below which a row is ambiguous."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coterie.metrics import threshold_for

__all__ = ["NEVER", "Confidence", "fit_confidence", "judged_rows", "softmax"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEVER = 2.0
"""A threshold that no confidence reaches: then no row is assigned."""

_FAIR = 0.5  # of all answers right: below it none is assigned unasked; a judgement, not measured
_SHARPEST, _FLATTEST = 1e-3, 1e3  # bounds of the temperature: a judgement


@dataclass(frozen=True, slots=True)
class Confidence:
    """How scores become probabilities, and which rows are ambiguous.

    Attributes
    ----------
    temperature
        Scores are divided by it before the softmax (Guo et al. 2017,
        https://arxiv.org/abs/1706.04599).
    threshold
        Rows below this confidence are ambiguous; 0 where none is, and `NEVER` where all are.
    """

    temperature: float = 1.0
    threshold: float = 0.0

    def probabilities(self, scores: Floats) -> Floats:
        """Turn scores (n, k) into probabilities (n, k), float64, each row's sum 1."""
        return softmax(scores / self.temperature)

    def log_odds(self, scores: Floats, place: int) -> Floats:
        """Turn scores (n, k) into the log-odds (n,) of one class against all others.

        That is the logarithm of p / (1 - p), which differs between rows whose p rounds to 1.
        """
        scaled = scores / self.temperature
        others = np.delete(scaled, place, axis=1)
        top = others.max(axis=1)
        found: Floats = scaled[:, place] - top - np.log(np.exp(others - top[:, None]).sum(axis=1))
        return found


def softmax(scores: Floats) -> Floats:
    """Softmax of each row of (n, k); -inf is an impossible class; all equal where all are."""
    top = scores.max(axis=1, keepdims=True, initial=-np.inf)
    none = np.isneginf(top)
    raised = np.exp(np.where(none, 0.0, scores) - np.where(none, 0.0, top))
    found: Floats = raised / raised.sum(axis=1, keepdims=True)
    return found


def fit_confidence(scores: Floats, codes: Ints, *, accuracy: float | None = None) -> Confidence:
    """Fit confidence to out-of-fold scores.

    Rows of ``scores`` (n, k) with -inf for their own class (``codes``, (n,)), which the model could
    not know, are left out. The threshold is the lowest that reaches ``accuracy`` for at least 5% of
    the others, or by default half the share of errors; 0 where none is needed. Where no threshold
    reaches it, all rows are ambiguous; by default only where half of all answers or more are wrong.
    They are too where no row can be judged.
    """
    judged = judged_rows(scores, codes)
    if not judged.any():
        return Confidence(threshold=NEVER)
    scores, codes = scores[judged], codes[judged]
    temperature = _temperature(scores, codes)
    shares = Confidence(temperature).probabilities(scores)
    right = shares.argmax(axis=1) == codes
    wanted = (1 + right.mean()) / 2 if accuracy is None else accuracy
    if right.mean() >= wanted:
        return Confidence(temperature)
    found = threshold_for(right, shares.max(axis=1), float(wanted))
    if found is None:
        found = 0.0 if accuracy is None and right.mean() > _FAIR else NEVER
    return Confidence(temperature, found)


def judged_rows(scores: Floats, codes: Ints) -> npt.NDArray[np.bool_]:
    """Which rows (n,) have a finite score (n, k) for their own class."""
    return np.isfinite(scores[np.arange(len(codes)), codes])


def _temperature(scores: Floats, codes: Ints) -> float:
    """Temperature of the lowest mean negative log-likelihood.

    Where all rows are right that would be 0. So each of n rows counts as wrong with 1 / (n + 2), as
    if there were one more right and one more wrong row (Platt 1999).
    """
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(codes))
    away = scores - scores[rows, codes][:, None]  # of the true class 0
    away = np.where(np.isfinite(away), away, -np.inf)
    away[rows, codes] = -np.inf
    if not np.isfinite(away).any():  # no row has a second possible class
        return 1.0
    wrong = 1 / (len(codes) + 2)

    def loss(log_temperature: float) -> float:
        scaled = away / np.exp(log_temperature)
        top = scaled.max(axis=1)
        rivals = np.isfinite(top)  # rows with a second possible class
        top = np.where(rivals, top, 0.0)
        summed = np.where(rivals, np.exp(scaled - top[:, None]).sum(axis=1), 1.0)
        others = np.where(rivals, top + np.log(summed), -np.inf)  # of all classes but the true one
        return float((np.logaddexp(0.0, others) - wrong * np.where(rivals, others, 0.0)).mean())

    bounds = np.log(_SHARPEST), np.log(_FLATTEST)
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))
