import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from coterie.errors import InputError
from coterie.metrics import confusion, score_classes

names = st.sampled_from("abcde")
columns = st.lists(st.tuples(names, names), min_size=1, max_size=60).map(
    lambda rows: tuple(map(list, zip(*rows, strict=True)))
)
gappy = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "x", None]), st.sampled_from(["a", "b", "c", None])),
    min_size=1,
    max_size=60,
)


@given(columns)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_figures_equal_those_of_scikit_learn(case):
    truth, predicted = case
    ours = score_classes(truth, predicted)
    assert ours.accuracy == pytest.approx(accuracy_score(truth, predicted))
    if len(set(truth)) > 1:
        assert ours.balanced_accuracy == pytest.approx(balanced_accuracy_score(truth, predicted))
    for average, figure in (("macro", ours.macro_f1), ("weighted", ours.weighted_f1)):
        expected = f1_score(truth, predicted, average=average, zero_division=0)
        assert figure == pytest.approx(expected)
    labels = sorted({*truth, *predicted})
    expected = precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=np.nan
    )
    table = ours.per_class
    assert table["class"].tolist() == labels
    for column, figures in zip(["precision", "recall", "f1", "rows"], expected, strict=True):
        np.testing.assert_allclose(table[column], figures, rtol=1e-12)
    assert table["predicted"].tolist() == [predicted.count(label) for label in labels]


@pytest.mark.filterwarnings("ignore:A single label was found")
@given(columns)
def test_confusion_equals_that_of_scikit_learn(case):
    truth, predicted = case
    table = confusion(truth, predicted)
    labels = sorted({*truth, *predicted})
    assert table.index.tolist() == table.columns.tolist() == labels
    assert (table.to_numpy() == confusion_matrix(truth, predicted, labels=labels)).all()


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
    true, said = map(list, zip(*kept, strict=True))
    assert ours.accuracy == pytest.approx(accuracy_score(true, said))
    for average, figure in (("macro", ours.macro_f1), ("weighted", ours.weighted_f1)):
        occurring = [each for each in ["c", "b", "a", "x"] if each in {*true, *said}]
        expected = f1_score(true, said, labels=occurring, average=average, zero_division=0)
        assert figure == pytest.approx(expected)
    recalls = ours.per_class["recall"].dropna()
    assert ours.balanced_accuracy == pytest.approx(recalls.mean())
    for t in table.index:
        for p in table.columns:
            assert table.loc[t, p] == kept.count((t, p))


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
        (["a", "b"], ["a"], None, "one of each per row"),
        (["a"], ["z"], ["a", "b"], "'z' is none of the 2 classes: give every class"),
        (["a"], ["a"], ["a", "b", "a"], "'a' is given twice"),
        (["a"], ["a"], ["a", None], "has no name"),
        (np.array([["a"]]), ["a"], None, "pass one column"),
    ],
)
def test_what_makes_no_sense_is_refused(truth, predicted, classes, message):
    for function in (score_classes, confusion):
        with pytest.raises(InputError, match=message):
            function(truth, predicted, classes)


def test_a_million_rows_of_a_hundred_classes_take_less_than_a_few_seconds():
    rng = np.random.default_rng(0)
    labels = np.array([f"class {i}" for i in range(100)], dtype=object)
    truth, predicted = labels[rng.integers(0, 100, 1_000_000)], labels[rng.integers(0, 100, 10**6)]
    start = time.perf_counter()
    scores = score_classes(truth, predicted)
    table = confusion(truth, predicted)
    assert time.perf_counter() - start < 5
    assert table.to_numpy().trace() == round(scores.accuracy * 1_000_000)
