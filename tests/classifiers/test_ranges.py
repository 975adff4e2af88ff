"""Prediction intervals: as wide as the errors near by, and the share of rows that they hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.classifiers.trees.ranges import Ranges, fit_ranges


def world(n, seed, spread):
    """Answers, and a truth that is off by errors of some spread at each answer."""
    rng = np.random.default_rng(seed)
    answers = rng.gamma(2, 1, n)
    return answers, answers + rng.normal(size=n) * spread(answers)


def tenths(answers, held):
    order = np.argsort(answers)
    return [held[part].mean() for part in np.array_split(order, 10)]


@pytest.mark.parametrize(
    "spread", [lambda a: 0.2 * a, lambda a: np.full_like(a, 0.5), lambda a: 2 / (1 + a)]
)
def test_each_tenth_of_the_answers_holds_eight_rows_in_ten(spread):
    made = fit_ranges(*world(4000, 0, spread))
    answers, truth = world(20000, 1, spread)
    low, high = made.ends(answers)
    held = (low <= truth) & (truth <= high)
    assert held.mean() == pytest.approx(0.8, abs=0.02)
    assert all(0.72 < share < 0.88 for share in tenths(answers, held))


def test_errors_of_one_side_are_held_on_that_side():
    answers, truth = world(2000, 0, lambda a: 0.3 * a)
    made = fit_ranges(answers, answers + np.abs(truth - answers))
    assert made.lows.min() >= 0
    assert made.highs[-1] > 2 * made.highs[0]


@pytest.mark.parametrize("n", [2, 5, 9, 30, 100, 101])
def test_few_rows_have_one_width_and_hold_enough(n):
    held = []
    for seed in range(200):
        made = fit_ranges(*world(n, seed, np.ones_like))
        assert len(made.at) == 1 or n > 100
        answers, truth = world(50, seed + 1000, np.ones_like)
        low, high = made.ends(answers)
        held.append(((low <= truth) & (truth <= high)).mean())
    assert np.mean(held) > (0.3 if n == 2 else 0.62 if n < 9 else 0.77)


def test_zeros_that_many_rows_have_are_held():
    """Half of the numbers are 0: the ends must not fall between 0 and the answers."""
    rng = np.random.default_rng(0)

    def spending(n):
        answers = rng.gamma(2, 1, n)
        return answers, np.where(rng.random(n) < 0.5, 0, 2 * answers * rng.random(n))

    made = fit_ranges(*spending(4000))
    answers, truth = spending(8000)
    low, high = made.ends(answers)
    held = (np.maximum(low, 0) <= truth) & (truth <= high)
    assert min(tenths(answers, held)) > 0.75


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), min_size=2, max_size=300))
def test_any_answers_give_ends_in_order_that_can_be_saved(rows):
    answers, truth = np.array(rows).T
    made = fit_ranges(answers, truth)
    again = Ranges.from_arrays(made.arrays())
    for each in (made, again):
        low, high = each.ends(np.array([-1e12, 0, 1e12]))
        assert (low <= high).all()
    assert np.array_equal(made.at, again.at)
