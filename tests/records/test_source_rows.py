"""One row for each row given: where every row of a source went."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.errors import CoterieWarning, NoRowsError
from coterie.records import SET_ASIDE, Records, SourceRows, Table, read_records, read_table

QUICK = settings(max_examples=150, deadline=None)

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", " ", "a", "b", "cc" * 30]) | st.none(),
        st.sampled_from(["1", "2", "3", "4", "5", ""]) | st.none(),
        st.sampled_from(["x", "y", ""]) | st.none(),
        st.sampled_from(["p", "q", ""]) | st.none(),
    ),
    max_size=15,
)
INDEXES = {
    "range": pd.RangeIndex,
    "doubled": lambda n: pd.Index([at // 2 for at in range(n)], dtype=np.int64, name="key"),
    "words": lambda n: pd.Index([f"r{n - at}" for at in range(n)], dtype=object),
    "days": lambda n: pd.date_range("2025-03-31", periods=n, tz="Europe/Zurich"),
    "two levels": lambda n: pd.MultiIndex.from_arrays(
        [[at % 2 for at in range(n)], [at // 3 for at in range(n)]], names=["a", "b"]
    ),
}


def quietly(*args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        return read_records(*args, **kwargs)


def said(records):
    """One row for each record, of every type."""
    n = len(records)
    return pd.DataFrame(
        {
            "id": records.ids,
            "place": np.arange(n),
            "first": np.arange(n) == 0,
            "share": np.arange(n) / 2,
            "status": "assigned",
            "kind": pd.Categorical(["k"] * n),
        },
        index=range(n, 0, -1),
    )


def check(records, index):
    rows = records.source_rows
    assert len(rows) == records.rows_in == len(index)
    apart = rows.owners < 0
    assert rows.numbers[apart].tolist() == records.rejects["row"].tolist()
    assert rows.reasons[apart].tolist() == records.rejects["reason"].tolist()
    assert all(reason == "" for reason in rows.reasons[~apart])
    assert np.bincount(rows.owners[~apart], minlength=len(records)).tolist() == (
        records.sizes.tolist()
    )
    firsts = [int(rows.numbers[rows.owners == place].min()) for place in range(len(records))]
    assert records.rows.tolist() == firsts
    spread = records.spread(said(records))
    pd.testing.assert_index_equal(spread.index, index, exact="equiv")
    assert spread["reason"].tolist() == rows.reasons.tolist()
    assert (spread["status"] == SET_ASIDE).tolist() == apart.tolist()
    places = spread["place"]
    assert places[~apart].tolist() == rows.owners[~apart].tolist()
    assert spread["id"].tolist() == rows.ids.tolist()
    assert rows.ids[~apart].tolist() == records.ids[rows.owners[~apart]].tolist()
    own = records.rejects["row"].astype(str) if records.id_column is None else records.rejects["id"]
    assert rows.ids[apart].tolist() == own.tolist()
    for name in ("place", "first", "share", "kind"):
        assert spread[name].isna().tolist() == apart.tolist()
    assert places.dtype == (pd.Int64Dtype() if apart.any() else np.int64)
    assert spread["first"].dtype == (pd.BooleanDtype() if apart.any() else np.bool_)


@QUICK
@given(
    rows=ROWS,
    index=st.sampled_from(sorted(INDEXES)),
    id=st.sampled_from([None, "id"]),
    group=st.sampled_from([None, "who"]),
    first=st.sampled_from([None, 1, 2]),
    order=st.sampled_from([None, "id"]),
    text=st.sampled_from(["text", None]),
    join=st.booleans(),
    polars=st.booleans(),
)
def test_every_row_given_has_one_row_in_its_order(
    rows,
    index,
    id,  # noqa: A002
    group,
    first,
    order,
    text,
    join,
    polars,
):
    frame = pd.DataFrame(rows, columns=["text", "id", "label", "who"], dtype=object)
    labels = pd.RangeIndex(len(rows)) if polars else INDEXES[index](len(rows))
    frame.index = labels
    source = pl.DataFrame(frame.reset_index(drop=True)) if polars else frame
    keys = pd.DataFrame({"label": ["x"], "more": [1]})
    try:
        records = quietly(
            source,
            text=text,
            id=id,
            labels=["label"],
            group=group,
            order=order if group else None,
            first=first if group and text else None,
            context=["*"],
            join=[keys] if join and {"x"} & set(frame["label"]) else [],
            max_text_chars=50,
        )
    except NoRowsError:
        return
    check(records, labels)
    owners = records.source_rows.owners
    column = group or id
    for at in np.flatnonzero(owners >= 0):
        given_id = frame[column].iloc[at].strip() if column else str(at + 1)
        assert records.ids[owners[at]] == given_id


@QUICK
@given(rows=ROWS, group=st.sampled_from([None, "who"]), chosen=st.sets(st.integers(0, 9)))
def test_records_taken_keep_their_own_rows(rows, group, chosen):
    frame = pd.DataFrame(rows, columns=["text", "id", "label", "who"], dtype=object)
    frame.index = [f"r{at}" for at in range(len(rows))]
    try:
        records = quietly(frame, text="text", group=group)
    except NoRowsError:
        return
    places = np.array(sorted(chosen & set(range(len(records))))[::-1], dtype=np.int64)
    taken = records.take(places)
    owners = records.source_rows.owners
    rows_of = np.flatnonzero(np.isin(owners, places))
    check(taken, frame.index[rows_of])
    assert taken.spread(said(taken))["id"].tolist() == records.ids[owners[rows_of]].tolist()


def test_lines_of_a_file_that_could_not_be_read_are_rows_given(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("id,text\n1,one\n2\n3,\n\n4,four\n")
    table = read_table(path)
    assert len(table) == 3
    assert list(table.index) == [0, 1, 2, 3]
    records = read_records(table, text="text", id="id")
    check(records, pd.RangeIndex(4))
    assert records.source_rows.numbers.tolist() == [1, 2, 3, 4]
    assert records.source_rows.owners.tolist() == [0, -1, -1, 1]


def test_an_index_is_kept_and_is_no_column(tmp_path):
    frame = pd.DataFrame({"text": ["a", "b"]}, index=pd.Index([7, 5], name="key"))
    assert read_table(frame).columns == ["text"]
    assert read_table(frame).index.equals(frame.index)
    frame.to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet").index.equals(frame.index)
    assert isinstance(Table.of(frame, rows=[3, 4]).index, pd.RangeIndex)


def test_records_made_by_hand_have_rows_that_follow_one_another():
    texts = np.array(["a", "b"], dtype=object)
    records = Records(texts, texts, np.array([2, 1]), np.array([1, 3]))
    assert records.source_rows.owners.tolist() == [0, 0, 1]
    assert records.spread(pd.DataFrame({"x": [5, 6]}))["x"].tolist() == [5, 5, 6]


def test_a_frame_of_another_length_is_refused():
    records = read_records(pd.DataFrame({"text": ["a", "b"]}), text="text")
    with pytest.raises(ValueError, match=r"1\b.*\b2\b"):
        records.spread(pd.DataFrame({"x": [1]}))


def test_source_rows_come_in_the_order_of_their_numbers():
    rejects = pd.DataFrame({"row": [2], "id": ["c"], "reason": ["why"], "text": [None]})
    ids = np.array(["a", "b"], dtype=object)
    rows = SourceRows.of(np.array([3, 1]), np.array([0, 1]), ids, rejects, id_column="id")
    assert rows.numbers.tolist() == [1, 2, 3]
    assert rows.owners.tolist() == [1, -1, 0]
    assert rows.ids.tolist() == ["b", "c", "a"]
    assert rows.reasons.tolist() == ["", "why", ""]


@QUICK
@given(ROWS, st.data())
def test_records_set_aside_leave_no_row_out(rows, data):
    frame = pd.DataFrame(rows, columns=["text", "id", "label", "who"], dtype=object)
    group = data.draw(st.sampled_from([None, "who"]))
    try:
        records = quietly(frame, text="text", id="id", labels=["label"], group=group)
    except NoRowsError:
        return
    reasons = np.array(data.draw(st.lists(
        st.sampled_from(["", "bad", "worse"]), min_size=len(records), max_size=len(records)
    )), dtype=object)  # fmt: skip
    left = records.set_aside(reasons)
    assert left.rows_in == records.rows_in == len(frame)
    assert left.ids.tolist() == records.ids[reasons == ""].tolist()
    assert left.rejects["row"].is_monotonic_increasing
    spread = left.spread(said(left))
    assert len(spread) == len(frame)
    owners = records.source_rows.owners
    wanted = [records.source_rows.reasons[at] if own < 0 else reasons[own]
              for at, own in enumerate(owners)]  # fmt: skip
    assert spread["reason"].tolist() == wanted
    assert left.notes == records.notes
