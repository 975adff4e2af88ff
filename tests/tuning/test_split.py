import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.errors import InputError, NoRowsError, OptionError
from coterie.tuning import split_rows


def _labels(*names):
    return np.array(names, dtype=object)


@st.composite
def _tables(draw):
    n = draw(st.integers(4, 80))
    labels = draw(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=n, max_size=n))
    clusters = draw(st.lists(st.integers(0, n), min_size=n, max_size=n))
    return np.array([*labels, "a", "b"], dtype=object), np.array([*clusters, n + 1, n + 2])


@settings(max_examples=200)
@given(table=_tables(), test=st.floats(0.05, 0.6), seed=st.integers(0, 5))
def test_each_labelled_row_is_on_one_side_and_no_cluster_on_both(table, test, seed):
    labels, clusters = table
    try:
        split = split_rows(labels, clusters, test=test, seed=seed)
    except InputError as error:
        assert "near duplicates" in str(error)  # noqa: PT017
        return
    labelled = np.flatnonzero(labels != None)  # noqa: E711
    assert sorted([*split.train, *split.test]) == labelled.tolist()
    assert split.unlabelled == len(labels) - len(labelled)
    assert not set(clusters[split.train]) & set(clusters[split.test])
    assert set(labels[split.train]) == set(labels[labelled])
    assert set(split.train_only) == set(labels[labelled]) - set(labels[split.test])


@settings(max_examples=100)
@given(table=_tables(), test=st.floats(0.05, 0.6))
def test_every_label_with_two_clusters_of_its_own_is_on_both_sides(table, test):
    labels, clusters = table
    clusters = clusters * 3 + np.array(["abc".find(name or "c") for name in labels])
    two = {name for name in set(labels) - {None} if len(np.unique(clusters[labels == name])) > 1}
    if not two:
        return
    split = split_rows(labels, clusters, test=test)
    assert set(labels[split.test]) == two


@settings(max_examples=50)
@given(
    sizes=st.lists(st.integers(1, 90), min_size=2, max_size=6),
    test=st.sampled_from([0.1, 0.2, 0.3]),
    seed=st.integers(0, 9),
)
def test_each_label_gives_its_share_where_clusters_are_single_rows(sizes, test, seed):
    labels = np.repeat(np.array([f"l{i}" for i in range(len(sizes))], dtype=object), sizes)
    if max(sizes) == 1:
        return
    split = split_rows(labels, np.arange(len(labels)), test=test, seed=seed)
    for i, size in enumerate(sizes):
        given = np.count_nonzero(labels[split.test] == f"l{i}")
        assert (
            abs(given - test * size) <= 0.5 + 1e-9
            or (given == 1 and test * size < 0.5)
            or size == 1
        )


def test_both_sides_get_large_and_small_clusters():
    sizes = np.concatenate([np.full(50, 10), np.full(500, 1)])
    clusters = np.repeat(np.arange(550), sizes)
    labels = np.where(clusters % 2 == 0, "a", "b").astype(object)
    split = split_rows(labels, clusters)
    chosen = np.unique(clusters[split.test])
    assert len(split.test) == pytest.approx(200, abs=10)
    assert np.count_nonzero(chosen < 50) == pytest.approx(10, abs=2)


def test_a_cluster_that_is_most_of_a_label_stays_in_training():
    labels = np.repeat(np.array(["a", "b"], dtype=object), [100, 100])
    clusters = np.arange(200)
    clusters[:60] = 0
    split = split_rows(labels, clusters)
    assert 0 not in clusters[split.test]
    assert np.count_nonzero(labels[split.test] == "a") == 20


def test_labels_that_cannot_be_judged_are_named():
    labels = _labels("one", "copy", "copy", "many", "many", "many", None, " ")
    clusters = np.array([0, 1, 1, 2, 3, 4, 5, 6])
    split = split_rows(labels, clusters)
    assert split.train_only == ("copy", "one")
    assert split.unlabelled == 2
    assert labels[split.test].tolist() == ["many"]


def test_a_label_whose_every_cluster_another_label_needs_is_named():
    # "a" and "b" have a single cluster each, and "c" lies in both of them.
    labels = _labels("a", "c", "b", "c", "d", "d")
    split = split_rows(labels, np.array([0, 0, 1, 1, 2, 3]))
    assert split.train_only == ("a", "b", "c")


def test_the_seed_decides_and_repeats():
    labels = np.repeat(np.array(["a", "b"], dtype=object), 50)
    splits = [split_rows(labels, np.arange(100), seed=seed).test.tolist() for seed in (0, 0, 1)]
    assert splits[0] == splits[1] != splits[2]


def test_one_label_is_refused():
    with pytest.raises(InputError, match="'a'"):
        split_rows(_labels("a", "a", None), np.arange(3))


def test_no_label_is_refused():
    with pytest.raises(NoRowsError, match="label"):
        split_rows(_labels(None, None), np.arange(2))


def test_nothing_for_a_test_is_refused():
    with pytest.raises(InputError, match="near duplicates"):
        split_rows(_labels("a", "b", "b"), np.array([0, 1, 1]))


@pytest.mark.parametrize("test", [0.0, 1.0, -0.2, float("nan")])
def test_a_share_outside_zero_to_one_is_refused(test):
    with pytest.raises(OptionError, match="test share"):
        split_rows(_labels("a", "b"), np.arange(2), test=test)


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match="labels and clusters"):
        split_rows(_labels("a", "b"), np.arange(3))
