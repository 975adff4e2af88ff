"""Explore never fails on a table that records can hold."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.pages.exploration.page import explore_page
from coterie.profile import near_duplicates, profile_records
from coterie.profile.duplicates import DistinctTexts
from coterie.records import Records
from coterie.workflows.exploration import explore_records

TEXT = st.text(st.characters(), min_size=1, max_size=60)  # lone surrogates among them
ROW = st.tuples(
    TEXT,
    st.one_of(st.none(), st.sampled_from(["a", "A ", "b"]), TEXT),
    st.one_of(st.none(), st.text(max_size=40)),
    st.datetimes() | st.just(pd.NaT),
)


def _records(rows: list[tuple[str, str | None, str | None, object]]) -> Records:
    texts, labels, answers, times = (list(column) for column in zip(*rows, strict=True))
    n = len(rows)
    nanoseconds = pd.Series(pd.to_datetime(pd.Series(times, dtype=object), errors="coerce"))
    return Records(
        ids=np.array([str(i) for i in range(n)], dtype=object),
        texts=np.array(texts, dtype=object),
        sizes=np.ones(n, dtype=np.int64),
        rows=np.arange(1, n + 1),
        labels={"label": np.array(labels, dtype=object), "none": np.full(n, None, dtype=object)},
        context=pd.DataFrame({"answer": answers}),
        time=nanoseconds.to_numpy("datetime64[ns]"),
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12))
def test_any_records_have_a_profile_whose_figures_agree(rows: list) -> None:
    records = _records(rows)
    profile = profile_records(records, response="answer")
    n = len(rows)
    exact = profile.exact_duplicates
    assert exact.distinct + exact.rows == n == profile.rows
    assert exact.distinct == len({row[0] for row in rows})
    label = profile.labels[0]
    assert sum(label.counts.values()) + label.missing == n
    assert sum(profile.characters.counts) + profile.characters.beyond == n
    assert sum(profile.words.counts) + profile.words.beyond == n
    assert sum(tally.count for tally in profile.scripts) == n
    if profile.time is not None:
        assert sum(profile.time.counts) + profile.time.missing == n
    json.dumps(profile.to_dict(), allow_nan=False)


@settings(max_examples=10, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=8))
def test_any_profile_has_a_page(rows: list) -> None:
    html = explore_page(explore_records(_records(rows))).render()
    assert html.startswith("<!")


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXT, max_size=30), st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_groups_of_near_duplicates_are_well_formed(texts: list[str], threshold: float) -> None:
    near = near_duplicates(texts, threshold=threshold)
    members = np.flatnonzero(near.leader >= 0)
    assert (near.leader[members] <= members).all()
    assert (near.similarity[members] >= threshold).all()
    assert (near.leader[near.leader[members]] == near.leader[members]).all()


@given(st.lists(st.sampled_from(["x", "y", "z", ""]), min_size=1))
def test_distinct_texts_give_the_texts_back(texts: list[str]) -> None:
    array = np.array(texts, dtype=object)
    distinct = DistinctTexts.of(array)
    assert (distinct.texts[distinct.place] == array).all()
    assert (np.diff(distinct.counts) <= 0).all()
    assert distinct.counts.sum() == len(texts)


def test_halves_of_surrogate_pairs_are_texts_of_their_own() -> None:
    texts = [chr(0xD800 + place) + "Ä" * (place % 3) for place in range(600)]
    for _ in range(5):
        assert len(DistinctTexts.of(np.array(texts, dtype=object)).texts) == len(texts)
