"""``coterie suspects``: labels that other rows contradict, before anything learns from them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.cli import main
from coterie.errors import InputError
from coterie.pages.suspects import suspects_page

ABOUT = {
    "card": ("card", "lost", "stolen", "blocked"),
    "refund": ("refund", "money", "charged", "twice"),
    "travel": ("flight", "hotel", "booking", "trip"),
}
OTHER = ("my", "please", "the", "a", "was", "where", "is", "it", "now", "help")


def labelled(rows: int = 240, wrong: int = 12) -> tuple[pd.DataFrame, list[str]]:
    """Make labelled texts; of the first ones the labels are wrong. Give their ids too."""
    rng = np.random.default_rng(0)
    names = list(ABOUT)
    wants = [names[row % 3] for row in range(rows)]
    texts = [
        " ".join(rng.permutation([*rng.choice(ABOUT[want], 2, False), *rng.choice(OTHER, 4)]))
        for want in wants
    ]
    for row in range(wrong):
        wants[row] = names[(row + 1) % 3]
    ids = [f"m{row}" for row in range(rows)]
    frame = pd.DataFrame({"id": ids, "text": texts, "want": wants})
    return frame, ids[:wrong]


GIVEN = {"text": "text", "id": "id", "label": "want", "encoder": "tfidf"}
TYPED = ("--text", "text", "--id", "id", "--label", "want", "--encoder", "tfidf")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    labelled()[0].to_csv(tmp_path / "rows.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_wrong_labels_are_listed_before_anything_learns_from_them(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = labelled()[1]
    assert main(["suspects", "rows.csv", *TYPED, "--out", "out"]) == 0
    listed = pd.read_csv(home / "out" / "suspects.csv", keep_default_na=False)
    assert len(set(wrong) & set(listed["id"])) >= len(wrong) - 1
    assert len(listed) <= len(wrong) + 3
    assert list(listed["action"].unique()) == [""]
    metrics = json.loads((home / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert (metrics["rows"], metrics["checked"], metrics["suspects"]) == (240, 240, len(listed))
    assert sum(each["suspect"] for each in metrics["by_label"]) == len(listed)
    page = (home / "out" / "report.html").read_text(encoding="utf-8")
    assert metrics["verdict"] in page
    assert "because of" in page
    assert page.count(">similar texts<") + page.count(">the same text<") == len(listed)
    assert str(Path("out/suspects.csv")) in capsys.readouterr().out
    assert main(["suspects", "rows.csv", *TYPED, "--out", "out", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["suspects"] == len(listed)


def test_python_lists_the_same_and_a_clean_table_has_none(home: Path) -> None:
    found = coterie.suspects(labelled()[0], **GIVEN)
    assert len(set(labelled()[1]) & set(found.table["id"])) >= 11
    found.save(home / "out")
    assert len(pd.read_csv(home / "out" / "suspects.csv")) == len(found.table)
    clean = coterie.suspects(labelled(wrong=0)[0], **GIVEN)
    assert clean.table.empty
    assert clean.figures["suspects"] == 0
    assert suspects_page(clean.result).to_dict()["sections"]
    assert clean.result.verdict in repr(clean)
    assert "card" in clean._repr_html_()


def test_personal_data_is_masked_on_the_page_and_not_in_the_users_rows(home: Path) -> None:
    frame, _ = labelled()
    frame["text"] = frame["text"] + " ann.lee@example.org"
    coterie.suspects(frame, **GIVEN).save(home / "out")
    assert "ann.lee@example.org" not in (home / "out" / "report.html").read_text(encoding="utf-8")
    assert "ann.lee@example.org" in (home / "out" / "suspects.csv").read_text(encoding="utf-8")


def test_training_and_evaluation_say_that_labels_look_wrong_and_how_to_list_them(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "rows.csv", *TYPED, "--out", "model"]) == 0
    command = "coterie suspects rows.csv --text text --id id --label want"
    assert command in capsys.readouterr().out
    manifest = coterie.load("model").figures
    assert 11 <= manifest["suspect_labels"] <= 16
    frame, _ = labelled()
    frame["id"] = "x" + frame["id"]
    frame["text"] = frame["text"] + " again"
    frame.to_csv("new.csv", index=False)
    assert main(["evaluate", "model", "new.csv", "--text", "text", "--out", "judged"]) == 0
    assert "coterie suspects new.csv --text text" in capsys.readouterr().out
    clean, _ = labelled(wrong=0)
    clean.to_csv("clean.csv", index=False)
    assert main(["train", "clean.csv", *TYPED, "--out", "other"]) == 0
    assert "coterie suspects" not in capsys.readouterr().out


def test_corrections_are_taken_by_training(home: Path) -> None:
    frame, wrong = labelled()
    truth = dict(zip(frame["id"], labelled(wrong=0)[0]["want"], strict=True))
    listed = coterie.suspects(frame, **GIVEN).table
    listed["action"] = np.where(listed["id"].isin(wrong), "fix", "keep")
    listed.loc[listed["id"] == wrong[0], "action"] = "drop"
    assert (listed["suggested"] == listed["id"].map(truth)).sum() >= len(wrong) - 1
    listed.to_csv("answers.csv", index=False)
    before = coterie.train(frame, **GIVEN)
    model = coterie.train(frame, **GIVEN, corrections="answers.csv")
    assert model.figures["trained_on"] == 239
    assert model.figures["unlabelled"] == 1
    assert model.figures["accuracy"] > before.figures["accuracy"] + 0.02
    listed["suggested"] = "no such label"
    listed.to_csv("answers.csv", index=False)
    with pytest.raises(InputError, match="no such label"):
        coterie.train(frame, **GIVEN, corrections="answers.csv")
    listed.assign(id="m999", action="drop").to_csv("answers.csv", index=False)
    with pytest.raises(InputError, match="m999"):
        coterie.train(frame, **GIVEN, corrections="answers.csv")
