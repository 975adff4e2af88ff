"""A recipe's run served: outcome, reasons, recommendations and similar conversations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coterie.cli import main

from .conftest import Client, until_ready

RECIPE = """
title = "Wants"
[data]
source = "{source}"
text = "text"
id = "id"
labels = "want"
context = ["plan", "seats"]
[embed]
encoder = "tfidf"
[train]
models = ["linear"]
positive = "refund"
[index]
[[analysis.recommendation]]
id = "pay"
when = "outcome = 'refund' AND plan = 'paid'"
then = "Pay it back today."
[[analysis.recommendation]]
id = "polite"
says = ["please"]
then = "Say thank you."
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a recipe's run."""
    from .conftest import rows

    home = tmp_path_factory.mktemp("run")
    table = rows(150)
    table["id"] = [f"m{i}" for i in range(len(table))]
    table.to_csv(home / "rows.csv", index=False)
    recipe = home / "wants.toml"
    recipe.write_text(RECIPE.format(source=home / "rows.csv"), encoding="utf-8")
    assert main(["run", str(recipe), "--out", str(home / "out")]) == 0
    return home / "out"


def test_each_item_of_an_analysis_can_be_traced(client: Client, run: Path) -> None:
    service = client(run / "models", state=None)
    text = "please refund the money for order 7, <script>alert(1)</script> bob@example.org"
    asked = {"transcript": text, "context": {"plan": "paid", "seats": 3}}
    answer = service.post("/predict", json=asked)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["prediction"]["outcome"] == "refund"
    assert said["analysis"]["positive"] == "refund"
    assert said["analysis"]["sentiment"]["method"]
    assert said["analysis"]["key_indicators"]
    for item in [*said["analysis"]["key_indicators"], *said["analysis"]["risk_factors"]]:
        for evidence in item["evidence"]:
            if evidence["source"] == "text":
                piece = text[evidence["start"] : evidence["end"]]
                assert evidence["text"] == piece or "bob" in piece
    assert {each["id"] for each in said["recommendations"]} == {"pay", "polite"}
    similar = said["similar_conversations"]
    assert similar
    assert all(each["outcome"] in ("refund", "password", "delivery") for each in similar)
    assert "bob@example.org" not in answer.text
    assert (run / "service" / "predictions.sqlite").is_file()
    alone = {**asked, "include_analysis": False, "include_similar": False}
    bare = service.post("/predict", json=alone).json()
    assert bare["analysis"] is None
    assert bare["similar_conversations"] == []
    assert bare["prediction"] == said["prediction"]


def test_rules_are_edited_while_the_service_runs(client: Client, run: Path, tmp_path: Path) -> None:
    found = json.loads((run / "service.json").read_text("utf-8"))
    rules = tmp_path / "rules.toml"
    rules.write_text((run / found["rules"]).read_text("utf-8"), encoding="utf-8")
    service = client(run, rules=rules)
    asked = {"transcript": "please refund me", "context": {"plan": "paid"}}

    def said() -> set[str]:
        answer = service.post("/predict", json=asked).json()
        return {each["id"] for each in answer["recommendations"]}

    assert said() == {"pay", "polite"}
    rules.write_text('[[recommendation]]\nid = "new"\nsays = "refund"\nthen = "Ask."\n', "utf-8")
    assert said() == {"new"}
    rules.write_text('[[recommendation]]\nid = "new"\nwen = "x"\n', "utf-8")
    assert said() == {"new"}  # the last good ones
    checks = service.get("/health").json()["checks"]
    assert "wen" in checks["rules"] or "then" in checks["rules"]
    until_ready(lambda: service.get("/health/ready").status_code == 200)
