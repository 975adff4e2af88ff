"""What there is to know of a model besides its answers: speed, cost, stages, embedding."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import (
    CascadeClassifier,
    Classifier,
    ContrastiveClassifier,
    EnsembleClassifier,
    FewShotClassifier,
    LinearClassifier,
    Model,
    Predictions,
    TextClassifier,
    with_cache,
)
from coterie.encoders import EmbeddingCache, NoCache, TfidfEncoder, load_encoder
from coterie.errors import CoterieWarning
from coterie.metrics import Speed, label_cosines, learning_curve, measure_speed
from coterie.progress import current
from coterie.records import Records, texts_of
from coterie.segments.finding.layout import lay_out
from coterie.segments.finding.neighbours import nearest_neighbours
from coterie.workflows.evaluation.evaluation import Picture
from coterie.workflows.evaluation.scored import Judged, judge_model
from coterie.workflows.prediction.predict import context_of, decide_records
from coterie.workflows.training.train import rows_of

__all__ = [
    "SECONDS",
    "draw_picture",
    "judge_classifier",
    "learn_again",
    "measure_model",
    "members_of",
]

Truth = npt.NDArray[np.object_]

SECONDS = 3.0
"""What to spend on measuring the speed of a model, unless told."""

_STAGE_SECONDS = 1.0
_WARM_UP = 2
_DRAWN, _LEAST_DRAWN, _NEIGHBOURS = 5000, 3, 15
_ALIKE = 1e-6
_SIZES, _DRAWS, _LEAST = 6, 3, 2


def judge_classifier(
    name: str,
    classifier: Classifier,
    records: Records,
    truth: Truth,
    *,
    cache: EmbeddingCache | None = None,
    seconds: float = SECONDS,
    size: int | None = None,
    about: Mapping[str, Any] | None = None,
) -> Judged:
    """Judge a classifier on labelled records, and measure what the page of an evaluation shows.

    Parameters
    ----------
    name
        What to call it.
    classifier
        Fitted, in this process or a saved one.
    records
        n rows that it has not learnt from.
    truth
        Shape (n,), str: their labels.
    cache
        Where vectors are kept; the user's own cache when None. Speed is measured without any.
    seconds
        To spend on measuring speed, about; 0 to leave it out.
    size
        Of the model on disk, in bytes.
    about
        What else to keep with it.

    Returns
    -------
    Judged
        Its ``about`` has, besides what was given: ``encoders``, ``threshold``; ``seen``, the rows
        whose text is among the training rows that the model keeps; ``processor_ms``, the mean
        processor time for a row in a call of its own; and where there is such a thing
        ``embedding`` (as `coterie.classifiers.contrastive.EmbeddingQuality`, on these rows),
        ``history`` and ``stages``.
    """
    truth = texts_of(truth)
    predictions = decide_records(classifier, records, cache)
    assert isinstance(predictions, Predictions)
    found: dict[str, Any] = {
        **(about or {}),
        "encoders": _encoders(classifier),
        "threshold": float(np.max(classifier.confidence_.threshold)),
        "seen": _seen(classifier, records),
    }
    if isinstance(classifier, TextClassifier):
        found["embedding"] = _embedding(with_cache(classifier, cache), records, truth)
        found["history"] = [asdict(epoch) for epoch in getattr(classifier, "history_", ())]
    speed = None
    if seconds > 0:
        speed, found["processor_ms"] = measure_model(classifier, records, seconds)
    if isinstance(classifier, CascadeClassifier):
        found["stages"] = _stages(classifier, records, truth, cache, measured=seconds > 0)
    return judge_model(
        name, classifier, predictions, records, truth, speed=speed, size=size, about=found
    )


def members_of(classifier: Classifier) -> Sequence[TextClassifier]:
    """Give the members of a vote or a cascade, or the classifier alone; none of an ensemble."""
    if isinstance(classifier, EnsembleClassifier):
        return []
    if isinstance(classifier, TextClassifier):
        return [classifier]
    members: Sequence[TextClassifier] = classifier.members_
    return members


def _encoders(classifier: Classifier) -> list[str]:
    """Name the encoders, each once."""
    if isinstance(classifier, EnsembleClassifier):
        return [] if classifier.encoder_ is None else [classifier.encoder_.name]
    return list(dict.fromkeys(member.encoder_.name for member in members_of(classifier)))


def draw_picture(
    judged: Sequence[Judged],
    classifiers: Mapping[str, Classifier],
    *,
    cache: EmbeddingCache | None = None,
    seed: int = 0,
) -> Picture | None:
    """Lay out the rows, at most 5,000 of different texts, by the embedding of one model.

    Parameters
    ----------
    judged
        The models.
    classifiers
        What they are, by their names.
    cache
        Where vectors are kept; the user's own cache when None.
    seed
        Draws the rows, where there are more.

    Returns
    -------
    Picture or None
        Of the most accurate model that tuned its encoder, or else of the most accurate one; of a
        vote or a cascade the last member. None where nothing tells the rows apart, or no model
        embeds them.
    """
    ranked = sorted(
        (model for model in judged if members_of(classifiers[model.name])),
        key=lambda model: -model.scores.accuracy,
    )
    if not ranked:
        return None
    tuned = [m for m in ranked if isinstance(classifiers[m.name], ContrastiveClassifier)]
    model = (tuned or ranked)[0]
    member = members_of(classifiers[model.name])[-1]
    rows = _drawn(model.texts, seed)
    vectors = with_cache(member, cache).embed(model.texts[rows].tolist())
    if len(rows) < _LEAST_DRAWN or float(np.ptp(vectors, axis=0).max()) < _ALIKE:
        return None
    near = nearest_neighbours(vectors, min(_NEIGHBOURS, len(rows) - 1))
    return Picture(model.name, rows, lay_out(vectors, *near, seed=seed))


def learn_again(
    classifier: Classifier,
    records: Records,
    truth: Truth,
    *,
    cache: EmbeddingCache | None = None,
) -> pd.DataFrame | None:
    """Train a classifier like this one on growing shares of the training rows that it keeps.

    Returns
    -------
    DataFrame or None
        Of `coterie.metrics.learning_curve`, judged on the records. None for a model that takes
        long to train, that has context columns, which are not kept, or that keeps too few rows.
    """
    if (
        not isinstance(classifier, FewShotClassifier | LinearClassifier)
        or classifier.context_ is not None
    ):
        return None
    kept = classifier.examples_
    classes = texts_of(classifier.classes_)
    texts = np.array([*kept.texts, *records.texts], dtype=object)
    labels = np.concatenate([classes[kept.codes], texts_of(truth)])
    test = np.arange(len(kept.texts), len(texts))
    same = pd.factorize(texts)[0]
    most = int((~np.isin(same[: len(kept.texts)], same[test])).sum())
    sizes = _sizes(_LEAST * len(classes), most)
    if not sizes:
        return None

    fresh = with_cache(classifier, cache)

    def fit_predict(train: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> Truth:
        if isinstance(classifier.encoder_, TfidfEncoder):  # it learns from the rows too
            fresh.encoder_ = load_encoder("tfidf", fit_on=texts[train].tolist())
        head, known = fresh.learn_head(fresh.embed(texts[train].tolist()), kept.codes[train])
        scores = head.scores(fresh.embed(texts[rows].tolist()))
        said: Truth = classes[known[scores.argmax(axis=1)]]
        return said

    return learning_curve(fit_predict, labels, sizes, clusters=same, test_rows=test, seeds=_DRAWS)


def _sizes(least: int, most: int) -> list[int]:
    """Halve the number of rows a few times."""
    sizes = [most // 2**halved for halved in range(_SIZES)]
    return sorted({size for size in sizes if size >= least}) if most >= 2 * least else []


class _Meter:
    """Sums the processor's time in calls for one row."""

    def __init__(self, predict: Callable[[Any], Any]) -> None:
        self._predict = predict
        self._spent: list[float] = []

    def __call__(self, rows: Any) -> Any:
        started = time.process_time()
        answer = self._predict(rows)
        if len(rows) == 1:
            self._spent.append(time.process_time() - started)
        return answer

    def milliseconds(self) -> float:
        """Mean of a call, those to warm up left out."""
        return float(np.mean(self._spent[_WARM_UP:]) * 1000)


def measure_model(model: Model, records: Records, seconds: float = SECONDS) -> tuple[Speed, float]:
    """Time a model on records, with every text embedded anew.

    Returns
    -------
    Speed
        See `coterie.metrics.measure_speed`.
    float
        Mean milliseconds of the processor for a row in a call of its own.
    """
    meter = _Meter(with_cache(model, NoCache()).decide)
    rows = rows_of(records, context_of(model))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # of the rows, which were predicted before
        speed = measure_speed(meter, rows, warm_up=_WARM_UP, seconds=seconds)
    return speed, meter.milliseconds()


def _stages(
    cascade: CascadeClassifier,
    records: Records,
    truth: Truth,
    cache: EmbeddingCache | None,
    *,
    measured: bool,
) -> list[dict[str, Any]]:
    """Tell of each stage what it answered here, and what it would do and cost alone."""
    rows = rows_of(records, context_of(cascade))
    cached = with_cache(cascade, cache)
    with current().stage("Following the cascade"):
        by = cached.answered_by(rows)
        labels = texts_of(cached.predict(rows))
        alone = [texts_of(member.predict(rows)) for member in cached.members_]
    found = []
    both = zip(cascade.members_, cascade.stages_, strict=True)
    for place, (member, stage) in enumerate(both):
        answered = by == place
        found.append(
            {
                "model": f"{member.kind}, {member.encoder_.name}",
                "threshold": stage.threshold if stage.threshold <= 1 else None,
                "share": float(answered.mean()),
                "accuracy": float((labels == truth)[answered].mean()) if answered.any() else None,
                "accuracy_alone": float((alone[place] == truth).mean()),
                "processor_ms": measure_model(member, records, _STAGE_SECONDS)[1]
                if measured
                else None,
                "share_in_training": stage.share,
                "milliseconds_in_training": stage.milliseconds,
            }
        )
    return found


def _embedding(classifier: TextClassifier, records: Records, truth: Truth) -> dict[str, Any] | None:
    """Tell how far the encoder keeps the labels apart, on these rows."""
    if len(set(truth.tolist())) < 2:
        return None
    found = label_cosines(classifier.embed(records.texts.tolist()), truth)
    within = {
        str(row["label"]): float(row["within"])
        for row in found.labels.to_dict("records")
        if np.isfinite(row["within"])
    }
    return {
        "encoder": classifier.encoder_.name,
        "within": within,
        "between": found.between_mean,
        "quality": found.within_mean - found.between_mean,
        "auc": found.auc,
    }


def _seen(classifier: Classifier, records: Records) -> int:
    """Count the rows whose text is among the training rows that a model keeps."""
    kept = {text for member in members_of(classifier) for text in member.examples_.texts}
    return sum(text in kept for text in records.texts.tolist())


def _drawn(texts: npt.NDArray[np.object_], seed: int) -> npt.NDArray[np.int64]:
    """Choose rows of different texts."""
    rows = np.sort(np.unique(texts.astype(str), return_index=True)[1]).astype(np.int64)
    if len(rows) > _DRAWN:
        rows = np.sort(np.random.default_rng(seed).choice(rows, _DRAWN, replace=False))
    return rows
