"""Context columns of every kind become finite numbers of bounded size, the same after saving."""

import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.classifiers.features.context import ContextEncoder, fit_context
from coterie.errors import ColumnError, ColumnWarning, CoterieWarning, InputError

DATES = ["2024-01-01", "2024-02-01", None] * 10
NUMERIC = {
    "int": pd.Series([1, 2, 3] * 10),
    "Int64": pd.Series([1, 2, None] * 10, dtype="Int64"),
    "pyarrow": pd.Series([1, 2, None] * 10, dtype="int64[pyarrow]"),
    "float": pd.Series([1.5, np.nan, 3.0] * 10),
    "infinite": pd.Series([1.0, np.inf, -np.inf, np.nan, 3.0] * 6),
    "huge": pd.Series([1.0, 2.0, 1e300] * 10),
    "object": pd.Series([1, 2, None] * 10, dtype=object),
    "beyond int64": pd.Series([1, 2, 10**40] * 10, dtype=object),
    "decimal": pd.Series([Decimal("1.5"), Decimal("2.5"), None] * 10, dtype=object),
    "text": pd.Series(["1", " 2", "3"] * 10),
    "dates": pd.Series(pd.to_datetime(DATES)),
    "dates of a zone": pd.Series(pd.to_datetime(DATES, utc=True)),
    "spans": pd.Series(pd.to_timedelta([1, 2, None] * 10, unit="D")),
    "category of int": pd.Series([1, 2, None] * 10, dtype="category"),
}
NAMES = {
    "text": (pd.Series(["a", "b", None] * 10), ("a", "b")),
    "string": (pd.Series(["a", "b", None] * 10, dtype="string"), ("a", "b")),
    "category": (pd.Series(["a", "b", None] * 10, dtype="category"), ("a", "b")),
    "blank": (pd.Series(["a ", "b", "", "  "] * 10), ("a", "b")),
    "bool": (pd.Series([True, False, False] * 10), ("False", "True")),
    "boolean": (pd.Series([True, False, None] * 10, dtype="boolean"), ("False", "True")),
    "bool in object": (pd.Series([True, False, None] * 10, dtype=object), ("False", "True")),
    "mixed": (pd.Series([1, "a", None, 2.5] * 10, dtype=object), ("1", "2.5", "a")),
    "lists": (pd.Series([[1], [2], None] * 10, dtype=object), ("[1]", "[2]")),
    "complex": (pd.Series([1j, 2.0, 1j] * 10), ("1j", "(2+0j)")),
}


def check(values):
    frame = pd.DataFrame({"c": values})
    encoder = fit_context(frame, ["c"])
    block = encoder.transform(frame, len(frame))
    assert block.dtype == np.float32
    assert block.shape == (len(frame), encoder.width)
    assert np.isfinite(block).all()
    assert (block.astype(float) ** 2).sum(axis=1).mean() == pytest.approx(1, rel=1e-4)
    assert np.abs(block.mean(axis=0)).max() < 1e-3
    again = ContextEncoder.from_dict(encoder.to_dict())
    assert np.array_equal(again.transform(frame, len(frame)), block)
    assert again.columns == encoder.columns
    one_by_one = [encoder.transform(frame.iloc[[row]], 1) for row in range(len(frame))]
    assert np.array_equal(np.concatenate(one_by_one), block)
    return encoder


@pytest.mark.parametrize("values", NUMERIC.values(), ids=NUMERIC)
def test_numbers(values):
    assert check(values).columns[0].numeric


@pytest.mark.parametrize(("values", "levels"), NAMES.values(), ids=NAMES)
def test_names(values, levels):
    assert check(values).columns[0].levels == levels


def test_what_is_no_number_counts_as_missing():
    frame = pd.DataFrame({"c": [1.0, 2.0, 3.0, np.nan] * 10})
    encoder = fit_context(frame, ["c"])
    missing = encoder.transform(frame.iloc[[3]], 1)
    for odd in (np.inf, -np.inf, 1e300, -1e300, 10**40, None, pd.NA, "", " n/a ", "-"):
        rows = pd.DataFrame({"c": pd.Series([odd], dtype=object)})
        assert np.array_equal(encoder.transform(rows, 1), missing), odd
        assert encoder.losses(rows) == []
    for odd in ("1e309", "three", 1j, "12 k"):
        rows = pd.DataFrame({"c": pd.Series([odd, 2.0, None], dtype=object)})
        with pytest.warns(ColumnWarning, match="'c'"):
            made = encoder.transform(rows, 3)
        assert np.array_equal(made[:1], missing), odd
        (lost,) = encoder.losses(rows)
        assert (lost.column, lost.numeric, lost.lost, lost.given) == ("c", True, 1, 2)
        assert lost.examples == (str(odd),)
        assert not lost.gone
        assert encoder.losses(rows.iloc[[0, 2]])[0].gone
    usual = encoder.transform(pd.DataFrame({"c": [2.0]}), 1)
    assert usual[0, 0] == missing[0, 0]
    assert usual[0, 1] != missing[0, 1]


@pytest.mark.parametrize(
    "kind", ["dates", "dates of a zone", "spans", "Int64", "pyarrow", "object"]
)
def test_a_missing_value_of_any_type_counts_as_missing(kind):
    frame = pd.DataFrame({"c": NUMERIC[kind]})
    first, second, missing = fit_context(frame, ["c"]).transform(frame, 30)[:3]
    assert first[0] == -second[0]
    assert missing[0] == 0  # the middle of both
    assert first[1] == second[1] < missing[1]


def test_what_never_varied_in_training_moves_nothing():
    frame = pd.DataFrame({"c": [1.0, 2.0, 3.0] * 10})
    encoder = fit_context(frame, ["c"])
    missing = encoder.transform(pd.DataFrame({"c": [np.nan]}), 1)
    assert np.array_equal(missing, encoder.transform(pd.DataFrame({"c": [2.0]}), 1))
    known = fit_context(pd.DataFrame({"c": [5.0, np.nan] * 10}), ["c"])
    one, other = (known.transform(pd.DataFrame({"c": [value]}), 1) for value in (5.0, 9.0))
    assert np.array_equal(one, other)


def test_a_number_far_from_all_others_is_bounded():
    encoder = fit_context(pd.DataFrame({"c": [1.0, 2.0, 3.0] * 10}), ["c"])
    far = encoder.transform(pd.DataFrame({"c": [1e6, 1e29, -1e29]}), 3)
    assert far[0, 0] == far[1, 0] == -far[2, 0]
    assert np.abs(far).max() <= 1000.01


def test_a_row_without_context_is_an_average_row():
    frame = pd.DataFrame({"plan": ["free", "pro"] * 10, "seats": range(20)})
    encoder = fit_context(frame, ["plan", "seats"])
    assert (encoder.transform(None, 3) == 0).all()
    with pytest.warns(CoterieWarning, match="plan or seats"):
        assert (encoder.transform(pd.DataFrame({"x": [1]}), 1) == 0).all()
    with pytest.warns(CoterieWarning, match=r"plan.*gold"):
        unseen = encoder.transform(pd.DataFrame({"plan": ["gold"], "seats": [1]}), 1)
    missing = encoder.transform(pd.DataFrame({"plan": [None], "seats": [1]}), 1)
    assert np.array_equal(unseen, missing)
    assert (unseen[0, :2] == 0).all()


def test_of_many_values_the_commonest_are_learnt():
    values = [f"team {row % 80:02}" for row in range(160)] + ["team 79"] * 3
    encoder = fit_context(pd.DataFrame({"c": values}), ["c"])
    assert len(encoder.columns[0].levels) == 50
    assert encoder.columns[0].levels[0] == "team 79"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoder.transform(pd.DataFrame({"c": ["team 78"]}), 1)  # there are too many to tell


def test_columns_that_tell_nothing_are_left_out():
    frame = pd.DataFrame({"same": [1.0, 1 + 1e-15] * 5, "none": None, "plan": ["free", "pro"] * 5})
    assert fit_context(frame, ["same", "none", "plan"]).names == ("plan",)
    with pytest.raises(InputError, match="same, none"):
        fit_context(frame, ["same", "none"])
    with pytest.raises(ColumnError, match="'team'"):
        fit_context(frame, ["team"])


ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=4),
    st.dates(),
    st.decimals(allow_nan=False),
    st.just(pd.NaT),
)


@settings(max_examples=70, deadline=None)
@given(st.lists(ANY, min_size=2, max_size=12), st.lists(ANY, min_size=1, max_size=4))
def test_any_values_become_numbers(learnt, asked):
    frame = pd.DataFrame({"c": pd.Series(learnt, dtype=object)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        try:
            encoder = fit_context(frame, ["c"])
        except InputError:
            return
        again = ContextEncoder.from_dict(encoder.to_dict())
        for values in (learnt, asked):
            rows = pd.DataFrame({"c": pd.Series(values, dtype=object)})
            block = encoder.transform(rows, len(rows))
            assert np.isfinite(block).all()
            assert np.array_equal(again.transform(rows, len(rows)), block)
