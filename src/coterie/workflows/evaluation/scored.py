"""A classifier on rows whose labels are known: the figures that pages and files hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.classifiers import ASSIGNED, OUTSIDE, Classifier, Predictions
from coterie.metrics import (
    Calibration,
    ClassScores,
    RankingScores,
    Speed,
    score_calibration,
    score_classes,
    score_ranking,
)
from coterie.records import Records, texts_of

__all__ = ["Judged", "judge_held", "judge_model", "speed_figures"]


@dataclass(frozen=True, eq=False)
class Judged:
    """What a classifier says of n labelled rows that it has not learnt from.

    Attributes
    ----------
    name
        What the page calls it.
    kind
        Its kind, such as ``"linear"``.
    ids, texts
        Shape (n,), str.
    truth
        Shape (n,), str: the labels.
    predictions
        Its answers, with classes as text.
    speed
        How fast it is, where that was measured.
    size
        Of the model on disk, in bytes, where it is there.
    about
        What else there is to say of it, as JSON takes it.
    """

    name: str
    kind: str
    ids: npt.NDArray[np.object_]
    texts: npt.NDArray[np.object_]
    truth: npt.NDArray[np.object_]
    predictions: Predictions
    speed: Speed | None = None
    size: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

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

    @property
    def classes(self) -> list[str]:
        """The classes that it knows."""
        return [str(name) for name in self.predictions.classes]

    @property
    def taken(self) -> npt.NDArray[np.bool_]:
        """Which answers are neither ambiguous nor outside."""
        found: npt.NDArray[np.bool_] = self.predictions.statuses == ASSIGNED
        return found

    @cached_property
    def figures(self) -> dict[str, Any]:
        """All figures, as JSON takes them."""
        statuses = self.predictions.statuses
        taken = self.taken
        figures: dict[str, Any] = {
            "model": self.name,
            "kind": self.kind,
            "rows": len(self.truth),
            "classes": len(self.classes),
            "accuracy": self.scores.accuracy,
            "balanced_accuracy": self.scores.balanced_accuracy,
            "macro_precision": float(self.scores.per_class["precision"].mean()),
            "macro_recall": float(self.scores.per_class["recall"].mean()),
            "macro_f1": self.scores.macro_f1,
            "auc": self.ranking.roc_auc,
            "average_precision": self.ranking.average_precision,
            "ece": self.calibration.ece,
            "over_confidence": self.calibration.over_confidence,
            "log_loss": self._log_loss(),
            "assigned": float(taken.mean()) if len(taken) else None,
            "accuracy_assigned": float(self.correct[taken].mean()) if taken.any() else None,
            "outside": float((statuses == OUTSIDE).mean()) if len(statuses) else None,
            "unseen_labels": list(self.scores.unseen),
        }
        figures |= speed_figures(self.speed, self.size)
        return {name: _plain(value) for name, value in figures.items()}

    def _log_loss(self) -> float:
        place = {name: at for at, name in enumerate(self.classes)}
        known = np.array([name in place for name in self.truth], dtype=np.bool_)
        if not known.any():
            return float("nan")
        at = np.array([place[name] for name in self.truth[known]])
        shares = self.predictions.probabilities[known][np.arange(len(at)), at]
        return float(-np.log(np.maximum(shares, 1e-12)).mean())


def judge_held(
    name: str, classifier: Classifier, records: Records, rows: npt.NDArray[np.int64]
) -> Judged:
    """Judge a classifier that was just trained, on the rows that its fit kept apart.

    Parameters
    ----------
    name
        What to call it.
    classifier
        Fitted on the records' ``rows``.
    records
        All records.
    rows
        Their numbers.
    """
    from coterie.classifiers.predictions import predictions_of

    held = classifier.held_
    assert held is not None
    classes = texts_of(classifier.classes_)
    sound = ~np.isnan(held.probabilities).any(axis=1)
    at = rows[held.rows[sound]]
    shares = held.probabilities[sound]
    nowhere = np.zeros(len(at), dtype=np.bool_)
    predictions = predictions_of(shares, classes, classifier.confidence_.threshold, nowhere)
    truth = classes[held.codes[sound]]
    return Judged(name, classifier.kind, records.ids[at], records.texts[at], truth, predictions)


def judge_model(
    name: str,
    classifier: Classifier,
    predictions: Predictions,
    records: Records,
    truth: npt.NDArray[np.object_],
    *,
    speed: Speed | None = None,
    size: int | None = None,
    about: Mapping[str, Any] | None = None,
) -> Judged:
    """Judge a classifier on records whose labels are ``truth``, all of them there.

    Labels are compared as text: those of a file are not always of the type learnt from.
    """
    said = Predictions(
        texts_of(predictions.labels),
        predictions.confidences,
        predictions.statuses,
        predictions.probabilities,
        texts_of(predictions.classes),
    )
    return Judged(
        name,
        classifier.kind,
        records.ids,
        records.texts,
        texts_of(truth),
        said,
        speed,
        size,
        about or {},
    )


def speed_figures(speed: Speed | None, size: int | None) -> dict[str, float | None]:
    """Give speed, and the size on disk in bytes, as ``metrics.json`` names them."""
    figures: dict[str, float | None] = {}
    if speed is not None:
        figures |= {
            "milliseconds_p50": speed.p50_ms,
            "milliseconds_p99": speed.p99_ms,
            "rows_per_second": speed.rows_per_second,
            "memory_mib": speed.peak_mib,
        }
    if size is not None:
        figures["size_mib"] = size / 2**20
    return figures


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if np.isfinite(value) else None
    return value
