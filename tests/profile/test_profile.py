"""Exact figures on a table small enough to count by hand."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from coterie.errors import ColumnError, NoRowsError
from coterie.profile import Profile, profile_records
from coterie.records import Records, Table, read_records

ROWS = [
    # id, text, intent, topic, answer, day
    ("a", "cancel my order {{Order Number}}", "cancel", "order", "Done.", "2025-01-01"),
    ("b", "cancel my order {{Order Number}}", "cancel", "order", "Done.", "2025-01-02"),
    ("c", "Cancel my order {{Order Number}}!", "track", "order", "It is cancelled.", "2025-01-02"),
    ("d", "track my parcel", "track", "order", None, "2025-01-05"),
    ("e", "write to jo@example.com or +44 20 7946 0958", "contact", "people", "We will.", None),
    ("f", "track my parcel", "cancel", "order", "Here it is.", "2025-01-05"),
    ("g", None, "cancel", "order", "Nothing", "2025-01-05"),
    ("h", "card 4111 1111 1111 1111", None, "people", "Thanks.", "2025-01-06"),
]


@pytest.fixture(scope="module")
def table() -> Table:
    names = ["id", "text", "intent", "topic", "answer", "day"]
    return Table.of(pd.DataFrame(ROWS, columns=names), source="rows.csv")


@pytest.fixture(scope="module")
def records(table: Table) -> Records:
    return read_records(
        table, text="text", id="id", labels=["intent", "topic"], time="day", context=["answer"]
    )


@pytest.fixture(scope="module")
def profile(records: Records, table: Table) -> Profile:
    return profile_records(records, table=table, response="answer")


def test_rows_in_are_rows_kept_and_rows_set_aside(profile: Profile) -> None:
    assert (profile.rows, profile.rows_in, profile.set_aside.rows) == (7, 8, 1)
    assert profile.set_aside.reasons == {"no text": 1}
    assert profile.set_aside.share == pytest.approx(1 / 8)
    assert profile.unit == "rows"


def test_the_table_is_described_as_it_was_read(profile: Profile, table: Table) -> None:
    facts = profile.table
    assert (facts.rows, facts.columns) == (8, 6)
    assert facts.memory_bytes == table.frame.memory_usage(index=False, deep=True).sum()
    columns = {column.name: column for column in facts.by_column}
    assert columns["text"].missing == 1
    assert columns["intent"].missing == 1
    assert columns["topic"].missing == 0
    assert columns["topic"].distinct == 2
    assert columns["text"].dtype == "str"


def test_exact_copies_are_counted_with_the_labels_they_contradict(profile: Profile) -> None:
    exact = profile.exact_duplicates
    assert (exact.distinct, exact.rows, exact.largest) == (5, 2, 2)
    assert exact.share == pytest.approx(2 / 7)
    assert [copy.text for copy in exact.examples] == [
        "cancel my order {{Order Number}}",
        "track my parcel",
    ]
    assert exact.conflicts == {"intent": 1, "topic": 0}  # "track my parcel" is track and cancel


def test_near_duplicates_are_counted_among_distinct_texts(profile: Profile) -> None:
    near = profile.near_duplicates
    assert (near.groups, near.texts, near.rows) == (1, 2, 1)
    assert near.conflicts == {"intent": 1, "topic": 0}
    (group,) = near.examples
    assert (group.texts, group.rows) == (2, 3)
    assert [member.rows for member in group.members] == [2, 1]


def test_labels_are_counted(profile: Profile) -> None:
    intent, topic = profile.labels
    assert intent.counts == {"cancel": 3, "track": 2, "contact": 1}
    assert (intent.missing, intent.imbalance, intent.half) == (1, 3.0, 1)
    assert topic.counts == {"order": 5, "people": 2}
    assert topic.evenness == pytest.approx(
        -(5 / 7 * np.log(5 / 7) + 2 / 7 * np.log(2 / 7)) / np.log(2)
    )


def test_label_columns_are_crossed(profile: Profile) -> None:
    (cross,) = profile.cross_tables
    assert (cross.rows, cross.columns) == ("topic", "intent")
    assert cross.row_names == ("order", "people")
    assert cross.column_names == ("cancel", "track", "contact")
    assert cross.counts == ((3, 2, 0), (0, 0, 1))
    assert cross.nested


def test_lengths_are_those_of_all_rows(profile: Profile) -> None:
    words, characters = profile.words, profile.characters
    lengths = [len(row[1]) for row in ROWS if row[1]]
    assert (characters.minimum, characters.maximum) == (min(lengths), max(lengths))
    assert characters.mean == pytest.approx(np.mean(lengths))
    assert characters.median == np.median(lengths)
    assert sum(characters.counts) + characters.beyond == 7
    assert (words.minimum, words.median) == (3, 4)  # a placeholder counts as a word


def test_words_are_counted_in_all_rows_without_placeholders(profile: Profile) -> None:
    counted = {term.term: (term.count, term.rows) for term in profile.vocabulary.words}
    assert counted["order"] == (3, 3)
    assert counted["track"] == (2, 2)
    assert counted["cancel"] == (3, 3)
    assert "my" not in counted
    assert not any("number" in word or "example" in word for word in counted)
    pairs = {term.term: term.count for term in profile.vocabulary.pairs}
    assert pairs == {}  # a function word or something that is no word is between any two
    # three times "cancel my order", twice "track my parcel", "write to or", "card"
    assert profile.vocabulary.tokens == 3 * 3 + 2 * 3 + 3 + 1
    assert profile.vocabulary.distinct == 9
    assert profile.vocabulary.once == 4


def test_placeholders_and_personal_data_are_counted_and_never_shown(profile: Profile) -> None:
    assert [(t.name, t.count, t.rows) for t in profile.placeholders] == [("{{Order Number}}", 3, 3)]
    assert {t.name: t.rows for t in profile.personal_data} == {
        "e-mail address": 1,
        "phone number": 1,
        "card number": 1,
    }
    written = json.dumps(profile.to_dict())
    for secret in ("jo@example.com", "7946", "4111"):
        assert secret not in written


def test_responses_are_measured_for_every_label(profile: Profile) -> None:
    by = {(each.of, each.by): each.labels for each in profile.diversity}
    assert set(by) == {
        ("text", "intent"),
        ("text", "topic"),
        ("answer", "intent"),
        ("answer", "topic"),
    }
    cancel = next(label for label in by["answer", "intent"] if label.label == "cancel")
    assert cancel.rows == 3
    assert cancel.distinct_share == pytest.approx(2 / 3)
    # done, done, here it is: five words, four different; distances 0, 1 and 1
    assert cancel.type_token_ratio == pytest.approx(4 / 5)
    assert cancel.mean_distance == pytest.approx(2 / 3)
    track = next(label for label in by["answer", "intent"] if label.label == "track")
    assert (track.rows, track.mean_distance) == (1, None)


def test_time_is_counted_by_day_with_the_empty_days(profile: Profile) -> None:
    time = profile.time
    assert time is not None
    assert (time.first, time.last) == ("2025-01-01T00:00:00", "2025-01-06T00:00:00")
    assert (time.unit, time.missing) == ("day", 1)
    assert time.counts == (1, 2, 0, 0, 2, 1)


def test_the_profile_is_the_same_every_time(records: Records, profile: Profile) -> None:
    again = profile_records(records, response="answer").to_dict()
    assert again["near_duplicates"] == profile.to_dict()["near_duplicates"]
    assert again["diversity"] == profile.to_dict()["diversity"]


def test_own_stop_words_take_the_place_of_the_function_words(records: Records) -> None:
    vocabulary = profile_records(records, stop_words={"order"}).vocabulary
    terms = {term.term for term in vocabulary.words}
    assert "my" in terms
    assert "order" not in terms


def test_without_a_table_the_records_are_described(records: Records) -> None:
    facts = profile_records(records).table
    assert facts.rows == 7
    assert [column.name for column in facts.by_column] == [
        "id", "text", "intent", "topic", "time", "answer",
    ]  # fmt: skip


def test_a_response_that_was_not_kept_is_named(records: Records) -> None:
    with pytest.raises(ColumnError, match="'reply'"):
        profile_records(records, response="reply")


def test_no_rows_is_an_error() -> None:
    empty = np.empty(0, dtype=object)
    none = np.empty(0, dtype=np.int64)
    with pytest.raises(NoRowsError, match="text"):
        profile_records(Records(empty, empty, none, none))


def test_rolled_up_rows_are_called_records() -> None:
    frame = pd.DataFrame({"person": ["x", "x", "y"], "text": ["one", "two", "three"]})
    profile = profile_records(read_records(frame, text="text", group="person"))
    assert (profile.rows, profile.rows_in, profile.unit) == (2, 3, "records")
