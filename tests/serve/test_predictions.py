"""Predictions over HTTP: the answers of Python and of the command line, row by row."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import coterie
from coterie.cli import main

from .conftest import Client, rows

ASKED = {"transcript": "please refund my money", "context": {"plan": "free"}}


def test_the_answer_has_the_shape_of_the_sales_service(client: Client) -> None:
    answer = client().post("/predict", json=ASKED)
    assert answer.status_code == 200
    said = answer.json()
    assert list(said) == [
        *("prediction", "analysis", "recommendations", "similar_conversations"),
        *("model_used", "processing_time", "confidence_score"),
    ]
    assert list(said["prediction"])[:3] == ["outcome", "probability", "confidence"]
    assert {"sentiment", "key_indicators", "risk_factors"} <= said["analysis"].keys()
    assert said["prediction"]["outcome"] == "refund"
    assert said["model_used"] in ("texts:3", "context:1")
    assert answer.headers["x-prediction-logged"] == "true"


def test_each_row_gets_one_answer_in_its_place(client: Client) -> None:
    texts = ["please refund my money", "  ", None, "\u200b", "where is my parcel"]
    asked = [{"id": f"r{i}", "text": text} for i, text in enumerate(texts)]
    said = client().post("/v1/classify", json={"rows": asked, "model": "texts"}).json()
    found = said["predictions"]
    assert [each["id"] for each in found] == [each["id"] for each in asked]
    assert [each["status"] == "set aside" for each in found] == [False, True, True, True, False]
    assert all(each["reason"] for each in found[1:4])
    assert all(each["prediction_id"] is None for each in found[1:4])
    assert len({each["prediction_id"] for each in found if each["prediction_id"]}) == 2


@pytest.mark.parametrize("name", ["texts", "context"])
def test_http_python_and_the_command_line_agree_to_the_last_digit(
    client: Client, models: Path, tmp_path: Path, name: str
) -> None:
    table = rows(60, shift=1000)
    table.loc[3, "text"] = "<b>Please</b> refund&nbsp;order 9 \N{MEMO}\r\n> quoted"
    table.loc[4, "plan"] = "unheard of"
    table.loc[5, "seats"] = None
    table.to_csv(tmp_path / "rows.csv", index=False)
    home = models / name
    assert (
        main(["predict", str(home), str(tmp_path / "rows.csv"), "--out", str(tmp_path / "o.csv")])
        == 0
    )
    typed = pd.read_csv(tmp_path / "o.csv")
    python = coterie.load(home).predict(table)
    given = [
        {
            "text": row["text"],
            "context": {
                "plan": row["plan"],
                "seats": None if pd.isna(row["seats"]) else row["seats"],
            },
        }
        for row in table.to_dict("records")
    ]
    service = client(batch=7)
    together = service.post("/v1/classify", json={"rows": given, "model": name}).json()[
        "predictions"
    ]
    alone = [
        service.post("/v1/classify", json={"rows": [row], "model": name}).json()["predictions"][0]
        for row in given[:10]
    ]
    for place, said in enumerate(together):
        assert said["label"] == typed["label"][place] == python["label"].iloc[place]
        assert said["status"] == typed["status"][place] == python["status"].iloc[place]
        assert said["confidence"] == typed["confidence"][place] == python["confidence"].iloc[place]
        for label, share in said["probabilities"].items():
            assert share == typed[label][place]
    for one, other in zip(alone, together, strict=False):
        assert one["probabilities"] == other["probabilities"]


def test_numbers_are_read_as_in_the_training(client: Client) -> None:
    service = client()

    def said(seats: object) -> object:
        row = {"text": "please refund", "context": {"plan": "free", "seats": seats}}
        asked = {"rows": [row], "model": "context"}
        return service.post("/v1/classify", json=asked).json()["predictions"][0]["probabilities"]

    assert said(12) == said("12") == said(12.0) == said(" 12 ")
    assert said(None) == said("") == said("n/a")
    assert said(12) != said(None)


def test_an_explanation_names_words_of_the_text(client: Client) -> None:
    text = "Please refund the money for order 7"
    said = client().post("/v1/explain", json={"text": text, "model": "texts"}).json()
    assert said["label"] == "refund"
    assert {each["text"] for each in said["words"]} <= set(text.split())
    assert any(each["text"] == "refund" for each in said["words"])


def test_a_misspelt_key_is_named(client: Client) -> None:
    answer = client().post("/predict", json={"transcrip": "hello"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == 422
    assert "transcript" in said["detail"]
    assert said["instance"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[]", 422),
        (json.dumps({"transcript": 5}), 422),
        (json.dumps({"transcript": "x", "context": {"plan": {"deep": 1}}}), 422),
        ('{"transcript": "x", "context": {"seats": 1e999}}', 422),
        ('{"transcript": "x", "context": {"seats": NaN}}', 422),
        (json.dumps({"transcript": "x", "model_type": "textss"}), 422),
        (json.dumps({"transcript": "x", "model_type": "../texts"}), 422),
        (json.dumps({"transcript": "\ud800 please refund"}), 200),
        (json.dumps({"transcript": "please\0refund", "context": {"plan": "\0"}}), 200),
    ],
)
def test_what_cannot_be_used_gets_one_sentence(client: Client, body: str, status: int) -> None:
    answer = client().post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json()["detail"][-1] in ".?"
