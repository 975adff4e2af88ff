"""A model on rows whose labels or numbers are known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import (
    ASSIGNED,
    OUTSIDE,
    Classifier,
    EnsembleRegressor,
    Estimates,
    Predictions,
)
from coterie.encoders import Vectors
from coterie.formatting import format_number
from coterie.metrics import (
    Calibration,
    ClassScores,
    Interval,
    NumberScores,
    Paired,
    PairedErrors,
    RangeScores,
    RankingScores,
    Speed,
    class_intervals,
    differ,
    number_bands,
    number_intervals,
    paired_difference,
    paired_errors,
    score_calibration,
    score_classes,
    score_numbers,
    score_ranges,
    score_ranking,
    wilson_interval,
)
from coterie.records import Records, texts_of
from coterie.tuning.suspects import contradicted
from coterie.workflows.evaluation.figures import (
    ClassFigures,
    ClassifierAbout,
    FoldFigures,
    RegressorAbout,
    SpeedFigures,
)

__all__ = [
    "FEW_ROWS",
    "RANGE_SHARE",
    "Constant",
    "EvaluatedClassifier",
    "EvaluatedModel",
    "EvaluatedRegressor",
    "evaluate_held",
    "evaluate_held_numbers",
    "parts_of_regressor",
]

RANGE_SHARE = 0.8
"""Share of the true numbers that ranges are to hold, as ensembles are trained to."""

FEW_ROWS = 500
"""Fewer rows than that give figures with intervals; a judgement: ±4 points of an accuracy."""

_BANDS, _BAND_ROWS = 10, 10  # tenths, of ten rows or more: a convention

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EvaluatedModel(ABC):
    """A model, and what it says of rows that it has not learnt from.

    Attributes
    ----------
    name
        What the page calls it.
    kind
        Its kind, such as ``"linear"``.
    speed
        How fast it is, where that was measured.
    size
        Of the model on disk, in bytes, where it is there.
    about
        Where it comes from and what is in it.
    """

    name: str
    kind: str
    speed: Speed | None = field(default=None, kw_only=True)
    size: int | None = field(default=None, kw_only=True)
    about: ClassifierAbout | RegressorAbout = field(kw_only=True)

    @property
    def size_mib(self) -> float | None:
        """Of the model on disk."""
        return None if self.size is None else self.size / 2**20

    @property
    def spent(self) -> float | None:
        """Milliseconds of the processor for a row; of the clock where those are not known."""
        speed = SpeedFigures.of(self.speed)
        return self.about.processor_ms or (None if speed is None else speed.milliseconds_p50)

    @property
    @abstractmethod
    def shown_score(self) -> str:
        """The figure that models are ranked by, as pages show it."""

    @abstractmethod
    def difference(self, other: Any) -> Paired | PairedErrors:
        """Compare it with another on the same rows."""


@dataclass(frozen=True, eq=False)
class EvaluatedClassifier(EvaluatedModel):
    """A classifier on n labelled rows, see `EvaluatedModel`.

    Attributes
    ----------
    ids, texts
        Shape (n,), str.
    truth
        Shape (n,), str: the labels.
    predictions
        Its answers, with classes as text.
    originals
        The texts as they were written, see `coterie.records.Records`.
    folds
        Shape (n,): the fold in which each row was held out in training; None for other rows.
    known
        What is known of the rows besides their texts, n of them: context columns, and concepts as
        lists; None for nothing.
    importances
        See `coterie.workflows.evaluation.columns.column_importances`; None where not measured.
    excerpts
        Row to the part of a long text that speaks most for the wrong answer; of some mistakes.
    concepts
        Row to the concepts that speak most for the wrong answer; of some mistakes.
    """

    ids: npt.NDArray[np.object_]
    texts: npt.NDArray[np.object_]
    truth: npt.NDArray[np.object_]
    predictions: Predictions
    about: ClassifierAbout = field(default_factory=ClassifierAbout, kw_only=True)
    originals: npt.NDArray[np.object_] | None = field(default=None, kw_only=True)
    folds: npt.NDArray[np.int64] | None = field(default=None, kw_only=True)
    known: pd.DataFrame | None = field(default=None, kw_only=True)
    importances: pd.DataFrame | None = field(default=None, kw_only=True)
    excerpts: Mapping[int, str] = field(default_factory=dict, kw_only=True)
    concepts: Mapping[int, Sequence[str]] = field(default_factory=dict, kw_only=True)

    @property
    def shown(self) -> npt.NDArray[np.object_]:
        """The texts as pages and files show them."""
        return self.texts if self.originals is None else self.originals

    @cached_property
    def correct(self) -> npt.NDArray[np.bool_]:
        """Whether each answer is right."""
        found: npt.NDArray[np.bool_] = self.predictions.labels == self.truth
        return found

    @cached_property
    def scores(self) -> ClassScores:
        """Accuracy and what belongs to it."""
        return score_classes(self.truth, self.predictions.labels, self.classes)

    @cached_property
    def ranking(self) -> RankingScores:
        """Areas under the curves."""
        return score_ranking(self.truth, self.predictions.probabilities, self.classes)

    @cached_property
    def calibration(self) -> Calibration:
        """How far the confidence can be believed."""
        return score_calibration(self.correct, self.predictions.confidences)

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Ends of the 95% interval of the accuracy."""
        return wilson_interval(int(self.correct.sum()), len(self.truth))

    @cached_property
    def intervals(self) -> dict[str, Interval] | None:
        """The 95% intervals of its `figures`, see `intervals_of`."""
        classes = self.classes
        found = self.intervals_of(classes[1] if len(classes) == 2 else None)
        one_class = ("precision", "recall", "f1")
        return found and {name: ends for name, ends in found.items() if name not in one_class}

    def intervals_of(self, positive: str | None) -> dict[str, Interval] | None:
        """Figure to its 95% interval, where there are fewer than 500 rows.

        See `coterie.metrics.class_intervals`, and ``assigned`` and ``accuracy_assigned``.
        """
        rows, said = len(self.truth), self.predictions
        if rows >= FEW_ROWS:
            return None
        found = class_intervals(
            self.truth,
            said.labels,
            said.probabilities,
            said.confidences,
            self.classes,
            positive=positive,
        )
        taken = said.statuses == ASSIGNED
        if rows:
            found["assigned"] = wilson_interval(int(taken.sum()), rows)
        if taken.any():
            right = int(self.correct[taken].sum())
            found["accuracy_assigned"] = wilson_interval(right, int(taken.sum()))
        return found

    @property
    def classes(self) -> list[str]:
        """The classes that it knows."""
        return [str(name) for name in self.predictions.classes]

    @cached_property
    def over_folds(self) -> FoldFigures | None:
        """Accuracy and macro F1 over the folds; None where there are fewer than two."""
        numbers = [] if self.folds is None else np.unique(self.folds).tolist()
        if len(numbers) < 2:
            return None
        said = self.predictions.labels
        each = [
            score_classes(self.truth[at], said[at], self.classes)
            for at in (self.folds == number for number in numbers)
        ]
        accuracy, f1 = ([getattr(one, name) for one in each] for name in ("accuracy", "macro_f1"))
        return FoldFigures.rounded(
            {
                "folds": len(numbers),
                "accuracy": np.mean(accuracy),
                "accuracy_sd": np.std(accuracy, ddof=1),
                "macro_f1": np.mean(f1),
                "macro_f1_sd": np.std(f1, ddof=1),
            }
        )

    @cached_property
    def suspect_rows(self) -> int:
        """How many rows have a label that the answers contradict, see `contradicted`.

        The rows are ones that the model was not trained on.
        """
        place = {name: at for at, name in enumerate(self.classes)}
        known = np.flatnonzero(np.isin(self.truth, self.classes))
        codes = np.array([place[name] for name in self.truth[known]], dtype=np.int64)
        if len(place) < 2 or not len(known):
            return 0
        return int((contradicted(self.predictions.probabilities[known], codes) >= 0).sum())

    @property
    def unknown_rows(self) -> int:
        """How many rows have a label that it does not know."""
        return int((~np.isin(self.truth, self.classes)).sum())

    @cached_property
    def class_table(self) -> pd.DataFrame:
        """The figures of each class that it knows or a row carries."""
        ranking = self.ranking.per_class[["class", "roc_auc", "average_precision"]]
        return self.scores.per_class.merge(ranking, on="class", how="left")

    @cached_property
    def figures(self) -> ClassFigures:
        """All figures of the answers."""
        statuses, per_class = self.predictions.statuses, self.scores.per_class
        taken = statuses == ASSIGNED
        figures = {
            "accuracy": self.scores.accuracy,
            "balanced_accuracy": self.scores.balanced_accuracy,
            "macro_precision": float(per_class["precision"].mean()),
            "macro_recall": float(per_class["recall"].mean()),
            "macro_f1": self.scores.macro_f1,
            "auc": self.ranking.roc_auc,
            "average_precision": self.ranking.average_precision,
            "ece": self.calibration.ece,
            "over_confidence": self.calibration.over_confidence,
            "log_loss": self._log_loss(),
            "assigned": taken.mean() if len(taken) else None,
            "accuracy_assigned": self.correct[taken].mean() if taken.any() else None,
            "outside": (statuses == OUTSIDE).mean() if len(taken) else None,
        }
        return ClassFigures.rounded(
            {
                "model": self.name,
                "kind": self.kind,
                "rows": len(self.truth),
                "classes": len(self.classes),
                **{k: None if v is None else round(float(v), 6) for k, v in figures.items()},
                "unseen_labels": list(self.scores.unseen),
                "speed": SpeedFigures.of(self.speed),
                "size_mib": self.size_mib,
                "language": self.about.language,
            }
        )

    @property
    def shown_score(self) -> str:
        """The accuracy."""
        return f"{self.scores.accuracy:.1%}"

    def difference(self, other: EvaluatedClassifier) -> Paired:
        """How much more often it is right than another, on the same rows."""
        return paired_difference(self.correct, other.correct)

    def beats_answer(self, label: str) -> bool:
        """Whether it is significantly more often right than always answering ``label``."""
        always = self.truth == label
        found = paired_difference(self.correct, always)
        return found.difference > 0 and differ(
            found.p_value, self.shown_score, f"{always.mean():.1%}"
        )

    @cached_property
    def losses(self) -> Floats:
        """Negative log-likelihood of each row, (n,); NaN where it does not know the label."""
        place = {name: at for at, name in enumerate(self.classes)}
        known = np.array([name in place for name in self.truth], dtype=np.bool_)
        found = np.full(len(self.truth), np.nan)
        at = np.array([place[name] for name in self.truth[known]], dtype=np.int64)
        shares = self.predictions.probabilities[known][np.arange(len(at)), at]
        found[known] = -np.log(np.maximum(shares, 1e-12))
        return found

    def _log_loss(self) -> float:
        known = self.losses[~np.isnan(self.losses)]
        return float(known.mean()) if len(known) else float("nan")


def evaluate_held(
    name: str,
    classifier: Classifier,
    records: Records,
    rows: npt.NDArray[np.int64],
    given: list[str] | Vectors | pd.DataFrame,
) -> EvaluatedClassifier:
    """Evaluate a classifier that was fitted on ``rows`` of records, on those that it held out.

    ``given`` are these rows as it was given them.
    """
    from coterie.classifiers.predictions import predictions_of
    from coterie.classifiers.scope import Standing

    held = classifier.held_
    assert held is not None
    classes = texts_of(classifier.classes_)
    sound = ~np.isnan(held.probabilities).any(axis=1)
    at = rows[held.rows[sound]]
    standing = (held.standing or Standing.inside(len(held.rows))).take(np.flatnonzero(sound))
    predictions = predictions_of(
        held.probabilities[sound],
        classes,
        classifier.confidence_.threshold,
        standing.outside,
        classifier.readable(given)[held.rows[sound]],
        standing.doubtful,
    )
    truth = classes[held.codes[sound]]
    return EvaluatedClassifier(
        name,
        classifier.kind,
        records.ids[at],
        records.texts[at],
        truth,
        predictions,
        originals=None if records.originals is None else records.originals[at],
        folds=None if held.folds is None else held.folds[sound],
    )


def evaluate_held_numbers(
    name: str, regressor: EnsembleRegressor, truth: Floats
) -> EvaluatedRegressor:
    """Evaluate a model of a number that was fitted on n rows, on each of them as it held it out."""
    assert regressor.held_ is not None
    about = RegressorAbout(**parts_of_regressor(regressor))
    return EvaluatedRegressor(name, regressor.kind, truth, regressor.held_, about=about)


def parts_of_regressor(regressor: EnsembleRegressor) -> dict[str, Any]:
    """Tell what is in a model of a number, as `RegressorAbout` takes it."""
    return {
        "encoders": [] if regressor.encoder_ is None else [regressor.encoder_.name],
        "mixed_by": regressor.mixed_by_,
        "learners": [member.learner.name for member in regressor.trained_],
        "middle": regressor.middle_,
        "transform": regressor.scale_.transform,
    }


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """One number said of every row, which a model has to beat.

    ``what`` says what it is, as ``"the mean of worth's training"``; ``truth`` are the numbers of
    the rows, (n,).
    """

    number: float
    what: str
    truth: Floats

    @property
    def shown_score(self) -> str:
        """The mean absolute error."""
        return format_number(self.scores.mae)

    @property
    def errors(self) -> Floats:
        """By how much it is below the truth, (n,)."""
        return self.truth - self.number

    @property
    def scores(self) -> NumberScores:
        """How near it comes."""
        return score_numbers(self.truth, np.full(len(self.truth), self.number))


@dataclass(frozen=True, eq=False)
class EvaluatedRegressor(EvaluatedModel):
    """A model of a number on n rows whose numbers are known, see `EvaluatedModel`.

    Attributes
    ----------
    truth
        Shape (n,): the numbers.
    estimates
        Its answers.
    """

    truth: Floats
    estimates: Estimates
    about: RegressorAbout = field(default_factory=RegressorAbout, kw_only=True)

    @cached_property
    def errors(self) -> Floats:
        """By how much each estimate is above the truth, (n,)."""
        return self.estimates.values - self.truth

    @cached_property
    def scores(self) -> NumberScores:
        """How near the estimates come."""
        return score_numbers(self.truth, self.estimates.values)

    @cached_property
    def ranges(self) -> RangeScores:
        """Whether the ranges hold what they promise."""
        return score_ranges(self.truth, self.estimates.lows, self.estimates.highs)

    @cached_property
    def intervals(self) -> dict[str, Interval] | None:
        """Figure to its 95% interval, where there are fewer than 500 rows."""
        if len(self.truth) >= FEW_ROWS:
            return None
        found = number_intervals(self.truth, self.estimates.values)
        return {**found, "within": self.interval} if len(self.truth) else found

    @cached_property
    def interval(self) -> tuple[float, float]:
        """Ends of the 95% interval of the share of numbers within their ranges."""
        rows = len(self.truth)
        return wilson_interval(round(self.ranges.within * rows) if rows else 0, rows)

    @cached_property
    def by_truth(self) -> pd.DataFrame:
        """`coterie.metrics.number_bands`, from the smallest number to the largest."""
        return self._bands(self.truth)

    @cached_property
    def by_estimate(self) -> pd.DataFrame:
        """`coterie.metrics.number_bands`, from the smallest estimate to the largest."""
        return self._bands(self.estimates.values)

    @property
    def shown_score(self) -> str:
        """The mean absolute error."""
        return format_number(self.scores.mae)

    def difference(self, other: EvaluatedRegressor | Constant) -> PairedErrors:
        """By how much more it is off than another, or than one number said of all rows."""
        return paired_errors(self.errors, other.errors)

    def beats_constant(self, constant: Constant) -> bool:
        """Whether its errors are significantly smaller than those of one number for all rows."""
        found = self.difference(constant)
        return found.difference < 0 and differ(
            found.p_value, self.shown_score, constant.shown_score
        )

    def _bands(self, by: Floats) -> pd.DataFrame:
        said = self.estimates
        bands = int(np.clip(len(by) // _BAND_ROWS, 1, _BANDS))
        return number_bands(self.truth, said.values, said.lows, said.highs, by=by, bands=bands)
