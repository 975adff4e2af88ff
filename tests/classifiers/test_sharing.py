"""Predictions of trees: the same whoever computes them, and however many rows there are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from coterie.classifiers.trees.learner import Task
from coterie.classifiers.trees.learners import LEARNERS
from coterie.classifiers.trees.search import predict_all


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("name", list(LEARNERS))
def test_many_rows_are_answered_as_each_alone(name: str, classes: int) -> None:
    learner = LEARNERS[name]
    if not learner.installed:
        pytest.skip(f"no {learner.module}: pip install 'coterie[boost]'")
    rng = np.random.default_rng(0)
    features = (rng.random((1300, 30)) * (rng.random((1300, 30)) < 0.3)).astype(np.float32)
    target = np.digitize(features[:, 0] + features[:, 1], [0.2, 0.7][: max(classes - 1, 1)])
    learnt = features[:, 0] * 3 + features[:, 1] if not classes else target
    model = learner.train(features[:200], learnt[:200], None, dict(learner.usual), Task(classes), 0)
    for given in (features, csr_matrix(features)):
        at_once = model.predict(given)
        (shared,) = predict_all([(model, given)])
        assert np.array_equal(shared, at_once)
        alone = np.concatenate([model.predict(given[at : at + 1]) for at in range(0, 1300, 77)])
        assert np.array_equal(alone, at_once[::77])


@pytest.mark.parametrize("classes", [0, 3])
def test_a_forest_answers_as_scikit_learn_has_it(classes: int) -> None:
    rng = np.random.default_rng(0)
    features = csr_matrix(rng.random((300, 20)) * (rng.random((300, 20)) < 0.3), dtype=np.float32)
    target = np.arange(300) % 3 if classes else rng.random(300)
    learner = LEARNERS["random-forest"]
    made = learner.train(features, target, None, dict(learner.usual), Task(classes), 0)
    forest = made._model  # type: ignore[attr-defined]
    if classes:
        trees = len(forest.estimators_)
        truth = (forest.predict_proba(features) * trees + 1 / classes) / (trees + 1)
    else:
        truth = forest.predict(features)
    assert np.array_equal(made.predict(features), truth)
