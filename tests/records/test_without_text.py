"""Tables that have columns and labels, and no text."""

import warnings

import numpy as np
import pandas as pd
import pytest

from coterie.errors import CoterieWarning, InputError, NoRowsError, OptionError
from coterie.profile import profile_records
from coterie.records import read_records
from coterie.workflows.assignment import assign
from coterie.workflows.dataset import Dataset
from coterie.workflows.discovery.discover import discover


def leads(**columns):
    given = {
        "ProspectID": ["a1", "b2", "c3", "d4"],
        "Source": ["bing", "chat", "bing", "bing"],
        "Visits": [1, 2, 3, 4],
        "Converted": [0, 1, None, 1],
    }
    return pd.DataFrame({**given, **columns})


def reasons(records):
    return dict(zip(records.rejects["row"], records.rejects["reason"], strict=True))


def test_every_row_is_kept_with_labels_and_context():
    records = read_records(leads(), id="ProspectID", labels=["Converted"])
    assert records.ids.tolist() == ["a1", "b2", "c3", "d4"]
    assert records.texts.tolist() == [""] * 4
    assert not records.has_texts
    assert records.labels["Converted"].tolist() == [0, 1, None, 1]
    assert records.context.columns.tolist() == ["Source", "Visits"]
    assert records.context["Visits"].dtype == np.int64
    assert (records.rows_in, len(records.rejects)) == (4, 0)


def test_records_know_where_their_ids_are_from():
    table = leads(text=list("wxyz"), who=["p", "p", "q", "q"])
    assert read_records(table, text="text", id="ProspectID").id_column == "ProspectID"
    assert read_records(table, text="text", id="ProspectID", group="who").id_column == "who"
    records = read_records(table, text="text")
    assert records.id_column is None
    assert records.has_texts


@pytest.mark.parametrize(
    ("name", "values", "kept"),
    [
        ("id", [4, 3, 3, 1], False),
        ("client_id", ["x", "x", "y", "y"], False),
        ("Lead ID", ["x", "x", "y", "y"], False),
        ("leadId", ["x", "x", "y", "y"], False),
        ("uuid", ["x", "x", "y", "y"], False),
        ("name", ["Ann", "Bob", "Cy", "Di"], False),
        ("name", ["Ann", "Bob", "Cy", None], False),
        ("code", ["007", "008", "009", "010"], False),
        ("name", ["Ann", None, None, None], True),
        ("name", ["Ann", "Bob", "Cy", "Ann"], True),
        ("worth", ["1.5", "2", "3", "4"], True),
        ("paid", ["x", "x", "y", "y"], True),
        ("Android", ["x", "x", "y", "y"], True),
    ],
)
def test_what_looks_like_an_id_is_left_out_and_named(name, values, kept):
    table = pd.DataFrame({name: values, "n": [1, 1, 2, 2]}, dtype=object)
    if kept:
        assert read_records(table).context.columns.tolist() == [name, "n"]
        return
    with pytest.warns(CoterieWarning, match=f"'{name}'.*--context"):
        records = read_records(table)
    assert records.context.columns.tolist() == ["n"]


def test_many_ids_are_counted():
    table = pd.DataFrame({f"{name}_id": ["x", "y"] for name in "abcde"})
    with pytest.warns(CoterieWarning, match="'a_id', 'b_id', 'c_id' and 2 others"):
        read_records(table)


def test_context_that_is_named_is_taken_as_it_is():
    table = leads()
    everything = ["ProspectID", "Source", "Visits", "Converted"]
    assert read_records(table, context=["*"]).context.columns.tolist() == everything
    assert read_records(table, context=["ProspectID"]).context.columns.tolist() == ["ProspectID"]
    assert read_records(table, context=()).context.columns.tolist() == []
    assert len(read_records(table, context=()).context) == 4
    with_text = read_records(table.assign(text="hello"), text="text")
    assert with_text.context.columns.tolist() == []


def test_blank_texts_are_set_aside_where_a_text_is_named():
    table = leads(note=["hello", "", None, " "])
    assert reasons(read_records(table, text="note")) == {
        2: "blank text",
        3: "no text",
        4: "blank text",
    }
    assert len(read_records(table, id="ProspectID")) == 4


def test_ids_that_were_there_before_are_set_aside_and_say_what_differs():
    table = leads(ProspectID=["a", "a", None, "a"], Visits=[1, 1, 3, 5], Source="bing")
    table["Converted"] = 0
    with pytest.warns(CoterieWarning, match=r"1 row with an id of 'ProspectID'.*value"):
        records = read_records(table, id="ProspectID", labels=["Converted"])
    assert records.ids.tolist() == ["a"]
    assert reasons(records) == {
        2: "same as row 1",
        3: "no value in the id column 'ProspectID'",
        4: "id seen in row 1 with another 'Visits': 1, here 5",
    }


def test_rows_of_one_person_are_rolled_up():
    table = leads(who=["p", "q", "p", "p"])
    with pytest.warns(CoterieWarning):
        records = read_records(table, group="who", order="Visits", labels=["Converted"])
    assert records.ids.tolist() == ["p", "q"]
    assert records.sizes.tolist() == [3, 1]
    assert records.texts.tolist() == ["", ""]
    assert records.context["Source"].tolist() == ["bing", "chat"]
    assert records.labels["Converted"].tolist() == [None, 1]


def test_what_cannot_be_read_without_text_is_one_sentence():
    for option in ({"speaker": "Source"}, {"first": 2}):
        with pytest.raises(OptionError, match="text"):
            read_records(leads(), group="ProspectID", **option)
    with pytest.raises(NoRowsError, match=r"'ProspectID'\): correct them\.$"):
        read_records(leads(ProspectID=None), id="ProspectID")
    with pytest.raises(OptionError, match="text"):
        read_records(leads(), text="")


def test_what_needs_texts_says_so_before_it_begins(tmp_path):
    records = read_records(leads(), id="ProspectID", labels=["Source"])
    needing = {
        "Exploring": lambda: profile_records(records),
        "Discovering": lambda: discover(records),
        "Assigning": lambda: assign(Dataset(records), "attendees"),
    }
    for doing, call in needing.items():
        said = f"{doing} needs texts, and the data frame was read without: name .* with --text"
        with pytest.raises(InputError, match=said):
            call()
    assert not (tmp_path / "out").exists()


def test_tuning_needs_texts(tmp_path):
    from coterie.workflows.tuning.tune import tune_encoder

    records = read_records(leads(), id="ProspectID", labels=["Source"])
    with pytest.raises(InputError, match=r"Tuning.*--text"):
        tune_encoder(records)


@pytest.mark.data
def test_leads_as_they_are(data):
    path = data("leads", "Leads.csv")
    with pytest.warns(CoterieWarning, match="'ProspectID'"):
        records = read_records(path, labels=["Converted"])
    assert len(records) == records.rows_in == 9_240
    assert records.context.columns.tolist() == [
        "LeadOrigin",
        "LeadSource",
        "TotalVisits",
        "TotalTime",
        "PageViews",
        "Specialization",
        "Occupation",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        named = read_records(path, labels=["Converted"], id="ProspectID")
    assert named.context.equals(records.context)
