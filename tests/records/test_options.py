"""How a table is read, declared once."""

import inspect
import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from coterie.errors import ColumnError, OptionError
from coterie.options import ReadOptions
from coterie.records import CONCEPTS, read_records, read_source, read_table

CLIENTS = pd.DataFrame(
    {
        "client_id": ["c1", "c2", "c3"],
        "said": ["bye", "", "bye"],
        "city": ["Bern", "Basel", "Bern"],
        "noted": ["price; demo", None, "demo"],
        "bought": ["yes", "no", "no"],
    },
    index=["x", "y", "z"],
)
NOTES = pd.DataFrame({"client_id": ["c1", "c3", "c1"], "concept": ["price", "demo", "demo"]})


def test_defaults_are_those_of_read_records():
    declared = {name: option.default for name, option in ReadOptions.model_fields.items()}
    asked = inspect.signature(read_records).parameters
    known = {name: each.default for name, each in asked.items() if name != "source"}
    of_concepts = {name for name in declared if name.startswith("concept")}
    assert known == {name: declared[name] for name in declared if name not in of_concepts}
    assert all(declared[name] is None for name in of_concepts)


def test_each_option_says_what_it_means_and_has_a_json_schema():
    properties = ReadOptions.model_json_schema()["properties"]
    assert list(properties) == list(ReadOptions.model_fields)
    assert all(option["description"] for option in properties.values())
    assert properties["join"]["items"] == {"type": "string"}
    json.dumps(properties)


def test_options_are_frozen_and_names_become_tuples():
    options = ReadOptions(labels=["a", "b"], context=pd.Index(["c"]), text="t")
    assert (options.labels, options.context) == (("a", "b"), ("c",))
    assert ReadOptions(labels="a").labels == ("a",)
    assert list(options.given()) == ["text", "context", "labels"]
    assert list(options.changed(labels=()).given()) == ["text", "context"]
    with pytest.raises(ValueError, match="frozen"):
        options.text = "u"


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"txt": "a"}, "'txt'"),
        ({"text": 3}, "'text'"),
        ({"text": "a", "group": "g", "first": 0}, "'first' is 0"),
        ({"max_text_chars": 0}, "'max_text_chars' is 0"),
        ({"order": "a"}, "'order'"),
        ({"group": "g", "speaker": "a"}, "'speaker'"),
        ({"labels": 3}, "'labels'"),
        ({"labels": [3]}, r"'labels\.0'"),
    ],
)
def test_what_is_not_allowed_is_refused_in_one_sentence(given, match):
    with pytest.raises(OptionError, match=match) as caught:
        ReadOptions(**given)
    assert "\n" not in str(caught.value)


def test_a_refused_value_is_not_told():
    with pytest.raises(OptionError) as caught:
        ReadOptions(query=["postgresql://ann:secret@host"])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("source", [CLIENTS, pl.DataFrame(CLIENTS), read_table(CLIENTS)])
def test_a_source_is_read_as_read_records_reads_it(source):
    options = ReadOptions(text="said", id="client_id", labels=["bought"], context=["city"])
    records, table, used = read_source(source, options)
    same = read_records(source, text="said", id="client_id", labels=["bought"], context=["city"])
    assert used == options
    assert len(table) == 3
    assert records.ids.tolist() == same.ids.tolist() == ["c1", "c3"]
    assert records.labels["bought"].tolist() == ["yes", "no"]
    assert records.context.equals(same.context)


def test_records_are_given_back_as_they_are():
    records = read_records(CLIENTS, text="said")
    assert read_source(records) == (records, None, ReadOptions())
    assert read_source(records).records is records
    with pytest.raises(OptionError, match="'text'"):
        read_source(records, ReadOptions(text="said"))


def test_files_are_read_as_asked(tmp_path):
    path = tmp_path / "t.txt"
    path.write_bytes("who~text\na~caf\u00e9\n".encode("cp1252"))
    (tmp_path / "people.csv").write_text("who,age\na,30\n")
    options = ReadOptions(
        text="text", delimiter="~", encoding="cp1252", join=["people.csv"], context="age"
    )
    records = read_source(path, options).records
    assert records.texts.tolist() == ["caf\u00e9"]
    assert records.context["age"].tolist() == [30]


@pytest.mark.filterwarnings("ignore:1 of 3 records")
def test_concepts_of_a_table_are_put_beside(tmp_path):
    for notes in (NOTES, pl.DataFrame(NOTES)):
        options = ReadOptions(id="client_id", context=[CONCEPTS, "city"], concepts=notes)
        records, _, used = read_source(CLIENTS, options)
        assert list(records.context) == ["city", CONCEPTS]
        assert records.context[CONCEPTS].tolist() == [("price", "demo"), (), ("demo",)]
        assert (used.concept, used.concept_id) == ("concept", "client_id")
        assert used.kept() == {
            "text": None,
            "id": "client_id",
            "concept": "concept",
            "concept_id": "client_id",
        }
    CLIENTS.to_csv(tmp_path / "clients.csv", index=False)
    NOTES.to_csv(tmp_path / "notes.csv", index=False)
    options = ReadOptions(id="client_id", context=(), concepts="notes.csv")
    records = read_source(tmp_path / "clients.csv", options).records
    assert records.context[CONCEPTS].tolist() == [("price", "demo"), (), ("demo",)]


@pytest.mark.parametrize(
    ("options", "columns"),
    [
        ({"context": ["city"]}, ["city", CONCEPTS]),
        ({"context": ["*"]}, ["said", "city", "bought", CONCEPTS]),
        ({"context": ["city", CONCEPTS, "noted"]}, ["city", CONCEPTS]),
        ({}, ["said", "city", "bought", CONCEPTS]),
        ({"text": "said"}, [CONCEPTS]),
    ],
)
def test_concepts_of_a_column_are_split(options, columns):
    records, _, used = read_source(CLIENTS, ReadOptions(id="client_id", concept="noted", **options))
    assert list(records.context) == columns
    split = [("price", "demo"), (), ("demo",)]
    kept = np.isin(["c1", "c2", "c3"], records.ids.astype(str))
    assert records.context[CONCEPTS].tolist() == [c for c, k in zip(split, kept, strict=True) if k]
    assert used.kept()["concept_separator"] == ";"


@pytest.mark.parametrize(
    "options",
    [
        {"concept_id": "client_id"},
        {"concept_separator": ";"},
        {"concept": "noted", "concept_id": "client_id"},
        {"concept": "noted", "group": "client_id"},
    ],
)
def test_concepts_need_a_table_or_a_column_of_one_row(options):
    with pytest.raises(OptionError, match="concepts"):
        read_source(CLIENTS, ReadOptions(**options))


def test_what_a_model_keeps_fills_in_what_is_left_open():
    trained = ReadOptions(text="said", id="client_id", group="city", first=2, labels="bought")
    schema = trained.kept()
    assert schema == {"text": "said", "id": "client_id", "group": "city", "first": 2}
    options = ReadOptions(id="bought", time="day").following(schema)
    assert options == ReadOptions(text="said", id="bought", group="city", first=2, time="day")
    assert read_source(CLIENTS, ReadOptions().following(schema)).records.ids.tolist() == ["Bern"]
    with pytest.raises(ColumnError):
        read_source(CLIENTS, ReadOptions(text="other").following(schema))
