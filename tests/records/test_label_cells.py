"""Cells of label columns that hold several labels, or a mark for none."""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.errors import CoterieWarning, InputError, OptionError
from coterie.options import TrainOptions
from coterie.records import read_records, read_source
from coterie.records.labels import as_known_labels, find_label_separator

QUICK = settings(max_examples=60, deadline=None)
TOPICS = ["billing", "refund", "delivery", "login", "damage", "price", "staff", "other"]


def cells(separator):
    """36 different cells: 8 topics, alone and in pairs."""
    return [*TOPICS, *map(separator.join, itertools.combinations(TOPICS, 2))]


def frame(labels):
    return pd.DataFrame({"text": [f"t{at}" for at in range(len(labels))], "topics": labels})


@pytest.mark.parametrize("separator", [";", "; ", "|", ",", ", ", "/", " / ", "\n"])
def test_several_labels_in_a_cell_are_told_and_can_be_chosen(separator):
    table = frame([*cells(separator), None])
    with pytest.warns(CoterieWarning, match="28 cells of 'topics'.*--label-separator"):
        records = read_records(table, text="text", labels=["topics"])
    assert len({*records.labels["topics"]} - {None}) == 36
    mark = separator.strip() or separator
    first = read_records(table, text="text", labels=["topics"], label_separator=mark)
    assert {*first.labels["topics"]} - {None} == {*TOPICS}
    options = TrainOptions(text="text", label="topics", label_separator=mark, has_label="refund")
    has = read_source(table, options).records.labels["topics"]
    assert has[:-1].tolist() == ["refund" in cell for cell in cells(separator)]
    assert has[-1] is None
    kept = options.kept()
    assert (kept["label_separator"], kept["has_label"]) == (mark, "refund")


@pytest.mark.parametrize(
    "labels",
    [
        TOPICS,
        ["Yes", "No, thanks", "Later, maybe"],
        ["Billing / Payments", "Shipping / Returns", "Other"],
        ["A / B", "A / C", "A / D", "E / F"],
        [f"{product} / {part}" for product in "XYZ" for part in ("price", "size")],
        [1, 2, 3],
        [True, False],
        ["a;b", "c"],
        [],
    ],
)
def test_one_label_in_a_cell_is_one_label(labels):
    assert find_label_separator(labels) is None


def test_a_label_that_no_cell_has_is_refused_with_the_nearest():
    options = TrainOptions(text="text", label="topics", label_separator=";", has_label="refnd")
    with pytest.raises(InputError, match="'refund'"):
        read_source(frame(cells(";")), options)
    with pytest.raises(OptionError, match="label-separator"):
        TrainOptions(text="text", label="topics", has_label="refund")


@pytest.mark.parametrize("mark", ["nan", "N/A", "-", "null", "None", "?", "TBD"])
def test_marks_for_no_label_are_told_and_can_be_left_out(mark):
    table = frame(["a", "b", mark, "a", mark.lower()])
    with pytest.warns(CoterieWarning, match="--missing-label="):
        records = read_records(table, text="text", labels=["topics"])
    assert records.labels["topics"].tolist() == ["a", "b", mark, "a", mark.lower()]
    assert any("'topics'" in note for note in records.notes)
    left = read_records(table, text="text", labels=["topics"], missing_labels=[mark])
    assert left.labels["topics"].tolist() == ["a", "b", None, "a", None]
    assert TrainOptions(missing_labels=mark).kept()["missing_labels"] == (mark,)


def test_a_mark_alone_leaves_its_column_of_numbers_numbers(tmp_path):
    (tmp_path / "a.csv").write_text("text,topics\na,1\nb,N/A\nc,2\n")
    with pytest.warns(CoterieWarning):
        read_records(tmp_path / "a.csv", text="text", labels=["topics"])
    records = read_records(
        tmp_path / "a.csv", text="text", labels=["topics"], missing_labels=["n/a"]
    )
    assert records.labels["topics"].tolist() == [1, None, 2]


def test_one_number_in_two_spellings_is_one_label(tmp_path):
    (tmp_path / "a.csv").write_text("text,topics\na,1\nb,1.0\nc,x\nd,2.0\n")
    records = read_records(tmp_path / "a.csv", text="text", labels=["topics"])
    assert records.labels["topics"].tolist() == ["1", "1", "x", "2.0"]
    mixed = read_records(frame([1, 1.0, "1", "x"]), text="text", labels=["topics"])
    assert mixed.labels["topics"].tolist() == ["1", "1", "1", "x"]


@pytest.mark.parametrize(
    ("labels", "known", "expected"),
    [
        (["1.0", "2.00", "3"], ["1", "2"], ["1", "2", "3"]),
        (["1", "2"], ["1.0", "2.0"], ["1.0", "2.0"]),
        (["TRUE", "false", None], ["True", "False"], ["True", "False", None]),
        (["007", "7"], ["007"], ["007", "7"]),
        (["A", "a "], ["a"], ["A", "a "]),
        (["1", "1.0"], ["1", "1.0"], ["1", "1.0"]),
        (["1e3", "nan", "inf"], ["1000", "0"], ["1e3", "nan", "inf"]),
    ],
)
def test_labels_that_mean_the_same_are_the_known_ones(labels, known, expected):
    assert as_known_labels(np.array(labels, dtype=object), known).tolist() == expected


@QUICK
@given(labels=st.lists(st.text(st.sampled_from("ab;,/|- 1.0"), max_size=6) | st.none(), max_size=9))
def test_any_labels_can_be_read_and_split(labels):
    table = frame(["x", *labels])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        whole = read_records(table, text="text", labels=["topics"])
        first = read_records(table, text="text", labels=["topics"], label_separator=";")
    assert len(whole) == len(first) == len(table)
    assert not any(";" in str(label) for label in first.labels["topics"])
