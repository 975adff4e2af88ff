import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.errors import InputError
from coterie.metrics import confused_pairs, confusion, overrepresented, worst_mistakes

TRUTH = ["a", "a", "a", "b", "b", None, "a", "c"]
PREDICTED = ["b", "b", "a", "a", None, "a", "b", "b"]
CONFIDENCE = [0.7, 0.9, 1.0, 0.8, None, 0.99, 0.9, 0.6]
TEXTS = ["t0", "t1", "t2", "t3", "t4", "t5", "t1", "t7"]


def test_the_surest_wrong_answers_come_first():
    table = worst_mistakes(range(8), TEXTS, TRUTH, PREDICTED, CONFIDENCE)
    assert table.to_numpy().tolist() == [
        [1, "t1", "a", "b", 0.9],
        [6, "t1", "a", "b", 0.9],
        [3, "t3", "b", "a", 0.8],
        [0, "t0", "a", "b", 0.7],
        [7, "t7", "c", "b", 0.6],
    ]
    assert table.columns.tolist() == ["id", "text", "truth", "predicted", "confidence"]
    few = worst_mistakes(range(8), TEXTS, TRUTH, PREDICTED, CONFIDENCE, most=2)
    assert few["id"].tolist() == [1, 6]


def test_the_commonest_confusions_come_first_with_different_texts():
    table = confused_pairs(TRUTH, PREDICTED, CONFIDENCE, TEXTS)
    assert table.to_numpy().tolist() == [
        ["a", "b", 3, 0.75, ["t1", "t0"]],
        ["c", "b", 1, 1.0, ["t7"]],
        ["b", "a", 1, 0.5, ["t3"]],
    ]
    few = confused_pairs(TRUTH, PREDICTED, CONFIDENCE, TEXTS, most=1, examples=1)
    assert few["examples"].tolist() == [["t1"]]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.floats(0, 1)),
        min_size=1,
        max_size=50,
    )
)
def test_counts_are_those_of_the_confusion(rows):
    truth, predicted, confidence = zip(*rows, strict=True)
    texts = [str(i) for i in range(len(rows))]
    table = confused_pairs(truth, predicted, confidence, texts, examples=99)
    counts = confusion(truth, predicted)
    assert table["count"].is_monotonic_decreasing
    assert table["count"].sum() == counts.to_numpy().sum() - np.trace(counts.to_numpy())
    for row in table.itertuples():
        assert row.count == counts.loc[row.truth, row.predicted] == len(row.examples)
        assert row.share == pytest.approx(row.count / counts.loc[row.truth].sum())
        sure = [confidence[int(text)] for text in row.examples]
        assert sure == sorted(sure, reverse=True)
    worst = worst_mistakes(texts, texts, truth, predicted, confidence, most=99)
    assert sorted(worst["id"]) == sorted(text for each in table["examples"] for text in each)


@pytest.mark.parametrize(("truth", "predicted"), [([], []), (["a"], ["a"]), (["a"], [None])])
def test_no_mistakes_make_empty_tables(truth, predicted):
    n = len(truth)
    table = worst_mistakes(["i"] * n, ["t"] * n, truth, predicted, [0.5] * n)
    assert table.empty
    assert table.columns.tolist() == ["id", "text", "truth", "predicted", "confidence"]
    pairs = confused_pairs(truth, predicted, [0.5] * n, ["t"] * n)
    assert pairs.empty
    assert pairs.columns.tolist() == ["truth", "predicted", "count", "share", "examples"]


def test_columns_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="1 and 2 ids"):
        worst_mistakes(["i"], ["t", "t"], ["a", "b"], ["a", "b"], [1, 1])
    with pytest.raises(InputError, match="1 and 2 texts"):
        confused_pairs(["a", "b"], ["a", "b"], [1, 1], ["t"])
    with pytest.raises(InputError, match="1 and 2 confidences"):
        confused_pairs(["a", "b"], ["a", "b"], [1], ["t", "t"])
    with pytest.raises(InputError, match="NaN or infinite"):
        confused_pairs(["a", "b"], ["a", "b"], [1, np.nan], ["t", "t"])


def test_values_that_some_rows_have_more_often_are_found():
    rng = np.random.default_rng(0)
    inside = np.arange(200) < 60
    columns = {
        "source": pd.Series(np.where(inside & (rng.random(200) < 0.8), "ads", "mail")),
        "hours": pd.Series(rng.normal(10, 1, 200) - 3 * inside),
        "concepts": pd.Series([["price", "x"] if own else ["x"] for own in inside]),
        "noise": pd.Series(rng.choice(list("pqr"), 200)),
        "empty": pd.Series([None] * 200, dtype=object),
    }
    found = overrepresented(inside, columns, most=10)
    assert set(found["column"]) == {"source", "hours", "concepts"}
    values = found.set_index("column")["value"]
    assert values["source"] == "ads"
    assert values["concepts"] == "price"
    assert values["hours"].startswith("up to ")
    row = found[found["column"] == "concepts"].iloc[0]
    assert (row["rows"], row["share"], row["share_of_others"]) == (60, 1.0, 0.0)


def test_chance_is_seldom_called_a_difference():
    rng = np.random.default_rng(1)
    told = 0
    for _ in range(40):
        columns = {f"c{i}": pd.Series(rng.choice(list("abcd"), 80)) for i in range(5)}
        told += len(overrepresented(rng.random(80) < 0.3, columns)) > 0
    assert told <= 6  # of 40, where 5% are expected


def test_missing_cells_are_a_value_and_few_rows_say_nothing():
    inside = np.arange(40) < 10
    cells = pd.Series([None if own else "known" for own in inside], dtype=object)
    assert overrepresented(inside, {"c": cells})["value"].tolist() == ["(empty)"]
    assert overrepresented(inside[:12] & (np.arange(12) < 1), {"c": cells[:12]}).empty
    assert overrepresented(np.ones(40, bool), {"c": cells}).empty
