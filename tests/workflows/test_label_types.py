"""Labels keep their type from the table to the answers, through a saved model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import coterie
from coterie.encoders import EmbeddingCache
from coterie.records import read_records
from coterie.workflows.evaluation.evaluate import evaluate_models

from .conftest import Coterie

THINGS = ("the lamp", "my kettle", "two chairs", "the blue rug", "a shelf", "that mirror")
OPENINGS = {
    1: ("I want my money back for", "Please refund", "Return the payment for"),
    12: ("Where is the parcel with", "The courier lost", "Track the delivery of"),
    -3: ("I cannot sign in to see", "My password fails for", "Unlock the account of"),
}
KINDS = {
    "int": OPENINGS,
    "bool": {False: OPENINGS[1], True: OPENINGS[12]},
    "float": {0.5: OPENINGS[1], 1.5: OPENINGS[12]},
    "str": {"01": OPENINGS[1], "1": OPENINGS[12]},
}


def frame_of(openings):
    rows = [
        (f"{opening} {thing}", label)
        for label, said in openings.items()
        for opening in said
        for thing in THINGS
    ]
    rows += [("Hello there", None), (" ", rows[0][1])]
    return pd.DataFrame(rows, columns=["text", "label"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("source", ["frame", "csv", "parquet"])
@pytest.mark.parametrize("model", ["linear", "ensemble"])
def test_a_model_answers_with_labels_of_the_type_it_learnt(kind, source, model, tmp_path):
    frame = frame_of(KINDS[kind])
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    table = frame if source == "frame" else tmp_path / f"t.{source}"
    options: dict[str, Any] = {"encoder": "tfidf"}
    if model == "ensemble":
        options = {"preset": "speed", "members": ["random-forest"], "draws": 1}
    cache = EmbeddingCache(tmp_path / "cache")
    trained = coterie.train(table, text="text", label="label", model=model, cache=cache, **options)
    trained.save(tmp_path / "model")
    again = coterie.load(tmp_path / "model")
    wanted = sorted(KINDS[kind])
    for each in (trained, again):
        assert each.estimator.classes_.tolist() == wanted
        assert {*map(type, each.estimator.classes_.tolist())} == {type(wanted[0])}
        rows = each.predict(frame)
        assert len(rows) == len(frame)
        said = rows["label"].dropna().astype(object).tolist()
        assert len(said) == len(frame) - 1
        assert rows["status"].tolist()[-1] == "set aside"
        assert {*map(type, said)} == {type(wanted[0])}
        assert set(said) <= set(wanted)


@pytest.mark.parametrize("model", ["linear", "cascade"])
def test_a_label_of_a_file_is_the_class_that_is_written_so(model, tmp_path):
    cache = EmbeddingCache(tmp_path / "cache")
    frame = frame_of(OPENINGS)
    options = {"members": ["few-shot", "linear"]} if model == "cascade" else {}
    trained = coterie.train(
        frame, text="text", label="label", model=model, encoder="tfidf", cache=cache, **options
    )
    trained.save(tmp_path / "model")
    whole = frame.dropna().astype({"label": int})
    frame.to_csv(tmp_path / "gaps.csv", index=False)  # 1.0
    whole.to_csv(tmp_path / "whole.csv", index=False)  # 1
    mixed = [*whole["label"].astype(str)[:-1], "other"]
    sources = [frame, whole, whole.astype({"label": str}), whole.assign(label=mixed)]
    found = []
    for source in (*sources, tmp_path / "gaps.csv", tmp_path / "whole.csv"):
        records = read_records(source, text="text", labels=["label"])
        result = evaluate_models([tmp_path / "model"], records, learning=True, cache=cache)
        (figures,) = result.to_dict()["models"]
        found.append((figures["rows"], figures["accuracy"]))
        assert figures["accuracy"] > 0.9
        json.dumps(result.to_dict())
    assert {*found[:3], *found[4:]} == {found[0]}


def test_the_answers_of_the_command_line_are_plain(coterie: Coterie, tmp_path: Path) -> None:
    file, model, said = tmp_path / "t.csv", tmp_path / "model", tmp_path / "said.csv"
    frame_of(OPENINGS).to_csv(file, index=False)
    asked = ("--text", "text", "--encoder", "tfidf", "--label", "label", "--model", "linear")
    assert coterie("train", file, *asked, "--out", model).returncode == 0
    assert coterie("predict", model, file, "--out", said).returncode == 0
    assert set(pd.read_csv(said, dtype=str)["label"]) == {"1", "12", "-3"}
