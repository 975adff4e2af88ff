"""What was noted of each client."""

import json
import re
import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.errors import ColumnError, CoterieWarning, NoRowsError
from coterie.records import (
    add_concepts,
    find_separator,
    read_concepts,
    read_records,
    split_concepts,
)

LABELS = pd.DataFrame({"client_id": ["c1", "c2", "c3"], "purchased": [1, 0, 1]})
NOTES = pd.DataFrame(
    {
        "client_id": ["c2", "c1", " c1 ", "c2", "c1"],
        "note": ["n1", "n2", "n2", "n3", "n4"],
        "concept": ["demo", "price", " renewal", "price", "price"],
    }
)


def clients(table=LABELS, **options):
    return read_records(table, **{"id": "client_id", "context": (), **options})


def by_id(records):
    return dict(zip(records.ids, records.context["concepts"], strict=True))


def quietly(call, *given, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        return call(*given, **options)


def test_concepts_are_collected_by_client_in_the_order_of_the_rows():
    table = read_concepts(NOTES)
    assert table.ids.tolist() == ["c2", "c1"]
    assert table.concepts.tolist() == [("demo", "price"), ("price", "renewal", "price")]
    assert (table.id_column, table.concept_column) == ("client_id", "concept")
    assert (table.rows_in, len(table.rejects), len(table)) == (5, 0, 2)
    with pytest.warns(CoterieWarning) as told:
        records = add_concepts(clients(), table)
    assert by_id(records) == {
        "c1": ("price", "renewal", "price"),
        "c2": ("demo", "price"),
        "c3": (),
    }
    assert [str(each.message) for each in told] == [f"{note}." for note in records.notes]
    assert len(told) == 1
    assert re.search("1 of 3 .*'c3'", records.notes[0])


def test_records_stay_what_they_were():
    before = clients(LABELS.assign(text="hello"), text="text", labels=["purchased"], context=["*"])
    after = quietly(add_concepts, before, read_concepts(NOTES))
    assert "concepts" not in before.context
    assert after.texts is before.texts
    assert after.labels is before.labels
    assert after.context.drop(columns="concepts").equals(before.context)


def test_rows_that_say_nothing_are_set_aside_and_told():
    table = pd.DataFrame(
        {
            "client": ["c1", None, "c1", "c2", "c2", "c1"],
            "concept": ["price", "demo", "", "\u200b", None, "a\0b"],
        }
    )
    with pytest.warns(CoterieWarning) as told:
        read = read_concepts(table)
    assert read.concepts.tolist() == [("price", "ab")]
    assert dict(zip(read.rejects["row"], read.rejects["reason"], strict=True)) == {
        2: "no value in the id column 'client'",
        3: "no value in the concept column 'concept'",
        4: "no value in the concept column 'concept'",
        5: "no value in the concept column 'concept'",
    }
    assert read.rejects["id"].tolist() == [None, "c1", "c2", "c2"]
    assert read.rows_in == 6
    said = str(told[-1].message)
    assert re.search("4 rows .*row 2: .*'client'; row 3: .*'concept'; row 4: .*'concept'; …", said)


def test_rows_that_could_not_be_read_are_set_aside_too(tmp_path):
    path = tmp_path / "note_concepts.csv"
    path.write_text("client,concept\nc1,price\nc1,demo,more\nc2,price\n")
    with pytest.warns(CoterieWarning, match=r"1 row of note_concepts\.csv \(row 2: "):
        read = read_concepts(path)
    assert (read.rows_in, len(read.rejects)) == (3, 1)


def test_ids_that_no_record_has_are_left_out_and_counted():
    notes = pd.DataFrame({"client_id": ["c1", *"vwxyz", "z"], "concept": "price"})
    with pytest.warns(CoterieWarning) as told:
        records = add_concepts(clients(), read_concepts(notes))
    without, unknown = [str(each.message) for each in told]
    assert re.search("2 of 3 .*'c2', 'c3'", without)
    assert re.search("5 ids .*'v', 'w', 'x', … .*6 concepts", unknown.replace(")", " "))
    assert len(records) == 3


# Columns


def test_the_concept_column_is_found_or_asked_for():
    for name in ("concept", "Concepts", "CONCEPT"):
        assert read_concepts(NOTES.rename(columns={"concept": name})).concept_column == name
    with pytest.raises(ColumnError, match=r"--concept \(concept=\).* 'client_id', 'note', 'tag'"):
        read_concepts(NOTES.rename(columns={"concept": "tag"}))
    assert read_concepts(NOTES, concept="note").concepts[0] == ("n1", "n3")
    with pytest.raises(ColumnError, match="'concpt'"):
        read_concepts(NOTES, concept="concpt")


def test_the_clients_are_found_by_the_name_of_the_records_ids():
    badges = LABELS.rename(columns={"client_id": "BadgeId"})
    notes = NOTES.rename(columns={"client_id": "BadgeId"}).assign(client="c3")
    table = read_concepts(notes, records=clients(badges, id="BadgeId"))
    assert table.id_column == "BadgeId"


@pytest.mark.parametrize("name", ["client", "Customer ID", "accountId", "user", "lead", "ID"])
def test_the_clients_are_found_by_what_clients_are_called_and_told(name):
    notes = NOTES.rename(columns={"client_id": name})
    with pytest.warns(CoterieWarning, match=f"'{name}'.*--concept-id"):
        table = read_concepts(notes, records=clients())
    assert table.id_column == name


def test_of_several_columns_the_one_with_the_records_ids_is_taken():
    notes = NOTES.rename(columns={"client_id": "customer"}).assign(client="somebody")
    with pytest.warns(CoterieWarning, match="'customer'"):
        assert read_concepts(notes, records=clients()).id_column == "customer"
    with pytest.warns(CoterieWarning, match="'client'"):
        assert read_concepts(notes).id_column == "client"
    assert read_concepts(notes, id="note", records=clients()).id_column == "note"


def test_numbers_of_the_rows_are_not_taken_for_clients():
    """A table of concepts has an id of its own, which counts as the clients' ids do."""
    numbered = pd.DataFrame({"id": [1, 2, 3], "purchased": [1, 0, 1]})
    notes = pd.DataFrame(
        {"id": range(1, 7), "client": [1, 1, 2, 2, 3, 3], "concept": list("pqrstu")}
    )
    with pytest.warns(CoterieWarning, match="'client'"):
        table = read_concepts(notes, records=clients(numbered, id="id"))
    records = add_concepts(clients(numbered, id="id"), table)
    assert by_id(records) == {"1": ("p", "q"), "2": ("r", "s"), "3": ("t", "u")}


def test_no_column_of_clients_is_asked_for():
    with pytest.raises(ColumnError, match=r"--concept-id \(id=\).* 'who', 'note', 'concept'"):
        read_concepts(NOTES.rename(columns={"client_id": "who"}), records=clients())


def test_another_column_of_the_records_can_hold_the_clients():
    deals = pd.DataFrame({"deal": ["d1", "d2", "d3"], "buyer": ["c1", "c2", "c1"]})
    records = clients(deals, id="deal", context=["buyer"])
    notes = NOTES.rename(columns={"client_id": "buyer"})
    added = add_concepts(records, read_concepts(notes, records=records, by="buyer"), by="buyer")
    assert by_id(added)["d1"] == by_id(added)["d3"] == ("price", "renewal", "price")
    with pytest.raises(ColumnError, match=r"'byer'.*'buyer'"):
        add_concepts(records, read_concepts(NOTES), by="byer")


def test_numbers_meet_as_text():
    numbers = pd.DataFrame({"client_id": [1, 2, None], "concept": ["price", "demo", None]})
    table = quietly(read_concepts, numbers)
    assert table.ids.tolist() == ["1", "2"]
    texts = pd.DataFrame({"client_id": ["1 ", "2"], "purchased": [1, 0]})
    assert by_id(add_concepts(clients(texts), table)) == {"1": ("price",), "2": ("demo",)}


# What cannot be


def test_ids_that_never_meet_are_an_error_that_shows_both():
    padded = LABELS.assign(client_id=["007", "008", "009"])
    notes = NOTES.assign(client_id=["7", "8", "9", "7", "8"])
    with pytest.raises(ColumnError, match=r"'007'.*'7'"):
        add_concepts(clients(padded), read_concepts(notes))


def test_ids_that_are_row_numbers_are_no_clients():
    records = read_records(LABELS, context=())
    with pytest.raises(ColumnError, match=r"row numbers.*--id \(id=\)"):
        add_concepts(records, read_concepts(NOTES))


def test_a_column_of_that_name_is_not_overwritten():
    records = clients(LABELS.assign(concepts="x"), context=["concepts"])
    with pytest.raises(ColumnError, match="'concepts'"):
        add_concepts(records, read_concepts(NOTES))


def test_a_table_that_says_nothing_is_refused():
    with pytest.raises(NoRowsError, match=r"'concept'.*--concept-id"):
        read_concepts(NOTES.assign(concept=None))


# For every table

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["c1", "c2", " c2", "c9", "", " "]) | st.none(),
        st.sampled_from(["price", " price", "demo", "", " \t"]) | st.none(),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=80, deadline=None)
@given(rows=ROWS, draw=st.randoms(use_true_random=False))
def test_rows_are_concepts_or_set_aside_whatever_their_order(rows, draw):
    def made(rows, labels):
        notes = pd.DataFrame(rows, columns=["client_id", "concept"], dtype=object)
        table = quietly(read_concepts, notes)
        assert table.rows_in == len(rows)
        assert sum(map(len, table.concepts)) + len(table.rejects) == len(rows)
        assert table.rejects["row"].is_unique
        assert all(table.concepts)
        records = quietly(add_concepts, clients(labels), table)
        assert len(records) == len(labels)
        return {key: Counter(concepts) for key, concepts in by_id(records).items()}

    expected = {key: Counter() for key in LABELS["client_id"]}
    for client, concept in rows:
        if (client or "").strip() in expected and (concept or "").strip():
            expected[client.strip()][concept.strip()] += 1
    if not any(expected.values()):
        notes = pd.DataFrame(rows, columns=["client_id", "concept"], dtype=object)
        with pytest.raises((ColumnError, NoRowsError)):
            quietly(lambda: add_concepts(clients(), read_concepts(notes)))
        return
    assert made(rows, LABELS) == expected
    shuffled = rows.copy()
    draw.shuffle(shuffled)
    order = list(range(len(LABELS)))
    draw.shuffle(order)
    assert made(shuffled, LABELS.iloc[order]) == expected


def test_three_hundred_thousand_rows_are_no_work_row_by_row():
    people = np.array([f"c{place}" for place in range(10_000)], dtype=object)
    rng = np.random.default_rng(0)
    rows = rng.permutation(np.repeat(np.arange(len(people)), 30))
    said = np.array([f"concept {place}" for place in range(1000)], dtype=object)
    notes = pd.DataFrame(
        {"client_id": people[rows], "concept": said[rng.integers(0, len(said), len(rows))]}
    )
    records = add_concepts(clients(pd.DataFrame({"client_id": people})), read_concepts(notes))
    expected = notes.groupby("client_id", sort=False)["concept"].agg(tuple)
    assert by_id(records) == expected.to_dict()


# Cells that hold several


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["price; demo;", "renewal", None, " "], [("price", "demo"), ("renewal",), (), ()]),
        (["price|big, red", "a, b"], [("price", "big, red"), ("a, b",)]),
        (["price, demo", "renewal"], [("price", "demo"), ("renewal",)]),
        (["price\ndemo, soon"], [("price", "demo, soon")]),
        (['["price", "a; b", null, 7]', "[]", "x, y"], [("price", "a; b", "7"), (), ("x", "y")]),
        ([["price", None], ("demo",), np.array(["x"]), []], [("price",), ("demo",), ("x",), ()]),
        ([float("nan"), pd.NA, 7, "[not json; x"], [(), (), ("7",), ("[not json", "x")]),
    ],
)
def test_cells_are_split(cells, expected):
    assert split_concepts(cells).tolist() == expected


def test_a_separator_can_be_named_and_is_found_over_all_cells():
    assert split_concepts(["a; b, c"], ",").tolist() == [("a; b", "c")]
    assert find_separator(["a, b", "c; d"]) == ";"
    assert find_separator(["a, b", json.dumps(["c; d"])]) == ","
    assert find_separator([None, "a"]) == ";"
