"""Answers that a stopped search has left, and a search that goes on from them."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

from coterie.classifiers import EnsembleClassifier
from coterie.classifiers.trees.known import KnownAnswers, digest_of
from coterie.classifiers.trees.search import _Trial
from coterie.encoders import EmbeddingCache
from coterie.tuning.unfinished import UnfinishedTrainings


def test_answers_come_back_bit_for_bit_and_damaged_ones_count_as_none(tmp_path: Path) -> None:
    known = KnownAnswers(tmp_path)
    answers = np.random.default_rng(0).random((5, 3))
    known.put(("a", 1), answers, {"seconds": 0.1, "auc": float("nan")})
    found = known.get(("a", 1))
    assert found is not None
    assert np.array_equal(found[0], answers)
    assert found[1]["seconds"] == 0.1
    assert np.isnan(found[1]["auc"])
    assert known.get(("a", 2)) is None
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:40])
    assert known.get(("a", 1)) is None
    known.take(("a", 1), lambda: (answers[:1], {}))
    again = known.get(("a", 1))
    assert again is not None
    assert np.array_equal(again[0], answers[:1])
    taken = known.take(("a", 1), lambda: pytest.fail("it is known"))
    assert np.array_equal(taken[0], answers[:1])


def test_a_digest_is_of_values_shapes_and_types() -> None:
    dense = np.arange(6, dtype=np.float32).reshape(2, 3)
    others = [
        digest_of([each])
        for each in (dense, dense.reshape(3, 2), dense.astype(np.float64), csr_matrix(dense), None)
    ]
    assert len(set(others)) == len(others)
    assert digest_of([dense, "a"]) == digest_of([dense.copy(), "a"])
    assert digest_of([dense, "a"]) != digest_of([dense, "b"])


class StoppedError(Exception):
    pass


def rows() -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=120), "age": rng.normal(size=120)})
    return frame, np.where(frame["size"] + rng.normal(size=120) > 0, "large", "small")


def test_a_search_that_was_stopped_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, labels = rows()

    def made(seed: int = 0) -> EnsembleClassifier:
        return EnsembleClassifier(
            ["random-forest", "gradient-boosting"],
            context=["size", "age"],
            draws=3,
            seed=seed,
            cache=EmbeddingCache(tmp_path / "cache"),
        )

    trained: list[int] = []
    plain = _Trial._learn

    def counting(self, learner, settings, fold):  # type: ignore[no-untyped-def]
        if len(trained) == limit:
            raise StoppedError
        trained.append(1)
        return plain(self, learner, settings, fold)

    monkeypatch.setattr(_Trial, "_learn", counting)
    monkeypatch.setattr("coterie.classifiers.trees.search.os.sched_getaffinity", lambda _: {0})
    limit = 7
    with pytest.raises(StoppedError):
        made().fit(frame, labels)
    assert len(trained) == 7
    limit = 1000
    model = made().fit(frame, labels)
    assert len(trained) == 2 * 3 * 3  # learners, draws, folds: none of the seven again
    assert not any((tmp_path / "cache" / "trainings").iterdir())
    straight = made().fit(frame, labels)
    assert len(trained) == 2 * 2 * 3 * 3
    assert np.array_equal(model.predict_proba(frame), straight.predict_proba(frame))


def test_a_search_whose_time_was_over_gives_the_same_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was stopped after its search is not searched further, and is the same model."""
    frame, labels = rows()
    taken = 3

    def made() -> EnsembleClassifier:
        cache = EmbeddingCache(tmp_path / "cache")
        return EnsembleClassifier(
            ["random-forest"], context=["size", "age"], draws=5, seconds=60, cache=cache
        )

    trained: list[int] = []
    plain = _Trial._learn

    class Clock:
        perf_counter = staticmethod(time.perf_counter)

        @staticmethod
        def monotonic() -> float:
            return 100.0 * (len(trained) > taken)

    def counting(self, learner, settings, fold):  # type: ignore[no-untyped-def]
        trained.append(1)
        return plain(self, learner, settings, fold)

    monkeypatch.setattr(_Trial, "_learn", counting)
    monkeypatch.setattr("coterie.classifiers.trees.search.time", Clock)
    monkeypatch.setattr("coterie.classifiers.trees.search.os.sched_getaffinity", lambda _: {0})
    with UnfinishedTrainings(EmbeddingCache(tmp_path / "cache")):
        first = made().fit(frame, labels)
        before, taken = len(trained), 1000
        again = made().fit(frame, labels)
    assert before < 5 * 3
    assert len(trained) == before
    assert np.array_equal(first.predict_proba(frame), again.predict_proba(frame))
