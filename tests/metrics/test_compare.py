import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.errors import InputError
from coterie.metrics import paired_difference, paired_errors, wilson_interval

rows = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=80).map(
    lambda pairs: tuple(np.array(column) for column in zip(*pairs, strict=True))
)


def _answers(both, only_a, only_b, neither):
    cells = [both, only_a, only_b, neither]
    return np.repeat([True, True, False, False], cells), np.repeat([1, 0, 1, 0], cells) == 1


def test_the_interval_of_a_worked_case():
    found = paired_difference(*_answers(36, 12, 2, 0))
    assert found.difference == 0.2
    assert (found.low, found.high) == pytest.approx((0.0569, 0.3404), abs=5e-5)
    assert found.p_value == pytest.approx(2 * (1 + 14 + 91) / 2**14)
    assert (found.only_first, found.only_second, found.rows) == (12, 2, 50)


@given(rows)
def test_the_test_is_the_exact_binomial_one_and_the_interval_holds_the_difference(case):
    a, b = case
    found = paired_difference(a, b)
    assert found.difference == pytest.approx(a.mean() - b.mean())
    apart = found.only_first + found.only_second
    tail = sum(math.comb(apart, i) for i in range(min(found.only_first, found.only_second) + 1))
    assert found.p_value == pytest.approx(min(1.0, 2 * tail / 2**apart))
    assert -1 - 1e-12 <= found.low < found.high <= 1 + 1e-12
    assert found.low - 1e-12 <= found.difference <= found.high + 1e-12


@given(rows)
def test_who_is_first_changes_the_sign_only(case):
    a, b = case
    one, other = paired_difference(a, b), paired_difference(b, a)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.p_value == pytest.approx(other.p_value)


@pytest.mark.parametrize("cells", [(0.75, 0.1, 0.05, 0.1), (0.9, 0.04, 0.04, 0.02)])
@pytest.mark.parametrize("n", [50, 400])
def test_the_interval_holds_the_true_difference_95_times_in_100(cells, n):
    rng = np.random.default_rng(0)
    truth = cells[1] - cells[2]
    held = [
        found.low <= truth <= found.high
        for counts in rng.multinomial(n, cells, size=1000)
        for found in [paired_difference(*_answers(*counts))]
    ]
    assert 0.93 <= np.mean(held) <= (0.99 if truth else 1)  # of equals the exact test is strict


def test_the_same_answers_do_not_differ_but_leave_room():
    found = paired_difference([True] * 20, [True] * 20)
    assert (found.difference, found.p_value) == (0, 1)
    assert found.low < 0 < found.high
    worst = paired_difference([False], [False])
    assert (worst.difference, worst.p_value) == (0, 1)


@given(rows)
def test_interval_and_test_agree(case):
    found = paired_difference(*case)
    assert (found.p_value >= 0.05) == (found.low <= 0 <= found.high)


def test_a_split_that_may_be_chance_has_an_interval_with_0():
    # 11 rows against 3, of 1,000: p is 0.057, and an interval of its own would leave 0 out
    found = paired_difference(*_answers(900, 11, 3, 86))
    assert found.p_value == pytest.approx(0.0574, abs=5e-5)
    assert found.low == 0


def test_no_rows_give_nan():
    found = paired_difference([], [])
    assert np.isnan([found.difference, found.low, found.high, found.p_value]).all()
    assert found.rows == 0


def test_columns_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="2 and 1"):
        paired_difference([True, False], [True])
    with pytest.raises(InputError, match="true or false"):
        paired_difference([0.4], [True])


def test_intervals_of_shares_are_those_of_wilson():
    assert wilson_interval(0, 10) == pytest.approx((0, 0.2775), abs=5e-5)
    assert wilson_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=5e-5)
    assert wilson_interval(3, 3)[1] == pytest.approx(1)
    assert np.isnan(wilson_interval(0, 0)).all()


def test_errors_of_a_worked_case():
    # The extra hours of sleep of ten people under two drugs (Student, 1908).
    first = [10.7, 8.4, 9.8, 8.8, 9.9, 13.4, 13.7, 10.8, 10.0, 12.0]
    second = [11.9, 10.8, 11.1, 10.1, 9.9, 14.4, 15.5, 11.6, 14.6, 13.4]
    found = paired_errors(first, second)
    assert found.difference == pytest.approx(-1.58)
    assert (found.low, found.high) == pytest.approx((-2.4598858, -0.7001142))
    assert found.p_value == pytest.approx(0.002832890)
    assert (found.nearer_first, found.nearer_second, found.rows) == (9, 0, 10)


@given(st.integers(2, 40), st.integers(0, 10_000))
def test_which_errors_are_first_changes_the_sign_only(n, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(0, 3, n), rng.normal(0, 2, n)
    found, other = paired_errors(a, b), paired_errors(b, a)
    assert found.difference == pytest.approx(np.abs(a).mean() - np.abs(b).mean())
    assert found.low < found.difference < found.high
    assert (other.low, other.high) == pytest.approx((-found.high, -found.low))
    assert other.p_value == pytest.approx(found.p_value)
    assert (found.p_value < 0.05) == (not found.low <= 0 <= found.high)
    assert (other.nearer_first, other.nearer_second) == (found.nearer_second, found.nearer_first)


def test_errors_of_few_rows_and_of_equals():
    one = paired_errors([-3], [1])
    assert (one.difference, one.rows, one.nearer_second) == (2, 1, 1)
    assert np.isnan([one.low, one.high, one.p_value]).all()
    assert np.isnan(paired_errors([], []).difference)
    same = paired_errors([1, -2, 3], [-1, 2, 3])
    assert (same.difference, same.low, same.high, same.p_value) == (0, 0, 0, 1)
    assert same.nearer_first == same.nearer_second == 0
    always = paired_errors([1, 1], [2, 2])
    assert (always.low, always.high, always.p_value) == (-1, -1, 0)
    with pytest.raises(InputError, match="1 and 2"):
        paired_errors([1], [1, 2])
    with pytest.raises(InputError, match="not finite"):
        paired_errors([1.0], [np.inf])


def test_equals_whose_errors_are_skewed_seldom_seem_to_differ():
    rng = np.random.default_rng(0)
    trials = 600
    alarms = 0
    for _ in range(trials):
        a, b = rng.lognormal(0, 1.2, (2, 80))
        found = paired_errors(a, b)
        alarms += not found.low <= 0 <= found.high
    assert 0.01 < alarms / trials < 0.08
