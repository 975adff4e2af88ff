"""X2: texts of classes that a model does not know, on three tables of questions.

``python -m benchmarks.outside [seeds] [rows] [models]`` leaves a quarter of the classes out, others
for each seed, trains on three quarters of the other rows, and decides about the rest and about the
rows of the classes left out. Each model is measured twice: with the rule of earlier versions
(*before*: a cosine to the nearest training text below a floor is outside), and as it is; beside
them stands the highest probability of a plain logistic regression. One line of JSON for each.
``python -m benchmarks.outside settle`` does so with the linear model on the tables that the
constants were settled on.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np

from benchmarks.tune import data

Row = dict[str, Any]

TABLES = {
    "banking77": ("banking77/train.csv", "text", "category"),
    "hwu64": ("discovery/hwu64.csv", "text", "label"),
    "stackoverflow": ("discovery/stackoverflow.csv", "text", "label"),
}
SETTLED = {
    "bitext": ("support/bitext_27k.csv", "instruction", "intent"),
    "trec50": ("discovery/trec50.csv", "text", "label"),
    "natcs_finance": ("discovery/natcs_finance.csv", "text", "label"),
    "hint3_curekart": ("discovery/hint3_curekart.csv", "text", "label"),
    "nlu_small": ("discovery/nlu_small.csv", "text", "label"),
}
_ROWS, _FOREIGN, _OTHERS = 9_000, 2_000, 500
_LEAST = 4  # rows of a class
_LOST = 0.05  # share of texts that belong
_EARLIER = 0.01  # share of training texts outside, by the rule of earlier versions


def read(source: tuple[str, str, str], rows: int) -> tuple[Any, Any]:
    """Different texts and their labels, of classes that are not too rare."""
    import pandas as pd

    file, text, label = source
    table = pd.read_csv(data(*file.split("/")), usecols=[text, label]).dropna()
    table[text] = table[text].astype(str).str.strip()
    table = table[table[text] != ""]
    if len(table) > rows:
        table = table.sample(rows, random_state=0)
    table = table.drop_duplicates(text)
    table = table[table.groupby(label)[label].transform("size") >= _LEAST]
    return table[text].to_numpy(object), table[label].astype(str).to_numpy(object)


def compare(
    tables: dict[str, tuple[str, str, str]], seeds: int, most: int, kinds: Sequence[str]
) -> None:
    from coterie import EmbeddingCache
    from coterie.classifiers.examples import keep_examples
    from coterie.options import ModelPlan
    from coterie.workflows.training.models import make_classifier

    cache = EmbeddingCache()
    known = {name: read(source, most) for name, source in tables.items()}
    for name, (texts, labels) in known.items():
        others = [t[: _OTHERS // 2] for other, (t, _) in known.items() if other != name]
        for seed in range(seeds):
            rng = np.random.default_rng(seed)
            classes = np.unique(labels.astype(str))
            left = rng.choice(classes, max(1, round(len(classes) / 4)), replace=False)
            foreign = np.isin(labels.astype(str), left)
            inside = rng.permutation(np.flatnonzero(~foreign))
            cut = 3 * len(inside) // 4
            learnt, asked = inside[:cut], inside[cut:]
            asked = asked[np.isin(labels[asked].astype(str), labels[learnt].astype(str))]
            strange = rng.permutation(np.flatnonzero(foreign))[:_FOREIGN]
            peer = peer_of(texts[learnt], labels[learnt], cache)
            for kind in kinds:
                started = time.perf_counter()
                plan = ModelPlan(model=kind, seed=seed)
                model = make_classifier(plan, cache).fit(texts[learnt], labels[learnt])
                task = {"table": name, "seed": seed, "model": kind, "classes": len(model.classes_)}
                task |= {"rows": cut, "seconds": time.perf_counter() - started}
                earlier, kept = copy(model), model.examples_
                earlier.scope_ = None
                earlier.examples_ = keep_examples(
                    kept.vectors, kept.codes, list(kept.texts), seed=seed, outside=_EARLIER
                )
                for rule, each in (("before", earlier), ("after", model)):
                    test = texts[asked], labels[asked]
                    far = np.concatenate(others) if others else texts[:0]
                    found = measure(each, test, texts[strange], far)
                    print(json.dumps({**task, "rule": rule, **found}))
                    sys.stdout.flush()
                sides = [model.embed(list(rows)) for rows in (test[0], texts[strange], far)]
                by_peer = [peer.predict_proba(side).max(axis=1) for side in sides]
                told = {**task, "model": "logistic regression", "rule": "maximum probability"}
                print(json.dumps({**told, **separated(*by_peer)}), flush=True)


def peer_of(texts: Any, labels: Any, cache: Any) -> Any:
    """A plain logistic regression on the same vectors."""
    from sklearn.linear_model import LogisticRegression

    from coterie import embed_texts, load_encoder

    vectors = embed_texts(list(texts), load_encoder("minilm"), cache=cache)
    return LogisticRegression(C=10, max_iter=1000).fit(vectors, labels.astype(str))


def separated(own: Any, foreign: Any, far: Any) -> Row:
    """How well a score separates texts that belong from others.

    ``found`` is the share of foreign texts below the score of 5% of those that belong.
    """
    from sklearn.metrics import roc_auc_score

    found: Row = {}
    for others, name in ((foreign, ""), (far, "far_")):
        if len(others):
            belongs = np.arange(len(own) + len(others)) < len(own)
            found[f"{name}auroc"] = float(roc_auc_score(belongs, np.concatenate([own, others])))
            found[f"{name}found"] = float((others < np.quantile(own, _LOST)).mean())
    return found


def measure(model: Any, test: tuple[Any, Any], foreign: Any, far: Any) -> Row:
    from coterie.metrics import score_calibration

    said, strange = model.decide(list(test[0])), model.decide(list(foreign))
    right = said.labels.astype(str) == test[1].astype(str)
    taken = said.statuses == "assigned"
    sides = [likeness(model, list(each)) if len(each) else each for each in (test[0], foreign, far)]
    shares = {
        f"foreign_{status}": float((strange.statuses == status).mean())
        for status in ("outside", "ambiguous", "assigned")
    }
    if len(far):
        shares["far_assigned"] = float((model.decide(list(far)).statuses == "assigned").mean())
    return {
        "kept": float((said.statuses != "outside").mean()),
        "assigned": float(taken.mean()),
        "accuracy": float(right.mean()),
        "accuracy_assigned": float(right[taken].mean()),
        "ece": score_calibration(right, said.confidences).ece,
        **shares,
        **separated(*sides),
    }


def likeness(model: Any, texts: list[str]) -> Any:
    """The number by which a model says what is outside."""
    vectors = model.embed(texts)
    if model.scope_ is None:
        return model.examples_.nearest(vectors)[1][:, 0]
    return model.scope_.weights.score(model.scope_.likeness.of(vectors))


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[:1] == ["settle"]:
        compare(SETTLED, 3, _ROWS, ("linear",))
    else:
        seeds, rows, names = (*given, *("3", str(_ROWS), "linear")[len(given) :])
        compare(TABLES, int(seeds), int(rows), names.split(","))
