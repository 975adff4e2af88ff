import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.errors import InputError, OptionError
from coterie.tuning import draw_pairs, draw_triplets, epoch_batches


def _objects(*values):
    return np.array(values, dtype=object)


def _unit(rows):
    rows = np.asarray(rows, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@st.composite
def _tables(draw):
    n = draw(st.integers(0, 40))
    labels = draw(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=n, max_size=n))
    texts = draw(st.lists(st.sampled_from("uvwxyz"), min_size=n, max_size=n))
    return _objects(*labels), _objects(*texts)


@settings(max_examples=200)
@given(table=_tables(), count=st.none() | st.integers(0, 100), seed=st.integers(0, 9))
def test_pairs_are_of_one_label_and_two_texts_and_each_row_is_anchor_equally_often(
    table, count, seed
):
    labels, texts = table
    pairs = draw_pairs(labels, count, texts=texts, rng=np.random.default_rng(seed))
    able = [
        i
        for i, label in enumerate(labels)
        if label is not None and len(set(texts[labels == label])) > 1
    ]
    assert pairs.dtype == np.int64
    assert pairs.shape == (0 if not able else len(able) if count is None else count, 2)
    anchors, positives = pairs.T
    assert (labels[anchors] == labels[positives]).all()
    assert (texts[anchors] != texts[positives]).all()
    assert set(anchors) <= set(able)
    often = np.bincount(anchors, minlength=len(labels))[able]
    assert not able or often.max() - often.min() <= 1


def test_every_partner_is_drawn_as_often_as_any_other():
    labels, texts = _objects(*"aaaaa"), _objects("u", "u", "u", "v", "w")
    pairs = draw_pairs(labels, 30_000, texts=texts, rng=np.random.default_rng(0))
    partners = np.bincount(pairs[pairs[:, 0] == 0, 1], minlength=5)
    assert partners[:3].sum() == 0
    assert partners[3] == pytest.approx(3000, abs=150)
    lone = np.bincount(pairs[pairs[:, 0] == 4, 1], minlength=5)
    np.testing.assert_allclose(lone[:4], 1500, atol=150)


def test_a_negative_count_is_refused():
    with pytest.raises(OptionError, match="-1"):
        draw_pairs(_objects("a"), -1, texts=_objects("u"), rng=np.random.default_rng(0))


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match="labels and texts"):
        draw_pairs(_objects("a"), texts=_objects("u", "v"), rng=np.random.default_rng(0))


@settings(max_examples=150)
@given(table=_tables(), hard=st.sampled_from([0, 1, 3, 99]), seed=st.integers(0, 9))
def test_negatives_are_of_another_label_and_text(table, hard, seed):
    labels, texts = table
    rng = np.random.default_rng(seed)
    vectors = _unit(rng.normal(size=(max(len(labels), 1), 4)))[: len(labels)]
    found = draw_triplets(labels, vectors, texts=texts, rng=rng, hard=hard)
    anchors, positives, negatives = found.T
    assert all(label is not None for label in labels[found].ravel())
    assert (labels[anchors] == labels[positives]).all()
    assert (labels[anchors] != labels[negatives]).all()
    assert (texts[anchors] != texts[negatives]).all()
    assert (texts[positives] != texts[negatives]).all()
    assert (texts[anchors] != texts[positives]).all()


def test_a_hard_negative_is_near_and_yet_below_the_guard():
    # From the anchor "a0": its positive at 0.8, others at 0.79 (too near), 0.7, 0.6 and -1.
    cosine = np.array([1.0, 0.8, 0.79, 0.7, 0.6, -1.0])
    vectors = np.stack([cosine, np.sqrt(1 - cosine**2)], axis=1).astype(np.float32)
    labels, texts = _objects(*"aabbbb"), _objects(*"uvwxyz")
    found = draw_triplets(
        labels, vectors, 400, texts=texts, rng=np.random.default_rng(0), hard=2, guard=0.95
    )
    negatives = np.bincount(found[found[:, 0] == 0, 2], minlength=6)
    assert negatives[[0, 1, 2, 5]].tolist() == [0, 0, 0, 0]
    assert min(negatives[[3, 4]]) > 0


def test_where_all_are_too_near_the_negative_is_random():
    vectors = _unit([[1, 0], [0, 1], [1, 0.1], [1, 0.2], [1, 0.3]])
    labels, texts = _objects(*"aabbb"), _objects(*"uvwxy")
    found = draw_triplets(labels, vectors, 300, texts=texts, rng=np.random.default_rng(0))
    assert set(found[found[:, 0] == 0, 2]) == {2, 3, 4}


def test_one_text_with_two_labels_is_never_its_own_negative():
    labels, texts = _objects("a", "a", "b", "b"), _objects("u", "v", "u", "w")
    vectors = _unit([[1, 0], [0.9, 0.1], [1, 0], [0, 1]])
    found = draw_triplets(labels, vectors, 40, texts=texts, rng=np.random.default_rng(0))
    assert {tuple(texts[row]) for row in found[labels[found[:, 0]] == "a"]} == {
        ("u", "v", "w"),
        ("v", "u", "w"),
    }


def test_hard_negatives_are_nearer_than_random_ones_across_blocks():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 6, 1500)
    vectors = _unit(rng.normal(size=(6, 16))[codes] + rng.normal(size=(1500, 16)))
    labels, texts = codes.astype(str).astype(object), _objects(*map(str, range(1500)))

    def similarity(hard):
        found = draw_triplets(labels, vectors, texts=texts, rng=np.random.default_rng(1), hard=hard)
        assert len(found) == 1500
        anchors, positives, negatives = (vectors[rows] for rows in found.T)
        return (anchors * positives).sum(axis=1), (anchors * negatives).sum(axis=1)

    alike, near = similarity(5)
    _, at_random = similarity(0)
    assert near.mean() > at_random.mean() + 0.3
    mined = alike > 0
    assert (near[mined] <= 0.95 * alike[mined] + 1e-6).mean() > 0.99


def test_one_label_has_no_triplets():
    found = draw_triplets(
        _objects("a", "a"), _unit(np.eye(2)), texts=_objects("u", "v"), rng=np.random.default_rng(0)
    )
    assert found.shape == (0, 3)


@pytest.mark.parametrize(("option", "value"), [("hard", -1), ("guard", 0.0), ("guard", 1.1)])
def test_options_outside_their_range_are_refused(option, value):
    with pytest.raises(OptionError, match=r"guard|hard"):
        draw_triplets(
            _objects("a"),
            np.ones((1, 1), np.float32),
            texts=_objects("u"),
            rng=np.random.default_rng(0),
            **{option: value},
        )


@settings(max_examples=100)
@given(m=st.integers(0, 60), size=st.integers(2, 20), seed=st.integers(0, 9))
def test_an_epoch_holds_each_pair_once_but_a_lone_last_one(m, size, seed):
    rng = np.random.default_rng(seed)
    labels = rng.choice(_objects("a", "b", "c"), 100)
    pairs = rng.permutation(100)[:m, None] + np.array([0, 1000])
    batches = epoch_batches(pairs, size, labels=labels, rng=rng)
    kept = np.concatenate([pairs[:0], *batches])
    assert len(kept) == len(np.unique(kept, axis=0)) == m - (m % size == 1)
    assert {len(batch) for batch in batches[:-1]} <= {size}


def test_batches_hold_the_labels_as_the_whole_does_and_differ_by_epoch():
    labels = np.repeat(_objects("rare", "half", "rest"), [64, 320, 256])
    pairs = np.stack([np.arange(640), np.arange(640)], axis=1)
    rng = np.random.default_rng(0)
    first, second = (epoch_batches(pairs, 64, labels=labels, rng=rng) for _ in range(2))
    for batch in first:
        assert np.count_nonzero(labels[batch[:, 0]] == "half") == pytest.approx(32, abs=2)
        assert np.count_nonzero(labels[batch[:, 0]] == "rare") == pytest.approx(6.4, abs=2)
    assert not any(set(map(tuple, a)) == set(map(tuple, b)) for a in first for b in second)


def test_a_batch_of_one_is_refused():
    with pytest.raises(OptionError, match="1"):
        epoch_batches(
            np.zeros((2, 2), np.int64), 1, labels=_objects("a"), rng=np.random.default_rng(0)
        )
