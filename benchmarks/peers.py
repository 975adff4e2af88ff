"""PEERS: our models beside plain ones of scikit-learn on the same rows, ten tables.

``python -m benchmarks.peers [draws] [rows]`` prints one line of JSON for each table, draw, model.
A draw is another split into training and test rows: five of sales, which are noisy, and three of
other tables. Every model gets what is in the table: text, columns, or concepts. The peers are what
most people begin with: logistic regression (or ridge regression) on the vectors of MiniLM and on
TF-IDF, and gradient boosting with histograms; where there are columns, all of them have these too,
one-hot encoded and scaled.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tune import data

Row = dict[str, Any]
Split = tuple[Any, Any]

_TEXT = "text"
_TRAIN, _TEST = 2_000, 1_000  # rows of one draw, at most
_TURNS = 5
_DRAWS, _NOISY = 3, 5
_BOOSTED = 50  # iterations of gradient boosting where it takes minutes, and in one draw; 100 else
_SLOW = "gradient boosting"
_SECONDS = 25.0  # of a search, as in the recipe clients
_SETS = ("hwu64", "natcs_finance", "nhs_feedback")


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of a task: a frame with or without a text, the labels, and our models by name."""

    name: str
    frame: Any
    labels: Any
    ours: tuple[str, ...]
    split: Callable[[int], Split]
    numbers: bool = False
    concepts: bool = False
    draws: int = _DRAWS

    @property
    def many(self) -> bool:
        """Whether gradient boosting takes minutes: it trains a tree for each class."""
        return not self.numbers and len(set(self.labels.tolist())) > 20

    @property
    def columns(self) -> list[str]:
        return [name for name in self.frame.columns if name not in (_TEXT, "concepts")]


def drawn_split(labels: Any, test: float, *, numbers: bool = False) -> Callable[[int], Split]:
    """Split rows anew for each draw, the same share of each class."""
    from sklearn.model_selection import train_test_split

    def split(draw: int) -> Split:
        found: Split = train_test_split(
            np.arange(len(labels)),
            test_size=test,
            random_state=draw,
            stratify=None if numbers else labels,
        )
        return found

    return split


def tables(rows: int | None) -> Iterator[Table]:
    """Give the tasks; ``rows`` of each at most."""
    import pandas as pd

    text_models = ("linear", "few-shot", "voting")
    train = pd.read_csv(data("banking77", "train.csv"))
    test = pd.read_csv(data("banking77", "test.csv"))
    both = pd.concat([train, test], ignore_index=True)

    def banking(draw: int) -> Split:
        rng = np.random.default_rng(draw)
        own, other = rng.permutation(len(train)), rng.permutation(len(test))
        return own[: rows or _TRAIN], len(train) + other[: rows or _TEST]

    frame, labels = both[[_TEXT]], both["category"].to_numpy(object)
    yield Table("banking77", frame, labels, text_models, banking)
    for name in _SETS:
        found = pd.read_csv(data("discovery", f"{name}.csv")).dropna()
        common = found["label"].map(found["label"].value_counts()) >= 10
        found = found[common].reset_index(drop=True)
        labels = found["label"].to_numpy(object)
        yield Table(name, found[[_TEXT]], labels, text_models, drawn_split(labels, 0.3))
    yield from _sales(rows)
    leads = pd.read_csv(data("leads", "Leads.csv")).drop(columns="ProspectID")
    labels = leads["Converted"].astype(str).to_numpy(object)
    frame = leads.drop(columns="Converted")
    yield Table("leads", frame, labels, ("ensemble",), drawn_split(labels, 0.3))
    yield from _clients(rows)


def _sales(rows: int | None) -> Iterator[Table]:
    from coterie import generate, read_records

    context = [
        "company_size", "industry", "contact_role", "urgency", "budget_authority",
        "previous_interactions", "lead_source",
    ]  # fmt: skip
    models = ("linear", "few-shot", "linear:tfidf:text", "voting")
    with tempfile.TemporaryDirectory() as folder:
        generate("sales", folder, rows or 1000, seed=7)
        made = (Path(folder) / "turns.csv", Path(folder) / "conversations.csv", "outcome", context)
        real = (data("sales", "turns.csv"), data("sales", "outcomes.csv"), "converted", [])
        for name, (turns, outcomes, label, columns) in (("sales", made), ("real sales", real)):
            records = read_records(
                turns,
                text="text",
                group="conversation_id",
                order="turn",
                speaker="role",
                first=_TURNS,
                labels=[label],
                context=columns,
                join=[outcomes],
            )
            frame = records.context[columns].reset_index(drop=True).copy()
            frame.insert(0, _TEXT, records.texts)
            labels = records.labels[label].astype(str).astype(object)
            yield Table(name, frame, labels, models, drawn_split(labels, 0.2), draws=_NOISY)


def _clients(rows: int | None) -> Iterator[Table]:
    import pandas as pd

    from coterie import generate

    with tempfile.TemporaryDirectory() as folder:
        generate("clients", folder, rows or 2000, seed=7)
        people = pd.read_csv(Path(folder) / "labels.csv")
        notes = pd.read_csv(Path(folder) / "note_concepts.csv")
    noted = notes.groupby("client_id")["concept"].agg(list)
    concepts = people["client_id"].map(noted)
    frame = pd.DataFrame(
        {"concepts": [each if isinstance(each, list) else [] for each in concepts]}
    )
    for label in ("purchased", "churned", "lifetime_value"):
        numbers = label == "lifetime_value"
        labels = people[label].to_numpy(float if numbers else str)
        labels = labels if numbers else labels.astype(object)
        split = drawn_split(labels, 0.3, numbers=numbers)
        yield Table(f"clients, {label}", frame, labels, ("ensemble",), split, numbers, True)


def compare(draws: int | None, rows: int | None) -> None:
    from coterie import EmbeddingCache

    cache = EmbeddingCache()
    for table in tables(rows):
        for draw in range(draws or table.draws):
            learnt, asked = table.split(draw)
            learnt, asked = learnt[: rows or _TRAIN], asked[: rows or _TEST]
            train, test = table.frame.iloc[learnt], table.frame.iloc[asked]
            known, truth = table.labels[learnt], table.labels[asked]
            right: dict[str, Any] = {}
            for name, model in (*_peers(table, cache), *_ours(table, draw, cache)):
                if draw and table.many and name.startswith(_SLOW):
                    continue
                started = time.perf_counter()
                model.fit(train, known)
                seconds = time.perf_counter() - started
                scored, right[name] = _judged(model, test, truth, table)
                mine = name in table.ours
                task = {"table": table.name, "draw": draw, "model": name, "ours": mine}
                say({**task, "seconds": seconds, "train": len(train), "test": len(test), **scored})
            for one in table.ours:
                for other in set(right) - set(table.ours):
                    gained = right[one].astype(float) - right[other]
                    task = {"table": table.name, "draw": draw, "model": one, "peer": other}
                    spread = float(gained.std(ddof=1) / np.sqrt(len(gained)))
                    say({**task, "difference": float(gained.mean()), "error": spread})


def _judged(model: Any, test: Any, truth: Any, table: Table) -> tuple[Row, Any]:
    """Figures on test rows, and what each row counts: right or wrong, or the error below 0."""
    from sklearn.metrics import roc_auc_score

    from coterie.metrics import score_calibration

    if table.numbers:
        said = model.predict(test)
        errors = np.abs(np.asarray(said, dtype=float) - truth)
        return {"mae": float(errors.mean())}, -errors
    chances = np.asarray(model.predict_proba(test))
    classes = np.asarray(model.classes_).astype(str)
    right = classes[chances.argmax(axis=1)] == truth.astype(str)
    bins = score_calibration(right, chances.max(1)).table.query("rows > 0")
    gaps = bins["rows"] * (bins["accuracy"] - bins["confidence"])
    found: Row = {"accuracy": float(right.mean())}
    found["gaps"] = dict(zip(bins.index.astype(str).tolist(), gaps.tolist(), strict=True))
    if len(classes) == 2:
        found["auc"] = float(roc_auc_score(truth.astype(str) == classes[1], chances[:, 1]))
    return found, right


def _ours(table: Table, draw: int, cache: Any) -> Iterator[tuple[str, Any]]:
    """Make our models with the defaults of the command line and of the recipes."""
    from coterie.classifiers import EnsembleClassifier, EnsembleRegressor
    from coterie.options import ModelPlan
    from coterie.workflows.training.models import make_classifier

    spoken = "sales" in table.name
    for name in table.ours:
        if name == "ensemble":
            kind = EnsembleRegressor if table.numbers else EnsembleClassifier
            concepts = "concepts" if table.concepts else None
            shared = {"context": table.columns, "seed": draw, "cache": cache}
            limit = _SECONDS if table.concepts else None
            yield name, kind(concepts=concepts, seconds=limit, **shared)
            continue
        plan = ModelPlan(
            model=name,
            members=("few-shot", "linear:tfidf:text") if name == "voting" else (),
            pooling="speakers" if spoken else "text",
            context=table.columns,
            seed=draw,
        )
        yield name, _Framed(make_classifier(plan, cache), bool(table.columns))


class _Framed:
    """A classifier of texts on a frame: its text column alone where there is nothing else."""

    def __init__(self, model: Any, columns: bool) -> None:
        self._model, self._columns = model, columns

    def fit(self, frame: Any, labels: Any) -> Any:
        self._model.fit(frame if self._columns else frame[_TEXT].to_numpy(object), labels)
        return self

    def predict_proba(self, frame: Any) -> Any:
        return self._model.predict_proba(frame if self._columns else frame[_TEXT].to_numpy(object))

    @property
    def classes_(self) -> Any:
        return self._model.classes_


def _peers(table: Table, cache: Any) -> Iterator[tuple[str, Any]]:
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

    frame = table.frame
    numbers = [name for name in table.columns if frame[name].dtype.kind in "iuf"]
    names = [name for name in table.columns if name not in numbers]
    plain = [
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore"), names),
    ]
    plain = [(step, own) for step, own in plain if own]
    if table.numbers:
        linear: Any = RidgeCV(np.logspace(-2, 3, 11))
        boosting: Any = HistGradientBoostingRegressor(random_state=0)
    else:
        linear = LogisticRegression(max_iter=2000)
        iterations = _BOOSTED if table.many else 100
        boosting = HistGradientBoostingClassifier(max_iter=iterations, random_state=0)
    dense = FunctionTransformer(_dense, accept_sparse=True)
    if table.concepts:
        joined = FunctionTransformer(_joined)
        words = TfidfVectorizer(analyzer=_concepts_of)
        once = TfidfVectorizer(analyzer=_concepts_of, use_idf=False, norm=None, binary=True)
        kind = "ridge" if table.numbers else "logistic regression"
        yield f"{kind}, one-hot", make_pipeline(joined, once, linear)
        yield f"{kind}, TF-IDF", make_pipeline(joined, words, linear)
        yield f"{_SLOW}, one-hot", make_pipeline(joined, once, dense, boosting)
        return
    if _TEXT not in frame:
        yield "logistic regression", make_pipeline(make_column_transformer(*plain), linear)
        yield _SLOW, make_pipeline(make_column_transformer(*plain), dense, boosting)
        return
    vectors = FunctionTransformer(_embedded, kw_args={"cache": cache})
    by_words = make_column_transformer((TfidfVectorizer(), _TEXT), *plain)
    by_vectors = make_column_transformer((vectors, _TEXT), *plain)
    strong = LogisticRegression(C=10, max_iter=2000)  # vectors of length 1 want less shrinkage
    yield "logistic regression, MiniLM", make_pipeline(by_vectors, strong)
    yield "logistic regression, TF-IDF", make_pipeline(by_words, linear)
    yield f"{_SLOW}, MiniLM", make_pipeline(by_vectors, dense, boosting)


def _embedded(texts: Any, cache: Any) -> Any:
    from coterie import embed_texts, load_encoder

    return embed_texts(list(texts), load_encoder("minilm"), cache=cache)


def _dense(features: Any) -> Any:
    return features.toarray() if hasattr(features, "toarray") else features


def _joined(frame: Any) -> Any:
    return frame["concepts"].tolist()


def _concepts_of(concepts: Sequence[str]) -> list[str]:
    return list(concepts)


def say(row: Row) -> None:
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    given = [int(each) for each in sys.argv[1:]]
    compare(given[0] if given else None, given[1] if len(given) > 1 else None)
