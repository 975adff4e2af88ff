"""From a table to records."""

import numpy as np
import pandas as pd
import pytest

from coterie.errors import ColumnError, CoterieWarning, NoRowsError, OptionError
from coterie.records import infer_types, read_records, read_table


def frame(**columns):
    return pd.DataFrame(columns)


def reasons(records):
    return dict(zip(records.rejects["row"], records.rejects["reason"], strict=True))


# Fault 17


def test_fault_17_empty_blank_and_null_texts_are_set_aside():
    texts = ["hello", "", "  \t\n", None, float("nan"), "\u200b\ufeff", "there", " " * 5000]
    records = read_records(frame(id=list("abcdefgh"), text=texts), text="text", id="id")
    assert records.ids.tolist() == ["a", "g"]
    assert records.rows.tolist() == [1, 7]
    assert reasons(records) == {
        2: "blank text",
        3: "blank text",
        4: "no text",
        5: "no text",
        6: "blank text",
        8: "blank text",
    }
    assert records.rejects["id"].tolist() == ["b", "c", "d", "e", "f", "h"]
    assert records.rows_in == 8


def test_fault_17_words_for_nothing_are_kept_and_told():
    empty = ["null", "N/A", "nan", "None", "-", " - ", "<null>", "...", "#N/A"]
    texts = [*empty, "none of my cards works", "👍", "42", "nano", "No", "?\u00e9"]
    with pytest.warns(CoterieWarning, match="9 texts such as '-', 'null', 'N/A'"):
        records = read_records(frame(text=texts), text="text")
    assert len(records) == len(texts)
    assert len(records.notes) == 1
    assert "9 texts such as '-', 'null', 'N/A'" in records.notes[0]
    with pytest.warns(CoterieWarning, match="1 text such as '-'"):
        read_records(frame(text=["hello", "-"]), text="text")
    assert read_records(frame(text=["hello", "none taken"]), text="text").notes == ()


def test_fault_17_nothing_left_says_why():
    with pytest.raises(NoRowsError, match=r"2 rows.*no text"):
        read_records(frame(text=[None, None]), text="text")
    with pytest.raises(NoRowsError, match="no rows"):
        read_records(frame(text=[]), text="text")


# Fault 18


def test_fault_18_a_text_of_ten_megabytes_is_set_aside(tmp_path):
    file = tmp_path / "a.csv"
    with file.open("w") as out:
        out.write('id,text\n1,short\n2,"' + "word " * 2_000_000 + '"\n3,short\n')
    records = read_records(file, text="text", id="id")
    assert records.ids.tolist() == ["1", "3"]
    assert reasons(records) == {2: "text of 10,000,000 characters, 1,000,000 are allowed"}
    longer = read_records(file, text="text", id="id", max_text_chars=10_000_000)
    assert len(longer) == 3


def test_fault_18_a_group_that_becomes_too_long_is_set_aside_with_all_its_rows():
    table = frame(who=["a", "a", "b", "a"], text=["x" * 40, "y" * 40, "z", "w" * 40])
    records = read_records(table, text="text", group="who", max_text_chars=100)
    assert records.ids.tolist() == ["b"]
    assert list(reasons(records)) == [1, 2, 4]
    assert "texts of a joined are 122 characters, 100 are allowed" in reasons(records)[1]
    assert records.rows_in == 4


def test_fault_18_a_million_rows(tmp_path):
    n = 1_000_000
    table = pd.DataFrame({"text": np.array(["refund please", "where is it"], dtype=object)})
    table = table.iloc[np.arange(n) % 2]
    records = read_records(table, text="text")
    assert len(records) == n
    assert records.ids[-1] == str(n)


# Fault 16


def test_fault_16_duplicate_ids_keep_the_first_row_and_report_the_others():
    table = frame(
        id=["a", "b", "a", "b", "a", None],
        text=["one", "two", "one", "two", "other", "six"],
        label=["x", "y", "x", "z", "x", "x"],
    )
    with pytest.warns(CoterieWarning, match="2 rows with an id of 'id'"):
        records = read_records(table, text="text", id="id", labels=["label"])
    assert records.ids.tolist() == ["a", "b"]
    assert reasons(records) == {
        3: "same as row 1",
        4: "id seen in row 2 with another 'label': y, here z",
        5: "id seen in row 1 with another text",
        6: "no value in the id column 'id'",
    }
    assert records.rows_in == 6


def test_fault_16_a_blank_first_row_leaves_its_id_to_the_next():
    records = read_records(frame(id=["a", "a"], text=["", "one"]), text="text", id="id")
    assert records.rows.tolist() == [2]


def test_fault_16_groups_with_conflicting_labels_take_the_majority_or_none():
    table = frame(
        who=["a", "a", "a", "b", "b", "c"],
        text=list("123456"),
        label=["x", "y", "x", "x", "y", None],
    )
    with pytest.warns(CoterieWarning, match=r"2 groups, a the first"):
        records = read_records(table, text="text", group="who", labels=["label"])
    assert records.labels["label"].tolist() == ["x", None, None]


# Fault 21


def test_fault_21_a_missing_column_names_the_nearest():
    table = frame(Instruction=["a"], intent=["b"])
    with pytest.raises(ColumnError, match=r"'instruction'.*'Instruction'"):
        read_records(table, text="instruction")
    with pytest.raises(ColumnError, match=r"'zzz'.*'Instruction', 'intent'"):
        read_records(table, text="zzz")
    for role in ({"labels": ["x"]}, {"context": ["x"]}, {"id": "x"}, {"group": "x"}, {"time": "x"}):
        with pytest.raises(ColumnError, match="'x'"):
            read_records(table, text="intent", **role)
    with pytest.raises(ColumnError, match="'nope'"):
        read_records(table, text="{intent}: {nope}")


def test_fault_21_a_doubled_column_is_refused_only_when_asked_for(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("text,note,text,,note (2)\na,b,c,d,e\n")
    table = read_table(file)
    assert table.columns == ["text", "note", "text (2)", "column 4", "note (2)"]
    assert table.doubled == ("text",)
    with pytest.raises(ColumnError, match=r"'text' .* a\.csv"):
        read_records(file, text="text")
    assert read_records(file, text="text (2)").texts.tolist() == ["c"]
    assert read_records(file, text="note", context=["*"]).context.columns.tolist() == [
        "text (2)",
        "column 4",
        "note (2)",
    ]


def test_fault_21_a_column_of_a_file_beside_suggests_the_join(tmp_path):
    (tmp_path / "visits.csv").write_text("badge,session\nb1,s1\nb1,s2\n")
    (tmp_path / "sessions.csv").write_text("session;title\ns1;Opening\ns2;Closing\n")
    with pytest.raises(ColumnError, match=r"--join sessions\.csv"):
        read_records(tmp_path / "visits.csv", text="title")
    records = read_records(
        tmp_path / "visits.csv", text="title", group="badge", join=["sessions.csv"]
    )
    assert records.texts.tolist() == ["Opening\nClosing"]


def test_fault_21_the_files_beside_a_missing_column_cause_no_warning(tmp_path):
    (tmp_path / "visits.csv").write_text("badge,session\nb1,s1\n")
    (tmp_path / "other.csv").write_bytes("café,name\n1,René\n".encode("cp1252"))
    with pytest.raises(ColumnError, match="'title'"):  # a warning would be an error
        read_records(tmp_path / "visits.csv", text="title")


# Templates


@pytest.mark.parametrize(
    ("template", "a", "b", "expected"),
    [
        ("{a}. {b}", "One", "Two", "One. Two"),
        ("{a}. {b}", "One", None, "One"),
        ("{a}. {b}", None, "Two", "Two"),
        ("{a}. {b}.", "One", None, "One"),
        ("{a}. {b}.", None, "Two", "Two."),
        ("{a}. {b}", "Really?", "Two", "Really? Two"),
        ("{a}. {b}", "One.", "  Two ", "One. Two"),
        ("{a} ({b})", "One", "Two", "One (Two)"),
        ("{a} ({b})", "One", " ", "One"),
        ("{a} ({b})", None, "Two", "(Two)"),
        ("Title: {a}. Body: {b}", "One", "Two", "Title: One. Body: Two"),
        ("Title: {a}. Body: {b}", None, "Two", "Body: Two"),
        ("Title: {a}. Body: {b}", "One", None, "Title: One"),
        ("{a} - {b} - {a}", "One", None, "One - One"),
        ("{a}\n{b}", "One", "Two", "One\nTwo"),
    ],
)
def test_template_leaves_no_stray_punctuation(template, a, b, expected):
    table = pd.DataFrame({"a": [a, "x"], "b": [b, "y"]}, dtype=object)
    assert read_records(table, text=template).texts[0] == expected


def test_template_without_any_part_is_set_aside_and_braces_in_a_name_are_a_name():
    table = pd.DataFrame({"a": [None, "x"], "{a}": ["n", "m"]}, dtype=object)
    assert read_records(table, text="{a}").texts.tolist() == ["n", "m"]
    assert reasons(read_records(table, text="Title: {a}.")) == {1: "no text"}


# Roll-up


def test_conversations_are_joined_in_order_with_their_speakers():
    table = frame(
        call=["x", "y", "x", "x", "y"],
        turn=["10", "1", "2", "", "2"],
        role=["agent", "agent", "customer", None, "customer"],
        text=["bye", "hello", "help", "late", ""],
    )
    records = read_records(table, text="text", group="call", order="turn", speaker="role")
    assert records.ids.tolist() == ["x", "y"]
    assert records.texts.tolist() == ["customer: help\nagent: bye\nlate", "agent: hello"]
    assert records.sizes.tolist() == [3, 1]
    assert records.rows.tolist() == [1, 2]
    assert reasons(records) == {5: "blank text"}


def test_first_counts_steps_of_the_order():
    table = frame(who=["a"] * 5, step=[0, 0, 1, 1, 2], text=list("vwxyz"))
    by_step = read_records(table, text="text", group="who", order="step", first=2)
    assert by_step.texts.tolist() == ["v\nw\nx\ny"]
    assert by_step.sizes.tolist() == [5]
    by_row = read_records(table, text="text", group="who", first=2)
    assert by_row.texts.tolist() == ["v\nw"]


def test_order_by_dates_and_by_words():
    dates = frame(who=["a"] * 3, at=["2025-10-01", "2024-02-01", "2025-09-30T12:00"], text="xyz")
    dates["text"] = list("xyz")
    assert read_records(dates, text="text", group="who", order="at").texts.tolist() == ["y\nz\nx"]
    words = frame(who=["a"] * 3, at=["second", "first", "third"], text=list("xyz"))
    with pytest.warns(CoterieWarning, match="'at'"):
        records = read_records(words, text="text", group="who", order="at")
    assert records.texts.tolist() == ["y\nx\nz"]


def test_a_text_that_all_rows_of_a_group_repeat_is_kept_once():
    table = frame(who=["a", "a", "b", "b"], text=["same", "same", "one", "two"])
    assert read_records(table, text="text", group="who").texts.tolist() == ["same", "one\ntwo"]


def test_rows_without_group_are_set_aside_and_options_of_groups_need_one():
    records = read_records(frame(who=["a", None, " "], text=list("xyz")), text="text", group="who")
    assert reasons(records) == dict.fromkeys((2, 3), "no value in the group column 'who'")
    for option in ({"order": "n"}, {"speaker": "n"}, {"first": 3}):
        with pytest.raises(OptionError, match="group"):
            read_records(frame(n=[1], text=["a"]), text="text", **option)
    with pytest.raises(OptionError, match="'first' is 0"):
        read_records(frame(n=[1], text=["a"]), text="text", group="n", first=0)
    assert list(read_records(frame(n=[1], text=["a"]), text="text", labels="n").labels) == ["n"]


def test_group_and_id_together_drop_doubled_rows_before_the_roll_up():
    table = frame(who=["a", "a", "a"], turn=["1", "2", "2"], text=["x", "y", "y"])
    records = read_records(table, text="text", group="who", id="turn")
    assert records.texts.tolist() == ["x\ny"]
    assert reasons(records) == {3: "same as row 2"}


# Columns


def test_labels_keep_their_type_and_text_is_stripped():
    table = frame(text=list("abc"), label=[1, None, 3], name=[" x ", "NA", ""], yes=[True] * 3)
    with pytest.warns(CoterieWarning, match="'NA'"):
        records = read_records(table, text="text", labels=["label", "name", "yes"])
    assert records.labels["label"].tolist() == [1, None, 3]
    assert records.labels["name"].tolist() == ["x", "NA", None]
    assert records.labels["yes"].tolist() == [True, True, True]


def test_context_columns_of_numbers_become_numbers_and_codes_stay_text(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("text,n,x,zip,who,empty\na,1,0.5,01234,bob,\n,2,1,99999,al,\nb,3,,10115,cy,\n")
    context = read_records(file, text="text", context=["*"]).context
    assert context["n"].tolist() == [1, 3]
    assert context["n"].dtype == np.int64
    assert context["x"].dtype == np.float64
    assert context["zip"].tolist() == ["01234", "10115"]
    assert context["who"].tolist() == ["bob", "cy"]
    assert context.index.tolist() == [0, 1]


def test_infer_types_leaves_words_truth_values_and_codes():
    given = pd.DataFrame(
        {
            "a": ["1", "x"],
            "b": [True, False],
            "c": ["nan", "inf"],
            "d": ["0x1", "2"],
            "e": [" 3", "-4.5"],
        },
        dtype=object,
    )
    inferred = infer_types(given)
    assert inferred["e"].tolist() == [3.0, -4.5]
    assert inferred[["a", "b", "c", "d"]].equals(given[["a", "b", "c", "d"]])
    assert given["e"].tolist() == [" 3", "-4.5"]


def test_times_in_several_spellings():
    times = ["2025-03-01", "2025-03-01T10:00:00+02:00", "", None]
    records = read_records(frame(text=list("abcd"), at=times), text="text", time="at")
    assert records.time is not None
    assert records.time.dtype == "datetime64[ns]"
    assert records.time[:2].astype(str).tolist() == [
        "2025-03-01T00:00:00.000000000",
        "2025-03-01T08:00:00.000000000",
    ]
    assert np.isnat(records.time[2:]).all()
    for scale in (1, 1000, 10**6, 10**9):
        seconds = read_records(
            frame(text=["a"], at=[1_740_787_200 * scale]), text="text", time="at"
        )
        assert str(seconds.time[0])[:10] == "2025-03-01"
    with pytest.warns(CoterieWarning, match="1 value of 'at'"):
        read_records(frame(text=["a", "b"], at=["2025-03-01", "soon"]), text="text", time="at")


def test_data_frame_with_any_index_is_not_changed():
    table = pd.DataFrame({"text": ["a", "b"], 5: [1, 2]}, index=["p", "q"])
    before = table.copy()
    records = read_records(table, text="text", context=["5"])
    assert records.ids.tolist() == ["1", "2"]
    assert records.context["5"].tolist() == [1, 2]
    assert table.equals(before)


def test_ids_and_groups_that_differ_by_a_null_character_stay_apart():
    rows = frame(id=["a", "a\0", "b", "b"], text=["one", "two", "three", "four"])
    with pytest.warns(CoterieWarning):
        records = read_records(rows, text="text", id="id")
    assert list(records.ids) == ["a", "a\0", "b"]
    assert list(records.rejects["reason"]) == ["id seen in row 3 with another text"]
    assert list(read_records(rows, text="text", group="id").ids) == ["a", "a\0", "b"]
