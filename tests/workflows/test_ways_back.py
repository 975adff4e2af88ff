"""What a model answers finds its way back to the user's rows, and later files are read alike."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from coterie.records import read_records, read_table

from .conftest import Coterie, messages

IDS = ["@user1", "=3", "-b", "+c", "'quoted", "plain", "12"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Ninety messages, some with ids that a spreadsheet would run."""
    frame = pd.DataFrame(messages(), columns=["text", "want"])
    frame.insert(0, "id", [*IDS, *(f"m{at}" for at in range(90 - len(IDS)))])
    frame.to_csv(tmp_path / "train.csv", index=False)
    return tmp_path / "train.csv"


@pytest.fixture
def model(coterie: Coterie, table: Path, tmp_path: Path) -> Path:
    given = ("--text", "text", "--label", "want", "--id", "id", "--encoder", "tfidf")
    done = coterie("train", table, *given, "--out", tmp_path / "m")
    assert done.returncode == 0, done.stderr
    return tmp_path / "m"


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "json", "jsonl", "XLSX"])
def test_predictions_are_of_the_kind_that_their_name_says(
    coterie: Coterie, table: Path, model: Path, tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"said.{ending}"
    done = coterie("predict", model, table, "--out", out)
    assert done.returncode == 0, done.stderr
    said = read_table(out).frame
    assert len(said) == 90
    assert said.columns[:4].tolist() == ["id", "label", "confidence", "status"]
    neutral = ["'@user1", "'=3", "'-b", "'+c", *IDS[4:]]
    assert said["id"].tolist()[: len(IDS)] == (neutral if ending == "csv" else IDS)
    # with the file they are of, every row finds its own
    joined = read_records(table, text="text", id="id", labels=["want", "label"], join=[out])
    assert joined.ids.tolist()[: len(IDS)] == IDS
    assert len(joined) == 90
    back = read_records(out, id="id", labels=["label"], join=[table], text="text")
    assert back.ids.tolist() == joined.ids.tolist()


def test_a_workbook_of_predictions_holds_no_formula(
    coterie: Coterie, table: Path, model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "said.xlsx"
    assert coterie("predict", model, table, "--out", out).returncode == 0
    column = [row[0] for row in load_workbook(out).active.iter_rows(min_row=2)]
    assert column[1].value == "=3"
    assert {cell.data_type for cell in column} == {"s"}
    assert isinstance(load_workbook(out).active.cell(2, 3).value, float)


@pytest.mark.parametrize("name", ["said.txt", "said", "said.xls"])
def test_another_ending_is_refused_before_the_work(
    coterie: Coterie, table: Path, tmp_path: Path, name: str
) -> None:
    done = coterie("predict", tmp_path / "no model", table, "--out", tmp_path / name)
    assert done.returncode == 2
    assert ".xlsx" in done.stderr
    done = coterie("embed", tmp_path / "no file", "--text", "text", "--out", tmp_path / name)
    assert done.returncode == 2
    assert ".npy" in done.stderr
    assert not (tmp_path / name).exists()


def test_ids_of_our_own_files_are_those_of_the_user(
    coterie: Coterie, table: Path, model: Path, tmp_path: Path
) -> None:
    given = ("--text", "text", "--id", "id", "--encoder", "tfidf")
    done = coterie("discover", table, *given, "--out", tmp_path / "d")
    assert done.returncode == 0, done.stderr
    found = tmp_path / "d" / "assignments.csv"
    assert read_records(found, id="id").ids.tolist()[: len(IDS)] == IDS
    joined = read_records(table, text="text", id="id", join=[found], labels=["segment"])
    assert len(joined) == 90
    done = coterie("evaluate", model, table, "--out", tmp_path / "e")
    assert done.returncode == 0, done.stderr
    judged = read_records(tmp_path / "e" / "predictions.csv", id="id", labels=["truth"])
    assert {*IDS} <= {*judged.ids}
    for name in ("@user1", "'@user1", "'=3"):
        done = coterie("predict", model, table, "--why", name)
        assert done.returncode == 0, done.stderr
    segment = read_table(found).frame["segment"].dropna().iloc[0]
    done = coterie("segments", "move", tmp_path / "d", "'@user1", "--to", segment)
    assert done.returncode == 0, done.stderr


def test_ids_are_restored_only_where_the_file_has_no_types_and_no_other_is_alike(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n'@a,one\n@a,two\n'=b,three\n'c,four\n")
    assert read_records(path, text="text", id="id").ids.tolist() == ["'@a", "@a", "=b", "'c"]
    frame = pd.DataFrame({"id": ["'@a"], "text": ["one"]})
    assert read_records(frame, text="text", id="id").ids.tolist() == ["'@a"]


def test_a_renamed_column_is_named_and_the_training_file_is_not(
    coterie: Coterie, model: Path, tmp_path: Path
) -> None:
    july = tmp_path / "july.csv"
    rows = [f"{place},u{place},{text}" for place, (text, _) in enumerate(messages(20))]
    july.write_text("\n".join(["id,user,Body of mail", *rows]) + "\n")
    for verb, more in (
        ("predict", ("--out", tmp_path / "p.csv")),
        ("evaluate", ("--out", tmp_path / "e")),
    ):
        done = coterie(verb, model, july, *more)
        assert done.returncode != 0
        assert "join" not in done.stderr
        assert "'Body of mail'" in done.stderr or verb == "evaluate"
    done = coterie("predict", model, july, "--text", "Body of mail", "--out", tmp_path / "p.csv")
    assert done.returncode == 0, done.stderr


def test_labels_of_another_spelling_are_the_ones_learnt(coterie: Coterie, tmp_path: Path) -> None:
    codes = {"refund": "1", "password": "2", "delivery": "other"}
    rows = [(text, codes[want]) for text, want in messages()]
    frame = pd.DataFrame(rows, columns=["text", "want"])
    frame.to_csv(tmp_path / "train.csv", index=False)
    frame["want"] = frame["want"].replace({"1": "1.0", "2": "2.0"})
    frame.to_csv(tmp_path / "test.csv", index=False)
    given = ("--text", "text", "--label", "want", "--encoder", "tfidf")
    assert coterie("train", tmp_path / "train.csv", *given, "--out", tmp_path / "m").returncode == 0
    done = coterie("evaluate", tmp_path / "m", tmp_path / "test.csv", "--out", tmp_path / "e")
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "e" / "metrics.json").read_text())["models"][0]
    assert figures["unseen_labels"] == []
    assert figures["accuracy"] == 1.0


def test_a_model_of_one_of_several_labels_is_judged_alike(coterie: Coterie, tmp_path: Path) -> None:
    rows = [
        (text, f"{want};urgent" if place % 2 else want)
        for place, (text, want) in enumerate(messages())
    ]
    frame = pd.DataFrame(rows, columns=["text", "topics"])
    frame.to_csv(tmp_path / "train.csv", index=False)
    given = (tmp_path / "train.csv", "--text", "text", "--label", "topics", "--encoder", "tfidf")
    done = coterie("train", *given, "--out", tmp_path / "all")
    assert done.returncode == 0
    assert "--label-separator ';'" in done.stderr
    for options, classes in (
        (("--label-separator", ";"), {"refund", "password", "delivery"}),
        (("--label-separator", ";", "--has-label", "refund"), {"True", "False"}),
    ):
        model = tmp_path / "_".join(options)
        done = coterie("train", *given, *options, "--out", model)
        assert done.returncode == 0, done.stderr
        assert "--label-separator" not in done.stderr
        done = coterie("evaluate", model, tmp_path / "train.csv", "--out", tmp_path / "e")
        assert done.returncode == 0, done.stderr
        judged = pd.read_csv(tmp_path / "e" / "predictions.csv", dtype=str)
        assert {*judged["truth"]} == classes
        assert (
            json.loads((tmp_path / "e" / "metrics.json").read_text())["models"][0]["accuracy"] > 0.9
        )
