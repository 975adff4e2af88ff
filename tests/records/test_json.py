"""JSON in the shapes that programs write: orientations of pandas, and exports of help desks."""

import json

import pandas as pd
import pytest

from coterie.errors import CoterieWarning, InputError, OptionError
from coterie.records import read_records, read_table

FRAME = pd.DataFrame(
    {"id": [1, 2, 3], "text": ["hello", "there", "again"], "score": [0.5, None, 2.0]}
)


def put(folder, document, name="a.json"):
    file = folder / name
    file.write_text(document if isinstance(document, str) else json.dumps(document))
    return file


def told(file, match=None, **options):
    with pytest.warns(CoterieWarning, match=match):
        return read_table(file, **options)


def cells(table):
    frame = table.frame.astype(object)
    return frame.where(frame.notna(), None).to_dict("list")


SAME = {"id": [1, 2, 3], "text": ["hello", "there", "again"], "score": [0.5, None, 2.0]}


@pytest.mark.parametrize("orient", ["columns", "index", "split", "records", "table"])
def test_orientations_of_pandas_are_the_same_table(orient, tmp_path):
    table = read_table(put(tmp_path, FRAME.to_json(orient=orient)))
    assert cells(table) == SAME
    assert table.rows.tolist() == [1, 2, 3]


def test_json_lines_of_pandas(tmp_path):
    text = FRAME.to_json(orient="records", lines=True)
    assert cells(read_table(put(tmp_path, text, "a.jsonl"))) == SAME


def test_values_have_no_names(tmp_path):
    table = told(put(tmp_path, FRAME.to_json(orient="values")), "'column 1' to 'column 3'")
    assert table.columns == ["column 1", "column 2", "column 3"]
    assert table.frame["column 2"].tolist() == SAME["text"]
    alike = [["M1", "where is it"], ["M2", "it broke"]]
    assert len(told(put(tmp_path, alike), "column 1")) == 2


@pytest.mark.parametrize(
    "document",
    [
        [["id", "text"], [1, "a"], [2, "b"]],
        {"range": "A1:B3", "values": [["id", "text"], [1, "a"], [2, "b"]]},
        {"columns": [{"name": "id"}, {"name": "text"}], "rows": [[1, "a"], [2, "b"]]},
        {"fields": ["id", "text"], "values": [[1, "a"], [2, "b"]]},
    ],
    ids=["header", "sheets", "described", "fields"],
)  # fmt: skip
def test_arrays_with_their_names(document, tmp_path):
    assert cells(read_table(put(tmp_path, document))) == {"id": [1, 2], "text": ["a", "b"]}


def test_labels_of_an_index_are_kept(tmp_path):
    named = FRAME.set_index(pd.Index(["x", "y", "z"]))
    for orient in ("columns", "index"):
        table = told(put(tmp_path, named.to_json(orient=orient)), "3 keys.*'x'.*'index'")
        assert cells(table) == {"index": ["x", "y", "z"], **SAME}
    assert cells(read_table(put(tmp_path, named.to_json(orient="split"))))["index"] == [*"xyz"]
    filtered = FRAME[FRAME["id"] > 1]
    for orient in ("columns", "index"):
        table = read_table(put(tmp_path, filtered.to_json(orient=orient)))
        assert cells(table)["index"] == ["1", "2"]
        assert cells(table)["text"] == ["there", "again"]


def test_rows_under_keys_of_their_own(tmp_path):
    rows = {"-Ma": {"text": "a", "who": "p"}, "-Mb": {"text": "b"}, "-Mc": {"text": "c"}}
    table = told(put(tmp_path, rows), "'index'")
    assert cells(table) == {
        "index": ["-Ma", "-Mb", "-Mc"], "text": ["a", "b", "c"], "who": ["p", None, None],
    }  # fmt: skip


TICKETS = [
    {
        "id": 1,
        "subject": "Lamp",
        "satisfaction_rating": {"score": "good", "by": {"name": "Ann"}},
        "tags": ["a", "b"],
        "custom_fields": [{"id": 360, "value": "billing"}, {"id": 361, "value": None}],
        "comments": [
            {"author": {"name": "Ann"}, "body": "It broke.", "id": 7},
            {"author": "Bo", "body": " We send another. "},
            {"author_id": 3, "body": ""},
        ],
    },
    {"id": 2, "subject": "Rug", "satisfaction_rating": None, "tags": [], "comments": []},
]
USERS = [{"id": 5, "name": "Ann"}]


def test_a_nested_export_is_chosen_and_made_flat(tmp_path):
    file = put(tmp_path, {"tickets": TICKETS, "users": USERS, "count": 2})
    with pytest.raises(InputError, match=r"'tickets' \(2\), 'users' \(1\).*--records tickets"):
        read_table(file)
    table = told(file, "'comments'.*'body'", records="tickets")
    assert cells(table) == {
        "id": [1, 2],
        "subject": ["Lamp", "Rug"],
        "satisfaction_rating.score": ["good", None],
        "satisfaction_rating.by.name": ["Ann", None],
        "tags": [["a", "b"], []],
        "custom_fields.360": ["billing", None],
        "custom_fields.361": [None, None],
        "comments": ["Ann: It broke.\nBo: We send another.", None],
    }
    assert cells(read_table(file, records="users")) == {"id": [5], "name": ["Ann"]}
    with pytest.warns(CoterieWarning, match="comments"):
        records = read_records(
            file, records="tickets", text="comments", labels=["satisfaction_rating.score"]
        )
    assert records.labels["satisfaction_rating.score"].tolist() == ["good"]


def test_paths_lead_to_arrays(tmp_path):
    deep = put(tmp_path, {"result": {"v1.0": {"users": USERS}, "tickets": FRAME.to_dict("list")}})
    assert cells(read_table(deep, records="result.v1.0.users"))["name"] == ["Ann"]
    assert len(read_table(deep, records="result.tickets")) == 3
    only = put(tmp_path, {"took": 3, "data": {"page": 1, "nodes": USERS}})
    assert cells(read_table(only))["name"] == ["Ann"]
    with pytest.raises(OptionError, match=r"'data\.node'.*'data\.nodes'"):
        read_table(only, records="data.node")


def test_records_fit_json_documents_alone(tmp_path):
    for name, text in (("a.csv", "text\na\n"), ("a.jsonl", "{}\n{}\n"), ("a.json", "[{}]")):
        with pytest.raises(OptionError, match="records"):
            read_table(put(tmp_path, text, name), records="tickets")


def test_messages_of_a_chat_are_one_text(tmp_path):
    chat = {"messages": [{"role": "user", "content": "Hi"}, {"role": "bot", "content": "Hello"}]}
    lines = "\n".join(json.dumps({**chat, "id": at}) for at in range(2))
    table = told(put(tmp_path, lines, "a.jsonl"), "messages")
    assert table.frame["messages"].tolist() == ["user: Hi\nbot: Hello"] * 2


def test_objects_with_very_many_keys_stay_one_cell(tmp_path):
    rows = [{"text": "a", "seen": {f"k{at}": 1}} for at in range(300)]
    for at, row in enumerate(rows):
        row["seen"] = {f"k{at}": 1}
    assert read_table(put(tmp_path, rows)).columns == ["text", "seen"]
    deep: dict = {"end": 1}
    for _ in range(50):
        deep = {"in": deep}
    table = read_table(put(tmp_path, [{"text": "a", "deep": deep}]))
    assert len(table.columns) == 2
    assert isinstance(table.frame.iloc[0, 1], dict)


def test_one_object_is_still_one_row(tmp_path):
    one = {"id": 1, "text": "a", "rating": {"score": 5}}
    assert cells(read_table(put(tmp_path, one))) == {"id": [1], "text": ["a"], "rating.score": [5]}


def test_a_description_beside_tables_is_still_left_out(tmp_path):
    put(tmp_path, {"train": {"rows": 1}, "test": {"rows": 2}}, "about.json")
    put(tmp_path, "id,text\n1,a\n", "rows.csv")
    assert read_table(tmp_path).columns == ["id", "text"]
