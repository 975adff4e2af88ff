from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import coterie
from coterie.errors import ColumnError, StoreError

PAGE, FIGURES, QUARANTINE = "explore.html", "explore.json", "quarantine.csv"


def test_a_frame_is_explored_and_nothing_is_written_before_it_is_saved(
    frame: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    explored = coterie.explore(frame, text="message", labels=["intent"])
    assert not [*tmp_path.iterdir()]
    assert explored.figures["form"] == explored.result.form
    assert explored.figures["rows"] == explored.profile.rows == len(frame) - 2
    page = explored.save("explored")
    assert page == Path("explored") / PAGE
    assert {path.name for path in page.parent.iterdir() if not path.name.startswith(".")} == {
        PAGE,
        FIGURES,
        QUARANTINE,
    }
    assert json.loads((page.parent / FIGURES).read_text(encoding="utf-8")) == explored.figures


def test_records_and_files_are_explored_like_a_frame(frame: pd.DataFrame, tmp_path: Path) -> None:
    columns = {"text": "message", "labels": ["intent"]}
    frame.to_csv(tmp_path / "rows.csv", index=False)
    found = [
        coterie.explore(frame, **columns),
        coterie.explore(tmp_path / "rows.csv", **columns),
        coterie.explore(coterie.read_records(frame, **columns)),
    ]
    words = [each.figures["words"] for each in found]
    assert words[0] == words[1] == words[2]


def test_a_result_shows_itself_and_runs_no_text(frame: pd.DataFrame) -> None:
    odd = frame.rename(columns={"intent": "<b>kind</b>"})
    explored = coterie.explore(odd, text="message", labels=["<b>kind</b>"], response="key")
    assert explored.findings
    assert explored.findings[0] in repr(explored)
    assert "<b>kind" not in explored._repr_html_()


def test_halves_of_surrogate_pairs_are_saved_as_question_marks(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    odd = frame.rename(columns={"key": "\ud800"})
    page = coterie.explore(odd, text="message").save(tmp_path)
    columns = json.loads((tmp_path / FIGURES).read_text(encoding="utf-8"))["table"]["by_column"]
    assert "?" in [column["name"] for column in columns]
    assert page.is_file()


def test_what_was_set_aside_before_does_not_stay(frame: pd.DataFrame, tmp_path: Path) -> None:
    coterie.explore(frame, text="message").save(tmp_path)
    assert (tmp_path / QUARANTINE).is_file()
    (tmp_path / "mine.txt").write_text("kept", encoding="utf-8")
    coterie.explore(frame.dropna().query("message != ' '"), text="message").save(tmp_path)
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")} == {
        PAGE,
        FIGURES,
        "mine.txt",
    }


def test_a_folder_that_cannot_be_written_to_is_an_error(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(StoreError):
        coterie.explore(frame, text="message").save(tmp_path / "taken")


def test_a_column_that_is_not_there_is_an_error(frame: pd.DataFrame) -> None:
    with pytest.raises(ColumnError):
        coterie.explore(frame, text="massage")
