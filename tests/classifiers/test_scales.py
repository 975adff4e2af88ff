"""The scales on which numbers are learnt."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import PowerTransformer

from coterie.classifiers.trees.scales import Scale, scales_of
from coterie.errors import InputError

SIZES = st.floats(1e-3, 1e6)
NUMBERS = st.lists(SIZES | SIZES.map(lambda x: -x) | st.just(0.0), min_size=3, max_size=40).map(
    np.array
)


@given(NUMBERS)
def test_each_scale_can_be_undone_and_saved(numbers):
    if np.ptp(numbers) <= 1e-9 * np.abs(numbers).max():
        with pytest.raises(InputError, match="same number"):
            scales_of(np.full(3, numbers[0]))
        return
    scales = scales_of(numbers)
    assert scales[0].transform == "none"
    for scale in scales:
        learnt = scale.learnt(numbers)
        assert np.isfinite(learnt).all()
        assert learnt.mean() == pytest.approx(0, abs=1e-6)
        assert learnt.std() == pytest.approx(1, rel=1e-6)
        size = np.abs(numbers).max()
        np.testing.assert_allclose(scale.back(learnt), numbers, rtol=1e-5, atol=1e-7 * size)
        order = np.argsort(numbers, kind="stable")
        assert (np.diff(learnt[order]) >= 0).all()
        assert np.isfinite(scale.back(np.array([-1e9, -5, 5, 1e9]))).all()
        assert Scale.from_dict(json.loads(json.dumps(scale.to_dict()))) == scale


def test_zeros_turn_no_logarithm_off():
    numbers = np.exp(np.random.default_rng(0).normal(10, 0.5, 1000))
    assert [each.transform for each in scales_of(numbers)] == ["none", "log", "power"]
    numbers[:2] = 0
    assert [each.transform for each in scales_of(numbers)] == ["none", "log1p", "power"]
    numbers[:2] = -1
    assert [each.transform for each in scales_of(numbers)] == ["none", "log1p", "power"]


def test_the_power_is_that_of_scikit_learn():
    numbers = np.random.default_rng(0).gamma(3, 100, 500)
    scale = scales_of(numbers)[-1]
    known = PowerTransformer().fit((numbers / scale.unit)[:, None])
    assert scale.power == pytest.approx(known.lambdas_[0], abs=0.006)
    theirs = known.transform((numbers / scale.unit)[:, None])[:, 0]
    np.testing.assert_allclose(scale.learnt(numbers), theirs, atol=0.05)


def test_what_is_never_below_zero_is_never_said_to_be():
    numbers = np.array([0.0, 0, 1, 2, 8, 30])
    assert all(scale.back(np.array([-50.0])) >= 0 for scale in scales_of(numbers))
    assert scales_of(numbers - 1)[0].back(np.array([-50.0])) < -100
