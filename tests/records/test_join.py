"""Tables that belong together."""

import pandas as pd
import pytest

from coterie.errors import CoterieWarning, InputError
from coterie.records import read_records, read_table


def folder(path, **files):
    for name, text in files.items():
        (path / f"{name}.csv").write_text(text)
    return path


VISITS = "badge,session\nb1,s1\nb2,s2\nb1,s2\nb3,s9\nb4,\n"
SESSIONS = "session;title;room\ns1;Opening;1\ns2;Closing;2\ns3;Lunch;3\ns2;Closing;2\n"


def test_folder_keeps_the_rows_of_the_table_whose_key_repeats(tmp_path):
    table = read_table(folder(tmp_path, sessions=SESSIONS, visits=VISITS))
    assert table.source == "visits.csv with sessions.csv"
    assert table.frame["title"].tolist() == ["Opening", "Closing", "Closing"]
    assert table.rows.tolist() == [1, 2, 3]
    assert table.rejects["row"].tolist() == [4, 5]
    assert table.rejects["reason"].tolist() == [
        "no 'session' s9 in sessions.csv",
        "no 'session' to join by",
    ]
    assert table.unused == {"sessions.csv": 1}


def test_folder_of_three_tables_in_a_chain(tmp_path):
    rooms = "room,floor\n1,ground\n2,first\n"
    table = read_table(folder(tmp_path, a=VISITS, b=SESSIONS, c=rooms))
    assert table.frame["floor"].tolist() == ["ground", "first", "first"]


def test_folder_of_one_table_and_of_none(tmp_path):
    (tmp_path / "LICENSE.txt").write_text("do as you like")
    with pytest.raises(InputError, match="folder"):
        read_table(tmp_path)
    assert len(read_table(folder(tmp_path, visits=VISITS))) == 5


def test_tables_with_the_same_columns_or_none_in_common_are_refused(tmp_path):
    (tmp_path / "same").mkdir()
    both = "text,label\na,x\nb,x\na,x\na,y\n"
    with pytest.raises(InputError, match="same columns"):
        read_table(folder(tmp_path / "same", test=both, train=both))
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match=r"\(a\.csv, b\.csv\)"):
        read_table(folder(tmp_path / "other", a="x,y\n1,2\n1,3\n", b="x,z\n1,4\n1,5\n"))
    with pytest.raises(InputError, match="no column"):
        read_table(pd.DataFrame({"a": [1]}), join=[pd.DataFrame({"b": [1]})])


def test_a_partner_that_contradicts_itself_is_refused():
    base = pd.DataFrame({"id": ["1", "2"], "text": ["a", "b"]})
    labels = pd.DataFrame({"id": ["1", "1"], "label": ["x", "y"]})
    with pytest.raises(InputError, match=r"'id' \(1 times, '1'"):
        read_table(base, join=[labels])


def test_keys_that_never_meet_are_an_error():
    base = pd.DataFrame({"id": ["1", "2"], "text": ["a", "b"]})
    with pytest.raises(InputError, match="'id'"):
        read_table(base, join=[pd.DataFrame({"id": ["x"], "label": ["y"]})])


def test_keys_compare_as_text_and_two_columns_make_one_key():
    base = pd.DataFrame({"id": [1, 2], "day": ["m", "t"], "text": ["a", "b"]})
    partner = pd.DataFrame({"id": ["2", " 1 ", "1"], "day": ["t", "m", "t"], "label": list("xyz")})
    assert read_table(base, join=[partner]).frame["label"].tolist() == ["y", "x"]


def test_rows_set_aside_in_a_partner_are_told_of(tmp_path):
    sessions = "session,title\ns1,Opening\ns2,Closing,extra\n"
    with pytest.warns(CoterieWarning, match=r"1 row of sessions\.csv, row 2"):
        table = read_table(folder(tmp_path, sessions=sessions, visits=VISITS))
    assert len(table) == 1


def test_joined_records_account_for_every_row_of_the_base(tmp_path):
    records = read_records(
        folder(tmp_path, sessions=SESSIONS, visits=VISITS),
        text="{title} in {room}",
        group="badge",
    )
    assert records.ids.tolist() == ["b1", "b2"]
    assert records.sizes.tolist() == [2, 1]
    assert records.rows_in == 5
    assert len(records.notes) == 1
    assert records.notes[0].startswith("1 key of sessions.csv")


def test_folder_leaves_out_what_describes_the_tables(tmp_path):
    home = folder(tmp_path, sessions=SESSIONS, visits=VISITS)
    joined = read_table(home)
    (home / "notes.json").write_text('{"title": "A show", "left_out": [], "seeds": [1, 2]}')
    assert read_table(home).frame.equals(joined.frame)
    assert "notes" not in read_table(home).source
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "one.json").write_text('{"title": "A show", "text": "hello"}')
    assert read_table(alone).frame["text"].tolist() == ["hello"]


@pytest.mark.parametrize(
    "content",
    [
        '{"kind": "rooms", "rows": [{"room": "a", "floor": 1}, {"room": "b", "floor": 2}]}',
        '{"room": ["a", "b"], "floor": [1, 2]}',
        '{"room": "a", "floor": 1}\n{"room": "b", "floor": 2}\n',
    ],
)
def test_an_object_that_holds_rows_is_a_table_of_the_folder(tmp_path, content):
    (tmp_path / "said.csv").write_text("room,text\n" + "a,hello\n" * 3 + "b,bye\n")
    (tmp_path / "rooms.json").write_text(content)
    table = read_table(tmp_path)
    assert len(table) == 4
    assert {str(floor) for floor in table.frame["floor"]} == {"1", "2"}


@pytest.mark.filterwarnings("ignore:Set aside")  # b1 has two rows
@pytest.mark.parametrize("role", ["id", "group"])
def test_a_row_without_a_partner_is_set_aside_by_its_id(tmp_path, role):
    table = read_table(folder(tmp_path, sessions=SESSIONS, visits=VISITS))
    records = read_records(table, text="title", **{role: "badge"}, context=["room"])
    named = {*records.ids, *records.rejects["id"]}
    assert named == {"b1", "b2", "b3", "b4"}
    assert records.rejects.set_index("row")["id"].loc[[4, 5]].tolist() == ["b3", "b4"]
    assert records.rows_in == 5
