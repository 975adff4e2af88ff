"""Columns that came with later rows: earlier rows count as without a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from coterie.errors import ColumnError, InputError
from coterie.search import writing
from coterie.search.columns import typed_columns
from coterie.search.filters import parse_filter
from coterie.search.storage.parts import NewRows
from coterie.search.storage.reader import IndexReader
from coterie.search.words import score_words
from coterie.search.writing import append_rows, create_index, delete_rows, update_rows

LATE: Mapping[str, Sequence[Any]] = {
    "sector": ["Health", "Retail"],
    "tags": [["a", "b"], ["b"]],
    "budget": [3, 4],
    "share": [0.5, 1.5],
    "open": [True, False],
    "when": ["2024-03-01", "2025-03-01"],
}


def rows(ids: Sequence[str], frame: Mapping[str, Sequence[Any]], **kept: Sequence[str]) -> NewRows:
    typed = typed_columns(pd.DataFrame(dict(frame), index=range(len(ids))))
    vectors = np.eye(3, dtype=np.float32)[: len(ids)]
    held = {name: pa.array(cells, pa.large_string()) for name, cells in kept.items()}
    return NewRows(ids, list(ids), vectors, typed.arrays, typed.columns, typed.written, kept=held)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "index"
    create_index(folder, rows(["1", "2"], {"size": [1, 2]}), encoder={}, reading={})
    append_rows(folder, rows(["3", "4"], LATE))
    return folder


def found(home: Path, where: str) -> list[str]:
    index = IndexReader(home)
    mask = index.passing(parse_filter(where, index.schema))
    assert mask is not None
    return index.ids(np.flatnonzero(mask))


@pytest.mark.parametrize("compact", [False, True])
@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("sector = 'Health'", ["3"]),
        ("sector != 'Health'", ["4"]),
        ("NOT sector = 'Health'", ["4"]),
        ("sector IS NULL", ["1", "2"]),
        ("sector CONTAINS 'ret'", ["4"]),
        ("tags HAS 'a'", ["3"]),
        ("NOT tags HAS 'a'", ["4"]),
        ("tags IS NULL", ["1", "2"]),
        ("budget >= 3", ["3", "4"]),
        ("NOT budget >= 4", ["3"]),
        ("share < 1", ["3"]),
        ("open = FALSE", ["4"]),
        ("\"when\" < '2025-01-01'", ["3"]),
        ('"when" IS NULL AND size >= 2', ["2"]),
        ("size IS NULL", ["3", "4"]),
        ("size = 1 OR budget = 4", ["1", "4"]),
    ],
)
def test_rows_from_before_a_column_have_no_value_in_it(
    home: Path, where: str, ids: list[str], compact: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if compact:
        monkeypatch.setattr(writing, "_MOST_PARTS", 1)
        append_rows(home, rows(["5"], {}))
        assert len(IndexReader(home).parts) == 1
        delete_rows(home, ["5"])
    assert found(home, where) == ids


def test_cells_from_before_a_column_are_none(home: Path) -> None:
    index = IndexReader(home)
    places = np.array([3, 0, 2])
    assert index.cells("tags", places) == [["b"], None, ["a", "b"]]
    assert index.cells("budget", places, as_written=True) == [4, None, 3]
    assert index.cells("size", places) == [None, 1, None]
    with pytest.raises(ColumnError):
        index.cells("colour", places)


def test_all_rows_can_be_deleted_and_others_added(home: Path) -> None:
    delete_rows(home, ["1", "2", "3", "4"])
    index = IndexReader(home)
    assert len(index) == index.places == 0
    assert found(home, "budget = 4") == []
    update_rows(home, rows(["4"], {"budget": [5]}))
    assert found(home, "budget = 5 AND sector IS NULL") == ["4"]


def test_kept_cells_come_back_and_are_neither_filtered_nor_searched(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_rows(home, rows(["5", "6"], {"size": [7, 8]}, note=["zebra", "gnu"]))
    places = np.array([5, 0, 4])
    assert IndexReader(home).kept("note", places) == ["gnu", None, "zebra"]
    assert IndexReader(home).kept("absent", places) == [None, None, None]
    monkeypatch.setattr(writing, "_MOST_PARTS", 1)
    append_rows(home, rows(["7"], {"size": [9]}))
    index = IndexReader(home)
    assert len(index.parts) == 1
    assert index.kept("note", places) == ["gnu", None, "zebra"]
    assert "note" not in index.schema
    assert not score_words("zebra", index.postings, index.alive).any()
    assert score_words("5", index.postings, index.alive).any()


def test_a_column_cannot_change_its_kind(home: Path) -> None:
    with pytest.raises(InputError, match="budget"):
        append_rows(home, rows(["5", "6"], {"budget": ["much", "little"]}))
    assert len(IndexReader(home)) == 4
