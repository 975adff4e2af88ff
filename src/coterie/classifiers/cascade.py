"""A cascade: the cheapest classifier that is sure answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.base import Held, TextClassifier
from coterie.classifiers.caching import with_cache
from coterie.classifiers.classification_heads import Floats
from coterie.classifiers.confidence import Confidence
from coterie.classifiers.inputs import Inputs, Rows, read_inputs
from coterie.classifiers.predictions import Predictions, predictions_of
from coterie.classifiers.voting import check_members, common_rows, confidence_in, logs_of
from coterie.encoders import NoCache

__all__ = ["CascadeClassifier", "Stage"]

_SAMPLE = 32
_NEVER = 1.1


@dataclass(frozen=True, slots=True)
class Stage:
    """One classifier of a cascade.

    Attributes
    ----------
    threshold
        It answers rows with at least this confidence, and hands the others on.
    share
        Of the rows judged on, those that it answered.
    accuracy
        How often it was right on these; NaN where it answered none.
    milliseconds
        Of one prediction, alone, the encoder's work among it.
    """

    threshold: float
    share: float
    accuracy: float
    milliseconds: float


class CascadeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Classifiers one after another, the cheapest first.

    A row goes to the first; where that one is not sure enough, to the next. Each answers the rows
    on which it is, by those that none of them learnt from, right as often as the last would be.
    So the cascade is about as accurate as its last member and as quick as its members allow
    (Viola and Jones 2001; for language models Chen et al. 2023,
    https://arxiv.org/abs/2305.05176).

    Parameters
    ----------
    members
        Two or more classifiers, not fitted, from the cheapest to the best.
    tolerance
        How much less often right than the last member a stage may be, as a share of its rows.
    accuracy
        As of `coterie.classifiers.base.TextClassifier`.

    Attributes
    ----------
    members_
        The fitted classifiers.
    stages_
        A `Stage` for each.
    classes_
        Shape (k,): the classes, sorted.
    confidence_
        The threshold below which a row is ambiguous.
    held_
        How it did on rows that none of them had learnt from.
    """

    kind = "cascade"

    def __init__(
        self,
        members: Sequence[TextClassifier],
        *,
        tolerance: float = 0.0,
        accuracy: float | None = None,
    ) -> None:
        self.members = members
        self.tolerance = tolerance
        self.accuracy = accuracy

    def fit(self, X: Rows, y: Any, groups: Any = None) -> Self:
        """Learn from labelled rows; see `coterie.classifiers.base.TextClassifier.fit`."""
        check_members(self.members, None)
        self.members_ = [clone(member).fit(X, y, groups) for member in self.members]
        self.classes_ = self.members_[0].classes_
        held = common_rows([member.held_ for member in self.members_])
        sample = read_inputs(X, self.members_[0].text)
        sample = sample.take(np.linspace(0, len(sample) - 1, min(_SAMPLE, len(sample))).astype(int))
        cost = [_milliseconds(member, sample) for member in self.members_]
        self.stages_, shares = _stages(held, cost, self.tolerance)
        fitted = confidence_in(shares, held[0].codes, self.accuracy)
        self.confidence_ = Confidence(1.0, _threshold(fitted, logs_of(shares)))
        self.held_: Held | None = Held(held[0].rows, held[0].codes, shares)
        return self

    def predict(self, X: Rows) -> npt.NDArray[Any]:
        """Give the likeliest class of each row, (n,)."""
        best = self.predict_proba(X).argmax(axis=1)
        labels: npt.NDArray[Any] = self.classes_[best]
        return labels

    def predict_proba(self, X: Rows) -> Floats:
        """Give the calibrated probabilities, (n, k) float64, in the order of ``classes_``."""
        check_is_fitted(self)
        inputs = read_inputs(X, self.members_[0].text)
        return self._run(inputs)[0]

    def decide(self, X: Rows) -> Predictions:
        """Predict, and tell which rows are ambiguous, or outside to the one that answered."""
        check_is_fitted(self)
        inputs = read_inputs(X, self.members_[0].text)
        probabilities, outside, _ = self._run(inputs)
        return predictions_of(probabilities, self.classes_, self.confidence_.threshold, outside)

    def answered_by(self, X: Rows) -> npt.NDArray[np.int64]:
        """Tell which member answers each row, (n,) from 0."""
        check_is_fitted(self)
        return self._run(read_inputs(X, self.members_[0].text))[2]

    def _run(self, inputs: Inputs) -> tuple[Floats, npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
        n = len(inputs)
        probabilities = np.empty((n, len(self.classes_)))
        outside, by = np.zeros(n, dtype=np.bool_), np.zeros(n, dtype=np.int64)
        left = np.arange(n)
        for place, (member, stage) in enumerate(zip(self.members_, self.stages_, strict=True)):
            if not len(left) or stage.threshold > 1:
                continue
            part = inputs.take(left)
            vectors = member.embed(part.texts)
            shares = member.probabilities_of(vectors, part)
            taken = shares.max(axis=1) >= stage.threshold
            rows = left[taken]
            probabilities[rows], by[rows] = shares[taken], place
            outside[rows] = member.examples_.outside(vectors[taken])
            left = left[~taken]
        return probabilities, outside, by


def _stages(
    held: Sequence[Held], cost: Sequence[float], tolerance: float
) -> tuple[tuple[Stage, ...], Floats]:
    """Choose from which confidence on each member answers; returns what they answer, (m, k)."""
    codes, last = held[0].codes, held[-1].probabilities
    left = np.arange(len(codes))
    shares = last.copy()
    stages = []
    for place, part in enumerate(held):
        confidence = part.probabilities[left].max(axis=1)
        right = part.probabilities[left].argmax(axis=1) == codes[left]
        if place == len(held) - 1:
            threshold = 0.0
        else:
            best = last[left].argmax(axis=1) == codes[left]
            threshold = _as_good(confidence, right, best, tolerance)
        taken = confidence >= threshold
        accuracy = float(right[taken].mean()) if taken.any() else float("nan")
        share = float(taken.sum() / max(len(codes), 1))
        stages.append(Stage(threshold, share, accuracy, cost[place]))
        shares[left[taken]] = part.probabilities[left[taken]]
        left = left[~taken]
    return tuple(stages), shares


def _as_good(
    confidence: Floats, right: npt.NDArray[np.bool_], best: npt.NDArray[np.bool_], tolerance: float
) -> float:
    """Lowest confidence from which on answers are right as often as those of the last member."""
    if not len(confidence):
        return _NEVER
    order = np.argsort(-confidence, kind="stable")
    gained = np.cumsum(right[order].astype(np.int64) - best[order].astype(np.int64))
    count = np.arange(1, len(order) + 1)
    values = confidence[order]
    ends = np.append(values[1:] != values[:-1], True)
    good = np.flatnonzero(ends & (gained >= -tolerance * count))
    return float(values[good[-1]]) if len(good) else _NEVER


def _threshold(fitted: Confidence, logs: Floats) -> float:
    """Threshold of a confidence that was fitted with a temperature, without it."""
    if fitted.threshold == 0:
        return 0.0
    tempered = fitted.probabilities(logs).max(axis=1)
    return float(np.exp(logs.max(axis=1))[tempered >= fitted.threshold].min())


def _milliseconds(member: TextClassifier, sample: Inputs) -> float:
    """Median time of one prediction; no cache spares the encoder its work."""
    took = []
    fresh = with_cache(member, NoCache())
    for row in range(len(sample)):
        one = sample.take(np.array([row]))
        started = time.perf_counter()
        fresh.probabilities_of(fresh.embed(one.texts), one)
        took.append(time.perf_counter() - started)
    return float(np.median(took) * 1000)
