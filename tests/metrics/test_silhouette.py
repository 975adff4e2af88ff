import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import silhouette_samples

from coterie.errors import InputError
from coterie.metrics import cosine_silhouette


def _vectors(n, d, seed=0):
    rows = np.random.default_rng(seed).normal(size=(n, d))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@settings(max_examples=40)
@given(n=st.integers(3, 60), k=st.integers(2, 8), d=st.integers(2, 6), seed=st.integers(0, 99))
def test_silhouettes_equal_those_of_scikit_learn(n, k, d, seed):
    codes = np.random.default_rng(seed).integers(0, k, n)
    if not 2 <= len(np.unique(codes)) < n:
        return
    vectors = _vectors(n, d, seed).astype(np.float64)
    found = cosine_silhouette(vectors, codes)
    expected = silhouette_samples(vectors, codes, metric="cosine")
    np.testing.assert_allclose(found.rows, expected, atol=1e-6)
    assert found.mean == pytest.approx(expected.mean(), abs=1e-6)


def test_single_precision_is_enough_for_the_width_of_an_encoder():
    vectors, codes = _vectors(500, 64), np.arange(500) % 7
    expected = cosine_silhouette(vectors.astype(np.float64), codes)
    np.testing.assert_allclose(cosine_silhouette(vectors, codes).rows, expected.rows, atol=1e-5)


def test_silhouette_of_a_case_counted_by_hand():
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [0, 1]], np.float32)
    found = cosine_silhouette(vectors, np.array([0, 0, 1, 1, 0]))
    # Row 0: to its own group (0 + 1) / 2, to the other 1. Row 4: to its own 1, to the other 0.
    np.testing.assert_allclose(found.rows[[0, 1, 4]], [0.5, 0.5, -1.0], atol=1e-9)
    # Row 2: to its own 0, to the other (1 + 1 + 0) / 3.
    np.testing.assert_allclose(found.rows[[2, 3]], [1.0, 1.0], atol=1e-9)
    np.testing.assert_allclose(found.groups, [0.0, 1.0], atol=1e-9)


def test_blocks_do_not_show_in_the_answer():
    vectors = _vectors(20_000, 4)
    codes = np.arange(20_000) % 3
    found = cosine_silhouette(vectors, codes)
    order = np.random.default_rng(1).permutation(20_000)
    again = cosine_silhouette(vectors[order], codes[order])
    np.testing.assert_allclose(again.rows, found.rows[order], atol=1e-5)


def test_rows_outside_have_none_and_change_nothing():
    vectors, codes = _vectors(12, 3), np.arange(12) % 3
    found = cosine_silhouette(vectors, codes)
    more = cosine_silhouette(np.vstack([vectors, _vectors(4, 3, 5)]), np.append(codes, [-1] * 4))
    np.testing.assert_allclose(more.rows[:12], found.rows)
    assert np.isnan(more.rows[12:]).all()
    assert more.mean == found.mean


def test_a_row_alone_in_its_group_scores_zero():
    found = cosine_silhouette(_vectors(3, 4), np.array([0, 1, 2]))
    assert found.rows.tolist() == [0.0, 0.0, 0.0]


def test_groups_without_rows_are_nan_and_change_nothing():
    vectors = _vectors(6, 3)
    close = cosine_silhouette(vectors, np.array([0, 0, 0, 1, 1, 1]))
    apart = cosine_silhouette(vectors, np.array([0, 0, 0, 9, 9, 9]))
    np.testing.assert_allclose(apart.rows, close.rows)
    assert np.isnan(apart.groups[1:9]).all()


def test_all_the_same_scores_zero():
    found = cosine_silhouette(np.tile(_vectors(1, 5), (6, 1)), np.arange(6) % 2)
    np.testing.assert_allclose(found.rows, 0, atol=1e-6)


@pytest.mark.parametrize("codes", [[], [0, 0], [-1, -1]])
def test_fewer_than_two_groups_have_no_silhouette(codes):
    found = cosine_silhouette(_vectors(len(codes), 3), np.array(codes, np.int64))
    assert np.isnan(found.mean)
    assert np.isnan(found.rows).all()


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match="3 and 2"):
        cosine_silhouette(_vectors(3, 2), np.array([0, 1]))
