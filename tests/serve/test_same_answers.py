"""Q10: fit, save, load, command line and HTTP give the same answer to the bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import coterie
from coterie.classifiers.trees.learner import Learner
from coterie.cli import main
from coterie.synthetic import generate

from .conftest import Client

_AT_ONCE = 500  # rows of a request


def asked(service: Any, name: str, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(rows), _AT_ONCE):
        part = {"rows": rows[start : start + _AT_ONCE], "model": name}
        answer = service.post("/v1/classify", json=part)
        assert answer.status_code == 200, answer.text
        yield from answer.json()["predictions"]


def compared(said: list[dict[str, Any]], typed: pd.DataFrame, fitted: pd.DataFrame) -> None:
    """Compare what HTTP says with the command line and the model that was never saved."""
    assert {type(each["label"]) for each in said} == {
        type(each) for each in fitted["label"].tolist()
    }
    for column in ("label", "status", "confidence"):
        found = [each[column] for each in said]
        assert found == typed[column].tolist()
        assert found == fitted[column].tolist()
    for label in said[0]["probabilities"]:
        assert [each["probabilities"][label] for each in said] == typed[label].tolist()


@pytest.mark.weights
def test_all_texts_of_banking77(client: Client, data: Callable[..., Path], tmp_path: Path) -> None:
    train, test = data("banking77", "train.csv"), data("banking77", "test.csv")
    pd.read_csv(train).iloc[::13].to_csv(tmp_path / "some.csv", index=False)
    fitted = coterie.train(tmp_path / "some.csv", text="text", label="category", encoder="minilm")
    fitted.save(tmp_path / "served" / "bank")
    table = pd.read_csv(test)
    words = ("predict", tmp_path / "served" / "bank", test, "--out", tmp_path / "typed.csv")
    assert main([str(word) for word in words]) == 0
    typed = pd.read_csv(tmp_path / "typed.csv")
    service = client(tmp_path / "served")
    said = list(asked(service, "bank", [{"text": text} for text in table["text"]]))
    assert len(said) == len(table)
    compared(said, typed, fitted.predict(table))
    for place in range(0, len(table), 200):
        alone = service.post("/predict", json={"transcript": table["text"][place]}).json()
        assert alone["prediction"]["outcome"] == said[place]["label"]
        assert alone["prediction"]["probabilities"] == said[place]["probabilities"]
        assert alone["confidence_score"] == said[place]["confidence"]
    again = coterie.load(tmp_path / "served" / "bank").predict(table)
    pd.testing.assert_frame_equal(again, fitted.predict(table), check_exact=True)


@pytest.mark.weights
def test_clients_by_their_concepts(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for library in ("xgboost", "lightgbm", "catboost", "skops"):
        pytest.importorskip(library, reason="needs coterie[boost]")
    monkeypatch.setattr(Learner, "trees", 30)
    generate("clients", tmp_path / "book", rows=240, seed=3)
    labels, notes = tmp_path / "book" / "labels.csv", tmp_path / "book" / "note_concepts.csv"
    fitted = coterie.train(
        labels,
        id="client_id",
        label="purchased",
        concepts=notes,
        model="ensemble",
        encoder="minilm",
        preset="speed",
    )
    fitted.save(tmp_path / "served" / "buys")
    table, noted = pd.read_csv(labels, dtype=str), pd.read_csv(notes, dtype=str)
    of = noted.groupby("client_id")["concept"].apply(list)
    words = ("predict", tmp_path / "served" / "buys", labels, "--concepts", notes)
    assert main([str(word) for word in (*words, "--out", tmp_path / "typed.csv")]) == 0
    typed = pd.read_csv(tmp_path / "typed.csv")
    rows = [{"id": each, "context": {"concepts": of.get(each, [])}} for each in table["client_id"]]
    said = list(asked(client(tmp_path / "served"), "buys", rows))
    compared(said, typed, fitted.predict(labels, concepts=notes))
