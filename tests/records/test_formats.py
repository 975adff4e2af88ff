"""JSON, JSON Lines, Parquet, Excel, badges and object stores."""

import datetime as dt
import json
import re

import fsspec
import openpyxl
import pandas as pd
import pytest

from coterie.errors import CoterieWarning, InputError, MissingExtraError, OptionError
from coterie.records import read_records, read_table

ROWS = [{"id": 1, "text": "hello"}, {"id": 2, "text": "there", "mood": None}]


@pytest.mark.parametrize(
    "document",
    [
        ROWS,
        {"id": [1, 2], "text": ["hello", "there"], "mood": [None, None]},
        {"version": 3, "tags": ["a", "b"], "messages": ROWS},
    ],
    ids=["array", "columns", "object with one array"],
)
def test_json_of_each_shape(tmp_path, document):
    file = tmp_path / "a.json"
    file.write_text(json.dumps(document))
    frame = read_table(file).frame
    assert frame.columns.tolist() == ["id", "text", "mood"]
    assert frame["id"].tolist() == [1, 2]
    assert frame["text"].tolist() == ["hello", "there"]


def test_json_lines_also_by_the_name_of_json(tmp_path):
    for name in ("a.jsonl", "a.json", "a"):
        file = tmp_path / name
        file.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n")
        assert read_table(file).frame["text"].tolist() == ["hello", "there"]


def test_json_with_several_tables_or_none_says_what_it_wants(tmp_path):
    file = tmp_path / "a.json"
    for document, wants in (({"a": ROWS, "b": ROWS}, "--records a"), (3, "array"), ("t", "array")):
        file.write_text(json.dumps(document))
        with pytest.raises(InputError, match=wants):
            read_table(file)


def test_fault_20_mixed_json_types_are_set_aside_by_number(tmp_path):
    file = tmp_path / "a.json"
    file.write_text('[{"text": "a"}, 3, null, {"text": "b"}, ["c"], "d"]')
    table = read_table(file)
    assert table.rows.tolist() == [1, 4]
    assert table.rejects["row"].tolist() == [2, 3, 5, 6]
    assert table.rejects["reason"].iloc[0] == "not an object but a number"
    lines = tmp_path / "a.jsonl"
    lines.write_text('{"text": "a"}\n{"text": \n[1]\n{"text": "b"}\n')
    table = read_table(lines)
    assert table.rows.tolist() == [1, 4]
    assert table.rejects["reason"].iloc[0].startswith("not JSON: Expecting value")
    assert table.rejects["text"].tolist() == ['{"text":', "[1]"]


def test_fault_20_nested_and_mixed_values_become_text(tmp_path):
    file = tmp_path / "a.json"
    file.write_text('[{"text": ["a", {"b": "é"}]}, {"text": 3}, {"text": true}, {"text": "d"}]')
    assert read_records(file, text="text").texts.tolist() == ['["a", {"b": "é"}]', "3", "True", "d"]


def test_fault_20_cut_json_is_one_clear_error(tmp_path):
    file = tmp_path / "a.json"
    file.write_text(json.dumps(ROWS)[:-5])
    with pytest.raises(InputError, match=r"JSON.* line 1"):
        read_table(file)
    file.write_text("[" * 200_000)
    with pytest.raises(InputError, match="nested"):
        read_table(file)


def test_parquet_keeps_types_and_whole_numbers(tmp_path):
    file = tmp_path / "a.parquet"
    frame = pd.DataFrame({"id": pd.array([1, None], "Int64"), "text": ["NA", None], "x": [0.5, 2]})
    frame.to_parquet(file)
    read = read_table(file).frame
    assert read["id"].iloc[0] == 1
    assert read["id"].isna().tolist() == [False, True]
    assert read_records(file, text="id").texts.tolist() == ["1"]
    assert read["text"].iloc[0] == "NA"
    assert read["text"].isna().tolist() == [False, True]
    assert read["x"].tolist() == [0.5, 2.0]


def test_fault_20_truncated_parquet_is_one_clear_error(tmp_path):
    file = tmp_path / "a.parquet"
    pd.DataFrame({"text": ["a", "b"]}).to_parquet(file)
    whole = file.read_bytes()
    for part in (whole[:-20], whole[:30], b"PAR1" + b"\0" * 100, b""):
        file.write_bytes(part)
        with pytest.raises(InputError, match="Parquet") as caught:
            read_table(file)
        assert re.search(r"file \([^.<>]*[a-z0-9]\): copy", str(caught.value))  # not cut short


def workbook(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_excel_sheets(tmp_path):
    when = dt.datetime(2025, 3, 1)
    rows = [["id", "text", None, "when"], [1, "hello", None, when], [], [2, "b", None, None]]
    file = workbook(tmp_path / "a.xlsx", {"one": rows, "two": [["text"], ["other"]]})
    with pytest.warns(CoterieWarning, match="2 sheets.*'one'"):
        table = read_table(file)
    assert table.columns == ["id", "text", "when"]
    assert table.frame["id"].tolist() == [1, 2]
    assert table.frame["when"].iloc[0] == when
    assert table.rows.tolist() == [1, 3]
    assert read_table(file, sheet="two").frame["text"].tolist() == ["other"]
    with pytest.raises(InputError, match=r"'three' in a\.xlsx.*'one', 'two'"):
        read_table(file, sheet="three")
    broken = tmp_path / "b.xlsx"
    broken.write_bytes(file.read_bytes()[:500])
    with pytest.raises(InputError, match="Excel"):
        read_table(broken)
    with pytest.raises(InputError, match=r"'Sheet' of c\.xlsx"):
        read_table(workbook(tmp_path / "c.xlsx", {"Sheet": []}))


def test_the_first_bytes_count_more_than_the_name(tmp_path):
    file = tmp_path / "a.csv"
    pd.DataFrame({"text": ["a"]}).to_parquet(file)
    assert read_table(file).frame["text"].tolist() == ["a"]
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100)
    with pytest.raises(InputError, match=r"old Excel.*\.xlsx"):
        read_table(file)


def test_options_that_do_not_fit_the_source_are_refused(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("text\na\n")
    with pytest.raises(OptionError, match="query"):
        read_table(file, query="SELECT 1")
    with pytest.raises(OptionError, match="sheet"):
        read_table(file, sheet="one")


def test_object_store_through_fsspec():
    with fsspec.open("memory://shop/messages.csv.gz", "wb", compression="gzip") as file:
        file.write("id;text\n1;hello\n2;thére\n".encode("utf-16"))
    table = read_table("memory://shop/messages.csv.gz")
    assert table.frame["text"].tolist() == ["hello", "thére"]
    assert table.source == "memory://shop/messages.csv.gz"
    with pytest.raises(InputError, match=r"memory://shop/none\.csv"):
        read_table("memory://shop/none.csv")


def test_local_url_through_fsspec(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"")
    pd.DataFrame({"text": ["a"]}).to_parquet(tmp_path / "a.parquet")
    assert read_table(f"file://{tmp_path}/a.parquet").frame["text"].tolist() == ["a"]


def test_secrets_of_a_url_are_in_no_message():
    with pytest.raises((InputError, MissingExtraError)) as caught:
        read_table("ftp://user:hunter2@localhost:1/a.csv?token=hunter3")
    assert "hunter" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


# Badges (A2)

BADGES = [
    {"BadgeId": "B1", "SessionInfo": ["Opening", "Data lakes"], "AggregatedInfo": "Likes data."},
    {"BadgeId": "B2", "SessionInfo": [{"Title": "Expo", "Description": "Stands."}]},
    {"BadgeId": "B1", "SessionInfo": ["Data lakes", "Closing"], "AggregatedInfo": "Stays late."},
    {"BadgeId": "B3", "SessionInfo": [], "AggregatedInfo": "Came for coffee."},
]


def test_badges_unfold_into_sessions_and_roll_up_into_badges(tmp_path):
    file = tmp_path / "badges.json"
    file.write_text(json.dumps(BADGES))
    with pytest.warns(CoterieWarning, match="1 badge without"):
        table = read_table(file)
    assert table.frame["BadgeId"].tolist() == ["B1", "B1", "B2", "B1", "B3"]
    assert table.frame["SessionInfo"].tolist() == [
        "Opening",
        "Data lakes",
        "Expo. Stands.".rstrip("."),
        "Closing",
        "Came for coffee.",  # a person without sessions is a person
    ]
    sessions = read_records(table, text="SessionInfo", context=["BadgeId"])
    assert len(sessions) == 5
    badges = read_records(table, text="SessionInfo", group="BadgeId")
    assert badges.ids.tolist() == ["B1", "B2", "B3"]
    assert badges.texts[0] == "Opening\nData lakes\nClosing"
    summaries = read_records(table, text="AggregatedInfo", group="BadgeId")
    assert summaries.texts.tolist() == ["Likes data.\nStays late.", "Came for coffee."]
    assert summaries.ids.tolist() == ["B1", "B3"]
    assert summaries.rejects["id"].tolist() == ["B2"]
    titled = read_records(table, text="{Title}: {Description}", group="BadgeId")
    assert titled.texts.tolist() == ["Expo: Stands."]
    assert titled.rejects["id"].tolist() == ["B1", "B1", "B1", "B3"]


def test_badges_take_their_labels_from_a_csv_beside_them(tmp_path):
    (tmp_path / "badges.json").write_text(json.dumps(BADGES))
    (tmp_path / "labels.csv").write_text("BadgeId,ClusterId\nB1,2\nB3,0\nB9,1\n")
    with pytest.warns(CoterieWarning, match="1 badge without"):
        records = read_records(tmp_path, text="SessionInfo", group="BadgeId", labels=["ClusterId"])
    assert records.ids.tolist() == ["B1", "B3"]
    assert records.labels["ClusterId"].tolist() == [2, 0]
    assert records.rejects["reason"].tolist() == ["no 'BadgeId' B2 in labels.csv"]
    assert records.rows_in == 5
    assert [note for note in records.notes if note.startswith("1 key of labels.csv")]


def test_session_keys_that_the_badge_has_too_are_prefixed(tmp_path):
    file = tmp_path / "badges.json"
    badge = {"BadgeId": "B1", "Title": "Dr", "SessionInfo": [{"Title": "Expo", "Room": 5}]}
    file.write_text(json.dumps({"data": [badge]}))
    frame = read_table(file).frame
    assert frame["Title"].tolist() == ["Dr"]
    assert frame["SessionInfo.Title"].tolist() == ["Expo"]
    assert frame["SessionInfo"].tolist() == ["Expo"]
