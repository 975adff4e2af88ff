"""Names of columns as they look: white space, accents, and what cannot be seen."""

import json

import openpyxl
import pandas as pd
import pytest

from coterie.errors import ColumnError
from coterie.records import read_records, read_table

ODD = [
    "Grund\u00a0(Kurz)",
    "Grund\u202f(Kurz)",
    "Grund\u3000(Kurz)",
    "Grund\n(Kurz)",
    "Gr\u00adund (Kurz)",
    "\ufeffGrund\u200b (Kurz)\u200b",
    "Grund (Kurz) ",
    "Grund (Kurz)",
]


def as_csv(path, name):
    file = path / "a.csv"
    file.write_text(f'id,"{name}"\n1,hello\n2,bye\n', encoding="utf-8")
    return file


def as_workbook(path, name):
    book = openpyxl.Workbook()
    for row in (["id", name], [1, "hello"], [2, "bye"]):
        book.active.append(row)
    book.save(path / "a.xlsx")
    return path / "a.xlsx"


def as_json(path, name):
    file = path / "a.json"
    file.write_text(json.dumps([{"id": 1, name: "hello"}, {"id": 2, name: "bye"}]))
    return file


def as_frame(path, name):
    return pd.DataFrame({"id": [1, 2], name: ["hello", "bye"]})


@pytest.mark.parametrize("way", [as_csv, as_workbook, as_json, as_frame])
@pytest.mark.parametrize("name", ODD)
def test_a_name_is_found_as_it_looks_and_as_it_is(tmp_path, way, name):
    source = way(tmp_path, name)
    assert read_table(source).columns == ["id", "Grund (Kurz)"]
    for asked in {"Grund (Kurz)", "Grund\u00a0(Kurz)", name}:
        assert read_records(source, text=asked).texts.tolist() == ["hello", "bye"]
        texts = read_records(source, text=f"{{id}}: {{{asked}}}").texts
        assert texts.tolist() == ["1: hello", "2: bye"]
        records = read_records(source, text=asked, id="id", labels=[asked], context=["*"])
        assert records.labels[asked].tolist() == ["hello", "bye"]
        assert list(records.context) == []


def test_accents_are_the_same_composed_or_not():
    frame = pd.DataFrame({"cafe\u0301": ["a"]})
    assert read_table(frame).columns == ["caf\u00e9"]
    for asked in ("caf\u00e9", "cafe\u0301"):
        assert read_records(frame, text=asked).texts.tolist() == ["a"]


def test_letters_keep_the_joiners_that_shape_them():
    name = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    table = read_table(pd.DataFrame({name: ["a"]}))
    assert table.columns == [name]
    assert table.find(name.replace("\u200c", "")) == name


def test_names_that_look_alike_stay_apart():
    frame = pd.DataFrame([["a", "b"]], columns=["x y", "x\u00a0y"])
    table = read_table(frame)
    assert table.columns == ["x y", "x\u00a0y"]
    assert table.column("x y").tolist() == ["a"]
    assert table.column("x\u00a0y").tolist() == ["b"]
    with pytest.raises(ColumnError, match="x\u2003y"):
        table.column("x\u2003y")
