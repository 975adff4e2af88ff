"""What there is to know of a model besides its answers: speed, cost, stages, embedding."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import (
    REFUSED,
    CascadeClassifier,
    Classifier,
    ContrastiveClassifier,
    EnsembleClassifier,
    EnsembleRegressor,
    Estimates,
    FewShotClassifier,
    LinearClassifier,
    Model,
    Predictions,
    PromptClassifier,
    TextClassifier,
    with_cache,
)
from coterie.classifiers.training_rows import TrainingRows
from coterie.encoders import EmbeddingCache, NoCache, TfidfEncoder, Vectors, load_encoder, row_keys
from coterie.errors import CoterieWarning
from coterie.llm import Ledger, NoAnswers
from coterie.metrics import Speed, label_cosines, learning_curve, measure_speed
from coterie.progress import current
from coterie.records import Records, texts_of
from coterie.segments.finding.layout import lay_out
from coterie.segments.finding.neighbours import nearest_neighbours
from coterie.workflows.evaluation.classes import Picture
from coterie.workflows.evaluation.columns import column_importances, known_columns
from coterie.workflows.evaluation.excerpts import mistake_concepts, mistake_excerpts
from coterie.workflows.evaluation.figures import (
    ClassifierAbout,
    EmbeddingFigures,
    FoldFigures,
    LanguageFigures,
    RegressorAbout,
    StageFigures,
    TextFigures,
)
from coterie.workflows.evaluation.models import (
    EvaluatedClassifier,
    EvaluatedRegressor,
    parts_of_regressor,
)
from coterie.workflows.prediction.predict import LoadedModel, context_of, decide_records
from coterie.workflows.training.rows import rows_of

__all__ = [
    "SECONDS",
    "draw_picture",
    "evaluate_classifier",
    "evaluate_regressor",
    "learn_again",
    "measure_model",
    "members_of",
]

Truth = npt.NDArray[np.object_]

SECONDS = 3.0
"""What to spend on measuring the speed of a model, unless told."""

# judgements, not measured: time to wait, points that a map can show, points of a learning curve
_STAGE_SECONDS, _WARM_UP = 1.0, 2
_DRAWN, _LEAST_DRAWN, _NEIGHBOURS = 5000, 3, 15
_ALIKE = 1e-6
_SIZES, _DRAWS, _LEAST = 6, 3, 2
_SPENT = ("all_in", "all_out", "all_seconds")


def evaluate_classifier(
    name: str,
    classifier: Classifier,
    records: Records,
    truth: Truth,
    *,
    cache: EmbeddingCache | None = None,
    seconds: float = SECONDS,
    loaded: LoadedModel | None = None,
) -> EvaluatedClassifier:
    """Evaluate a classifier on labelled records, and measure its speed and its embedding.

    Labels are compared as text: those of a file are not always of the type learnt from.

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
    loaded
        The saved model that it is of.
    """
    truth = texts_of(truth)
    prompting = isinstance(classifier, PromptClassifier)
    before = copy(classifier.who_asks.ledger) if prompting else None
    said = decide_records(classifier, records, cache)
    assert isinstance(said, Predictions)
    language = (
        None if before is None else _language(classifier, records, truth, said, before, cache)
    )
    if prompting and not classifier.is_scored:  # its time is that of its answers
        seconds = 0
    text = None
    if isinstance(classifier, TextClassifier):
        history = [asdict(epoch) for epoch in getattr(classifier, "history_", ())]
        embedding = _embedding(with_cache(classifier, cache), records, truth)
        text = TextFigures(embedding=embedding, history=history)
    speed, spent = measure_model(classifier, records, seconds) if seconds > 0 else (None, None)
    stages = None
    if isinstance(classifier, CascadeClassifier):
        stages = _stages(classifier, records, truth, cache, measured=seconds > 0)
    about = ClassifierAbout(
        **({} if loaded is None else loaded.about),
        encoders=_encoders(classifier),
        processor_ms=spent,
        threshold=threshold if (threshold := classifier.confidence_.threshold) <= 1 else None,
        **_seen(classifier, records),
        text=text,
        stages=stages,
        over_folds=_over_folds(loaded),
        language=language,
    )
    said = replace(said, labels=_written(said), classes=texts_of(said.classes))
    importances, concepts = None, {}
    if isinstance(classifier, EnsembleClassifier):
        rows = rows_of(records, context_of(classifier))
        asked = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame({"text": rows})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CoterieWarning)  # of rows that were predicted before
            importances = column_importances(with_cache(classifier, cache), asked, truth)
        concepts = mistake_concepts(classifier, asked, truth, said, cache)
    kind, ids, texts = classifier.kind, records.ids, records.texts
    return EvaluatedClassifier(
        name,
        kind,
        ids,
        texts,
        truth,
        said,
        speed=speed,
        size=None if loaded is None else loaded.size,
        about=about,
        originals=records.originals,
        known=known_columns(records) if len(records.context.columns) else None,
        importances=importances,
        excerpts={} if prompting else mistake_excerpts(classifier, records, truth, said, cache),
        concepts=concepts,
    )


def _language(
    classifier: PromptClassifier,
    records: Records,
    truth: Truth,
    said: Predictions,
    before: Ledger,
    cache: EmbeddingCache | None,
) -> LanguageFigures:
    """Tell what asking took for these rows, and how far answers depend on the order of labels."""
    asker, rows = classifier.who_asks, max(len(records), 1)
    ledger, bias = asker.ledger, None
    used = [getattr(ledger, name) - getattr(before, name) for name in _SPENT]
    if not isinstance(asker.kept, NoAnswers):  # else all would be asked again
        asked = with_cache(classifier, cache)
        bias = asked.measure_order(records.texts.tolist(), truth.tolist())
    cost = None if ledger.price is None else ledger.price.cost(used[0], used[1]) / rows * 1000
    return LanguageFigures.rounded(
        {
            "llm": classifier.llm,
            "refused": float((said.statuses == REFUSED).mean()) if len(said) else 0.0,
            "order_bias": bias and bias.bias,
            "first_shown": bias and bias.first,
            "expected_first": bias and bias.expected_first,
            "order_agreement": bias and bias.agreement,
            "llm_tokens": (used[0] + used[1]) / rows,
            "llm_seconds": used[2] / rows,
            "llm_cost_per_1000": cost,
            "places_said": bias.said if bias else (),
            "places_right": bias.right if bias else (),
        }
    )


def _written(said: Predictions) -> Truth:
    """Write the labels as text; "" where there is none."""
    refused = said.statuses == REFUSED
    labels = said.labels.astype(object)
    labels[refused] = ""
    return texts_of(labels)


def _over_folds(loaded: LoadedModel | None) -> FoldFigures | None:
    """Give the figures over the folds that a saved model keeps."""
    found = None if loaded is None else loaded.manifest.metrics.get("over_folds")
    return FoldFigures(**found) if isinstance(found, Mapping) else None


def evaluate_regressor(
    name: str,
    regressor: EnsembleRegressor,
    records: Records,
    truth: npt.NDArray[np.float64],
    *,
    cache: EmbeddingCache | None = None,
    seconds: float = SECONDS,
    loaded: LoadedModel | None = None,
) -> EvaluatedRegressor:
    """Evaluate a model of a number on records, and measure its speed.

    Parameters are those of `evaluate_classifier`; ``truth`` are finite numbers.
    """
    said = decide_records(regressor, records, cache)
    assert isinstance(said, Estimates)
    speed, spent = measure_model(regressor, records, seconds) if seconds > 0 else (None, None)
    about = RegressorAbout(
        **({} if loaded is None else loaded.about),
        **parts_of_regressor(regressor),
        processor_ms=spent,
        **_seen(regressor, records),
        mae_in_training=None if loaded is None else loaded.manifest.metrics.get("mae"),
    )
    return EvaluatedRegressor(
        name,
        regressor.kind,
        truth,
        said,
        speed=speed,
        size=None if loaded is None else loaded.size,
        about=about,
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
    models: Sequence[EvaluatedClassifier],
    classifiers: Mapping[str, Classifier],
    *,
    vectors: Vectors | None = None,
    cache: EmbeddingCache | None = None,
    seed: int = 0,
) -> Picture | None:
    """Lay out the rows, at most 5,000 of different texts, by the embedding of one model.

    Of the most accurate model that tuned its encoder, or else of the most accurate one; of a vote
    or a cascade the last member. None where nothing tells the rows apart, or no model embeds them.
    ``vectors`` are those of the rows, where they were given.
    ``classifiers`` are those of the models by name; the random seed draws the rows, where there
    are more.
    """
    embedding = [model for model in models if members_of(classifiers[model.name])]
    tuned = [m for m in embedding if isinstance(classifiers[m.name], ContrastiveClassifier)]
    if not embedding:
        return None
    model = max(tuned or embedding, key=lambda model: model.scores.accuracy)
    member = members_of(classifiers[model.name])[-1]
    keys = model.texts if vectors is None else np.array(row_keys(vectors), dtype=object)
    rows = _drawn(keys, seed)
    if vectors is None:
        drawn = with_cache(member, cache).embed(model.texts[rows].tolist())
    else:
        drawn = vectors[rows]
    if len(rows) < _LEAST_DRAWN or float(np.ptp(drawn, axis=0).max()) < _ALIKE:
        return None
    near = nearest_neighbours(drawn, min(_NEIGHBOURS, len(rows) - 1))
    return Picture(model.name, rows, lay_out(drawn, *near, seed=seed))


def learn_again(
    classifier: Classifier,
    records: Records,
    truth: Truth,
    *,
    cache: EmbeddingCache | None = None,
) -> pd.DataFrame | None:
    """Train a classifier like this one on growing shares of the training rows that it keeps.

    The table is of `coterie.metrics.learning_curve`, on the records. None for a model that takes
    long to train, that has context columns, which are not kept, or that keeps too few rows.
    """
    if (
        not isinstance(classifier, FewShotClassifier | LinearClassifier)
        or classifier.context_ is not None
    ):
        return None
    kept = classifier.examples_
    classes = texts_of(classifier.classes_)
    given = None
    texts = np.array([*kept.texts, *records.texts], dtype=object)
    if records.vectors is not None:
        given = np.vstack([kept.vectors, records.vectors.values])
        texts = np.array(row_keys(given), dtype=object)
    labels = np.concatenate([classes[kept.codes], texts_of(truth)])
    test = np.arange(len(kept.texts), len(texts))
    same = pd.factorize(texts)[0]
    most = int((~np.isin(same[: len(kept.texts)], same[test])).sum())
    sizes = _sizes(_LEAST * len(classes), most)
    if not sizes:
        return None

    fresh = with_cache(classifier, cache)

    def fit_predict(train: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> Truth:
        if given is not None:
            head, known = fresh.learn_head(given[train], kept.codes[train])
            best: Truth = classes[known[head.scores(given[rows]).argmax(axis=1)]]
            return best
        if isinstance(classifier.encoder_, TfidfEncoder):  # it learns from the rows too
            fresh.encoder_ = load_encoder("tfidf", fit_on=texts[train].tolist())
        head, known = fresh.learn_head(fresh.transform(texts[train].tolist()), kept.codes[train])
        scores = head.scores(fresh.transform(texts[rows].tolist()))
        said: Truth = classes[known[scores.argmax(axis=1)]]
        return said

    return learning_curve(fit_predict, labels, sizes, clusters=same, test_rows=test, seeds=_DRAWS)


def _sizes(least: int, most: int) -> list[int]:
    """Halve the number of rows a few times."""
    sizes = [most // 2**halved for halved in range(_SIZES)]
    return sorted({size for size in sizes if size >= least}) if most >= 2 * least else []


def measure_model(model: Model, records: Records, seconds: float = SECONDS) -> tuple[Speed, float]:
    """Time a model on records, with every text embedded anew.

    Also gives the mean milliseconds of the processor for a row in a call of its own.
    """
    spent: list[float] = []
    fresh = with_cache(model, NoCache())

    def decide(rows: Any) -> Any:
        started = time.process_time()
        answer = fresh.decide(rows)
        if len(rows) == 1:
            spent.append(time.process_time() - started)
        return answer

    rows = rows_of(records, context_of(model))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # of the rows, which were predicted before
        speed = measure_speed(decide, rows, warm_up=_WARM_UP, seconds=seconds)
    return speed, float(np.mean(spent[_WARM_UP:]) * 1000)


def _stages(
    cascade: CascadeClassifier,
    records: Records,
    truth: Truth,
    cache: EmbeddingCache | None,
    *,
    measured: bool,
) -> list[StageFigures]:
    rows = rows_of(records, context_of(cascade))
    cached = with_cache(cascade, cache)
    with current().stage("Following the cascade"):
        by = cached.answered_by(rows)
        labels = texts_of(cached.predict(rows))
        alone = [texts_of(member.predict(rows)) for member in cached.members_]
    found = []
    for place, (member, stage) in enumerate(zip(cascade.members_, cascade.stages_, strict=True)):
        answered = by == place
        found.append(
            StageFigures(
                model=f"{member.kind}, {member.encoder_.name}",
                threshold=stage.threshold if stage.threshold <= 1 else None,
                share=float(answered.mean()),
                accuracy=float((labels == truth)[answered].mean()) if answered.any() else None,
                accuracy_alone=float((alone[place] == truth).mean()),
                processor_ms=measure_model(member, records, _STAGE_SECONDS)[1]
                if measured
                else None,
                share_in_training=stage.share,
                milliseconds_in_training=stage.milliseconds,
            )
        )
    return found


def _embedding(
    classifier: TextClassifier, records: Records, truth: Truth
) -> EmbeddingFigures | None:
    """Tell how far the encoder keeps the labels apart, on these rows; None for one label."""
    if len(set(truth.tolist())) < 2:
        return None
    given = records.vectors
    vectors = classifier.embed(records.texts.tolist()) if given is None else given.values
    found = label_cosines(vectors, truth)
    within = zip(found.labels["label"], found.labels["within"], strict=True)
    return EmbeddingFigures(
        encoder=classifier.encoder_.name,
        within={str(label): float(cosine) for label, cosine in within if np.isfinite(cosine)},
        between=found.between_mean,
        quality=found.within_mean - found.between_mean,
        auc=found.auc,
    )


def _seen(model: Model, records: Records) -> dict[str, Any]:
    """Count the rows that have the content of a training row."""
    rows: TrainingRows | None = model.rows_
    if rows is None:  # saved by an earlier version
        return {}
    found = model.contents(rows_of(records, context_of(model)))
    return {"seen": rows.count(found), "repeated": rows.repeated}


def _drawn(texts: npt.NDArray[np.object_], seed: int) -> npt.NDArray[np.int64]:
    """Choose rows of different texts."""
    rows = np.sort(np.unique(texts.astype(str), return_index=True)[1]).astype(np.int64)
    if len(rows) > _DRAWN:
        rows = np.sort(np.random.default_rng(seed).choice(rows, _DRAWN, replace=False))
    return rows
