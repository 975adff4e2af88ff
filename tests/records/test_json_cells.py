"""Columns of JSON in tables that are no JSON: their fields are columns."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.cli import main
from coterie.errors import CoterieWarning
from coterie.records import read_table
from coterie.records.formats.json_cells import unfold_json_cells
from coterie.records.table import Table

ROWS = [
    {"subject": f"Card {n}", "body": f"My card {n} was lost on the way", "tags": ["card"]}
    for n in range(30)
]


def test_fields_of_json_are_columns_and_a_note_names_them(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    frame = pd.DataFrame({"id": range(30), "payload": [json.dumps(row) for row in ROWS]})
    frame.loc[3, "payload"] = None
    frame.loc[4, "payload"] = "{broken"
    frame.to_csv(path, index=False)
    with pytest.warns(CoterieWarning, match=r"payload\.body.*1 cell"):
        table = read_table(path)
    assert table.columns == ["id", "payload.subject", "payload.body", "payload.tags"]
    assert len(table) == 30
    assert table.column("payload.body").tolist()[:3] == [row["body"] for row in ROWS[:3]]
    assert table.column("payload.subject").isna().tolist() == [n in (3, 4) for n in range(30)]
    given = pd.DataFrame({"payload": frame["payload"].to_numpy()}, index=range(100, 130))
    with pytest.warns(CoterieWarning, match="payload"):
        inside = read_table(given)
    assert inside.index.tolist() == [*range(100, 130)]


@pytest.mark.parametrize(
    "cells",
    [
        ["{curly} braces in a text", "{another}", "{one more}"],
        ['["a", "b"]', '["c"]', "[]"],  # lists of plain values
        ['{"a": 1}', "a plain text", "another"],
        ['{"a": 1}', '[{"a": 1}]', '{"a": 2}'],
        [json.dumps({str(key): 1 for key in range(300)})] * 3,
    ],
)
def test_other_columns_stay_as_they_are(cells: list[str]) -> None:
    table = Table.of(pd.DataFrame({"text": cells, "n": [1, 2, 3]}))
    same = unfold_json_cells(table)
    assert same.columns == ["text", "n"]
    assert same.column("text").tolist() == cells
    assert same.notes == ()


def test_a_field_never_takes_the_name_of_another_column() -> None:
    frame = pd.DataFrame({"a.b": ["x", "y"], "a": ['{"b": 1}', '{"b": 2}']})
    same = unfold_json_cells(Table.of(frame))
    assert same.columns == ["a.b", "a"]
    assert same.column("a.b").tolist() == ["x", "y"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.none()
        | st.dictionaries(
            st.text("abc", min_size=1, max_size=2), st.text(max_size=5) | st.integers(), max_size=3
        ),
        min_size=1,
        max_size=8,
    )
)
def test_each_row_keeps_its_fields(rows: list[dict[str, object] | None]) -> None:
    cells = [None if row is None else json.dumps(row) for row in rows]
    table = unfold_json_cells(Table.of(pd.DataFrame({"x": pd.Series(cells, dtype=object)})))
    assert len(table) == len(rows)
    if table.columns == ["x"]:
        assert not any(rows)
        return
    for place, row in enumerate(rows):
        for name in table.columns:
            expected = (row or {}).get(name.removeprefix("x."))
            found = table.column(name)[place]
            assert (found == expected) if expected is not None else pd.isna(found)


def test_the_command_line_says_what_to_type(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "events.csv"
    pd.DataFrame({"payload": [json.dumps(row) for row in ROWS]}).to_csv(path, index=False)
    assert main(["explore", str(path), "--text", "payload", "--out", str(tmp_path / "a")]) == 2
    assert "payload.body" in capsys.readouterr().err
    text = "{payload.subject}. {payload.body}"
    assert main(["explore", str(path), "--text", text, "--out", str(tmp_path / "b")]) == 0
    assert "30" in capsys.readouterr().out
