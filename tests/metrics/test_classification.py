from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.errors import InputError
from coterie.metrics import confusion, score_classes

gappy = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "x", None]), st.sampled_from(["a", "b", "c", None])),
    min_size=1,
    max_size=60,
)


@given(gappy)
def test_rows_without_an_answer_and_labels_that_are_no_class_are_wrong(rows):
    truth, predicted = zip(*rows, strict=True)
    ours = score_classes(truth, predicted, ["c", "b", "a"])
    kept = [(t, p or "(none)") for t, p in rows if t]
    assert ours.rows == len(kept)
    assert ours.unlabelled == truth.count(None)
    assert ours.unanswered == [p for _, p in kept].count("(none)")
    unseen = ["x"] * ("x" in truth)
    assert list(ours.unseen) == unseen
    assert ours.per_class["class"].tolist() == ["c", "b", "a", *unseen]
    table = confusion(truth, predicted, ["c", "b", "a"])
    assert table.index.tolist() == ["c", "b", "a", *unseen]
    assert table.columns.tolist() == ["c", "b", "a", *["(none)"] * (ours.unanswered > 0)]
    assert table.to_numpy().sum() == len(kept)
    if not kept:
        assert np.isnan(ours.accuracy)
        return
    cells = Counter(kept)
    for t in table.index:
        for p in table.columns:
            assert table.loc[t, p] == cells[t, p]
    true, said = Counter(t for t, _ in kept), Counter(p for _, p in kept)
    recalls, f1s = {}, {}
    for row in ours.per_class.itertuples():
        name, right = row[1], cells[row[1], row[1]]
        assert (row.rows, row.predicted) == (true[name], said[name])
        for figure, whole in ((row.precision, said[name]), (row.recall, true[name])):
            assert figure == pytest.approx(right / whole if whole else np.nan, nan_ok=True)
        if true[name]:
            recalls[name] = right / true[name]
        if true[name] or said[name]:
            f1s[name] = 2 * right / (true[name] + said[name])
            assert row.f1 == pytest.approx(f1s[name])
        else:
            assert np.isnan(row.f1)
    assert ours.accuracy == pytest.approx(sum(cells[t, t] for t in true) / len(kept))
    assert ours.balanced_accuracy == pytest.approx(np.mean(list(recalls.values())))
    assert ours.macro_f1 == pytest.approx(np.mean(list(f1s.values())))
    weighted = sum(f1s[t] * count for t, count in true.items()) / len(kept)
    assert ours.weighted_f1 == pytest.approx(weighted)


def test_a_case_counted_by_hand():
    scores = score_classes(["a", "a", "a", "b", None], ["a", "a", "b", None, "a"])
    assert scores.accuracy == 0.5
    assert scores.balanced_accuracy == pytest.approx((2 / 3 + 0) / 2)
    assert scores.macro_f1 == pytest.approx((2 * 2 / 5 + 0) / 2)
    assert scores.weighted_f1 == pytest.approx(3 / 4 * 4 / 5)
    assert (scores.rows, scores.unlabelled, scores.unanswered) == (4, 1, 1)


def test_a_class_that_never_occurs_is_listed_and_counts_in_no_mean():
    scores = score_classes(["a", "b"], ["a", "b"], ["a", "b", "never"])
    assert scores.macro_f1 == scores.balanced_accuracy == 1.0
    row = scores.per_class.iloc[2]
    assert (row["class"], row["rows"], row["predicted"]) == ("never", 0, 0)
    assert row[["precision", "recall", "f1"]].isna().all()


def test_one_class_one_row_and_all_wrong():
    one = score_classes(["a"], ["a"])
    assert (one.accuracy, one.balanced_accuracy, one.macro_f1, one.weighted_f1) == (1, 1, 1, 1)
    wrong = score_classes(["a", "b"], ["b", "a"])
    assert (wrong.accuracy, wrong.balanced_accuracy, wrong.macro_f1) == (0, 0, 0)
    assert wrong.per_class[["precision", "recall", "f1"]].to_numpy().tolist() == [[0] * 3] * 2


@pytest.mark.parametrize(("truth", "predicted"), [([], []), ([None, " "], ["a", None])])
def test_no_labels_give_nan_and_no_warning(truth, predicted):
    scores = score_classes(truth, predicted)
    figures = [scores.accuracy, scores.balanced_accuracy, scores.macro_f1, scores.weighted_f1]
    assert np.isnan(figures).all()
    assert scores.rows == 0
    assert confusion(truth, predicted).to_numpy().sum() == 0


def test_numbers_are_compared_by_value_and_with_text():
    truth = pd.Series([1, 2, None, 3])  # floats, for want of one
    assert score_classes(truth, np.array([1, 2, 3, 3])).accuracy == 1.0
    assert score_classes(truth, ["1", "2", "3", "3"], classes=[1, 2, 3]).accuracy == 1.0
    assert score_classes([1.5, np.float32(2)], ["1.5", 2]).accuracy == 1.0


@pytest.mark.parametrize("kind", ["str", "category", "object"])
def test_columns_of_any_kind_are_read(kind):
    truth = pd.Series(["a", "b", "b", None], dtype="string" if kind == "str" else kind)
    scores = score_classes(truth, np.array(["a", "b", "a", "a"]))
    assert scores.accuracy == pytest.approx(2 / 3)
    assert scores.unlabelled == 1


@pytest.mark.parametrize(
    ("truth", "predicted", "classes", "message"),
    [
        (["a", "b"], ["a"], None, "2 and 1"),
        (["a"], ["z"], ["a", "b"], "'z'.* 2 classes"),
        (["a"], ["a"], ["a", "b", "a"], "'a'"),
        (["a"], ["a"], ["a", None], "name"),
        (np.array([["a"]]), ["a"], None, r"\(1, 1\)"),
    ],
)
def test_what_makes_no_sense_is_refused(truth, predicted, classes, message):
    for function in (score_classes, confusion):
        with pytest.raises(InputError, match=message):
            function(truth, predicted, classes)


def test_labels_of_which_each_is_a_class_of_its_own_are_scored_without_a_warning():
    ids = [f"id {i}" for i in range(100)]
    scores = score_classes(ids, ids[50:] + ids[:50])
    assert (scores.accuracy, scores.macro_f1, len(scores.per_class)) == (0, 0, 100)
    assert confusion(ids, ids).to_numpy().trace() == 100


def test_many_labels_that_are_no_class_make_no_table_of_all_by_all():
    ids = [f"id {i}" for i in range(3_000)]
    table = confusion(ids, ["a", "b", "c"] * 1_000, ["a", "b", "c"])
    assert table.shape == (3_003, 3)
    assert table.to_numpy().sum() == 3_000
