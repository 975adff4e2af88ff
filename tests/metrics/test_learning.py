from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.errors import InputError, OptionError
from coterie.metrics import learning_curve
from coterie.metrics.learning import nested_order


def _nearest(vectors, labels):
    """Answer with the label whose rows have the nearest mean."""

    def fit_predict(train, test):
        names = np.unique(labels[train].astype(str))
        means = np.array([vectors[train[labels[train] == name]].mean(axis=0) for name in names])
        return names[(vectors[test] @ means.T).argmax(axis=1)]

    return fit_predict


def _blobs(n=600, k=4, noise=0.45):
    rng = np.random.default_rng(0)
    codes = np.arange(n) % k
    vectors = np.eye(k, 12)[codes] + noise * rng.normal(size=(n, 12))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, np.array([f"l{code}" for code in codes], dtype=object)


def test_more_rows_to_learn_from_score_higher():
    vectors, labels = _blobs()
    table = learning_curve(_nearest(vectors, labels), labels, [300, 8, 50], seeds=5)
    assert table["size"].tolist() == [8, 50, 300]
    assert table["accuracy"].is_monotonic_increasing
    assert table["macro_f1"].is_monotonic_increasing
    assert table["accuracy"].iloc[0] < 0.7 < table["accuracy"].iloc[2] < 1
    assert (table[["accuracy_spread", "macro_f1_spread"]] > 0).all(axis=None)
    assert table["seeds"].tolist() == [5, 5, 5]


def _watched(labels, **options):
    """Record the rows of each fit."""
    fits = []

    def fit_predict(train, test):
        fits.append((train, test))
        return [None] * len(test)

    table = learning_curve(fit_predict, labels, [5, 20, 40], **options)
    assert table["accuracy"].tolist() == [0, 0, 0]
    return fits


def test_sizes_are_nested_and_test_rows_the_same_within_a_draw():
    labels = np.array(["a", "b", "b", None] * 30, dtype=object)
    fits = _watched(labels, seeds=2)
    assert [len(train) for train, _ in fits] == [5, 20, 40] * 2
    for draw in (fits[:3], fits[3:]):
        for (smaller, test), (larger, same) in pairwise(draw):
            assert smaller.tolist() == larger[: len(smaller)].tolist()
            assert test.tolist() == same.tolist()
        train, test = draw[-1]
        assert len(set(train) | set(test)) == len(train) + len(test)
        assert all(labels[row] is not None for row in [*train, *test])
        assert len(test) == 18
    assert fits[0][1].tolist() != fits[3][1].tolist()


def test_near_duplicates_are_never_on_both_sides():
    labels = np.array(["a", "b"] * 60, dtype=object)
    clusters = np.arange(120) // 4
    for options in ({}, {"test_rows": np.array([0, 50])}):
        for train, test in _watched(labels, clusters=clusters, **options):
            assert not set(clusters[train]) & set(clusters[test])


def test_test_rows_can_be_given():
    labels = np.array(["a", "b"] * 60, dtype=object)
    for train, test in _watched(labels, test_rows=np.array([3, 1])):
        assert test.tolist() == [1, 3]
        assert not {1, 3} & set(train)


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    share=st.floats(0, 1),
    seed=st.integers(0, 9),
)
def test_each_beginning_holds_like_parts_of_every_label(sizes, share, seed):
    codes = np.repeat(np.arange(len(sizes)), sizes)
    order = nested_order(codes, seed=seed)
    assert sorted(order) == list(range(len(codes)))
    drawn = round(share * len(codes))
    counts = np.bincount(codes[order[:drawn]], minlength=len(sizes))
    parts = np.array(sizes) * drawn / len(codes)
    assert np.abs(counts - parts).max() < 1 + len(sizes) * max(sizes) / len(codes)


def test_one_draw_has_no_spread():
    vectors, labels = _blobs(60)
    table = learning_curve(_nearest(vectors, labels), labels, [10], seeds=1)
    assert table[["accuracy_spread", "macro_f1_spread"]].isna().all(axis=None)


@pytest.mark.parametrize(("sizes", "seeds"), [([], 3), ([0], 3), ([5], 0)])
def test_nothing_to_draw_is_refused(sizes, seeds):
    vectors, labels = _blobs(60)
    with pytest.raises(OptionError, match=r"sizes are .* seeds"):
        learning_curve(_nearest(vectors, labels), labels, sizes, seeds=seeds)


def test_what_does_not_fit_is_refused():
    vectors, labels = _blobs(60)
    fit = _nearest(vectors, labels)
    with pytest.raises(OptionError, match=r"size is 49 .* 48"):
        learning_curve(fit, labels, [10, 49])
    with pytest.raises(InputError, match="60 and 3"):
        learning_curve(fit, labels, [10], clusters=np.arange(3))
    with pytest.raises(InputError, match="1 and 12"):
        learning_curve(lambda train, test: ["l0"], labels, [10])
    with pytest.raises(InputError, match="test row"):
        learning_curve(fit, [None] * 60, [10])
