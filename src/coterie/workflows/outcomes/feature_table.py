"""What each kind of feature adds, by cross-validation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from coterie.classifiers import FEATURE_KINDS, make_features
from coterie.classifiers.trees.known import Known, KnownAnswers, digest_of
from coterie.classifiers.trees.learner import Learner, Matrix, Task
from coterie.classifiers.trees.learners import LEARNERS
from coterie.classifiers.trees.search import worker_pool
from coterie.encoders import EmbeddingCache, Encoder
from coterie.metrics import (
    assign_folds,
    paired_difference,
    paired_means,
    score_numbers,
    score_ranking,
)
from coterie.progress import current
from coterie.tuning.unfinished import UnfinishedTrainings

__all__ = ["FeatureComparison", "compare_features", "feature_steps", "significance_of"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_PREFERRED = ("lightgbm", "xgboost", "gradient-boosting")  # from the quickest on: a judgement
_FOLDS = 5  # a convention of the field


@dataclass(frozen=True, slots=True, eq=False)
class FeatureComparison:
    """Sets of features, side by side.

    Attributes
    ----------
    table
        One row for each set: ``features`` (its name), ``columns``, the mean over five folds of
        ``accuracy`` and ``auc``, or of ``r2``, with the standard deviation (``accuracy_sd``),
        ``seconds_features`` and ``seconds_training`` of one fold, and ``p_value``: of the
        difference from the first set, row by row; NaN for the first.
    losses
        Shape (n,): what the first set is charged for each row, out of fold: 1 for a wrong class,
        the squared error of a number.
    """

    table: pd.DataFrame
    losses: Floats


def significance_of(losses: Floats, first: Floats, *, numbers: bool) -> float:
    """Give the p-value of the difference between two sets of features on the same rows."""
    if numbers:
        return paired_means(losses, first).p_value
    return paired_difference(losses == 0, first == 0).p_value


def feature_steps(kinds: Sequence[str] = FEATURE_KINDS) -> list[tuple[str, tuple[str, ...]]]:
    """Name sets of features that grow by one kind at a time: ``"one-hot"``, ``"plus tfidf"``."""
    wanted = [kind for kind in FEATURE_KINDS if kind in kinds]
    return [
        (kind if not place else f"plus {kind}", tuple(wanted[: place + 1]))
        for place, kind in enumerate(wanted)
    ]


def compare_features(
    frame: pd.DataFrame,
    target: npt.NDArray[Any],
    classes: npt.NDArray[Any] | None,
    *,
    concepts: str,
    text: str | None = None,
    context: Sequence[str] = (),
    kinds: Sequence[str] = FEATURE_KINDS,
    encoder: str | Encoder = "minilm",
    seed: int = 0,
    cache: EmbeddingCache | None = None,
) -> FeatureComparison:
    """Cross-validate one learner, in its default settings, on growing sets of features.

    Parameters
    ----------
    frame
        n rows.
    target
        Shape (n,): classes from 0 on, or numbers.
    classes
        Shape (k,): what they are; None of numbers.
    concepts, text, context
        Columns of the frame.
    kinds
        Kinds of features.
    encoder
        Embeds concepts and texts.
    seed
        Random seed of the folds and the learner.
    cache
        Where vectors are kept; the user's own cache when None.
    """
    task = Task(0 if classes is None else len(classes))
    learner = next(LEARNERS[name] for name in _PREFERRED if LEARNERS[name].installed)
    folds = assign_folds(_strata(target, task), None, _FOLDS, seed=seed)
    steps = feature_steps(kinds)
    rows: list[dict[str, Any]] = []
    first = np.zeros(len(target))
    with (
        UnfinishedTrainings(cache) as unfinished,
        current().stage("Comparing sets of features", len(steps) * _FOLDS) as stage,
    ):
        for name, own in steps:
            made = []
            for each in range(_FOLDS):
                features = make_features(
                    own,
                    concepts=concepts,
                    text=text,
                    context=context,
                    encoder=encoder,
                    cache=cache,
                    warn=False,
                )
                made.append(_make(features, frame, folds == each))
            given = [part for fold in made for part in (fold.learnt, fold.asked)]
            digest = digest_of([*given, target, folds, str(seed)])
            known = KnownAnswers(unfinished.folder(digest))
            with worker_pool() as pool:
                jobs = [
                    pool.submit(
                        known.take,
                        (learner.identity, each),
                        partial(_judge, fold, target, folds == each, learner, task, seed),
                    )
                    for each, fold in enumerate(made)
                ]
                judged, losses = [], np.zeros(len(target))
                for each, job in enumerate(jobs):
                    losses[folds == each], figures = job.result()
                    judged.append(figures)
                    stage.advance()
            p_value = float("nan")
            if rows:
                p_value = significance_of(losses, first, numbers=task.numbers)
            else:
                first = losses
            rows.append({"features": name, **_mean_and_spread(judged), "p_value": p_value})
    table = pd.DataFrame(rows)
    table.attrs["learner"] = learner.name
    return FeatureComparison(table, first)


@dataclass(frozen=True, slots=True, eq=False)
class _Fold:
    learnt: Matrix
    asked: Matrix
    seconds: float


def _make(features: Pipeline, frame: pd.DataFrame, held: npt.NDArray[np.bool_]) -> _Fold:
    started = time.perf_counter()
    learnt = features.fit_transform(frame.loc[~held])
    asked = features.transform(frame.loc[held])
    return _Fold(learnt, asked, time.perf_counter() - started)


def _judge(
    fold: _Fold,
    target: npt.NDArray[Any],
    held: npt.NDArray[np.bool_],
    learner: Learner,
    task: Task,
    seed: int,
) -> Known:
    started = time.perf_counter()
    model = learner.train(fold.learnt, target[~held], None, learner.usual, task, seed)
    trained = time.perf_counter()
    said = model.predict(fold.asked)
    found = {
        "columns": float(fold.learnt.shape[1]),
        "seconds_features": fold.seconds,
        "seconds_training": trained - started,
    }
    if task.numbers:
        return (said - target[held]) ** 2, found | {"r2": score_numbers(target[held], said).r2}
    auc = score_ranking(target[held], said, list(range(task.classes))).roc_auc
    wrong = said.argmax(axis=1) != target[held]
    figures = {
        "accuracy": float((~wrong).mean()),
        "auc": float("nan") if auc is None else float(auc),
    }
    return wrong.astype(np.float64), found | figures


def _mean_and_spread(made: Sequence[dict[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name in made[0]:
        values = np.array([each[name] for each in made])
        found[name] = float(values.mean())
        if name in ("accuracy", "auc", "r2"):
            found[f"{name}_sd"] = float(values.std(ddof=1))
    found["columns"] = round(found["columns"])
    return found


def _strata(target: npt.NDArray[Any], task: Task) -> Ints:
    if not task.numbers:
        return target.astype(np.int64)
    bands = pd.qcut(target, min(10, len(target)), labels=False, duplicates="drop")
    return np.asarray(bands, dtype=np.int64)
