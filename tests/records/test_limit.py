"""The first rows of large files, without the rest."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from coterie.errors import CoterieWarning
from coterie.records import read_table
from coterie.records.formats.beginning import BEGINNING, without_end

ROWS = [{"id": str(at), "text": f"row {at}, with a\nbreak"} for at in range(40)]
FRAME = pd.DataFrame(ROWS)


def as_lines(path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))


def as_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        FRAME.to_sql("messages", connection, index=False)


WRITERS: dict[str, Callable[[Path], None]] = {
    "a.csv": lambda path: FRAME.to_csv(path, index=False),
    "a.xlsx": lambda path: FRAME.to_excel(path, index=False),
    "a.json": lambda path: FRAME.to_json(path, orient="records"),
    "a.jsonl": as_lines,
    "a.parquet": FRAME.to_parquet,
    "a.db": as_database,
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("limit", [1, 7, 40, 100])
def test_a_limit_gives_the_first_rows_as_the_whole_has_them(
    tmp_path: Path, name: str, limit: int
) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    whole, first = read_table(path), read_table(path, limit=limit)
    assert first.frame.to_dict("records") == whole.frame.to_dict("records")[:limit]
    assert first.rows.tolist() == whole.rows.tolist()[:limit]
    assert set(first.rows - 1) <= set(first.index)


def test_rows_that_are_set_aside_below_the_limit_are_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,one\n2,two,more\n3,three\n4,four,more\n5,five\n")
    table = read_table(path, limit=2)
    assert table.rows.tolist() == [1, 3]
    assert table.rejects["row"].tolist() == [2]


def test_a_limit_larger_than_a_table_in_memory_changes_nothing() -> None:
    frame = FRAME.set_axis(range(100, 140), axis=0)
    assert len(read_table(frame, limit=99)) == 40
    assert list(read_table(frame, limit=3).index) == [100, 101, 102]


class Counting(io.FileIO):
    """A file that knows how far it was read."""

    furthest = 0

    def readinto(self, buffer: object) -> int | None:  # type: ignore[override]
        read = super().readinto(buffer)  # type: ignore[arg-type]
        self.furthest = max(self.furthest, self.tell())
        return read


@pytest.mark.parametrize("name", ["large.csv", "large.jsonl"])
def test_a_large_file_is_not_read_to_its_end(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    line = "1,some words\n" if name.endswith("csv") else '{"id":1,"text":"some words"}\n'
    with path.open("w") as file:
        file.write("id,text\n" if name.endswith("csv") else "")
        while file.tell() < 3 * BEGINNING:
            file.write(line * 10_000)
    opened: list[Counting] = []

    def counting(self: Path, mode: str) -> io.BufferedReader:
        opened.append(Counting(self))
        return io.BufferedReader(opened[-1])

    monkeypatch.setattr(Path, "open", counting)
    assert len(read_table(path, limit=20)) == 20
    assert opened
    assert max(file.furthest for file in opened) < 2 * BEGINNING


def test_bytes_of_another_encoding_beyond_the_beginning_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.write(b"id,text\n1,K\xc3\xb6ln\n")
        while file.tell() < BEGINNING + 10:
            file.write(b"2,some words\n" * 10_000)
        file.write(b"3,K\xf6ln\n")
    assert read_table(path, limit=20).frame["text"][0] == "Köln"


def test_few_wide_rows_end_at_the_beginning_too(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    text = "word " * 200_000
    path.write_text("id,text\n" + "".join(f'{at},"{text}\n"\n' for at in range(30)))
    table = read_table(path, limit=100)
    assert 5 < len(table) < 15
    assert not len(table.rejects)
    assert set(table.frame["text"].str.len()) == {len(text) + 1}


@pytest.mark.parametrize(
    ("shape", "whole"),
    [
        (lambda rows: rows, False),
        (lambda rows: {"took": [1], "result": {"tickets": rows, "more": None}}, False),
        (lambda rows: {"columns": ["id", "text"], "data": [list(r.values()) for r in rows]}, False),
        (lambda rows: {name: [row[name] for row in rows] for name in ("id", "text")}, True),
    ],
)
def test_a_large_json_document_of_any_shape_gives_its_first_rows(
    tmp_path: Path, shape: Callable[[list[dict[str, object]]], object], whole: bool
) -> None:
    rows: list[dict[str, object]] = [
        {"id": at, "text": f'{at} "[{{' + " words" * 100} for at in range(20_000)
    ]
    document = json.dumps(shape(rows))
    assert len(document) > BEGINNING
    assert (without_end(document[:BEGINNING]) is None) is whole
    path = tmp_path / "large.json"
    path.write_text(document)
    assert read_table(path, limit=30).frame.to_dict("records") == rows[:30]


def test_a_row_that_is_cut_short_is_left_out() -> None:
    made = without_end('{"rows": [{"id": 1, "tags": [1, 2]}, {"id": 2, "tags": [1, 2], "te')
    assert made is not None
    assert json.loads(made) == {"rows": [{"id": 1, "tags": [1, 2]}]}


def test_lines_in_a_file_that_is_called_json_are_lines() -> None:
    assert without_end('{"id": 1}\n{"id": 2}\n{"i') == '{"id": 1}\n{"id": 2}\n'


def test_tables_of_an_archive_are_joined_before_rows_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("said.csv", "id,who\n" + "".join(f"{at},{9 - at}\n" for at in range(10)))
        archive.writestr("people.csv", "who,name\n" + "".join(f"{at},n{at}\n" for at in range(10)))
    table = read_table(path, limit=2)
    assert len(table) == 2
    assert {"id", "who", "name"} == set(table.columns)


def test_a_workbook_names_its_sheets(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    with pd.ExcelWriter(path) as writer:
        FRAME.to_excel(writer, sheet_name="Messages", index=False)
        FRAME.to_excel(writer, sheet_name="People", index=False)
    with pytest.warns(CoterieWarning, match="2 sheets"):
        assert read_table(path, limit=5).sheets == ("Messages", "People")
    assert read_table(path, limit=5, sheet="People").sheets == ("Messages", "People")
