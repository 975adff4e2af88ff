import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from coterie.metrics import (
    LEVEL,
    adjust_p_values,
    differ,
    paired_groups,
    paired_means,
    score_clusters,
)

NAN = float("nan")


@pytest.mark.parametrize(
    ("p", "one", "other", "said"),
    [
        (0.049, "0.38", "0.41", True),
        (0.066, "0.38", "0.41", False),
        (LEVEL, "0.38", "0.41", False),
        (0.0, "0.38", "0.38", False),
        (NAN, "0.38", "0.41", False),
    ],
)
def test_what_may_be_said_to_differ(p, one, other, said):
    assert differ(p, one, other) is said


def test_p_values_of_a_worked_case_are_corrected():
    found = adjust_p_values([0.01, 0.04, NAN, 0.03, 0.005])
    assert found == pytest.approx([0.03, 0.06, NAN, 0.06, 0.02], nan_ok=True)
    assert adjust_p_values([]).shape == (0,)
    assert adjust_p_values([0.02]) == pytest.approx([0.02])


@given(st.lists(st.floats(0, 1), max_size=20))
def test_corrected_p_values_keep_their_order_and_are_never_smaller(given_p):
    found = adjust_p_values(given_p)
    assert (found >= np.array(given_p) - 1e-15).all()
    assert (found <= 1).all()
    order = np.argsort(given_p, kind="stable")
    assert (np.diff(found[order]) >= 0).all()


def test_groupings_are_compared_by_their_rand_indices():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 200).astype(str).astype(object)
    near, far = (
        np.where(rng.random(200) < share, labels, rng.integers(0, 5, 200).astype(str))
        for share in (0.9, 0.5)
    )
    near = near.astype(object)
    near[:20] = None
    found = paired_groups(near, far, labels)
    wanted = score_clusters(near, labels).ari - adjusted_rand_score(labels, far)
    assert found.difference == pytest.approx(wanted)
    assert found.p_value < 0.001
    assert 0 < found.low < found.difference < found.high
    other = paired_groups(far, near, labels)
    assert (other.low, other.high) == pytest.approx((-found.high, -found.low))
    same = paired_groups(near, near, labels)
    assert (same.difference, same.p_value) == (0, 1)
    assert np.isnan(paired_groups(["a"], ["b"], ["c"]).p_value)


def test_groupings_that_are_as_good_seldom_seem_to_differ():
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(200):
        labels = rng.integers(0, 8, 300)
        one, other = (
            np.where(rng.random(300) < 0.8, labels, rng.integers(0, 8, 300)) for _ in range(2)
        )
        found = paired_groups(one, other, labels.astype(object))
        alarms += found.p_value < LEVEL
        assert (found.p_value < LEVEL) == (not found.low <= 0 <= found.high)
    assert 2 <= alarms <= 20  # of 200, 10 are expected


def test_means_are_compared_row_by_row():
    found = paired_means([1, 2, 3.5], [0, 1, 2])
    assert found.difference == pytest.approx(3.5 / 3)
    assert found.low < found.difference < found.high
    assert np.isnan(paired_means([], []).difference)
