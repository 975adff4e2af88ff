"""Labels keep their type, from a frame and from a file alike."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.records import read_records, read_table, texts_of

QUICK = settings(max_examples=60, deadline=None)


def labels_of(source):
    return read_records(source, text="text", labels=["y"]).labels["y"].tolist()


def typed(values):
    return [(type(value), value) for value in values]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([1, 2, 1], [1, 2, 1]),
        ([1, None, 3], [1, None, 3]),
        ([0.0, np.nan, -2.0], [0, None, -2]),
        ([0.5, np.nan, 1.0], [0.5, None, 1.0]),
        ([True, False, True], [True, False, True]),
        ([True, None, False], [True, None, False]),
        (["1", "2", " "], ["1", "2", None]),
        (["yes ", None, ""], ["yes", None, None]),
        ([1, "a", None], ["1", "a", None]),
        ([True, 1, 0], ["True", "1", "0"]),
        ([Decimal("1.50"), None, Decimal("2")], ["1.50", None, "2"]),
        ([dt.date(2025, 3, 31)] * 3, ["2025-03-31"] * 3),
        ([np.inf, 1.0, 2.0], ["inf", "1.0", "2.0"]),
        (pd.array([1, None, 3], dtype="Int64"), [1, None, 3]),
        (pd.array([True, None, False], dtype="boolean"), [True, None, False]),
        (pd.array(["a", None, "1"], dtype="string"), ["a", None, "1"]),
        (pd.Categorical(["b", None, "a"]), ["b", None, "a"]),
        (pd.Categorical([3, None, 1]), [3, None, 1]),
        (np.array([1, 2, 3], dtype=np.uint8), [1, 2, 3]),
        (np.array([0.5, 1, 2], dtype=np.float32), [0.5, 1.0, 2.0]),
        (np.array([np.int64(1), np.float64(2), None], dtype=object), [1, 2, None]),
    ],
)
def test_labels_of_a_frame_keep_their_type(cells, expected):
    assert typed(labels_of(pd.DataFrame({"text": list("abc"), "y": cells}))) == typed(expected)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2", ""], [1, 2, None]),
        (["0", "-7", " 3 "], [0, -7, 3]),
        (["007", "1", "2"], ["007", "1", "2"]),
        (["1", "2", "x"], ["1", "2", "x"]),
        (["+1", "1", "2"], ["+1", "1", "2"]),
        (["1.0", "", "2.0"], [1, None, 2]),
        (["1.0", "0.5", ""], [1.0, 0.5, None]),
        (["1", "0.5", ""], ["1", "0.5", None]),
        (["1.50", "0.5", ""], ["1.50", "0.5", None]),
        (["True", "False", ""], [True, False, None]),
        (["true", "false", ""], ["true", "false", None]),
        (["-inf", "inf", "1.5"], ["-inf", "inf", "1.5"]),
        (["9" * 30, "1", "2"], ["9" * 30, "1", "2"]),
        (["\u0661", "1", "2"], ["\u0661", "1", "2"]),
        (["", "", ""], [None, None, None]),
    ],
)
def test_labels_of_a_csv_are_of_the_type_that_is_written_so(cells, expected, tmp_path):
    path = tmp_path / "t.csv"
    rows = "".join(f"{text},{cell}\n" for text, cell in zip("abc", cells, strict=True))
    path.write_text(f"text,y\n{rows}", encoding="utf-8")
    assert typed(labels_of(path)) == typed(expected)


WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
# a column that holds its own name several times has no header, see tests of headers
WORDS = st.text(st.sampled_from("abxyz_"), min_size=1, max_size=5).filter(lambda word: word != "y")
COLUMNS = st.sampled_from([WHOLE, st.booleans(), WORDS, st.floats(-1e6, 1e6, width=32)]).flatmap(
    lambda kind: st.lists(kind | st.none(), min_size=1, max_size=8)
)


@QUICK
@given(cells=COLUMNS)
def test_a_table_has_the_same_labels_as_csv_as_parquet_and_in_memory(tmp_path_factory, cells):
    folder = tmp_path_factory.mktemp("labels")
    frame = pd.DataFrame({"text": [f"t{at}" for at in range(len(cells))], "y": cells})
    frame.to_csv(folder / "t.csv", index=False)
    frame.to_parquet(folder / "t.parquet")
    expected = typed(labels_of(frame))
    assert typed(labels_of(folder / "t.csv")) == expected
    assert typed(labels_of(folder / "t.parquet")) == expected
    assert typed(labels_of(pl.from_pandas(frame))) == expected
    texts = texts_of(np.array(labels_of(frame), dtype=object))
    assert [value is None for value in texts] == [value is None for _, value in expected]


def test_a_joined_file_keeps_what_is_known_of_its_columns(tmp_path):
    (tmp_path / "y.csv").write_text("text,y\na,1\nb,2\n")
    frame = pd.DataFrame({"text": ["a", "b"], "z": ["1", "2"]})
    table = read_table(frame, join=[tmp_path / "y.csv"])
    assert table.untyped == {"text", "y"}
    records = read_records(table, text="text", labels=["y", "z"])
    assert records.labels["y"].tolist() == [1, 2]
    assert records.labels["z"].tolist() == ["1", "2"]


def test_groups_take_the_label_of_most_rows_with_its_type():
    frame = pd.DataFrame({"text": list("abc"), "who": ["p", "p", "q"], "y": [1, 1, 2]})
    records = read_records(frame, text="text", group="who", labels=["y"])
    assert typed(records.labels["y"]) == typed([1, 2])


def test_labels_as_text_are_alike_for_whole_numbers_of_any_type():
    for values in ([1, 2, None], [1.0, 2.0, None], ["1", "2", None]):
        assert texts_of(np.array(values, dtype=object)).tolist() == ["1", "2", None]
    assert texts_of(np.array([1, 2])).tolist() == ["1", "2"]
    assert texts_of(np.array([1.0, 2.5])).tolist() == ["1", "2.5"]
    assert texts_of(np.array([True, False])).tolist() == ["True", "False"]
    assert texts_of(np.array(["a"])).tolist() == ["a"]
    frame = pd.DataFrame({"text": ["a", "b"], "y": [1, 2]})
    records = read_records(frame, text="text", labels=["y"])
    assert {name: found.tolist() for name, found in records.label_texts.items()} == {
        "y": ["1", "2"]
    }
