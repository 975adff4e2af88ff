"""The cache of a call is passed to it, and predicting leaves an estimator as it is."""

import numpy as np
import pandas as pd
import pytest

from coterie.classifiers import (
    EnsembleClassifier,
    EnsembleRegressor,
    FewShotClassifier,
    LinearClassifier,
    with_cache,
)
from coterie.classifiers.features.steps import blocks_of
from coterie.encoders import EmbeddingCache, MemoryCache, NoCache
from coterie.records import Records
from coterie.workflows.prediction.predict import LoadedModel, predict_records
from coterie.workflows.prediction.predictor import Predictor

from .conftest import KINDS
from .worlds import Hashed, frame

CONCEPTS = ("price", "quality", "service", "speed")


def state(model):
    """Every attribute of a model, of its members and of its feature blocks, as it is."""
    parts = [model, *getattr(model, "members_", ())]
    if hasattr(model, "features_"):
        parts += [*(step for _, step in model.features_.steps), *blocks_of(model.features_)]
    return [
        (place, name, value)
        for place, part in enumerate(parts)
        for name, value in vars(part).items()
    ]


def unchanged(before, after):
    return [(place, name) for place, name, _ in before] == [
        (place, name) for place, name, _ in after
    ] and all(one is other for (*_, one), (*_, other) in zip(before, after, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_predicting_leaves_a_classifier_as_it_is(fitted, kind):
    model, (rows, _) = fitted(kind), frame(seed=3)
    before, cache = state(model), MemoryCache()
    texts = rows["text"].to_numpy(dtype=object)
    numbers = np.arange(1, len(texts) + 1)
    records = Records(numbers.astype(str).astype(object), texts, np.ones_like(numbers), numbers)
    plain = [model.predict(rows), model.predict_proba(rows), model.decide(rows).statuses]
    said = predict_records(model, records, cache=cache).predictions
    predictor = Predictor(LoadedModel(model, None, None))
    assert np.array_equal(predictor.predict(records).labels, said.labels)
    assert unchanged(before, state(model))
    assert np.array_equal(said.labels, plain[0])
    assert np.array_equal(said.probabilities, plain[1])
    assert len(cache)


@pytest.mark.parametrize("estimator", [EnsembleClassifier, EnsembleRegressor])
def test_predicting_leaves_an_ensemble_as_it_is(bert, estimator):
    pytest.importorskip("lightgbm")
    rng = np.random.default_rng(0)
    cells = [tuple(rng.choice(CONCEPTS, 2, replace=False)) for _ in range(60)]
    rows = pd.DataFrame({"concepts": cells, "text": [" ".join(each) for each in cells]})
    target = np.array([float("price" in each) for each in cells]) + (np.arange(60) % 3 == 0)
    common = {"learners": ("lightgbm",), "draws": 1, "folds": 2, "encoder": str(bert)}
    model = estimator(**common, concepts="concepts", text="text", cache=NoCache())
    model.fit(rows, target)
    before, cache = state(model), MemoryCache()
    said = with_cache(model, cache).predict(rows)
    assert len(cache) == len(set(rows["text"]))
    assert np.array_equal(model.predict(rows), said)
    model.decide(rows)
    assert unchanged(before, state(model))
    assert EmbeddingCache().info() == []  # the model keeps none
    with_cache(model, None).predict(rows)
    assert [info.vectors for info in EmbeddingCache().info()] == [len(cache)]


@pytest.mark.parametrize("estimator", [LinearClassifier, FewShotClassifier])
def test_cross_validation_embeds_each_text_once(estimator):
    from sklearn.model_selection import cross_val_score

    encoder, (rows, labels) = Hashed(), frame(seed=3)
    texts = rows["text"].to_numpy(dtype=object)
    cross_val_score(estimator(encoder), texts, labels, cv=5)
    assert set(texts) <= set(encoder.asked)
    assert len(encoder.asked) == len(set(encoder.asked))
