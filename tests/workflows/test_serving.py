"""A model that is loaded once: what it knows of clients, and what it answers for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coterie.classifiers import (
    EnsembleClassifier,
    EnsembleRegressor,
    FewShotClassifier,
    LinearClassifier,
    SoftVotingClassifier,
    save_classifier,
)
from coterie.encoders import MemoryCache, embed_texts
from coterie.errors import InputError, OptionError
from coterie.records import Records, with_concepts
from coterie.workflows.prediction.predict import LoadedModel, load_model
from coterie.workflows.prediction.predictor import Known, Predictor
from coterie.workflows.training.rows import rows_of

from .conftest import Coterie

CONCEPTS = [f"concept {place}" for place in range(12)]


def clients(n: int, seed: int = 0) -> Records:
    """n clients with concepts, a number and a name; the first has none of them."""
    rng = np.random.default_rng(seed)
    cells = np.empty(n, dtype=object)
    cells[:] = [tuple(rng.choice(CONCEPTS, rng.integers(1, 5), replace=False)) for _ in range(n)]
    cells[0] = ()
    visits = rng.integers(0, 9, n).astype(float)
    visits[0] = np.nan
    records = Records(
        ids=np.array([f"c{place}" for place in range(n)], dtype=object),
        texts=np.full(n, "", dtype=object),
        sizes=np.ones(n, dtype=np.int64),
        rows=np.arange(1, n + 1),
        context=pd.DataFrame({"visits": visits, "sector": rng.choice(["a", "b"], n)}),
        source="invented",
    )
    return with_concepts(records, cells)


def bought(records: Records) -> Any:
    """Whether each has one of two concepts, with some noise."""
    rng = np.random.default_rng(1)
    has = [bool({*CONCEPTS[:3]} & {*cells}) for cells in records.context["concepts"]]
    return np.where(rng.random(len(records)) < 0.1, rng.random(len(records)) < 0.5, has).astype(str)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Saved ensembles: sparse and dense features, classes and numbers."""
    pytest.importorskip("skops")
    pytest.importorskip("lightgbm")
    folder = tmp_path_factory.mktemp("models")
    records = clients(160)
    kinds: dict[str, dict[str, Any]] = {
        "sparse": {"concepts": "concepts", "kinds": ("one-hot", "pairs", "statistics")},
        "dense": {"context": ("visits", "sector")},
    }
    common: dict[str, Any] = {"learners": ("lightgbm", "random-forest"), "draws": 1, "folds": 2}
    for name, given in kinds.items():
        made = EnsembleClassifier(**common, **given, mix="vote")
        frame = rows_of(records, made.columns)
        save_classifier(made.fit(frame, bought(records)), folder / name, schema={"text": None})
    number = EnsembleRegressor(**common, **kinds["sparse"])
    values = np.array([len(cells) + 0.5 for cells in records.context["concepts"]])
    number.fit(rows_of(records, number.columns), values)
    save_classifier(number, folder / "number", schema={"text": None})
    return {path.name: path for path in folder.iterdir()}


def same(one: Any, other: Any) -> bool:
    """Whether two answers are the same to the bit."""
    fields = ("values", "lows", "highs") if hasattr(one, "values") else ("labels", "probabilities")
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in (*fields, "statuses")
    )


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
@pytest.mark.parametrize("name", ["sparse", "dense", "number"])
def test_known_clients_are_answered_to_the_bit_as_decide_does(
    homes: dict[str, Path], name: str
) -> None:
    records = clients(90, seed=3)
    predictor = Predictor.open(homes[name])
    truth = load_model(homes[name]).classifier.decide(
        rows_of(records, load_model(homes[name]).classifier.columns)  # type: ignore[union-attr]
    )
    assert same(predictor.predict(records), truth)
    assert predictor.know(records) == Known(90, 0, 0)
    assert same(predictor.predict_batch(records.ids), truth)
    assert same(predictor.predict(records), truth)
    for place in (0, 41, 89):
        alone = predictor.predict_batch([f"c{place}"])
        assert alone.statuses[0] == truth.statuses[place]
        shown = "values" if name == "number" else "probabilities"
        assert np.array_equal(getattr(alone, shown)[0], getattr(truth, shown)[place])
    backwards = predictor.predict_batch(records.ids[::-1])
    assert np.array_equal(backwards.statuses, truth.statuses[::-1])
    assert len(predictor.predict_batch([])) == 0


def counted(predictor: Predictor, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count the rows whose features are made."""
    made: list[int] = []
    model: Any = predictor.model.classifier
    before = model.transform
    monkeypatch.setattr(model, "transform", lambda rows: made.append(len(rows)) or before(rows))

    def rows() -> int:
        total = sum(made)
        made.clear()
        return total

    return rows


def test_a_client_is_made_once_and_anew_only_where_it_changed(
    homes: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = Predictor.open(homes["sparse"])
    made = counted(predictor, monkeypatch)
    records = clients(40)
    assert (predictor.know(records), made()) == (Known(40, 0, 0), 40)
    before = predictor.predict_batch(["c5"])
    assert (predictor.know(records), made()) == (Known(0, 40, 0), 0)
    predictor.predict_batch(records.ids)
    predictor.predict(records)
    assert made() == 0

    cells = records.context["concepts"].to_numpy(dtype=object).copy()
    cells[5] = tuple(CONCEPTS)
    changed = with_concepts(
        replace(records, context=records.context.drop(columns="concepts")), cells
    )
    asked = predictor.predict(changed)
    assert made() == 1
    assert same(predictor.predict_batch(["c5"]), before)  # what is asked is not kept
    assert (predictor.know(changed), made()) == (Known(1, 39, 0), 1)
    assert np.array_equal(predictor.predict_batch(records.ids).probabilities, asked.probabilities)
    assert not same(predictor.predict_batch(["c5"]), before)


def test_what_the_model_does_not_read_changes_nothing(homes: dict[str, Path]) -> None:
    predictor = Predictor.open(homes["sparse"])
    records = clients(10)
    predictor.know(records)
    other = replace(records, context=records.context.assign(visits=99.0))
    assert predictor.know(other) == Known(0, 10, 0)


def test_those_asked_for_last_stay(homes: dict[str, Path]) -> None:
    predictor = Predictor.open(homes["sparse"], most=30)
    records = clients(30)
    predictor.know(records)
    kept = predictor.nbytes
    assert kept > 0
    predictor.predict_batch([f"c{place}" for place in range(10)])
    more = replace(clients(5, seed=9), ids=np.array([f"n{p}" for p in range(5)], dtype=object))
    assert predictor.know(more) == Known(5, 0, 5)
    assert len(predictor) == 30
    known, unknown = predictor.split([*records.ids, *more.ids])
    assert unknown == [f"c{place}" for place in range(10, 15)]
    assert len(predictor.predict_batch(known)) == 30
    predictor.forget(["c0", "never"])
    assert "c0" not in predictor
    assert "c1" in predictor
    predictor.forget()
    assert (len(predictor), predictor.nbytes) == (0, 0)


def test_unknown_ids_are_named(homes: dict[str, Path]) -> None:
    predictor = Predictor.open(homes["sparse"])
    predictor.know(clients(3))
    with pytest.raises(InputError, match="'x', 'y'"):
        predictor.predict_batch(["c1", "x", "y"])
    with pytest.raises(OptionError, match="most is 0"):
        Predictor.open(homes["sparse"], most=0)


def test_threads_share_a_predictor(homes: dict[str, Path]) -> None:
    predictor = Predictor.open(homes["sparse"], most=60)
    records = clients(60)
    truth = predictor.predict(records)
    predictor.know(records)
    wrong: list[object] = []

    def ask(seed: int) -> None:
        order = np.random.default_rng(seed).permutation(60)
        for _ in range(5):
            predictor.know(records)
            said = predictor.predict_batch(records.ids[order])
            if not np.array_equal(said.probabilities, truth.probabilities[order]):
                wrong.append(seed)

    threads = [Thread(target=ask, args=[seed]) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


class Corners:
    """An encoder whose vectors lie around the corner that ends a text."""

    name, dim, fingerprint = "corners", 8, "corners"

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Any:
        self.embedded += texts
        rngs = [np.random.default_rng(list(text.encode())) for text in texts]
        corners = np.eye(self.dim)[[int(text[-1]) for text in texts]]
        vectors = corners + np.array([rng.normal(0, 0.3, self.dim) for rng in rngs])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def blobs(n: int) -> tuple[list[str], Any, Corners]:
    labels = np.arange(n) % 3
    return [f"text {row} of {label}" for row, label in enumerate(labels)], labels, Corners()


def texts_of(texts: list[str]) -> Records:
    n = len(texts)
    return Records(
        ids=np.array([f"t{place}" for place in range(n)], dtype=object),
        texts=np.array(texts, dtype=object),
        sizes=np.ones(n, dtype=np.int64),
        rows=np.arange(1, n + 1),
    )


def loaded(classifier: Any, manifest: Any = None) -> LoadedModel:
    return LoadedModel(classifier, manifest, Path())


def test_models_of_texts_know_vectors_and_context() -> None:
    texts, labels, encoder = blobs(60)
    plans = np.where(labels == 0, "free", "pro").astype(object)
    records = replace(texts_of(texts), context=pd.DataFrame({"plan": plans}))
    model = LinearClassifier(encoder, context=["plan"])
    model.fit(rows_of(records, ["plan"]), labels)
    truth = model.decide(rows_of(records, ["plan"]))
    predictor = Predictor(loaded(model))
    predictor.know(records)
    encoder.embedded.clear()
    assert same(predictor.predict_batch(records.ids), truth)
    assert np.array_equal(predictor.predict_batch(["t7"]).probabilities[0], truth.probabilities[7])
    assert encoder.embedded == []


def test_a_vote_predicts_records_and_embeds_each_text_once(tmp_path: Path) -> None:
    texts, labels, encoder = blobs(60)
    vote = SoftVotingClassifier([FewShotClassifier(encoder), LinearClassifier(encoder)])
    vote.fit(texts, labels)
    truth = vote.decide(texts)
    predictor = Predictor(loaded(vote, type("Manifest", (), {"kind": "voting"})))
    assert not predictor.keeps
    with pytest.raises(OptionError, match="voting"):
        predictor.know(texts_of(texts))
    assert same(predictor.predict(texts_of(texts)), truth)
    encoder.embedded.clear()
    assert same(predictor.predict(texts_of(texts)), truth)
    assert encoder.embedded == []


def test_vectors_in_memory_are_those_of_the_encoder_and_bounded() -> None:
    texts, _, encoder = blobs(20)
    truth = embed_texts(texts, encoder)
    cache = MemoryCache(10)
    assert np.array_equal(embed_texts(texts, encoder, cache=cache), truth)
    assert (len(cache), cache.nbytes) == (10, 10 * encoder.dim * 4)
    embed_texts(texts[10:11], encoder, cache=cache)  # the oldest, now the youngest
    embed_texts(texts[:1], encoder, cache=cache)
    encoder.embedded.clear()
    assert np.array_equal(embed_texts(texts[10:], encoder, cache=cache), truth[10:])
    assert encoder.embedded == [texts[11]]
    assert cache.clear(encoder.fingerprint) == 10 * encoder.dim * 4
    assert len(cache) == 0
    with pytest.raises(OptionError, match="most is 0"):
        MemoryCache(0)


def test_bench_predict_measures_rows_of_a_table_and_rows_made_up(
    coterie: Coterie, homes: dict[str, Path], tmp_path: Path
) -> None:
    done = coterie("bench", "predict", homes["dense"], "--rows", 40, "--seconds", 0.1, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["rows"], found["source"]) == (40, "40 synthetic clients")
    assert [speed["state"] for speed in found["speeds"]] == ["nothing kept", "clients known"]
    for speed in found["speeds"]:
        assert 0 < speed["p50_ms"] <= speed["p99_ms"]
        assert min(speed["one"], speed["few"], speed["many"]) > 0
        assert speed["batch"] == 40
    assert found["load_seconds"] > 0
    assert found["kept_mib"] > 0

    table = clients(25).context[["visits", "sector"]]
    table.to_csv(tmp_path / "rows.csv", index=False)
    done = coterie("bench", "predict", homes["dense"], tmp_path / "rows.csv", "--seconds", 0.1)
    assert done.returncode == 0, done.stderr
    assert "25: rows.csv" in done.stdout
    assert "clients known" in done.stdout

    done = coterie("bench", "predict", homes["sparse"], "--rows", 10, "--seconds", 0.1)
    assert done.returncode == 0, done.stderr
    assert "10 synthetic clients" in done.stdout
    done = coterie("bench", "predict", homes["sparse"], "--concepts", "notes.csv")
    assert done.returncode == 2
    assert "FILE" in done.stderr


def test_bench_predict_takes_the_texts_that_a_model_keeps(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model"
    given = (table, "--text", "text", "--id", "id", "--label", "want", "--encoder", "tfidf")
    assert coterie("train", *given, "--out", model).returncode == 0
    done = coterie("bench", "predict", model, "--seconds", 0.1, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["source"] == f"{found['rows']} training texts that the model keeps"
    assert [speed["state"] for speed in found["speeds"]] == [
        "nothing kept",
        "vectors kept",
        "clients known",
    ]
