import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics

from coterie.errors import InputError, OptionError
from coterie.metrics import precision_recall_curve, roc_curve, score_ranking


@st.composite
def _tables(draw, least=2, most=4):
    width, n = draw(st.integers(least, most)), draw(st.integers(2, 60))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    probability = rng.random((n, width)).round(draw(st.sampled_from([1, 2, 8])))  # with ties
    codes = rng.integers(0, width, n)
    return codes, probability


@given(_tables())
def test_each_class_is_scored_against_the_rest(case):
    codes, probability = case
    k = probability.shape[1]
    ours = score_ranking([f"c{code}" for code in codes], probability, [f"c{i}" for i in range(k)])
    for i, row in ours.per_class.iterrows():
        own, rest = probability[codes == i, i], probability[codes != i, i]
        assert row["rows"] == len(own)
        if not len(own):
            assert np.isnan([row["roc_auc"], row["average_precision"]]).all()
            continue
        higher = [(probability[:, i] >= each).sum() for each in own]
        expected = np.mean([(own >= each).sum() for each in own] / np.array(higher))
        assert row["average_precision"] == pytest.approx(expected)
        if not len(rest):
            assert np.isnan(row["roc_auc"])
            continue
        beaten = (own[:, None] > rest).mean() + (own[:, None] == rest).mean() / 2
        assert row["roc_auc"] == pytest.approx(beaten)


@given(_tables(least=3))
def test_of_many_classes_the_figures_are_the_means_of_those_that_have_them(case):
    codes, probability = case
    ours = score_ranking(codes, probability, range(probability.shape[1]))
    assert ours.positive is None
    for name, figure in (("roc_auc", ours.roc_auc), ("average_precision", ours.average_precision)):
        assert figure == pytest.approx(ours.per_class[name].dropna().mean(), nan_ok=True)


def test_two_classes_are_told_of_the_second_or_of_the_one_named():
    truth, probability = ["no", "yes", "no"], np.array([[0.9, 0.1], [0.2, 0.8], [0.1, 0.9]])
    ours = score_ranking(truth, probability, ["no", "yes"])
    assert (ours.positive, ours.roc_auc, ours.average_precision) == ("yes", 0.5, 0.5)
    named = score_ranking(truth, probability, ["no", "yes"], positive="no")
    assert (named.positive, named.roc_auc) == ("no", 0.5)
    assert named.average_precision == pytest.approx((1 + 2 / 3) / 2)


def test_missing_labels_are_left_out_and_unknown_ones_are_of_the_rest():
    probability = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5], [0.6, 0.4]])
    ours = score_ranking(["a", "b", None, "unheard"], probability, ["a", "b"])
    assert (ours.rows, ours.unlabelled, ours.roc_auc) == (3, 1, 1.0)
    assert ours.per_class["rows"].tolist() == [1, 1]


def test_absent_classes_are_nan_and_in_no_mean():
    probability = np.array([[0.9, 0.1, 0], [0.2, 0.8, 0]])
    ours = score_ranking(["a", "b"], probability, ["a", "b", "never"])
    assert np.isnan(ours.per_class["roc_auc"].iloc[2])
    assert (ours.roc_auc, ours.average_precision) == (1, 1)
    alone = score_ranking(["a", "a"], probability, ["a", "b", "never"])
    assert np.isnan(alone.roc_auc)
    assert alone.average_precision == 1


@pytest.mark.parametrize("truth", [[], [None]])
def test_no_labels_give_nan_and_no_warning(truth):
    ours = score_ranking(truth, np.ones((len(truth), 2)), ["a", "b"])
    assert np.isnan([ours.roc_auc, ours.average_precision]).all()
    assert (ours.rows, ours.unlabelled) == (0, len(truth))


@given(_tables(most=2))
def test_points_of_the_curves_are_those_of_scikit_learn(case):
    codes, probability = case
    scores = probability[:, 1]
    assume(0 < codes.sum() < len(codes))
    x, y, _ = metrics.roc_curve(codes, scores, drop_intermediate=False)
    curve = roc_curve(codes == 1, scores)
    assert _pairs(curve.x, curve.y) <= _pairs(x, y)
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(metrics.roc_auc_score(codes, scores))
    precision, recall, _ = metrics.precision_recall_curve(codes, scores)
    curve = precision_recall_curve(codes == 1, scores)
    assert _pairs(curve.x[1:], curve.y[1:]) <= _pairs(recall, precision)
    assert (curve.x[0], curve.y[0], curve.x[-1]) == (0, precision[recall > 0][-1], 1)


def _pairs(x, y):
    return {(round(a, 9), round(b, 9)) for a, b in zip(x.tolist(), y.tolist(), strict=True)}


def test_curves_of_many_rows_keep_their_areas_in_few_points():
    rng = np.random.default_rng(0)
    codes = rng.random(100_000) < 0.2
    scores = rng.normal(size=100_000) + codes
    roc = roc_curve(codes, scores)
    recall = precision_recall_curve(codes, scores)
    assert max(len(roc.x), len(recall.x)) <= 200
    area = np.trapezoid(roc.y, roc.x)
    assert area == pytest.approx(metrics.roc_auc_score(codes, scores), abs=0.002)
    area = np.trapezoid(recall.y, recall.x)
    assert area == pytest.approx(metrics.average_precision_score(codes, scores), abs=0.005)


@pytest.mark.parametrize("positive", [[], [False, False]])
def test_a_curve_without_rows_of_the_class_has_no_points(positive):
    scores = np.ones(len(positive))
    assert len(roc_curve(positive, scores).x) == 0
    assert len(precision_recall_curve(positive, scores).x) == 0
    assert len(roc_curve([True], [0.5]).x) == 0


@pytest.mark.parametrize(
    ("probability", "message"),
    [
        (np.ones((2, 3)), r"\(2, 3\) for 2 rows and 2 classes"),
        (np.ones((3, 2)), r"\(3, 2\) for 2 rows"),
        (np.ones(2), r"\(2,\)"),
        ([[0.5, 0.5], [np.nan, 1]], "NaN or infinite"),
        ([[0.5, 0.5], [np.inf, 1]], "NaN or infinite"),
        ([["x", "y"]] * 2, "not numbers"),
    ],
)
def test_probabilities_that_do_not_fit_are_refused(probability, message):
    with pytest.raises(InputError, match=message):
        score_ranking(["a", "b"], probability, ["a", "b"])


def test_a_positive_class_that_is_none_is_refused():
    with pytest.raises(OptionError, match="'c'"):
        score_ranking(["a"], [[1, 0]], ["a", "b"], positive="c")


@pytest.mark.parametrize("draw", [roc_curve, precision_recall_curve])
def test_scores_that_do_not_fit_are_refused(draw):
    with pytest.raises(InputError, match="2 and 1"):
        draw([True, False], [0.5])
    with pytest.raises(InputError, match="NaN or infinite"):
        draw([True, False], [0.5, np.nan])
