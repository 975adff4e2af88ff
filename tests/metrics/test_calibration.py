import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from coterie.errors import InputError, OptionError
from coterie.metrics import accuracy_coverage, score_calibration, threshold_for

rows = st.lists(
    st.tuples(st.booleans(), st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.2, 0.5, 1.0]))),
    min_size=1,
    max_size=80,
).map(lambda pairs: tuple(np.array(column) for column in zip(*pairs, strict=True)))


@given(case=rows, bins=st.integers(1, 20))
def test_bins_and_brier_equal_those_of_scikit_learn(case, bins):
    correct, confidence = case
    ours = score_calibration(correct, confidence, bins)
    table = ours.table[ours.table["rows"] > 0]
    share, mean = calibration_curve(correct, confidence, n_bins=bins)
    np.testing.assert_allclose(table["accuracy"], share)
    np.testing.assert_allclose(table["confidence"], mean)
    assert ours.brier == pytest.approx(brier_score_loss(correct, confidence))
    expected = np.abs(share - mean) @ table["rows"] / len(correct)
    assert ours.ece == pytest.approx(expected)
    assert ours.over_confidence == pytest.approx(confidence.mean() - correct.mean())


@given(case=rows, seed=st.integers(0, 9))
def test_the_order_of_rows_does_not_matter(case, seed):
    correct, confidence = case
    order = np.random.default_rng(seed).permutation(len(correct))
    one, other = (score_calibration(c, p) for c, p in (case, (correct[order], confidence[order])))
    assert one.adaptive_ece == pytest.approx(other.adaptive_ece)
    assert one.table["rows"].tolist() == other.table["rows"].tolist()


def test_equal_mass_bins_hold_equally_many_rows():
    confidence = np.linspace(0.8, 1, 30) ** 3
    correct = np.arange(30) % 3 > 0
    blocks = zip(confidence.reshape(5, 6), correct.reshape(5, 6), strict=True)
    expected = np.mean([abs(sure.mean() - right.mean()) for sure, right in blocks])
    assert score_calibration(correct, confidence, bins=5).adaptive_ece == pytest.approx(expected)


def test_a_confidence_that_holds_has_no_error_and_one_that_is_too_high_has():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.3, 1, 50_000)
    correct = rng.random(50_000) < confidence
    fair = score_calibration(correct, confidence)
    assert fair.ece < 0.01
    assert fair.adaptive_ece < 0.01
    assert abs(fair.over_confidence) < 0.01
    bold = score_calibration(correct, np.sqrt(confidence))
    gap = np.sqrt(confidence).mean() - correct.mean()
    assert bold.ece == pytest.approx(gap, abs=0.005)
    assert bold.adaptive_ece == pytest.approx(gap, abs=0.005)
    assert bold.over_confidence == pytest.approx(gap)


def test_an_edge_belongs_to_the_bin_below_it():
    table = score_calibration([True] * 4, [0.0, 0.5, 0.500001, 1.0], bins=2).table
    assert table["rows"].tolist() == [2, 2]
    assert table[["low", "high"]].to_numpy().tolist() == [[0, 0.5], [0.5, 1]]


def test_no_rows_give_nan_and_no_warning():
    scores = score_calibration([], [])
    figures = [scores.ece, scores.adaptive_ece, scores.brier, scores.over_confidence]
    assert np.isnan(figures).all()
    assert scores.table["rows"].tolist() == [0] * 15
    assert len(accuracy_coverage([], []).x) == 0
    assert threshold_for([], [], 0.9) is None


def test_one_row_and_all_wrong():
    one = score_calibration([True], [0.9])
    assert (one.ece, one.adaptive_ece) == (pytest.approx(0.1), pytest.approx(0.1))
    wrong = score_calibration([False] * 4, [1.0] * 4)
    assert (wrong.ece, wrong.brier, wrong.over_confidence) == (1, 1, 1)
    assert accuracy_coverage([False] * 4, [0.9, 0.8, 0.8, 0.1]).y.max() == 0
    assert threshold_for([False] * 4, [1.0] * 4, 0.01) is None


def test_coverage_by_hand_with_equal_confidences_together():
    curve = accuracy_coverage([True, False, True, False], [0.5, 0.9, 0.9, 0.1])
    assert curve.x.tolist() == [0.5, 0.75, 1]
    assert curve.y.tolist() == pytest.approx([0.5, 2 / 3, 0.5])


@given(case=rows, accuracy=st.floats(0.01, 1), least=st.sampled_from([0.0, 0.05, 0.5, 1.0]))
def test_the_threshold_is_the_lowest_that_keeps_its_promise(case, accuracy, least):
    correct, confidence = case
    good = [
        value
        for value in confidence
        if correct[confidence >= value].mean() >= accuracy and (confidence >= value).mean() >= least
    ]
    assert threshold_for(correct, confidence, accuracy, least) == (min(good) if good else None)


@given(case=rows)
def test_points_of_coverage_are_those_of_a_count(case):
    correct, confidence = case
    curve = accuracy_coverage(correct, confidence)
    counted = {
        ((confidence >= value).mean(), correct[confidence >= value].mean()) for value in confidence
    }
    assert {*zip(curve.x, curve.y, strict=True)} <= counted
    assert curve.x[-1] == 1


def test_many_rows_make_few_points():
    rng = np.random.default_rng(0)
    confidence = rng.random(200_000)
    correct = rng.random(200_000) < confidence
    curve = accuracy_coverage(correct, confidence)
    assert len(curve.x) <= 200
    assert np.interp(0.5, curve.x, curve.y) == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("function", [score_calibration, accuracy_coverage])
@pytest.mark.parametrize(
    ("correct", "confidence", "message"),
    [
        ([True], [float("nan")], "NaN or infinite"),
        ([True], [float("inf")], "NaN or infinite"),
        ([True, False], [0.5, 80], "0.5 to 80"),
        ([True], [-0.1], "-0.1"),
        ([True], [0.5, 0.5], "1 and 2"),
        ([True], ["sure"], "confidences"),
        (["yes"], [0.5], "true or false"),
        ([True], [[0.5, 0.5]], r"\(1, 2\)"),
    ],
)
def test_what_is_no_confidence_is_refused(function, correct, confidence, message):
    with pytest.raises(InputError, match=message):
        function(correct, confidence)


def test_options_outside_their_range_are_refused():
    with pytest.raises(OptionError, match="bins is 0"):
        score_calibration([True], [0.5], bins=0)
    with pytest.raises(OptionError, match=r"accuracy.* 95"):
        threshold_for([True], [0.5], 95)
    with pytest.raises(OptionError, match="share is 2"):
        threshold_for([True], [0.5], 0.9, least_share=2)
