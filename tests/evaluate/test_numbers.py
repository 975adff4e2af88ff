import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn import metrics

from coterie.errors import InputError
from coterie.evaluate import score_numbers


@st.composite
def _estimates(draw, least=-1e3):
    n, seed = draw(st.integers(2, 60)), draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    truth = rng.uniform(least, 1e3, n).round(draw(st.sampled_from([-2, 0, 8])))  # with ties
    said = (truth + rng.normal(0, draw(st.sampled_from([0, 1, 500])), n)).round(1)
    return truth, said


@given(_estimates())
def test_figures_equal_those_of_scikit_learn_and_scipy(case):
    truth, said = case
    ours = score_numbers(truth, said)
    assert ours.rows == len(truth)
    assert ours.mae == pytest.approx(metrics.mean_absolute_error(truth, said))
    assert ours.rmse == pytest.approx(metrics.root_mean_squared_error(truth, said))
    assert ours.median_error == pytest.approx(metrics.median_absolute_error(truth, said))
    if np.ptp(truth) > 0:
        assert ours.r2 == pytest.approx(metrics.r2_score(truth, said))
    else:
        assert np.isnan(ours.r2)
    if np.ptp(truth) > 0 and np.ptp(said) > 0:
        assert ours.rank == pytest.approx(spearmanr(truth, said).statistic)
    else:
        assert np.isnan(ours.rank)


@given(_estimates(least=1))
def test_of_numbers_above_0_the_logarithms_are_scored_too(case):
    truth, said = case
    assume(np.ptp(truth) > 0)
    ours = score_numbers(truth, said)
    if (truth > 0).all() and (said > 0).all():
        assert ours.r2_log == pytest.approx(metrics.r2_score(np.log(truth), np.log(said)))
    else:
        assert np.isnan(ours.r2_log)


def test_by_hand():
    ours = score_numbers([1, 2, 3, 4], [1, 2, 3, 8])
    assert (ours.mae, ours.rmse, ours.median_error, ours.rank) == (1, 2, 0, 1)
    assert ours.r2 == pytest.approx(1 - 16 / 5)
    perfect = score_numbers([1, 2, 3], [1, 2, 3])
    assert (perfect.r2, perfect.r2_log, perfect.rank, perfect.mae) == (1, 1, 1, 0)
    mean = score_numbers([1, 2, 3], [2, 2, 2])
    assert mean.r2 == 0
    assert np.isnan(mean.rank)
    assert np.isnan(score_numbers([0, 2, 3], [1, 2, 2]).r2_log)


def test_no_rows_give_nan_and_no_warning():
    ours = score_numbers([], [])
    assert ours.rows == 0
    assert np.isnan([ours.r2, ours.r2_log, ours.mae, ours.rmse, ours.median_error, ours.rank]).all()
    assert ours.figures == {"rows": 0, **dict.fromkeys(list(ours.figures)[1:])}


def test_figures_are_what_json_takes():
    found = score_numbers(np.array([1.0, 2.0]), np.array([1.0, 1.0])).figures
    assert found["rows"] == 2
    assert found["rank"] is None
    assert found["mae"] == 0.5
    assert all(value is None or type(value) in (int, float) for value in found.values())


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 1])
def test_what_is_not_finite_is_refused(odd, place):
    columns = [[1.0, 2.0], [1.0, 2.0]]
    columns[place][0] = odd
    with pytest.raises(InputError, match="not finite"):
        score_numbers(*columns)


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="one of each per row"):
        score_numbers([1, 2], [1])
