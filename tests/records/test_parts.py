"""Part files: tables with the same columns."""

import json

import pandas as pd
import pytest

from coterie.errors import CoterieWarning, InputError
from coterie.records import read_records, read_table

JAN = "id,text,label\n1,a,x\n2,b,y\n3,c,d,e\n"
FEB = "label,id,text\nx,4,d\ny,5,\n"
MAR = "id,label,text\n6,x,f\n"


@pytest.fixture
def months(tmp_path):
    for name, content in (("2025-01", JAN), ("2025-02", FEB), ("2025-03", MAR)):
        (tmp_path / f"{name}.csv").write_text(content)
    return tmp_path


def test_months_are_one_table_and_their_rows_are_numbered_on(months):
    with pytest.warns(CoterieWarning, match=r"3 files.*2025-01\.csv"):
        table = read_table(months)
    assert table.columns == ["id", "text", "label"]
    assert table.frame["id"].tolist() == ["1", "2", "4", "5", "6"]
    assert table.frame["label"].tolist() == ["x", "y", "x", "y", "x"]
    assert table.rows.tolist() == [1, 2, 4, 5, 6]
    assert table.rejects["row"].tolist() == [3]
    assert "2025-01.csv" in table.rejects["reason"].item()
    assert table.untyped == {"id", "text", "label"}
    with pytest.warns(CoterieWarning, match="3 files"):
        records = read_records(months, text="text", id="id", labels=["label"])
    assert records.rejects["row"].tolist() == [3, 5]
    assert records.rows_in == 6
    assert any("3 files" in note for note in records.notes)


def test_months_are_joined_to_another_table(months):
    (months / "kinds.csv").write_text("label,kind\nx,one\ny,two\n")
    with pytest.warns(CoterieWarning, match="3 files"):
        table = read_table(months)
    assert table.frame["kind"].tolist() == ["one", "two", "one", "two", "one"]


def test_parts_that_spark_writes(tmp_path):
    for at in range(3):
        frame = pd.DataFrame({"id": [2 * at, 2 * at + 1], "text": ["a", None if at else "b"]})
        frame.to_parquet(tmp_path / f"part-0000{at}-c000.snappy.parquet")
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / "._SUCCESS.crc").write_bytes(b"crc")
    (tmp_path / ".part-00000.parquet.crc").write_bytes(b"crc")
    pd.DataFrame({"id": [], "text": []}).to_parquet(tmp_path / "part-00003-c000.snappy.parquet")
    (tmp_path / "part-00004-c000.csv").touch()
    with pytest.warns(CoterieWarning, match="4 files"):
        table = read_table(tmp_path)
    assert table.frame["id"].tolist() == list(range(6))
    assert pd.api.types.is_integer_dtype(table.frame["id"])
    assert not table.untyped


def test_formats_may_differ_and_values_keep_their_types(tmp_path):
    (tmp_path / "a.csv").write_text("id,text\n1,a\n")
    (tmp_path / "b.json").write_text(json.dumps([{"id": 2, "text": "b"}]))
    with pytest.warns(CoterieWarning, match="2 files"):
        table = read_table(tmp_path)
    assert table.frame["id"].tolist() == ["1", 2]
    assert not table.untyped


def test_a_delta_table_is_refused_since_it_holds_deleted_rows(tmp_path):
    pd.DataFrame({"text": ["a"]}).to_parquet(tmp_path / "part-0.parquet")
    (tmp_path / "_delta_log").mkdir()
    with pytest.raises(InputError, match="Delta"):
        read_table(tmp_path)
