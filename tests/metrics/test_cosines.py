import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from coterie.errors import InputError, OptionError
from coterie.metrics import cosines, label_cosines


def _blobs(n, d, k, seed=0, noise=1.0):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, k, n)
    rows = rng.normal(size=(k, d))[codes] + noise * rng.normal(size=(n, d))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), codes.astype(str).astype(object)


def _every_pair(vectors, labels):
    at = np.triu_indices(len(vectors), 1)
    exact = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    return exact[at], (labels[:, None] == labels)[at]


@settings(max_examples=50)
@given(n=st.integers(4, 60), k=st.integers(2, 6), seed=st.integers(0, 99))
def test_all_figures_equal_those_of_the_whole_matrix(n, k, seed):
    vectors, labels = _blobs(n, 5, k, seed)
    found = label_cosines(vectors, labels, bins=20)
    cosine, same = _every_pair(vectors, labels)
    if same.all() or not same.any():
        return
    assert not found.sampled
    assert found.pairs == n * (n - 1) // 2
    assert found.within_mean == pytest.approx(cosine[same].mean(), abs=1e-5)
    assert found.between_mean == pytest.approx(cosine[~same].mean(), abs=1e-5)
    if same.sum() > 1:
        spread = np.sqrt((cosine[same].var() + cosine[~same].var()) / 2)
        gap = cosine[same].mean() - cosine[~same].mean()
        assert found.d_prime == pytest.approx(gap / spread, rel=1e-3, abs=1e-3)
    assert found.auc == pytest.approx(roc_auc_score(same, cosine), abs=0.02)
    whole, _ = np.histogram(cosine[same], found.edges)
    np.testing.assert_allclose(found.within, whole / whole.sum(), atol=1.1 / same.sum())
    for row in found.labels.itertuples():
        own = labels == row.label
        assert row.rows == own.sum()
        inside = (vectors[own] @ vectors[own].T)[np.triu_indices(own.sum(), 1)]
        if len(inside):
            assert row.within == pytest.approx(inside.mean(), abs=1e-5)
        else:
            assert np.isnan(row.within)
        assert row.between == pytest.approx((vectors[own] @ vectors[~own].T).mean(), abs=1e-5)


def test_a_sample_agrees_with_all_pairs(monkeypatch):
    vectors, labels = _blobs(2000, 8, 5)
    labels[:40] = "rare"
    every = label_cosines(vectors, labels)
    monkeypatch.setattr(cosines, "_EXACT_ROWS", 100)
    monkeypatch.setattr(cosines, "_SAMPLE", 200_000)
    found = label_cosines(vectors, labels)
    again = label_cosines(vectors, labels)
    assert found.sampled
    assert found.pairs == 400_000
    assert found.auc == again.auc
    assert found.auc == pytest.approx(every.auc, abs=0.005)
    assert found.within_mean == pytest.approx(every.within_mean, abs=1e-9)
    np.testing.assert_allclose(found.within, every.within, atol=0.005)
    np.testing.assert_allclose(found.between, every.between, atol=0.005)


@settings(max_examples=50)
@given(labels=st.lists(st.sampled_from("abc"), min_size=3, max_size=12), seed=st.integers(0, 9))
def test_sampled_pairs_are_of_their_kind(labels, seed):
    codes = np.sort(np.unique(labels, return_inverse=True)[1])
    sizes = np.bincount(codes)
    # A row paired with itself would show as a cosine of 1, any other pair as that of its distance.
    place = np.arange(len(codes))
    unit = np.stack([np.cos(place), np.sin(place)], axis=1)
    every = {
        kind: {
            round(float(np.cos(i - j)), 6) for i in place for j in place if i != j and same(i, j)
        }
        for kind, same in (
            (1, lambda i, j: codes[i] == codes[j]),
            (0, lambda i, j: codes[i] != codes[j]),
        )
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cosines, "_SAMPLE", 4000)
        patch.setattr(cosines, "_DRAWS", 4000)
        found = list(cosines._sample(unit, codes, sizes, seed))
    assert [kind for kind, _ in found] == [kind for kind in (1, 0) if every[kind]]
    for kind, block in found:
        assert set(np.round(block, 6)) == every[kind]


def test_blocks_do_not_show_in_the_answer():
    vectors, labels = _blobs(1300, 4, 3)
    order = np.random.default_rng(1).permutation(1300)
    found, again = label_cosines(vectors, labels), label_cosines(vectors[order], labels[order])
    assert found.pairs == 1300 * 1299 // 2
    np.testing.assert_allclose(found.within, again.within, atol=1e-4)
    assert found.auc == pytest.approx(again.auc, abs=1e-4)


def test_groups_that_stand_apart_score_higher():
    close, apart = (label_cosines(*_blobs(300, 8, 4, noise=noise)) for noise in (2.0, 0.2))
    assert apart.auc > 0.99
    assert 0.5 < close.auc < 0.8
    assert apart.d_prime > close.d_prime + 1


def test_rows_without_a_label_are_left_out():
    vectors, labels = _blobs(50, 4, 3)
    found = label_cosines(np.vstack([vectors, vectors[:9]]), np.append(labels, [None] * 9))
    assert found.within_mean == label_cosines(vectors, labels).within_mean


@pytest.mark.parametrize("labels", [[], ["a"], [None, None], ["a", "b"], ["a", "a"]])
def test_where_a_kind_of_pair_is_absent_its_figures_are_nan(labels):
    vectors = np.eye(4, dtype=np.float32)[: len(labels)]
    found = label_cosines(vectors, np.array(labels, dtype=object))
    assert np.isnan(found.auc)
    assert np.isnan(found.d_prime)
    assert np.isnan(found.within_mean) == (labels != ["a", "a"])
    assert np.isnan(found.between_mean) == (labels != ["a", "b"])


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match="3 and 2"):
        label_cosines(np.eye(3, dtype=np.float32), ["a", "b"])


@pytest.mark.parametrize("bins", [0, 3000, 7])
def test_bins_that_do_not_divide_are_refused(bins):
    with pytest.raises(OptionError, match=f"bins is {bins}"):
        label_cosines(np.eye(2, dtype=np.float32), ["a", "b"], bins=bins)
