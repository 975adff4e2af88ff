"""The columns of an index: their kinds, their order, and what two rows share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from coterie.errors import OptionError
from coterie.records.settled import Settled
from coterie.search.alike import reasons_for
from coterie.search.closeness import ROWS, closeness_of, few_words, fit_closeness, row_closeness
from coterie.search.columns import typed_columns
from coterie.search.levels import find_levels
from coterie.search.schema import Column
from coterie.search.storage.reader import IndexReader

from .conftest import made_rows


def kinds(frame: pd.DataFrame) -> dict[str, str]:
    return {column.name: column.kind for column in typed_columns(frame).columns}


def test_kinds_of_columns() -> None:
    frame = pd.DataFrame(
        {
            "age": ["31", "42", None, "57", "28", "33", "45", "61", "22", "39", "35", "many"],
            "price": ["1.234,50", "99,00", "5,00"] * 4,
            "churned": [0, 1] * 6,
            "vip": ["yes", "no", "", "yes"] * 3,
            "born": ["2001-02-03", "1999-12-31", None, "2000-01-01"] * 3,
            "paid": pd.date_range("2024-01-01", periods=12),
            "likes": ["AI; Robots", "AI", "Robots; Cloud", "Cloud"] * 3,
            "town": ["Bern", "Basel", "Genf", "Bern"] * 3,
            "code": ["007", "008", "009"] * 4,
        }
    )
    assert kinds(frame) == {
        "age": "number",
        "price": "number",
        "churned": "truth",
        "vip": "truth",
        "born": "date",
        "paid": "date",
        "likes": "tags",
        "town": "text",
        "code": "text",
    }


def test_cells_of_another_kind_are_missing_and_shown_as_written() -> None:
    cells = [str(n) for n in range(30)] + ["6 or more"]
    typed = typed_columns(pd.DataFrame({"hours": cells}))
    assert typed.arrays["hours"].to_pylist() == [*range(30), None]
    assert typed.written["hours"].to_pylist() == cells
    assert "6 or more" in typed.notes[0]
    assert typed.columns[0].missing == 1


def test_marks_of_a_missing_value_are_no_note() -> None:
    typed = typed_columns(pd.DataFrame({"hours": [*map(str, range(30)), "n/a"]}))
    assert typed.arrays["hours"].null_count == 1
    assert typed.notes == ()


def test_what_is_known_of_a_column() -> None:
    frame = pd.DataFrame({"n": range(101), "t": ["x"] * 60 + ["y"] * 41, "b": [True] * 101})
    n, t, b = typed_columns(frame).columns
    assert (n.low, n.high, n.quantiles[7]) == (0, 100, 80)
    assert (t.values, t.counts) == (("x", "y"), (60, 41))
    assert b.counts == (101, 0)
    for column in (n, t, b):
        assert Column.from_dict(column.to_dict()) == column


def test_rows_that_are_added_have_the_kinds_of_the_index() -> None:
    first = typed_columns(pd.DataFrame({"age": range(20), "town": ["a", "b"] * 10}))
    more = pd.DataFrame({"age": ["unknown age", "7"], "town": [1, 2]})
    added = typed_columns(more, like=first.columns)
    assert added.arrays["age"].to_pylist() == [None, 7]
    assert added.arrays["town"].to_pylist() == ["1", "2"]


def test_the_order_of_dates_is_that_of_the_rows_before() -> None:
    first = typed_columns(pd.DataFrame({"day": ["25/04/2025", "03/04/2025", "01/02/2025"]}))
    assert first.orders == {"day": "dmy"}
    usual = Settled(dates=first.orders)
    added = typed_columns(pd.DataFrame({"day": ["05/06/2025"]}), like=first.columns, usual=usual)
    assert added.arrays["day"].to_pylist() == [datetime(2025, 6, 5)]


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        (["High", "low", "Medium"], ("low", "Medium", "High")),
        (["Innovator", "Laggard", "Early adopter"], ("Laggard", "Early adopter", "Innovator")),
        (["1000+", "1-10", "11-50", "201-1000"], ("1-10", "11-50", "201-1000", "1000+")),
        (["€5k-€10k", "under €5k", "over €10k"], ("under €5k", "€5k-€10k", "over €10k")),
        (["red", "green"], ()),
        (["high"], ()),
        (["high", "High"], ()),
    ],
)
def test_known_orders(values: list[str], levels: tuple[str, ...]) -> None:
    assert find_levels(values) == levels


def test_levels_that_are_given() -> None:
    frame = pd.DataFrame({"plan": ["solo", "team", "solo"]})
    typed = typed_columns(frame, levels={"plan": ["solo", "team", "firm"]})
    assert typed.columns[0].levels == ("solo", "team", "firm")
    with pytest.raises(OptionError, match="'solo'"):
        typed_columns(frame, levels={"plan": ["team", "firm"]})
    with pytest.raises(OptionError, match="'size'"):
        typed_columns(frame, levels={"size": ["a", "b"]})


def test_ordered_categories_are_levels() -> None:
    column = pd.Categorical(["b", "a"], categories=["b", "a"], ordered=True)
    assert typed_columns(pd.DataFrame({"x": column})).columns[0].levels == ("b", "a")


def test_closeness_grows_with_the_cosine_and_tells_pairs_apart() -> None:
    random = np.random.default_rng(0)
    together, apart = random.normal(0.6, 0.1, 300), random.normal(0.1, 0.1, 3000)
    measured = {ROWS: fit_closeness(together, apart)}
    cosines = np.array([-0.2, 0.1, 0.35, 0.6, 0.9, 1.0])
    found = closeness_of(cosines, measured, by_words=False)
    assert found is not None
    assert (np.diff(found) >= 0).all()
    assert found[1] < 0.1
    assert found[2] == pytest.approx(0.5, abs=0.1)
    assert found[3] > 0.9
    assert closeness_of(cosines, measured, by_words=True) is None


def test_closeness_is_not_told_of_a_few_rows(index_of: Callable[..., IndexReader]) -> None:
    assert fit_closeness(np.array([0.9, 0.8]), np.array([0.1])) == ()
    assert row_closeness(index_of(made_rows(["a", "b"]))) == ()


def test_a_few_words_of_each_text_are_words_of_it() -> None:
    texts = ["one two three four five six seven", "", "alone"]
    for text, words in zip(texts, few_words(texts), strict=True):
        assert words in text
        assert len(words.split()) <= 6


def people() -> pd.DataFrame:
    rows = 100
    frame = pd.DataFrame(
        {
            "town": ["Bern"] * 96 + ["Vaduz"] * 4,
            "likes": ["AI; Chess"] * 3 + ["AI"] * 40 + ["Cloud; Data"] * 57,
            "age": [*range(rows)],
            "vip": [True] * 2 + [False] * 98,
        }
    )
    return frame.iloc[np.r_[96:100, 0:96]].reset_index(drop=True)


def test_reasons_are_what_few_others_share(index_of: Callable[..., IndexReader]) -> None:
    texts = ["a quiet zeppelin pilot", "another zeppelin pilot", *["a plain sentence"] * 98]
    index = index_of(made_rows([f"p{n}" for n in range(100)], people(), texts=texts))
    (reasons,) = reasons_for(index, np.array([1]), np.array([0]), "")
    said = {(each.kind, each.column, each.text) for each in reasons}
    assert ("value", "town", "Vaduz") in said
    assert ("word", "", "zeppelin") in said
    assert ("number", "age", "97 and 96") in said
    assert all(each.share <= 0.3 for each in reasons)
    assert [each.share for each in reasons] == sorted(each.share for each in reasons)
    (others,) = reasons_for(index, np.array([50]), np.array([51]), "")
    assert not [each for each in others if each.column == "town"]  # nearly all live in Bern


def test_tags_are_shared_one_by_one(index_of: Callable[..., IndexReader]) -> None:
    index = index_of(made_rows([f"p{n}" for n in range(100)], people()))
    (reasons,) = reasons_for(index, np.array([5]), np.array([4]), "")
    assert [each.text for each in reasons if each.column == "likes"] == ["Chess"]


def test_a_query_shares_its_telling_words(index_of: Callable[..., IndexReader]) -> None:
    texts = ["she flies the zeppelin", *["she does the usual thing"] * 9]
    index = index_of(made_rows([f"p{n}" for n in range(10)], texts=texts))
    (reasons,) = reasons_for(index, np.array([0]), np.empty(0, dtype=int), "the zeppelin")
    assert [(each.kind, each.text) for each in reasons] == [("word", "zeppelin")]
