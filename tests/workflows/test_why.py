"""One answer and why: of a row of a table, of a text, and of columns that are typed in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coterie.classifiers import explain
from coterie.workflows.prediction.predict import load_model

from .conftest import Coterie

QUICK = ("--model", "ensemble", "--draws", 1, "--preset", "speed")


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    """Leads, whose visits tell whether they buy and what they are worth."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"lead": [f"L{place:03}" for place in range(200)]})
    frame["Visits"] = rng.integers(0, 10, 200)
    frame["Lead Source"] = rng.choice(["Google", "friend"], 200)
    frame["Converted"] = (frame["Visits"] + rng.normal(0, 1, 200) > 4.5).astype(int)
    frame["worth"] = np.round(frame["Visits"] * 100 + rng.normal(0, 20, 200), 2)
    frame["noted"] = np.where(frame["Visits"] > 4, "likes tea; asked for demo", "went quiet")
    path = tmp_path / "leads.csv"
    frame.to_csv(path, index=False)
    return path


def test_why_of_a_row_of_columns(coterie: Coterie, leads: Path, tmp_path: Path) -> None:
    pytest.importorskip("lightgbm")
    model = tmp_path / "model"
    columns = ("--context", "Visits", "--context", "Lead Source")
    given = (leads, "--id", "lead", "--label", "Converted", *columns)
    assert coterie("train", *given, *QUICK, "--out", model).returncode == 0
    frame = pd.read_csv(leads).set_index("lead")
    busy = frame.index[frame["Visits"] == 9][0]
    done = coterie("predict", model, leads, "--why", busy)
    assert done.returncode == 0, done.stderr
    first, *others = done.stdout.splitlines()
    assert first.startswith("Most likely Converted = 1 (")
    assert "), then Converted = 0 (" in first
    assert others[0].startswith("Main column for Converted = 1: Visits 9")
    told = json.loads(coterie("predict", model, leads, "--why", busy, "--json").stdout)
    assert (told["id"], told["label"], told["status"]) == (busy, "1", "assigned")
    out = tmp_path / "said.csv"
    assert coterie("predict", model, leads, "--out", out).returncode == 0
    said = pd.read_csv(out).set_index("id").loc[busy]
    assert told["confidence"] == pytest.approx(said["confidence"], abs=1e-6)
    assert told["context"][0]["column"] == "Visits"
    # the same row, typed in
    source = frame.loc[busy, "Lead Source"]
    done = coterie(
        "predict", model, "--set", "Visits=9", "--set", f"Lead Source={source}", "--json"
    )
    assert done.returncode == 0, done.stderr
    typed = json.loads(done.stdout)
    assert typed["context"] == told["context"]
    assert typed["confidence"] == told["confidence"]
    done = coterie("predict", model, "--set", "Visits=9")
    assert "no column Lead Source" in done.stderr
    assert done.stdout.startswith("Most likely Converted = 1 (")


def test_why_of_a_number_and_of_concepts(coterie: Coterie, leads: Path, tmp_path: Path) -> None:
    pytest.importorskip("lightgbm")
    model = tmp_path / "model"
    given = (leads, "--id", "lead", "--concept", "noted", "--label", "worth", *QUICK)
    assert coterie("train", *given, "--out", model).returncode == 0
    frame = pd.read_csv(leads).set_index("lead")
    busy, idle = (frame.index[frame["Visits"] == visits][-1] for visits in (9, 1))
    done = coterie("predict", model, leads, "--why", busy)
    assert done.returncode == 0, done.stderr
    first, *others = done.stdout.splitlines()
    assert first.startswith("The estimate of worth is ")
    assert "80% prediction interval " in first
    assert others[0].startswith("Main concepts raising it: ")
    assert "'asked for demo' (+" in others[0]
    done = coterie("predict", model, leads, "--why", idle, "--json")
    told = json.loads(done.stdout)
    assert (told["id"], told["name"]) == (idle, "worth")
    assert told["low"] < told["value"] < told["high"]
    assert [part["text"] for part in told["concepts"]] == ["went quiet"]
    assert told["concepts"][0]["effect"] < 0
    found = explain(load_model(model).classifier, context={"concepts": ["went quiet"]})
    assert found.concepts[0].effect == told["concepts"][0]["effect"]


@pytest.mark.parametrize(
    "kind",
    [
        ("--model", "linear"),
        ("--model", "voting", "--member", "few-shot", "--member", "linear"),
        ("--model", "cascade", "--member", "few-shot", "--member", "linear"),
    ],
    ids=lambda words: words[1],
)
def test_why_of_a_row_is_that_of_its_text(
    coterie: Coterie, table: Path, tmp_path: Path, kind: tuple[str, ...]
) -> None:
    model = tmp_path / "model"
    given = (table, "--text", "text", "--id", "id", "--label", "want", "--encoder", "tfidf")
    assert coterie("train", *given, *kind, "--out", model).returncode == 0
    text = pd.read_csv(table).set_index("id").loc["m4", "text"]
    done = coterie("predict", model, table, "--why", "m4")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Most likely password (")
    assert done.stdout == coterie("predict", model, "--one", text).stdout
    told = json.loads(coterie("predict", model, table, "--why", "m4", "--json").stdout)
    one = json.loads(coterie("predict", model, "--one", text, "--json").stdout)
    assert told == {"id": "m4", **one}


@pytest.mark.weights
def test_why_of_a_text_that_an_ensemble_reads(
    coterie: Coterie, table: Path, tmp_path: Path
) -> None:
    pytest.importorskip("lightgbm")
    model = tmp_path / "model"
    given = (table, "--text", "text", "--id", "id", "--label", "want")
    assert coterie("train", *given, *QUICK, "--out", model).returncode == 0
    done = coterie("predict", model, "--one", "when does my parcel arrive at home")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Most likely delivery (")
    assert "Main word" in done.stdout
    done = coterie("predict", model, "--set", "want=refund")
    assert done.returncode == 2
    assert "--one TEXT" in done.stderr


def test_what_cannot_be_explained_is_one_sentence(
    coterie: Coterie, leads: Path, table: Path, tmp_path: Path
) -> None:
    pytest.importorskip("lightgbm")
    columns, concepts, texts = (tmp_path / name for name in ("columns", "concepts", "texts"))
    given = (leads, "--label", "Converted", *QUICK, "--id", "lead")
    of_columns = ("--context", "Visits", "--context", "Lead Source")
    assert coterie("train", *given, *of_columns, "--out", columns).returncode == 0
    assert coterie("train", *given, "--concept", "noted", "--out", concepts).returncode == 0
    given = (table, "--text", "text", "--label", "want", "--encoder", "tfidf")
    assert coterie("train", *given, "--out", texts).returncode == 0
    for words, message in (
        ((columns, leads, "--why", "L02"), "There is no row with the id L02 in leads.csv: did you"),
        ((columns, leads, "--why", "me"), "'lead', such as L000"),
        ((texts, table, "--id", "id", "--why", "x2"), "The row with the id x2 of messages.csv was"),
        ((texts, table, "--why", "300"), "1 to 91"),
        ((texts, table, "--why", "92"), "The row 92 of messages.csv was set aside: "),
        ((columns, leads, "--why", "L001", "--out", "x.csv"), "--out"),
        ((columns, "--why", "L001"), "name the FILE"),
        ((columns, leads, "--why", "L001", "--set", "Visits=1"), "--set"),
        ((columns, leads, "--one", "hello"), "FILE and --one"),
        ((columns,), "--one TEXT or --set COLUMN=VALUE"),
        ((columns, leads), "with --out predictions.csv"),
        ((columns, "--one", "hello"), "leave --one out"),
        ((columns, "--set", "LeadSource=Google"), "did you mean 'Lead Source'?"),
        ((columns, "--set", "worth=1"), "it reads Visits, Lead Source."),
        ((columns, "--set", "Visits"), "write COLUMN=VALUE"),
        ((concepts, "--set", "noted=likes tea"), "--why ID"),
        ((concepts, "--one", "likes tea"), "--why ID"),
        ((texts, "--one", "hello", "--set", "a=b"), "leave --set out"),
    ):
        done = coterie("predict", *words)
        assert done.returncode == 2, (words, done.stdout)
        assert message in done.stderr, words
        assert done.stdout == ""
