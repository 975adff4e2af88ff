"""Columns of any type, in each role, from Parquet files and from tables in memory."""

from __future__ import annotations

import datetime as dt
import uuid
import warnings
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import coterie
from coterie.errors import CoterieWarning
from coterie.records import read_records, read_table

ROWS = 24
WORDS = ["parcel", "invoice", "login"] * 8
TEXTS = [f"the {word} is wrong, again {at}" for at, word in enumerate(WORDS)]
BASE = {"text": TEXTS, "want": WORDS}
NOON = dt.datetime(2025, 3, 1, 12, tzinfo=dt.UTC)
DAYS = [dt.timedelta(days=at % 3) for at in range(ROWS)]
NUMBERS = [at % 3 for at in range(ROWS)]
GAPS = [None if at % 8 == 0 else at % 3 for at in range(ROWS)]


def gapped(values: list[Any]) -> list[Any]:
    return [None if gap is None else value for gap, value in zip(GAPS, values, strict=True)]


ARROW = {
    "binary": pa.array([word.encode() for word in WORDS], pa.binary()),
    "large binary": pa.array(gapped([word.encode() for word in WORDS]), pa.large_binary()),
    "fixed binary": pa.array([word[:5].encode() for word in WORDS], pa.binary(5)),
    "binary dictionary": pa.array([word.encode() for word in WORDS]).dictionary_encode(),
    "bytes": pa.array([bytes([255, number]) for number in NUMBERS]),
    "list": pa.array(gapped([[word, "x"] for word in WORDS])),
    "list of bytes": pa.array([[word.encode()] for word in WORDS]),
    "list of structs": pa.array([[{"body": word, "n": 1}] for word in WORDS]),
    "struct": pa.array(gapped([{"a": word, "n": {"m": 1}} for word in WORDS])),
    "map": pa.array([[("k", word), ("k", word)] for word in WORDS], pa.map_("string", "string")),
    "decimal": pa.array(gapped([Decimal(n) / 2 for n in NUMBERS]), pa.decimal128(6, 2)),
    "whole decimal": pa.array(gapped(list(map(Decimal, NUMBERS))), pa.decimal128(38, 9)),
    "zoned": pa.array([NOON + days for days in DAYS], pa.timestamp("us", "Europe/Berlin")),
    "nanoseconds": pa.array(np.array(NUMBERS, "M8[D]").astype("M8[ns]")),
    "date": pa.array(gapped([(NOON + days).date() for days in DAYS])),
    "time": pa.array([dt.time(number, 5) for number in NUMBERS]),
    "duration": pa.array(gapped(DAYS), pa.duration("ms")),
    "dictionary": pa.array(gapped(WORDS)).dictionary_encode(),
    "dictionary of numbers": pa.array(NUMBERS).dictionary_encode(),
    "whole numbers": pa.array(GAPS, pa.int64()),
    "small numbers": pa.array(GAPS, pa.uint8()),
    "half floats": pa.array([np.float16(number) for number in NUMBERS]),
    "truth values": pa.array(gapped([word == "login" for word in WORDS])),
    "strings": pa.array(gapped(WORDS), pa.large_string()),
}  # fmt: skip
PANDAS = {
    "Int64": pd.array(GAPS, "Int64"),
    "Float64": pd.array(GAPS, "Float64"),
    "boolean": pd.array(gapped([word == "login" for word in WORDS]), "boolean"),
    "string": pd.array(gapped(WORDS), "string"),
    "category": pd.Categorical(gapped(WORDS)),
    "category of numbers": pd.Categorical(NUMBERS),
    "category of tuples": pd.Series([(word,) for word in WORDS]).astype("category"),
    "bytes": [word.encode() for word in WORDS],
    "arrays": pd.Series([np.array([number, 1]) for number in NUMBERS]),
    "mappings": [{"a": number} for number in NUMBERS],
    "sets": [{word, "x"} for word in WORDS],
    "tuples": [(word, 1) for word in WORDS],
    "mixed": [[word] if word == "login" else {"a": word} for word in WORDS],
    "periods": pd.period_range("2025-01", periods=ROWS, freq="M"),
    "intervals": pd.cut(np.arange(ROWS), 3),
    "durations": pd.to_timedelta(DAYS),
    "zoned": pd.to_datetime([NOON + days for days in DAYS]).tz_convert("Asia/Tokyo"),
    "complex": np.array(NUMBERS, dtype=complex),
    "sparse": pd.arrays.SparseArray(NUMBERS),
    "uuids": [uuid.UUID(int=number) for number in NUMBERS],
    "arrow strings": pd.Series(gapped(WORDS), dtype="string[pyarrow]"),
    "arrow numbers": pd.Series(GAPS, dtype="int64[pyarrow]"),
    "arrow lists": pd.Series([[n] for n in NUMBERS], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    "arrow times": pd.Series(
        [NOON + days for days in DAYS], dtype=pd.ArrowDtype(pa.timestamp("us", "UTC"))
    ),
}
POLARS = {
    "binary": pl.Series([word.encode() for word in WORDS]),
    "list": pl.Series([[word] for word in WORDS]),
    "array": pl.Series([[n, 1] for n in NUMBERS], dtype=pl.Array(pl.Int64, 2)),
    "struct": pl.Series([{"a": word} for word in WORDS]),
    "decimal": pl.Series([Decimal(n) / 2 for n in NUMBERS], dtype=pl.Decimal(6, 2)),
    "categorical": pl.Series(gapped(WORDS), dtype=pl.Categorical),
    "enum": pl.Series(WORDS, dtype=pl.Enum(sorted(set(WORDS)))),
    "date": pl.Series([(NOON + days).date() for days in DAYS]),
    "zoned": pl.Series([NOON + days for days in DAYS]),
    "time": pl.Series([dt.time(number) for number in NUMBERS]),
    "duration": pl.Series(DAYS),
    "boolean": pl.Series(gapped([word == "login" for word in WORDS])),
    "big": pl.Series([2**40 + n for n in NUMBERS], dtype=pl.UInt64),
}


def parquet(tmp_path, *kinds):
    columns = {kind if len(kinds) > 1 else "it": ARROW[kind] for kind in kinds}
    pq.write_table(pa.table({**BASE, **columns}), tmp_path / "a.parquet")
    return tmp_path / "a.parquet"


def pandas(_, *kinds):
    columns = {kind if len(kinds) > 1 else "it": PANDAS[kind] for kind in kinds}
    return pd.DataFrame({**BASE, **columns})


def polars(_, *kinds):
    columns = {kind if len(kinds) > 1 else "it": POLARS[kind] for kind in kinds}
    return pl.DataFrame({**BASE, **columns})


MAKERS = {parquet: ARROW, pandas: PANDAS, polars: POLARS}
CASES = [
    pytest.param(make, kind, id=f"{make.__name__}-{kind}")
    for make, kinds in MAKERS.items()
    for kind in kinds
]


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
def test_columns_of_all_types_go_through_every_verb(make, tmp_path):
    source = make(tmp_path, *MAKERS[make])
    kinds = [name for name in read_table(source).columns if name not in BASE]
    coterie.explore(source, text="text", labels=kinds).save(tmp_path / "e")
    for kind in kinds:
        coterie.explore(source, text="text", response=kind, labels=["want"])
    found = coterie.discover(source, text="text", labels=kinds, context=["*"], encoder="tfidf")
    found.save(tmp_path / "d")
    model = coterie.train(source, text="text", label="want", context=kinds, encoder="tfidf")
    model.save(tmp_path / "m")
    assert len(coterie.load(tmp_path / "m").predict(source)) == ROWS


@pytest.mark.parametrize(("make", "kind"), CASES)
@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
def test_every_type_can_take_every_role(make, kind, tmp_path):
    source = make(tmp_path, kind)
    it = next(name for name in read_table(source).columns if name.startswith("it"))
    for role in ({"text": it}, {"id": it}, {"time": it}, {"labels": [it]}, {"context": [it]}):
        assert read_records(source, **{"text": "text", **role}).rows_in == ROWS
    rolled = read_records(source, text="text", group=it, order=it, speaker=it)
    assert rolled.rows_in == ROWS


@pytest.mark.parametrize("kind", ["binary", "list", "decimal", "zoned", "truth values", "map"])
def test_labels_of_any_type_are_learnt(kind, tmp_path):
    source = parquet(tmp_path, kind)
    it = next(name for name in read_table(source).columns if name.startswith("it"))
    model = coterie.train(source, text="text", label=it, encoder="tfidf")
    assert len(model.predict(source)) == ROWS


VALUES = {
    "binary": WORDS,
    "fixed binary": [word[:5] for word in WORDS],
    "large binary": gapped(WORDS),
    "binary dictionary": WORDS,
    "list": gapped([[word, "x"] for word in WORDS]),
    "list of bytes": [[word] for word in WORDS],
    "list of structs": WORDS,
    "whole decimal": GAPS,
    "whole numbers": GAPS,
    "decimal": gapped([Decimal(n) / 2 for n in NUMBERS]),
    "date": gapped([(NOON + days).date() for days in DAYS]),
}


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
def test_cells_of_parquet_are_what_a_person_sees(kind, tmp_path):
    cells = read_table(parquet(tmp_path, kind)).frame["it"]
    assert cells.astype(object).where(cells.notna(), None).tolist() == VALUES[kind]


def test_bytes_that_are_no_text_are_told_and_kept(tmp_path):
    with pytest.warns(CoterieWarning, match="'it'.*UTF-8"):
        table = read_table(parquet(tmp_path, "bytes"))
    assert table.frame["it"].tolist()[:3] == ["ff00", "ff01", "ff02"]


@pytest.mark.parametrize("make", [parquet, None], ids=["parquet", "pandas"])
def test_objects_become_columns_of_their_own(make, tmp_path):
    source = make(tmp_path, "struct") if make else pd.DataFrame({"it": ARROW["struct"].to_pylist()})
    frame = read_table(source).frame
    assert frame["it.a"].tolist() == gapped(WORDS)
    assert frame["it.n.m"].tolist() == gapped([1] * ROWS)


def test_maps_become_columns_too(tmp_path):
    assert read_table(parquet(tmp_path, "map")).frame["it.k"].tolist() == WORDS


def test_labels_of_whole_decimals_are_whole_numbers(tmp_path):
    labels = read_records(parquet(tmp_path, "whole decimal"), text="text", labels=["it"]).labels
    assert labels["it"].tolist() == GAPS


def test_the_index_of_a_frame_with_nested_cells_is_kept():
    frame = pd.DataFrame({"text": ["a", "b"], "it": [{"x": 1}, {"x": 2}]}, index=[7, 7])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = read_table(frame)
    assert table.index.tolist() == [7, 7]
    assert frame["it"].tolist() == [{"x": 1}, {"x": 2}]
