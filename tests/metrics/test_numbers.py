import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from coterie.errors import InputError
from coterie.metrics import number_bands, score_numbers, score_ranges


@st.composite
def _estimates(draw, least=-1e3):
    n, seed = draw(st.integers(2, 60)), draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    truth = rng.uniform(least, 1e3, n).round(draw(st.sampled_from([-2, 0, 8])))  # with ties
    said = (truth + rng.normal(0, draw(st.sampled_from([0, 1, 500])), n)).round(1)
    return truth, said


@given(_estimates())
def test_errors_are_those_of_their_definitions(case):
    truth, said = case
    ours, off = score_numbers(truth, said), np.abs(said - truth)
    assert ours.rows == len(truth)
    assert ours.mae == pytest.approx(off.mean())
    assert ours.rmse == pytest.approx((off**2).mean() ** 0.5)
    assert ours.median_error == pytest.approx(np.median(off))
    assert np.isnan(ours.r2) == (np.ptp(truth) == 0)
    assert np.isnan(ours.rank) == (np.ptp(truth) == 0 or np.ptp(said) == 0)
    if np.ptp(truth) > 0:
        assert ours.r2 == pytest.approx(1 - (off**2).mean() / truth.var())


@given(_estimates(least=1))
def test_of_numbers_above_0_the_logarithms_are_scored_too(case):
    truth, said = case
    assume(np.ptp(truth) > 0)
    ours = score_numbers(truth, said)
    if (truth > 0).all() and (said > 0).all():
        assert ours.r2_log == pytest.approx(score_numbers(np.log(truth), np.log(said)).r2)
        assert ours.rank == pytest.approx(score_numbers(np.log(truth), said).rank, nan_ok=True)
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
    tied = score_numbers([1, 2, 3, 4], [1, 1, 9, 5])  # ranks 1.5, 1.5, 4, 3
    assert tied.rank == pytest.approx(3.5 / (5 * 4.5) ** 0.5)


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
    with pytest.raises(InputError, match="2 and 1"):
        score_numbers([1, 2], [1])


@given(_estimates(), st.integers(0, 10_000))
def test_perfect_estimates_are_off_by_nothing_and_the_order_of_rows_says_nothing(case, seed):
    truth, said = case
    perfect = score_numbers(truth, truth)
    assert (perfect.mae, perfect.rmse, perfect.median_error) == (0, 0, 0)
    if np.ptp(truth) > 0:
        assert (perfect.r2, perfect.rank) == (1, pytest.approx(1))
    order = np.random.default_rng(seed).permutation(len(truth))
    here, there = score_numbers(truth, said), score_numbers(truth[order], said[order])
    assert there.figures == pytest.approx(here.figures)
    low, high = said - 5, said + 90
    assert score_ranges(truth[order], low[order], high[order]) == score_ranges(truth, low, high)
    bands = number_bands(truth, said, low, high, by=truth)
    mixed = number_bands(truth[order], said[order], low[order], high[order], by=truth[order])
    np.testing.assert_allclose(mixed.to_numpy(), bands.to_numpy(), atol=1e-9)


def test_ranges_by_hand():
    found = score_ranges([1, 2, 3, 4, 9], [1, 3, 0, 0, 0], [2, 4, 3, 9, 8])
    assert (found.within, found.below, found.above) == pytest.approx((0.6, 0.2, 0.2))
    assert (found.rows, found.width) == (5, 3)
    none = score_ranges([], [], [])
    assert none.rows == 0
    assert np.isnan([none.within, none.below, none.above, none.width]).all()


def test_bands_by_hand():
    truth, said = [4.0, 1.0, 3.0, 2.0], [3.0, 2.0, 3.0, 4.0]
    found = number_bands(truth, said, [0, 0, 0, 3], [3, 2, 3, 5], by=truth, bands=2)
    assert found["rows"].tolist() == [2, 2]
    assert found["from"].tolist() == [1, 3]
    assert found["to"].tolist() == [2, 4]
    assert found["truth"].tolist() == [1.5, 3.5]
    assert found["estimate"].tolist() == [3, 3]
    assert found["bias"].tolist() == [1.5, -0.5]
    assert found["bias_error"].tolist() == [0.5, 0.5]
    assert found["mae"].tolist() == [1.5, 0.5]
    assert found["within"].tolist() == [0.5, 0.5]
    assert found["below"].tolist() == [0.5, 0]
    assert found["above"].tolist() == [0, 0.5]


@given(_estimates(), st.integers(1, 12))
def test_bands_hold_all_rows_and_one_number_is_never_in_two(case, bands):
    truth, said = case
    found = number_bands(truth, said, said - 1, said + 1, by=truth, bands=bands)
    assert len(found) <= bands
    assert found["rows"].sum() == len(truth)
    assert (found["from"].to_numpy()[1:] > found["to"].to_numpy()[:-1]).all()
    whole = (found["bias"] * found["rows"]).sum() / len(truth)
    assert whole == pytest.approx((said - truth).mean(), abs=1e-6)
    np.testing.assert_allclose(found[["within", "below", "above"]].sum(axis=1), 1)


def test_bands_of_few_rows():
    one = number_bands([5], [7], [0], [9], by=[5])
    assert one["bias"].tolist() == [2]
    assert one["bias_error"].isna().all()
    assert len(number_bands([5] * 30, range(30), [0] * 30, [9] * 30, by=[5] * 30)) == 1
    assert number_bands([], [], [], [], by=[]).empty
    with pytest.raises(InputError, match="not finite"):
        number_bands([1], [np.nan], [0], [1], by=[1])
