"""Every verb on every kind of table in memory: the answers are those for the pandas frame."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from decimal import Decimal
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.base import clone

import coterie
from coterie.classifiers import (
    ContextColumns,
    EnsembleClassifier,
    FewShotClassifier,
    LinearClassifier,
)
from coterie.encoders import EmbeddingCache
from coterie.errors import InputError

pl = pytest.importorskip("polars", reason="Polars is not installed")

pytestmark = pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")

TOPICS = {
    "refund": ("I want my money back for", "Please refund", "Return the payment for"),
    "parcel": ("Where is the parcel with", "The courier lost", "Track the delivery of"),
    "login": ("I cannot sign in to see", "My password fails for", "Unlock the account of"),
}
THINGS = ("the lamp", "my kettle", "two chairs", "the blue rug", "a shelf", "that mirror")
TIMES = ("seconds", "memory_bytes", "when", "created")
READ = {"text": "text", "id": "id"}
ENSEMBLE = {"model": "ensemble", "members": ["random-forest"], "draws": 1, "preset": "speed"}
CONTEXT = ["plan", "seats", "price", "day", "paid"]


class Stream:
    """Something of which only the Arrow stream is known."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


KINDS: Mapping[str, Callable[[pa.Table], Any]] = {
    "polars": pl.from_arrow,
    "lazy": lambda table: pl.from_arrow(table).lazy(),
    "table": lambda table: table,
    "batch": lambda table: table.combine_chunks().to_batches()[0],
    "reader": lambda table: table.to_reader(),
    "stream": Stream,
}


def arrow(shift: int = 0) -> pa.Table:
    """54 messages with columns of many types, each with missing cells."""
    said = [
        (f"{opening} {thing} {number + shift}", topic)
        for topic, openings in TOPICS.items()
        for opening in openings
        for number, thing in enumerate(THINGS)
    ]
    n = len(said)
    texts: list[str | None] = [text for text, _ in said]
    texts[4] = None

    def cells(every: int, value: Callable[[int], Any]) -> list[Any]:
        return [None if at % every == every - 1 else value(at) for at in range(n)]

    return pa.table(
        {
            "id": [f"k{at + shift}" for at in range(n)],
            "text": texts,
            "want": pa.array([topic for _, topic in said]).dictionary_encode(),
            "plan": pa.array(cells(7, lambda at: ("free", "paid")[at % 2])).dictionary_encode(),
            "seats": pa.array(cells(5, lambda at: at % 13), pa.int64()),
            "price": pa.array(cells(6, lambda at: Decimal(at) / 4), pa.decimal128(8, 2)),
            "day": pa.array(cells(9, lambda at: dt.date(2025, 1, 1) + dt.timedelta(at))),
            "paid": pa.array(cells(8, lambda at: at % 3 == 0)),
            "tags": pa.array(cells(4, lambda at: [f"t{at % 3}", f"u{at % 5}"][: at % 3])),
        }
    )


def pandas(table: pa.Table) -> pd.DataFrame:
    """Make the frame that a person would have made with pandas."""
    columns = {name: table[name].to_pylist() for name in table.column_names}
    columns |= {name: pd.Categorical(columns[name]) for name in ("want", "plan")}
    return pd.DataFrame(columns)


class Home:
    """What was made from the pandas frame, for verbs that need it."""

    def __init__(self, folder: Path, bert: str) -> None:
        self.folder, self.cache, self.bert = folder, EmbeddingCache(folder / "cache"), bert
        self.rows = pandas(arrow())
        train(self, self.rows).save(folder / "models" / "wants")
        coterie.discover(
            self.rows, **READ, encoder="tfidf", groups=3, time="day", cache=self.cache
        ).save(folder / "found")
        self.index(self.rows).save(folder / "index")

    def index(self, table: Any) -> coterie.Index:
        return coterie.index(table, **READ, encoder="tfidf", cache=self.cache)

    def copy(self, name: str) -> Path:
        """Copy a folder, to be changed."""
        shutil.rmtree(self.folder / "copy", ignore_errors=True)
        return Path(shutil.copytree(self.folder / name, self.folder / "copy"))

    def changed(self, change: str, table: Any) -> pd.DataFrame:
        index = coterie.Index(self.copy("index"))
        getattr(index, change)(table)
        return index.search(None, where="seats >= 0", k=200).hits


def train(home: Home, table: Any) -> Any:
    given = {**READ, "label": "want", "model": "linear", "encoder": "tfidf", "context": CONTEXT}
    return coterie.train(table, **given, cache=home.cache)


def ensemble(home: Home, table: Any) -> Any:
    model = coterie.train(table, id="id", label="want", context=CONTEXT, **ENSEMBLE)
    return model.predict(home.rows)


def models(home: Home, table: Any) -> Any:
    return coterie.load(home.folder / "models").predict(table)


def refreshed(home: Home, table: Any) -> Any:
    done = coterie.refresh(home.folder / "found", table)
    return {"figures": done.figures, "rows": done.assignments, "changes": done.changes}


def watched(home: Home, table: Any, **more: Any) -> Any:
    found = coterie.watch(table, **READ, segments=home.folder / "found", **more)
    return {"figures": found.figures, "rows": found.assignments, "sentences": found.sentences}


def retrained(home: Home, feedback: Any, training: Any) -> Any:
    model = home.copy("models") / "wants"
    return coterie.retrain(model, feedback, training=training, label="want").figures


def tuned(home: Home, table: Any) -> Any:
    made = coterie.tune(table, **READ, label="want", encoder=home.bert, epochs=1, batch=16)
    return {"figures": made.figures, "vector": made.encoder.encode(["the lamp"]).tolist()}


def noted(home: Home, table: Any) -> Any:
    """Train on clients whose concepts are a table of their own."""
    clients = home.rows[["id", "want", "seats"]]
    concepts = {"concepts": table, "concept": "plan", "concept_id": "id"}
    model = coterie.train(clients, id="id", label="want", **concepts, **ENSEMBLE)
    return model.predict(home.rows, concepts=home.rows)


VERBS: Mapping[str, Callable[[Home, Any], Any]] = {
    "discover": lambda home, table: (
        coterie.discover(
            table, **READ, labels=["want", "plan"], encoder="tfidf", groups=3, cache=home.cache
        ).assignments
    ),
    "explore": lambda home, table: coterie.explore(table, text="text", labels=["want"]).figures,
    "read_records": lambda home, table: vars_of(
        coterie.read_records(table, **READ, labels=["want"], context=["*"])
    ),
    "train": lambda home, table: train(home, table).predict(home.rows),
    "train an ensemble": ensemble,
    "train with concepts": noted,
    "predict": lambda home, table: coterie.load(home.folder / "models" / "wants").predict(table),
    "predict with several": models,
    "evaluate": lambda home, table: (
        coterie.evaluate(home.folder / "models" / "wants", table).predictions
    ),
    "assign": lambda home, table: (
        coterie.assign(table, **READ, segments=home.folder / "found").assignments
    ),
    "index": lambda home, table: home.index(table).search("a refund", where="seats > 3", k=9).hits,
    "append": lambda home, table: home.changed("append", table),
    "update": lambda home, table: home.changed("update", table),
    "refresh": refreshed,
    "suspects": lambda home, table: (
        coterie.suspects(table, **READ, label="want", encoder="tfidf", cache=home.cache).table
    ),
    "similarity": lambda home, table: coterie.similarity(
        table, "k1", "k2", **READ, encoder="tfidf"
    ),
    "to_label": lambda home, table: (
        coterie.to_label(home.folder / "models" / "wants", table, n=9).table
    ),
    "watch": watched,
    "watch beside a reference": lambda home, table: watched(
        home, pandas(arrow(shift=100)), reference=table
    ),
    "retrain": lambda home, table: retrained(home, table, home.rows),
    "retrain with": lambda home, table: retrained(home, pandas(arrow(shift=100)), table),
    "join": lambda home, table: vars_of(
        coterie.read_records(home.rows[["id", "text"]], **READ, join=[table], context=["seats"])
    ),
    "tune": tuned,
}
SLOW, SOME = {"retrain", "retrain with", "tune"}, ("lazy", "reader")
LATER = {"append", "to_label", "retrain", "predict"}
"""Verbs whose rows are others than those that the model or the index was made of."""


def vars_of(records: coterie.Records) -> dict[str, Any]:
    return {
        "texts": records.texts.tolist(),
        "ids": records.ids.tolist(),
        "labels": {name: values.tolist() for name, values in records.labels.items()},
        "context": records.context,
        "rejects": records.rejects,
    }


def plain(found: Any) -> Any:
    """Make answers that can be compared, without times and sizes in memory."""
    if isinstance(found, pd.DataFrame):
        return {str(name): plain(found[name].tolist()) for name in found}
    if isinstance(found, Mapping):
        return {str(k): plain(v) for k, v in found.items() if str(k) not in TIMES}
    if isinstance(found, list | tuple | np.ndarray):
        return [plain(each) for each in found]
    if isinstance(found, float | np.floating) and np.isnan(found):
        return None
    return None if found is pd.NA or found is pd.NaT else found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, st_folder: Callable[..., Path]) -> Home:
    return Home(tmp_path_factory.mktemp("home"), str(st_folder("bert")))


@pytest.fixture(scope="module")
def expected(home: Home) -> Callable[[str], Any]:
    """Give the answer of a verb for the pandas frame."""
    known: dict[str, Any] = {}

    def answer(verb: str) -> Any:
        if verb not in known:
            known[verb] = plain(VERBS[verb](home, pandas(rows_for(verb))))
        return known[verb]

    return answer


def rows_for(verb: str) -> pa.Table:
    return arrow(shift=100 if verb in LATER else 0)


@pytest.mark.parametrize(
    ("verb", "kind"),
    [(verb, kind) for verb in VERBS for kind in (SOME if verb in SLOW else KINDS)],
)
def test_answers_are_those_for_the_pandas_frame(
    verb: str, kind: str, home: Home, expected: Callable[[str], Any]
) -> None:
    if verb == "tune":
        pytest.importorskip("torch", reason="needs coterie[torch]")
    found = VERBS[verb](home, KINDS[kind](rows_for(verb)))
    if isinstance(found, pd.DataFrame) and verb in ("discover", "assign", "predict"):
        assert isinstance(found.index, pd.RangeIndex)
    assert plain(found) == expected(verb)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "reader"])
def test_estimators_take_every_kind_of_frame(kind: str, home: Home) -> None:
    def all_rows(table: pa.Table) -> pa.Table:
        return table.filter(table["text"].is_valid())

    rows = all_rows(arrow())
    made, own = KINDS[kind](rows), pandas(rows)
    labels = pl.from_arrow(rows)["want"]
    context = {"context": ["plan", "seats"]}
    for model, fresh in (
        (LinearClassifier("tfidf", **context, cache=home.cache), all_rows(arrow(100))),
        (EnsembleClassifier(**context, learners=["random-forest"], draws=1), arrow(100)),
    ):
        asked, plainly = KINDS[kind](fresh), pandas(fresh)
        ours, theirs = clone(model).fit(made, labels), clone(model).fit(own, own["want"])
        assert ours.predict(asked).tolist() == theirs.predict(plainly).tolist()
        np.testing.assert_array_equal(ours.predict_proba(asked), theirs.predict_proba(plainly))
        assert ours.decide(asked).statuses.tolist() == theirs.decide(plainly).statuses.tolist()
        assert ours.contents(asked).tolist() == theirs.contents(plainly).tolist()
    blocks = ContextColumns(["plan", "seats"])
    np.testing.assert_array_equal(blocks.fit_transform(made), blocks.fit_transform(own))


def test_columns_of_polars_and_arrow_are_texts(home: Home) -> None:
    table = arrow().filter(arrow()["text"].is_valid())
    labels = table["want"].to_pylist()
    model = FewShotClassifier("tfidf", cache=home.cache)
    expected = clone(model).fit(table["text"].to_pylist(), labels).decide(["the lamp", "refund"])
    for texts in (table["text"], table["text"].combine_chunks(), pl.from_arrow(table)["text"]):
        asked = pl.Series(["the lamp", "refund"])
        found = clone(model).fit(texts, labels).decide(asked)
        assert found.labels.tolist() == expected.labels.tolist()
        assert found.confidences.tolist() == expected.confidences.tolist()


def test_estimators_refuse_what_can_be_read_only_once(home: Home) -> None:
    table = arrow()
    with pytest.raises(InputError, match="read_all"):
        LinearClassifier("tfidf").fit(table.to_reader(), table["want"])


def test_every_verb_that_takes_a_table_is_tested() -> None:
    tables = {
        name
        for name in coterie.__all__
        if name[0].islower() and "table" in [*signature(getattr(coterie, name)).parameters][:2]
    }
    assert len(tables) > 9
    assert tables <= {verb.partition(" ")[0] for verb in VERBS}
