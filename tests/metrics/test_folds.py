import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.errors import InputError, OptionError
from coterie.metrics import assign_folds

tables = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), min_size=1, max_size=60)


@settings(max_examples=100)
@given(rows=tables, folds=st.integers(2, 6), seed=st.integers(0, 9))
def test_a_cluster_lies_in_one_fold(rows, folds, seed):
    codes, clusters = np.array(rows).T
    fold = assign_folds(codes, clusters, folds, seed)
    assert fold.dtype == np.int64
    assert fold.min() >= 0
    assert fold.max() < folds
    for cluster in set(clusters):
        assert len(set(fold[clusters == cluster])) == 1


@settings(max_examples=100)
@given(rows=tables, folds=st.integers(2, 6), seed=st.integers(0, 9))
def test_each_label_is_spread_evenly_and_a_small_one_over_as_many_folds_as_it_has_rows(
    rows, folds, seed
):
    codes = np.array(rows)[:, 0]
    fold = assign_folds(codes, folds=folds, seed=seed)
    for code in set(codes):
        counts = np.bincount(fold[codes == code], minlength=folds)
        assert counts.max() - counts.min() <= 1
        assert np.count_nonzero(counts) == min(folds, counts.sum())


def test_folds_are_of_like_size():
    codes = np.random.default_rng(0).integers(0, 7, 500)
    sizes = np.bincount(assign_folds(codes))
    assert len(sizes) == 5
    assert sizes.max() - sizes.min() <= 1


def test_the_seed_decides_and_repeats():
    codes = np.arange(60) % 3
    drawn = [assign_folds(codes, seed=seed).tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_same_seed_gives_the_same_folds_as_ever():
    codes = [2, 2, 0, 2, 1, 1, 1, 0, 2, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 2]
    codes += [0, 1, 2, 0, 0, 1, 0, 2, 0, 2, 2, 2, 0, 1, 1, 1, 1, 2, 1, 0]
    clusters = [14, 8, 13, 4, 5, 13, 2, 0, 5, 10, 1, 13, 5, 3, 8, 13, 13, 13, 4, 0]
    clusters += [11, 10, 11, 0, 0, 7, 5, 6, 13, 3, 7, 4, 4, 12, 2, 4, 1, 2, 4, 10]
    folds = [2, 2, 0, 1, 2, 0, 3, 3, 2, 2, 1, 0, 2, 0, 2, 0, 0, 0, 1, 3]
    folds += [1, 2, 1, 3, 3, 3, 2, 0, 0, 0, 3, 1, 1, 0, 3, 1, 1, 3, 1, 2]
    assert assign_folds(np.array(codes), np.array(clusters), 4, 3).tolist() == folds


def test_names_of_labels_and_of_clusters_do_not_matter():
    codes = np.random.default_rng(0).integers(0, 4, 100)
    clusters = np.random.default_rng(1).integers(0, 40, 100)
    renamed = assign_folds(codes * 1000 - 7, 10**9 - clusters)
    assert renamed.tolist() == assign_folds(codes, clusters).tolist()


def test_no_rows_and_one_row():
    assert assign_folds(np.zeros(0, np.int64)).tolist() == []
    assert assign_folds(np.array([3])).tolist() == [0]


def test_one_fold_is_refused():
    with pytest.raises(OptionError, match="folds is 1"):
        assign_folds(np.arange(3), folds=1)


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match="3 and 2"):
        assign_folds(np.arange(3), np.arange(2))
