"""Q4, Q5, Q7 and Q9: classifiers on Banking77 and on sales conversations.

``python -m benchmarks.classify few-shot [seeds]`` trains on 5 and 10 rows a class of the training
file, drawn per seed, and evaluates on the test file. ``tuned-few-shot`` does so with the
contrastive model and its vote with the frozen one; ``full [seeds]`` and ``tuned-full`` train on the
whole training XX"""

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import Any

import numpy as np

from benchmarks.tune import data

Row = dict[str, Any]

_TURNS = 5
_FROZEN = ("linear", "few-shot")


def banking(part: str) -> tuple[Any, Any]:
    import pandas as pd

    table = pd.read_csv(data("banking77", f"{part}.csv"))
    return table["text"].to_numpy(object), table["category"].to_numpy(object)


def drawn(labels: Any, shots: int, seed: int) -> Any:
    """Rows of a few-shot task: the same number of each label."""
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    order = shuffled[np.argsort(labels[shuffled], kind="stable")]
    sizes = np.unique(labels, return_counts=True)[1]
    rank = np.arange(len(labels)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return order[rank < shots]


def judged(model: Any, texts: Any, labels: Any) -> Row:
    from coterie.metrics import score_calibration

    said = model.decide(texts)
    right = said.labels == labels
    return {
        "accuracy": float(right.mean()),
        "ece": score_calibration(right, said.confidences).ece,
        "assigned": float((said.statuses == "assigned").mean()),
        "accuracy_assigned": float(right[said.statuses == "assigned"].mean()),
    }


def peer(train: tuple[Any, Any], test: tuple[Any, Any], cache: Any) -> float:
    """Accuracy of a logistic regression with scikit-learn's defaults except for its strength."""
    from sklearn.linear_model import LogisticRegression

    from coterie import embed_texts, load_encoder

    encoder = load_encoder("minilm")
    learnt, asked = (embed_texts(list(t), encoder, cache=cache) for t in (train[0], test[0]))
    model = LogisticRegression(C=10, max_iter=1000).fit(learnt, train[1])
    return float((model.predict(asked) == test[1]).mean())


def few_shot(seeds: int, tuned: bool) -> None:
    from coterie import EmbeddingCache

    cache = EmbeddingCache()
    texts, labels = banking("train")
    test = banking("test")
    for seed in range(seeds):
        for shot in (5, 10):
            rows = drawn(labels, shot, seed)
            train = texts[rows], labels[rows]
            task = {"shots": shot, "seed": seed}
            if not tuned:
                say({**task, "model": "logistic regression", "accuracy": peer(train, test, cache)})
            compare(("few-shot", "contrastive") if tuned else _FROZEN, train, test, task, cache)


def compare(kinds: tuple[str, ...], train: Any, test: Any, task: Row, cache: Any) -> None:
    """Evaluate models, and the vote of all if one of them is tuned."""
    from coterie.classifiers import SoftVotingClassifier
    from coterie.options import ModelPlan
    from coterie.workflows.training.models import make_classifier

    fitted = []
    for kind in kinds:
        started = time.perf_counter()
        model = make_classifier(ModelPlan(model=kind, seed=task["seed"]), cache).fit(*train)
        seconds = time.perf_counter() - started
        say({**task, "model": kind, "seconds": seconds, **judged(model, *test)})
        fitted.append(model)
    if "contrastive" in kinds:
        named = " and ".join(kinds)
        vote = judged(SoftVotingClassifier.of(fitted), *test)
        say({**task, "model": f"voting, {named}", **vote})


def full(seeds: int, tuned: bool) -> None:
    from coterie import EmbeddingCache

    cache = EmbeddingCache()
    train, test = banking("train"), banking("test")
    if not tuned:
        found = peer(train, test, cache)
        say({"seed": 0, "model": "logistic regression", "accuracy": found})
    for seed in range(seeds):
        kinds = ("few-shot", "contrastive") if tuned else ("linear",)
        compare(kinds, train, test, {"seed": seed}, cache)


def sales(seeds: int) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline

    from coterie import EmbeddingCache, read_records
    from coterie.classifiers import SoftVotingClassifier
    from coterie.metrics import score_calibration
    from coterie.options import ModelPlan
    from coterie.workflows.training.models import make_classifier

    records = read_records(
        data("sales", "turns.csv"),
        text="text",
        group="conversation_id",
        order="turn",
        speaker="role",
        first=_TURNS,
        labels=["converted"],
        join=[data("sales", "outcomes.csv")],
    )
    texts, labels = records.texts, records.labels["converted"].astype(str)
    cache = EmbeddingCache()
    plans = {
        "few-shot": ModelPlan(model="few-shot", pooling="speakers"),
        "linear": ModelPlan(model="linear", pooling="speakers"),
        "few-shot, tfidf": ModelPlan(model="few-shot", encoder="tfidf"),
        "linear, tfidf": ModelPlan(model="linear", encoder="tfidf"),
    }
    votes = {"voting": ("few-shot", "linear, tfidf"), "voting of all four": tuple(plans)}
    for seed in range(seeds):
        folds = StratifiedKFold(5, shuffle=True, random_state=seed).split(texts, labels)
        names = ("TF-IDF and logistic regression", *plans, *votes)
        chances = {name: np.zeros(len(labels)) for name in names}
        for learnt, asked in folds:
            train = texts[learnt], labels[learnt]
            plain = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=1000))
            models: dict[str, Any] = {names[0]: plain.fit(*train)}
            models |= {name: make_classifier(p, cache).fit(*train) for name, p in plans.items()}
            for name, members in votes.items():
                models[name] = SoftVotingClassifier.of([models[each] for each in members])
            for name, model in models.items():
                chances[name][asked] = model.predict_proba(texts[asked])[:, 1]
        for name, chance in chances.items():
            auc = roc_auc_score(labels == "1", chance)
            told = {"seed": seed, "model": name, "auc": auc}
            if name in plans or name in votes:
                right = (chance > 0.5) == (labels == "1")
                told["ece"] = score_calibration(right, np.maximum(chance, 1 - chance)).ece
            say(told)


def say(row: Row) -> None:
    print(json.dumps(row), flush=True)


def main(task: str, count: int) -> None:
    warnings.simplefilter("ignore")
    match task:
        case "few-shot":
            few_shot(count, tuned=False)
        case "tuned-few-shot":
            few_shot(count, tuned=True)
        case "full":
            full(count, tuned=False)
        case "tuned-full":
            full(count, tuned=True)
        case "sales":
            sales(count)
        case _:
            raise SystemExit(f"There is no task {task}.")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 5)
