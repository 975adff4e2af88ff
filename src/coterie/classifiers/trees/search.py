"""Choose the settings of learners by cross-validation, within a time limit."""

from __future__ import annotations

import math
import os
import time
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.classifiers.trees.known import KnownAnswers
from coterie.classifiers.trees.learner import (
    Floats,
    Learner,
    Matrix,
    OneOf,
    Settings,
    Task,
    Trained,
    draw_settings,
)
from coterie.classifiers.trees.sets import FeatureSets
from coterie.progress import current

__all__ = [
    "FEATURES",
    "Fold",
    "Tried",
    "losses_of",
    "predict_all",
    "search_settings",
    "train_all",
    "usual_answers",
    "worker_pool",
]

Ints = npt.NDArray[np.int64]

FEATURES = "features"
"""The name under which settings hold the set of features."""

_LEAST = 1e-12  # the smallest probability in a loss: a judgement
_SHARE = 512  # rows that one thread predicts at a time: a judgement


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One fold of a cross-validation, with features that were fitted to its training rows.

    Attributes
    ----------
    learnt, asked
        Places of the training rows, and of the validation rows.
    features_learnt, features_asked
        Their features, (m, d) each.
    sets
        The sets of these features.
    """

    learnt: Ints
    asked: Ints
    features_learnt: Matrix
    features_asked: Matrix
    sets: FeatureSets


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """The best settings of a learner.

    Attributes
    ----------
    learner, settings
        The learner and its best settings, with the set of features under ``"features"``.
    losses
        Of each fold: mean negative log-likelihood, or mean squared error.
    seconds
        Of one training, the mean over the folds.
    answers
        Shape (n, k) or (n,): out-of-fold.
    draws
        Settings that were tried before the time limit.
    """

    learner: Learner
    settings: Settings
    losses: tuple[float, ...]
    seconds: float
    answers: Floats
    draws: int

    @property
    def loss(self) -> float:
        """Mean over the folds."""
        return float(np.mean(self.losses))


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    answers: Floats
    loss: float
    seconds: float


def search_settings(
    learners: Sequence[Learner],
    folds: Sequence[Fold],
    target: npt.NDArray[Any],
    task: Task,
    *,
    weights: Floats | None = None,
    draws: int = 10,
    seconds: float | None = None,
    seed: int = 0,
    known: KnownAnswers | None = None,
) -> list[Tried]:
    """Search the settings of each learner.

    The first draw is the learner's usual settings on all features; the second, where there is a
    lean set of features, the same on that; later draws draw the set too. The learner that has taken
    the least time so far is the next, so that a slow one does not leave the others without their
    share where the time ends early. Costs learners · draws · folds trainings, as many at a time as
    there are processors.

    ``target`` (n,) are codes from 0 on, or numbers; ``weights`` (n,) those of the rows in training;
    ``draws`` the settings to try for each learner; ``seconds`` the time after which no further
    settings are begun, but for the usual ones; ``known`` has the answers of trainings on the same
    folds, target and weights that are done, and takes up others. A search whose time is over gives
    the same again.
    """
    whole = "ended", [learner.identity for learner in learners], draws, seconds, seed
    ends = None
    if seconds is not None:
        ended = known is not None and known.get(whole) is not None
        ends = -math.inf if ended else time.monotonic() + seconds
    sets = folds[0].sets
    drawn = [
        _settings_to_try(learner, sets.names(learner), draws, np.random.default_rng([seed, place]))
        for place, learner in enumerate(learners)
    ]
    trial = _Trial(folds, target, task, weights, seed, known)
    title = f"Searching {draws} settings of {', '.join(each.name for each in learners)}"
    with (
        current().stage(title, len(learners) * draws * len(folds)) as stage,
        worker_pool() as pool,
    ):
        turns = _Turns(trial, learners, drawn, ends)
        for future in as_completed([pool.submit(turns.take_next) for _ in range(turns.left)]):
            future.result()
            stage.advance()
    if known is not None and seconds is not None:
        known.put(whole, np.zeros(0), {})
    return [
        trial.best(learner, settings, found)
        for learner, settings, found in zip(learners, drawn, turns.answers, strict=True)
    ]


def usual_answers(
    learner: Learner,
    folds: Sequence[Fold],
    targets: Sequence[Floats],
    task: Task,
    *,
    seed: int = 0,
) -> list[Floats]:
    """Give the out-of-fold answers (n,) to several targets of a learner in its usual settings.

    It gets the lean set of features where there is one, which takes a fraction of the time.
    Costs targets · folds trainings.
    """
    settings = {**learner.usual, FEATURES: folds[0].sets.names(learner)[-1]}
    trials = [_Trial(folds, target, task, None, seed) for target in targets]
    title = f"Comparing {len(targets)} scales of the number"
    with current().stage(title, len(targets) * len(folds)) as stage, worker_pool() as pool:
        asked = [
            [pool.submit(trial.answer, learner, settings, at, None) for at in range(len(folds))]
            for trial in trials
        ]
        for future in as_completed(one for own in asked for one in own):
            future.result()
            stage.advance()
    return [
        trial.best(learner, [settings], [[one.result() for one in own]]).answers
        for trial, own in zip(trials, asked, strict=True)
    ]


def train_all(
    jobs: Sequence[tuple[Learner, Settings, Matrix]],
    target: npt.NDArray[Any],
    task: Task,
    *,
    weights: Floats | None = None,
    seed: int = 0,
) -> list[Trained]:
    """Train models side by side on all rows, each on its own features."""
    with worker_pool() as pool, current().stage("Training on all rows", len(jobs)) as stage:
        futures = []
        for learner, settings, made in jobs:
            own = _own(settings)
            futures.append(pool.submit(learner.train, made, target, weights, own, task, seed))
        for _ in as_completed(futures):
            stage.advance()
        return [future.result() for future in futures]


def predict_all(asked: Sequence[tuple[Trained, Matrix]]) -> list[Floats]:
    """Predict with several models; many rows are split among the processors."""
    rows = max((features.shape[0] for _, features in asked), default=0)
    starts = range(0, rows, _SHARE)
    if len(starts) < 2:
        return [model.predict(features) for model, features in asked]
    with worker_pool() as pool:
        asked_for = [
            [pool.submit(model.predict, features[at : at + _SHARE]) for at in starts]
            for model, features in asked
        ]
        return [np.concatenate([each.result() for each in own]) for own in asked_for]


def losses_of(answers: Floats, target: npt.NDArray[Any], task: Task) -> Floats:
    """Loss of each row, (n,)."""
    if task.numbers:
        return np.asarray((answers - target) ** 2)
    shares = answers[np.arange(len(target)), target]
    return np.asarray(-np.log(np.maximum(shares, _LEAST)))


def _settings_to_try(
    learner: Learner, sets: Sequence[str], draws: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Give the usual settings on each set of features, then random ones."""
    space = {**learner.space, FEATURES: OneOf(tuple(sets))}
    usual = [{**learner.usual, FEATURES: each} for each in sets]
    return [*usual, *(draw_settings(space, rng) for _ in range(draws - 1))][:draws]


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """What every training of a search is given."""

    folds: Sequence[Fold]
    target: npt.NDArray[Any]
    task: Task
    weights: Floats | None
    seed: int
    known: KnownAnswers | None = None

    def answer(
        self, learner: Learner, settings: Settings, place: int, ends: float | None
    ) -> _Answer | None:
        """Train on a fold and predict its validation rows; None where the time is over."""
        fold = self.folds[place]
        key = learner.identity, sorted(settings.items()), place
        done = None if self.known is None else self.known.get(key)
        if done is None:
            if ends is not None and time.monotonic() > ends:
                return None
            started = time.perf_counter()
            answers = self._learn(learner, settings, fold)
            done = answers, {"seconds": time.perf_counter() - started}
            if self.known is not None:
                self.known.put(key, *done)
        loss = float(losses_of(done[0], self.target[fold.asked], self.task).mean())
        return _Answer(done[0], loss, done[1]["seconds"])

    def best(
        self,
        learner: Learner,
        tried: Sequence[Settings],
        found: Sequence[Sequence[_Answer | None]],
    ) -> Tried:
        """Give the settings of the lowest mean loss among those tried in all folds."""
        whole = [
            (settings, [one for one in answers if one is not None])
            for settings, answers in zip(tried, found, strict=True)
            if all(one is not None for one in answers)
        ]
        settings, answers = min(whole, key=lambda each: np.mean([one.loss for one in each[1]]))
        shape = (len(self.target), self.task.classes) if self.task.classes else len(self.target)
        joined = np.full(shape, np.nan)
        for fold, one in zip(self.folds, answers, strict=True):
            joined[fold.asked] = one.answers
        return Tried(
            learner,
            settings,
            tuple(one.loss for one in answers),
            float(np.mean([one.seconds for one in answers])),
            joined,
            len(whole),
        )

    def _learn(self, learner: Learner, settings: Settings, fold: Fold) -> Floats:
        """Predict the validation rows of a fold; classes that its training rows lack get 0."""
        learnt, asked = (
            fold.sets.take(features, learner, settings[FEATURES])
            for features in (fold.features_learnt, fold.features_asked)
        )
        task = self.task
        target, own = self.target[fold.learnt], _own(settings)
        weights = None if self.weights is None else self.weights[fold.learnt]
        if task.numbers:
            return learner.train(learnt, target, weights, own, task, self.seed).predict(asked)
        known, numbered = np.unique(target, return_inverse=True)
        shares = np.zeros((len(fold.asked), task.classes))
        if len(known) == 1:
            shares[:, known] = 1.0
            return shares
        model = learner.train(learnt, numbered, weights, own, Task(len(known)), self.seed)
        shares[:, known] = model.predict(asked)
        return shares


class _Turns:
    """The trainings of a search, in order: those of the learner with the least time are next.

    Attributes
    ----------
    answers
        Of each learner, settings and fold; None where there is none yet, or the time is over.
    """

    def __init__(
        self,
        trial: _Trial,
        learners: Sequence[Learner],
        drawn: Sequence[Sequence[Settings]],
        ends: float | None,
    ) -> None:
        folds = len(trial.folds)
        self.answers: list[list[list[_Answer | None]]] = [
            [[None] * folds for _ in own] for own in drawn
        ]
        self._trial, self._learners, self._drawn, self._ends = trial, learners, drawn, ends
        self._queues = [deque(product(range(len(own)), range(folds))) for own in drawn]
        self._spent = [0.0] * len(learners)
        self._begun: dict[tuple[int, int, int], float] = {}
        self._lock = Lock()

    @property
    def left(self) -> int:
        """Trainings that have not begun."""
        return sum(len(queue) for queue in self._queues)

    def take_next(self) -> None:
        """Do the next training."""
        with self._lock:
            now = time.perf_counter()
            waiting = [place for place, queue in enumerate(self._queues) if queue]
            which = min(waiting, key=lambda place: self._order(place, now))
            turn, fold = self._queues[which].popleft()
            self._begun[which, turn, fold] = now
        found = self._trial.answer(
            self._learners[which],
            self._drawn[which][turn],
            fold,
            self._ends if turn else None,
        )
        with self._lock:
            self.answers[which][turn][fold] = found
            del self._begun[which, turn, fold]
            self._spent[which] += 0.0 if found is None else found.seconds

    def _order(self, which: int, now: float) -> tuple[bool, float]:
        """Put the usual settings of all learners first, then the learner of least time."""
        running = (now - since for (place, _, _), since in self._begun.items() if place == which)
        return self._queues[which][0][0] > 0, self._spent[which] + sum(running)


def _own(settings: Settings) -> Settings:
    """Give settings as a learner takes them."""
    return {name: value for name, value in settings.items() if name != FEATURES}


@contextmanager
def worker_pool() -> Iterator[ThreadPoolExecutor]:
    """Threads, one for each processor; where one fails, those that have not begun are dropped."""
    affinity = getattr(os, "sched_getaffinity", None)  # not everywhere
    pool = ThreadPoolExecutor(len(affinity(0)) if affinity else os.cpu_count() or 1)
    with warnings.catch_warnings():  # libraries change the filters, which threads share
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)
