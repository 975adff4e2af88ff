"""FEWSHOT: a few examples of each class, on tables of many kinds.

``python -m benchmarks.few_examples [seeds] [examples]`` draws so many rows of each class, other
rows for each seed, of the classes that have some rows more, and tests on up to 1,000 of the others.
One line of JSON for each model.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from benchmarks.classify import say
from benchmarks.confidence import SETS
from benchmarks.tune import data

LABELS = {"bitext": "intent", "banking77": "category"}
EXAMPLES = (3, 10, 30)
_SPARE = 5  # rows of a class beside its examples
_FEWEST, _ROWS, _TESTED = 3, 3_000, 1_000


def read(name: str) -> tuple[Any, Any]:
    """Different texts of a table and their labels, 3,000 rows at most."""
    import pandas as pd

    file, text = SETS[name]
    label = LABELS.get(name, "label")
    table = pd.read_csv(data(*file.split("/")), usecols=[text, label]).dropna()
    table[text] = table[text].astype(str).str.strip()
    table = table[table[text] != ""].drop_duplicates(text)
    if len(table) > _ROWS:
        table = table.sample(_ROWS, random_state=0)
    return table[text].to_numpy(object), table[label].astype(str).to_numpy(object)


def compare(seeds: int, counts: tuple[int, ...]) -> None:
    for name in sorted(SETS):
        texts, labels = read(name)
        names, sizes = np.unique(labels.astype(str), return_counts=True)
        for count in counts:
            known = names[sizes >= count + _SPARE]
            if len(known) < _FEWEST:
                continue
            for seed in range(seeds):
                order = np.random.default_rng(seed).permutation(len(labels))
                order = order[np.isin(labels[order].astype(str), known)]
                rank = _ranks(labels[order].astype(str))
                learnt, asked = order[rank < count], order[rank >= count][:_TESTED]
                task = {"table": name, "examples": count, "seed": seed, "classes": len(known)}
                train, test = ((texts[rows], labels[rows]) for rows in (learnt, asked))
                for model, answers in answered(train, test[0], seed):
                    say({**task, "model": model, **scored(test[1], answers)})


def _ranks(labels: Any) -> Any:
    """How many rows of its class come before each row."""
    import pandas as pd

    return pd.Series(labels).groupby(labels).cumcount().to_numpy()


def answered(train: tuple[Any, Any], asked: Any, seed: int) -> Any:
    """Yield each model's answers."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    from coterie import EmbeddingCache, embed_texts, load_encoder
    from coterie.options import ModelPlan
    from coterie.workflows.training.models import make_classifier

    encoder, cache = load_encoder("minilm"), EmbeddingCache()
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    by_words = words.fit_transform(train[0]), words.transform(asked)
    by_meaning = tuple(embed_texts(list(rows), encoder, cache=cache) for rows in (train[0], asked))
    for name, (rows, others) in (
        ("logistic regression on MiniLM", by_meaning),
        ("logistic regression on TF-IDF", by_words),
    ):
        plain = LogisticRegression(C=10, max_iter=1000).fit(rows, train[1])
        yield name, plain.predict(others)
    model = make_classifier(ModelPlan(model="few-shot", seed=seed), cache).fit(*train)
    yield "few-shot", model.predict(asked)


def scored(truth: Any, answers: Any) -> dict[str, float]:
    from sklearn.metrics import f1_score

    right = truth.astype(str) == np.asarray(answers).astype(str)
    told = np.unique(truth.astype(str))
    f1 = f1_score(
        truth.astype(str),
        np.asarray(answers).astype(str),
        labels=told,
        average="macro",
        zero_division=0,
    )
    return {"accuracy": float(right.mean()), "macro_f1": float(f1)}


if __name__ == "__main__":
    given = sys.argv[1:]
    compare(int(given[0]) if given else 5, tuple(map(int, given[1:])) or EXAMPLES)
