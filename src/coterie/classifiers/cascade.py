"""A cascade: the cheapest classifier that is confident enough answers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

import numpy as np
import numpy.typing as npt

from coterie.classifiers.base import TextClassifier
from coterie.classifiers.caching import with_cache
from coterie.classifiers.classification_heads import Floats
from coterie.classifiers.confidence import NEVER, Confidence
from coterie.classifiers.inputs import Inputs, TextsOrFrame
from coterie.classifiers.model import Held
from coterie.classifiers.scope import Standing
from coterie.classifiers.voting import CombinedClassifier, confidence_in, logs_of
from coterie.encoders import NoCache

__all__ = ["CascadeClassifier", "CascadeStage"]

_SAMPLE = 32  # predictions whose median time is taken: a judgement


@dataclass(frozen=True, slots=True)
class CascadeStage:
    """One classifier of a cascade.

    Attributes
    ----------
    threshold
        It answers rows of at least this confidence, and passes the others on.
    share
        Share of the validation rows that it answered.
    accuracy
        Its accuracy on these; NaN where it answered none.
    milliseconds
        Time of a prediction of one row, embedding included.
    """

    threshold: float
    share: float
    accuracy: float
    milliseconds: float


@dataclass(eq=False, repr=False)
class CascadeClassifier(CombinedClassifier):
    """Classifiers one after another, the cheapest first.

    A row goes to the first member and, where that is not confident enough, to the next. The
    thresholds are chosen on out-of-fold predictions: the rows that a member answers, it answers as
    accurately as the last member would. So the cascade is about as accurate as its last member and
    as quick as its members allow (Viola and Jones 2001; for language models Chen et al. 2023,
    https://arxiv.org/abs/2305.05176). A row is outside or doubtful where it is to the member that
    answers. The other attributes are those of `coterie.classifiers.voting.CombinedClassifier`.

    Parameters
    ----------
    members
        Two or more classifiers, not fitted, from the cheapest to the best.
    tolerance
        How many errors more than the last member a stage may make, as a share of its rows.
    accuracy
        As of `coterie.classifiers.base.TextClassifier`.

    Attributes
    ----------
    stages_
        A `CascadeStage` for each member.
    """

    kind = "cascade"

    members: Sequence[TextClassifier]
    _: KW_ONLY
    tolerance: float = 0.0
    accuracy: float | None = None

    def _combine(self, rows: TextsOrFrame) -> None:
        held = self._common_rows()
        sample = self._inputs_of(rows)
        sample = sample.take(np.linspace(0, len(sample) - 1, min(_SAMPLE, len(sample))).astype(int))
        cost = [_milliseconds(member, sample) for member in self.members_]
        self.stages_, shares, by = _stages(held, cost, self.tolerance)
        fitted = confidence_in(shares, held[0].codes, self.accuracy)
        self.confidence_ = Confidence(1.0, _threshold(fitted, logs_of(shares)))
        standing = Standing.inside(len(by))
        for place, part in enumerate(held):
            if part.standing is not None:
                standing.put(by == place, part.standing.take(by == place))
        self.held_ = replace(held[0], probabilities=shares, standing=standing)

    def answered_by(self, X: TextsOrFrame) -> npt.NDArray[np.int64]:
        """Give the member that answers each row, (n,) from 0."""
        return self._run(self._inputs_of(X))[2]

    def _probabilities(self, inputs: Inputs) -> Floats:
        return self._run(inputs)[0]

    def _decided(self, inputs: Inputs) -> tuple[Floats, Standing]:
        return self._run(inputs)[:2]

    def _run(self, inputs: Inputs) -> tuple[Floats, Standing, npt.NDArray[np.int64]]:
        n = len(inputs)
        probabilities = np.empty((n, len(self.classes_)))
        standing, by = Standing.inside(n), np.zeros(n, dtype=np.int64)
        left = np.arange(n)
        for place, (member, stage) in enumerate(zip(self.members_, self.stages_, strict=True)):
            if not len(left) or stage.threshold > 1:
                continue
            part = inputs.take(left)
            vectors = member.vectors_of(part)
            shares = member.probabilities_of(vectors, part)
            taken = shares.max(axis=1) >= stage.threshold
            rows = left[taken]
            probabilities[rows], by[rows] = shares[taken], place
            standing.put(rows, member.standing_of(vectors[taken]))
            left = left[~taken]
        return probabilities, standing, by


def _stages(
    held: Sequence[Held], cost: Sequence[float], tolerance: float
) -> tuple[tuple[CascadeStage, ...], Floats, npt.NDArray[np.int64]]:
    """Choose the threshold of each member.

    Also gives the probabilities of the cascade, (m, k), and the member that answers each row.
    """
    codes, last = held[0].codes, held[-1].probabilities
    left, by = np.arange(len(codes)), np.zeros(len(codes), dtype=np.int64)
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
        stages.append(CascadeStage(threshold, share, accuracy, cost[place]))
        shares[left[taken]], by[left[taken]] = part.probabilities[left[taken]], place
        left = left[~taken]
    return tuple(stages), shares, by


def _as_good(
    confidence: Floats, right: npt.NDArray[np.bool_], best: npt.NDArray[np.bool_], tolerance: float
) -> float:
    """Lowest confidence above which the member is as accurate as the last one."""
    if not len(confidence):
        return NEVER
    order = np.argsort(-confidence, kind="stable")
    gained = np.cumsum(right[order].astype(np.int64) - best[order].astype(np.int64))
    count = np.arange(1, len(order) + 1)
    values = confidence[order]
    ends = np.append(values[1:] != values[:-1], True)
    good = np.flatnonzero(ends & (gained >= -tolerance * count))
    return float(values[good[-1]]) if len(good) else NEVER


def _threshold(fitted: Confidence, logs: Floats) -> float:
    """Threshold for probabilities without the temperature that it was fitted with."""
    if fitted.threshold in (0, NEVER):
        return fitted.threshold
    tempered = fitted.probabilities(logs).max(axis=1)
    return float(np.exp(logs.max(axis=1))[tempered >= fitted.threshold].min())


def _milliseconds(member: TextClassifier, sample: Inputs) -> float:
    """Median time of one prediction; no cache spares the encoder its work."""
    took = []
    fresh = with_cache(member, NoCache())
    for row in range(len(sample)):
        one = sample.take(np.array([row]))
        started = time.perf_counter()
        fresh.probabilities_of(fresh.vectors_of(one), one)
        took.append(time.perf_counter() - started)
    return float(np.median(took) * 1000)
