"""Tables in memory: pandas, Polars, Arrow, and what speaks the Arrow C stream."""

import datetime as dt
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from coterie.errors import InputError
from coterie.records import read_records, read_table

DAY = dt.date(2025, 3, 31)
COLUMNS = {
    "text": ["good", None, "bad"],
    "kind": pl.Series(["x", None, "y"], dtype=pl.Categorical),
    "grade": pl.Series(["low", "high", None], dtype=pl.Enum(["low", "high"])),
    "count": [1, None, 2**60 + 1],
    "small": pl.Series([1, 2, 3], dtype=pl.UInt8),
    "paid": [True, None, False],
    "day": [DAY, None, DAY],
    "price": pl.Series([Decimal("1.50"), None, Decimal("2.25")]),
    "share": [0.5, None, 1.0],
    "tags": [["a", "b"], None, []],
    "who": [{"name": "Ann", "pets": ["cat"]}, None, {"name": None, "pets": None}],
}


class Stream:
    """Something of which only the stream is known."""

    def __init__(self, frame):
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema=None):
        return self._frame.__arrow_c_stream__(requested_schema)


def polars():
    return pl.DataFrame(COLUMNS)


SOURCES = {
    "frame": polars,
    "lazy": lambda: polars().lazy(),
    "table": lambda: pa.table(polars()),
    "batch": lambda: pa.table(polars()).to_batches()[0],
    "reader": lambda: pa.table(polars()).to_reader(),
    "stream": lambda: Stream(polars()),
}


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_cells_come_through_with_their_types(make):
    table = read_table(make())
    frame = table.frame
    assert table.columns == [*list(COLUMNS)[:-1], "who.name", "who.pets"]
    assert table.rows.tolist() == [1, 2, 3]
    cells = {name: frame[name].tolist() for name in frame}
    assert cells["text"] == ["good", None, "bad"]
    assert cells["count"] == [1, None, 2**60 + 1]
    assert cells["small"] == [1, 2, 3]
    assert cells["paid"] == [True, None, False]
    assert cells["day"] == [DAY, None, DAY]
    assert cells["price"] == [Decimal("1.50"), None, Decimal("2.25")]
    assert cells["tags"] == [["a", "b"], None, []]
    assert cells["who.name"] == ["Ann", None, None]
    assert cells["who.pets"] == [["cat"], None, None]
    assert isinstance(frame["kind"].dtype, pd.CategoricalDtype)
    assert frame["kind"].isna().tolist() == [False, True, False]
    assert list(frame["grade"].cat.categories) == ["low", "high"]
    assert frame["grade"].cat.ordered
    assert frame["share"].dtype == np.float64


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
def test_records_of_any_frame_are_those_of_pandas(make):
    asked = {"text": "text", "labels": ["kind", "paid"], "time": "day", "context": ["*"]}
    records = read_records(make(), **asked)
    same = read_records(pd.DataFrame({**COLUMNS, **_pandas()}), **asked)
    assert records.texts.tolist() == same.texts.tolist() == ["good", "bad"]
    assert records.rejects["row"].tolist() == [2]
    assert records.time.tolist() == same.time.tolist()
    assert {n: a.tolist() for n, a in records.labels.items()} == {
        n: a.tolist() for n, a in same.labels.items()
    }
    assert records.context["price"].tolist() == [1.5, 2.25]
    assert records.context["count"].tolist() == same.context["count"].tolist()
    assert records.context["tags"].tolist() == [["a", "b"], []]


def _pandas():
    return {
        "kind": pd.Categorical(["x", None, "y"]),
        "grade": pd.Categorical(["low", "high", None], ["low", "high"], ordered=True),
        "count": pd.Series([1, None, 2**60 + 1], dtype=object),
        "small": [1, 2, 3],
        "price": [Decimal("1.50"), None, Decimal("2.25")],
    }


def test_pandas_put_into_arrow_comes_back_with_its_index():
    frame = pd.DataFrame({"text": ["a", "b"]}, index=pd.Index([7, 5], name="key"))
    table = read_table(pa.Table.from_pandas(frame))
    assert table.columns == ["text"]


def test_frames_are_joined_as_files_are(tmp_path):
    people = pl.DataFrame({"who": ["p", "q"], "age": [30, 40]})
    frame = pl.DataFrame({"who": ["q", "p", "q"], "text": ["a", "b", "c"]})
    joined = read_records(frame, text="text", join=[people], context=["age"])
    assert joined.context["age"].tolist() == [40, 30, 40]
    people.write_csv(tmp_path / "people.csv")
    frame.write_csv(tmp_path / "said.csv")
    table = read_table(tmp_path / "said.csv")
    again = read_records(table, text="text", join=["people.csv"], context=["age"])
    assert again.context["age"].tolist() == [40, 30, 40]


def test_doubled_names_of_an_arrow_table_are_numbered():
    table = pa.table([pa.array(["a"]), pa.array([["b"]])], names=["x", "x"])
    assert read_table(table).columns == ["x", "x (2)"]


@pytest.mark.parametrize(
    "source",
    [pl.Series("a", ["b"]), pd.Series(["b"]), pa.array([1]), {"a": [1]}, [1], None, 3],
    ids=lambda source: type(source).__name__,
)
def test_what_is_no_table_is_refused_in_one_sentence(source):
    with pytest.raises(InputError) as caught:
        read_table(source)
    assert "\n" not in str(caught.value)


def test_cells_of_arrays_are_no_numbers():
    cells = [np.array([1, 2]), None, np.array([])]
    records = read_records(pd.DataFrame({"t": list("abc"), "v": cells}), text="t", context=["v"])
    assert records.context["v"].dtype == object


def test_reading_needs_no_polars():
    code = "import coterie.records, sys; assert 'polars' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
