import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.metrics.curves import precision_recall_curve, thinned


def test_corners_of_a_staircase_of_many_points_all_stay():
    corners = np.array([[0, 0], [0, 0.4], [0.3, 0.4], [0.3, 0.9], [0.8, 0.9], [0.8, 1], [1, 1]])
    t = np.linspace(0, len(corners) - 1, 60_001)
    x, y = (np.interp(t, np.arange(len(corners)), column) for column in corners.T)
    curve = thinned(x, y)
    assert np.column_stack([curve.x, curve.y]) == pytest.approx(corners, abs=1e-9)


@given(
    steps=st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 3)), min_size=1, max_size=300),
    most=st.integers(2, 30),
)
def test_points_kept_are_points_given_in_their_order_and_the_ends_stay(steps, most):
    x, y = np.cumsum(np.array(steps, float), axis=0).T
    curve = thinned(x, y, most=most)
    assert len(curve.x) <= most
    given_points, at = list(zip(x, y, strict=True)), 0
    for point in zip(curve.x, curve.y, strict=True):
        at = given_points.index(point, at)
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (x[0], y[0], x[-1], y[-1])


def test_a_smooth_curve_keeps_its_shape():
    x = np.linspace(0, 1, 100_000)
    curve = thinned(x, np.sqrt(x))
    assert len(curve.x) <= 200
    assert np.abs(np.interp(x, curve.x, curve.y) - np.sqrt(x)).max() < 0.005


def test_a_loop_back_to_its_start_keeps_its_peak():
    curve = thinned(np.zeros(3), np.array([0.0, 1.0, 0.0]))
    assert curve.y.tolist() == [0, 1, 0]


def test_precision_recall_does_not_begin_with_a_vertical_line():
    positive = [False, False, True, False, True]
    curve = precision_recall_curve(positive, [0.9, 0.8, 0.7, 0.6, 0.5])
    assert curve.x[0] == 0
    assert curve.x[1] > 0
    assert curve.y[0] == pytest.approx(1 / 3)  # that of the first row found
    assert curve.x[-1] == 1
