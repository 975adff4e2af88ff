import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from coterie.metrics import pairwise_agreement, score_agreement

names = st.sampled_from(["a", "b", "c"])


def test_kappa_of_a_case_counted_by_hand():
    # 20 yes-yes, 15 no-no, 5 and 10 apart: 0.7 observed, 0.5 by chance.
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    found = score_agreement(first, second)
    assert (found.share, found.rows) == (0.7, 50)
    assert found.kappa == pytest.approx(0.4)


def test_rows_without_a_name_in_either_are_left_out():
    found = score_agreement(["a", None, "b", ""], ["a", "b", "b", "c"])
    assert (found.share, found.kappa, found.rows) == (1.0, 1.0, 2)


def test_one_name_throughout_is_full_agreement():
    assert score_agreement(["a", "a"], ["a", "a"]).kappa == 1.0


def test_no_rows_give_nan():
    found = score_agreement([], [])
    assert np.isnan(found.share)
    assert np.isnan(found.kappa)


@given(st.lists(st.tuples(names, names), min_size=2, max_size=40))
def test_kappa_equals_that_of_scikit_learn(rows):
    first, second = zip(*rows, strict=True)
    if len({*first, *second}) < 2:
        return
    expected = cohen_kappa_score(first, second)
    assert score_agreement(first, second).kappa == pytest.approx(expected)


def test_every_two_columns_are_compared_once():
    table = pairwise_agreement({"x": ["a", "b"], "y": ["a", "a"], "z": ["b", "b"]})
    assert table[["first", "second"]].to_numpy().tolist() == [["x", "y"], ["x", "z"], ["y", "z"]]
    assert table["share"].tolist() == [0.5, 0.5, 0.0]
    assert pairwise_agreement({"x": ["a"]}).empty
