"""From answers to truths to a better version: feedback, rows to label, comparison, retraining."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import coterie
from coterie.cli import main
from coterie.store import open_model

from .conftest import Client, rows


def classify(service: Any, texts: list[str], customer: str | None = None) -> list[dict[str, Any]]:
    asked = [{"text": text, "customer_id": customer} for text in texts]
    said = service.post("/v1/classify", json={"rows": asked, "model": "texts"})
    assert said.status_code == 200, said.text
    return list(said.json()["predictions"])


def tell(service: Any, truths: dict[str, str]) -> dict[str, Any]:
    given = [{"prediction_id": key, "truth": truth} for key, truth in truths.items()]
    answer = service.post("/v1/feedback", json={"feedback": given})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_feedback_makes_accuracy_and_the_last_word_counts(client: Client) -> None:
    service = client()
    table = rows(30, shift=400)
    said = classify(service, table["text"].tolist())
    truths = dict(zip([each["prediction_id"] for each in said], table["want"], strict=True))
    first = next(iter(truths))
    assert tell(service, {**truths, first: "delivery"}) == {"matched": 30, "unknown": []}
    wrong = truths[first] != "delivery"
    found = service.get("/performance").json()["accuracy"]
    assert (found["truths"], found["right"]) == (30, 30 - wrong)
    assert found["low"] < found["accuracy"] <= found["high"]
    assert tell(service, {first: truths[first], "absent": "x"}) == {
        "matched": 1,
        "unknown": ["absent"],
    }
    assert service.get("/performance").json()["accuracy"]["right"] == 30


def test_rows_to_label_need_texts_and_leave_out_what_is_known(client: Client) -> None:
    service = client()
    classify(service, rows(6)["text"].tolist())
    refused = service.get("/v1/to-label?model=texts")
    assert refused.status_code == 422
    assert "--keep-text" in refused.json()["detail"]


def test_a_model_of_segments_asks_for_labels_too(
    client: Client, found: Path, tmp_path: Path
) -> None:
    """It was trained on no column of a table, and reads texts all the same."""
    coterie.train(segments=found, model="linear").save(tmp_path / "models" / "texts")
    service = client(tmp_path / "models", keep_text="raw")
    texts = rows(30, shift=5000)["text"].tolist()
    classify(service, texts)
    asked = service.get("/v1/to-label?model=texts&n=10").json()
    assert len(asked) == 10
    assert {each["text"] for each in asked} <= set(texts)


def test_a_new_version_is_trained_on_the_log_and_compared(
    client: Client, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fourth want appears; it is labelled where the service asks, and learnt from the log."""
    service = client(keep_text="raw")
    old = rows(60, shift=5000)
    new = [f"the invoice of day {i} shows a wrong tax number" for i in range(40)]
    said = classify(service, [*old["text"], *new])
    asked = service.get("/v1/to-label?model=texts&n=10").json()
    assert len(asked) == 10
    assert all(each["reason"] and each["text"] for each in asked)
    assert (
        sum("invoice" in each["text"] for each in asked) >= 3
    )  # of 40 in 100: not by chance alone
    truths = [*old["want"], *["invoice"] * 40]
    numbers = [each["prediction_id"] for each in said]
    tell(service, dict(zip(numbers[:90], truths[:90], strict=True)))
    left = service.get("/v1/to-label?model=texts&n=50").json()
    assert {each["prediction_id"] for each in left} <= set(numbers[90:])
    service.__exit__(None, None, None)

    before = rows(150)
    before.to_csv(tmp_path / "training.csv", index=False)
    typed = ["retrain", models / "texts", "--log", tmp_path / "state", "--json"]
    typed += ["--with", tmp_path / "training.csv", "--out", tmp_path / "page"]
    capsys.readouterr()
    assert main(list(map(str, typed))) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["version"] == 4
    assert not found["active"]
    assert open_model(models / "texts").manifest.version == 3
    assert "invoice" in open_model(models / "texts", 4).manifest.classes
    assert (tmp_path / "page" / "report.html").is_file()


def test_versions_are_compared_by_their_truths(client: Client) -> None:
    service = client()
    variants = [
        {"model": "texts", "version": 3, "weight": 1},
        {"model": "texts", "version": 1, "weight": 1},
    ]
    traffic = {"variants": variants, "shadow": [{"model": "texts", "version": 2}]}
    assert service.put("/v1/traffic", json=traffic).status_code == 200
    table = rows(40, shift=900)
    used = set()
    for place, (text, want) in enumerate(zip(table["text"], table["want"], strict=True)):
        row = {"text": text, "customer_id": f"c{place}"}
        said = service.post("/v1/classify", json={"rows": [row]}).json()
        used.add(said["model_used"])
        tell(service, {said["predictions"][0]["prediction_id"]: want})
    assert used == {"texts:1", "texts:3"}
    found = service.get("/v1/traffic/comparison").json()
    assert {each["design"] for each in found} == {"split rows", "same rows"}
    for each in found:
        assert each["verdict"] in ("better", "worse", "no difference", "not enough rows")
        assert each["sentence"]
        assert each["rows"] > 0
    split = next(each for each in found if each["design"] == "split rows")
    assert split["rows_a"] + split["rows_b"] == 40


def test_what_customers_write_is_watched_by_segments_and_by_a_model(
    client: Client, models: Path, found: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    service = client(keep_text="raw")
    texts = [
        *rows(90, shift=7000)["text"],
        *[f"invoice {i} has a wrong tax rate" for i in range(60)],
    ]
    classify(service, texts)
    service.__exit__(None, None, None)
    for place, watched in enumerate((found, models / "texts")):
        typed = ["watch", watched, "--log", tmp_path / "state", "--out", tmp_path / f"w{place}"]
        capsys.readouterr()
        assert main([*map(str, typed), "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["rows"] == 150
        assert said["alarm"]
        assert said["changes"][0]["sentence"]
        assert (tmp_path / f"w{place}" / "report.html").is_file()
    assert main([*map(str, typed), "table.csv"]) == 2
    with_none = ["watch", str(found), "--log", str(tmp_path / "none"), "--out", str(tmp_path / "x")]
    assert main(with_none) == 2
