"""LABELLING: which rows to label next, beside random choice, on Banking77.

``python -m benchmarks.labelling [seeds] [rounds]``: one random row of each class, then rounds of 77
rows out of the training file, chosen by `coterie label` or at random, other ones for each seed.
Accuracy is on the test file. Models are trained on MiniLM vectors. One line of JSON for each fit.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from benchmarks.classify import say
from benchmarks.tune import data

ROUNDS, STEP = 9, 77
LARGER = (1155, 1540, 2310)  # random labels, to see how many are worth those that were chosen
MODELS = ("few-shot", "linear")
_FOLDS = 2  # of linear, for time


def read(name: str) -> tuple[Any, Any, Any]:
    """Different texts of a file, their labels and vectors."""
    import pandas as pd

    from coterie import embed_texts, load_encoder

    table = pd.read_csv(data("banking77", f"{name}.csv"))
    if name == "train":
        table = table.drop_duplicates("text")
    texts = table["text"].tolist()
    labels = table["category"].astype(str).to_numpy(object)
    return np.array(texts, dtype=object), labels, embed_texts(texts, load_encoder("minilm"))


def compare(seeds: int, rounds: int) -> None:
    train, test = read("train"), read("test")
    for name in MODELS:
        for seed in range(seeds):
            measure(name, seed, rounds, train, test)


def measure(
    name: str, seed: int, rounds: int, train: tuple[Any, Any, Any], test: tuple[Any, Any, Any]
) -> None:
    """Label round by round, by choice and at random, with one model and seed."""
    order = np.random.default_rng(seed).permutation(len(train[1]))
    ranks = _ranks(train[1][order])
    start, others = order[ranks == 0], order[ranks > 0]
    sizes = [STEP * step for step in range(1, rounds + 2)]
    larger = [size for size in LARGER if rounds == ROUNDS]

    def tell(model: Any, how: str, size: int) -> None:
        told = {"model": name, "seed": seed, "chosen": how, "labels": size}
        say({**told, "accuracy": accuracy(model, test)})

    known = start
    for size in sizes:
        model = fitted(name, train, known, seed)
        tell(model, "coterie label", size)
        if size == sizes[0]:
            tell(model, "random", size)
        if size < sizes[-1]:
            known = np.concatenate([known, chosen(model, train, seed)])
    for size in [*sizes[1:], *larger]:
        drawn = np.concatenate([start, others[: size - len(start)]])
        tell(fitted(name, train, drawn, seed), "random", size)


def _ranks(labels: Any) -> Any:
    """How many rows of its class come before each row."""
    import pandas as pd

    return pd.Series(labels).groupby(labels).cumcount().to_numpy()


def fitted(name: str, rows: tuple[Any, Any, Any], known: Any, seed: int) -> Any:
    from coterie.classifiers import FewShotClassifier, LinearClassifier

    _, labels, vectors = rows
    made = (
        FewShotClassifier(seed=seed)
        if name == "few-shot"
        else LinearClassifier(seed=seed, folds=_FOLDS)
    )
    return made.fit(vectors[known], labels[known].astype(str))


def chosen(model: Any, rows: tuple[Any, Any, Any], seed: int) -> Any:
    """Choose the next rows as the command does; those of the training are left out."""
    from coterie.records import Records, RowVectors, VectorOrigin
    from coterie.workflows.labelling.label import choose_to_label

    texts, _, vectors = rows
    n = len(texts)
    records = Records(
        ids=np.array([str(row) for row in range(n)], dtype=object),
        texts=texts,
        sizes=np.ones(n, dtype=np.int64),
        rows=np.arange(1, n + 1),
        vectors=RowVectors(vectors, VectorOrigin(), "vectors"),
    )
    return choose_to_label(model, records, STEP, seed=seed).chosen.rows


def accuracy(model: Any, test: tuple[Any, Any, Any]) -> float:
    return float((model.predict(test[2]).astype(str) == test[1].astype(str)).mean())


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    compare(*(*given, *(5, ROUNDS)[len(given) :]))
