"""What is written for people."""

import csv
import re

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.files import replacing
from coterie.records import neutralise, read_records, write_csv, write_quarantine


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\uff1d1"],
)
def test_formulas_get_an_apostrophe(cell):
    assert neutralise(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-12.5", "+3", "1e-5", "-.5", "hello", "a=b", "", "'=1", "3-4"])
def test_numbers_and_plain_text_stay(cell):
    assert neutralise(cell) == cell


def test_csv_neutralises_text_and_keeps_numbers(tmp_path):
    frame = pd.DataFrame(
        {
            "=x": ["=1", "ok", None],
            "n": [-1, 2, -3],
            "f": [-0.5, float("nan"), 1e-9],
            "o": [-7, "-7", "@b"],
            "c": pd.Categorical(["=a", "b", "b"]),
        }
    )
    before = frame.copy()
    write_csv(frame, tmp_path / "new" / "a.csv")
    with (tmp_path / "new" / "a.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["'=x", "n", "f", "o", "c"],
        ["'=1", "-1", "-0.5", "-7", "'=a"],
        ["ok", "2", "", "-7", "b"],
        ["", "-3", "1e-09", "'@b", "b"],
    ]
    assert frame.equals(before)


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    return tmp_path_factory.mktemp("export")


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(), min_size=1))
def test_any_text_survives_the_way_through_a_csv(room, texts):
    path = room / "a.csv"
    write_csv(pd.DataFrame({"i": range(len(texts)), "text": texts}), path)
    with path.open(newline="", encoding="utf-8") as file:
        cells = [row[1] for row in csv.reader(file)][1:]
    printable = [text.encode("utf-8", "backslashreplace").decode() for text in texts]
    assert cells == [re.sub("\r\n?", "\n", neutralise(text)) for text in printable]
    assert not any(cell.lstrip().startswith(("=", "@")) for cell in cells)


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.csv"
    write_csv(pd.DataFrame({"a": [1]}), path)

    def interrupted():
        with replacing(path) as fresh:
            fresh.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "a\n1\n"
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_quarantine_has_every_row_with_its_reason(tmp_path):
    frame = pd.DataFrame({"id": ["=a", "b", "c"], "text": ["x" * 300, "fine", None]})
    records = read_records(frame, text="text", id="id", max_text_chars=250)
    write_quarantine(records, tmp_path / "quarantine.csv")
    with (tmp_path / "quarantine.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == ["1", "3"]
    assert rows[0]["id"] == "'=a"
    assert rows[0]["reason"] == "text of 300 characters, 250 are allowed"
    assert rows[0]["text"] == "x" * 200 + "…"
    assert rows[1]["text"] == ""
    assert len(records.rejects["text"].iloc[0]) == 300


def test_quarantine_is_written_when_nothing_was_set_aside(tmp_path):
    write_quarantine(read_records(pd.DataFrame({"t": ["a"]}), text="t"), tmp_path / "q.csv")
    assert (tmp_path / "q.csv").read_text() == "row,id,reason,text\n"
