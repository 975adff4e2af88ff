import numpy as np
import pandas as pd
import pytest

from coterie.errors import InputError, OptionError
from coterie.metrics import few_shot_accuracy


def _blobs(n, k, noise, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % k
    rows = np.eye(k, 16)[codes] + noise * rng.normal(size=(n, 16))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), codes.astype(str).astype(object)


def test_more_examples_and_clearer_vectors_score_higher():
    vectors, labels = _blobs(800, 8, 0.4)
    table = few_shot_accuracy(vectors[:400], labels[:400], vectors[400:], labels[400:])
    assert table["shots"].tolist() == [1, 5, 10]
    assert table["mean"].is_monotonic_increasing
    assert (table["spread"] > 0).all()
    assert table["mean"].iloc[0] < 0.55 < table["mean"].iloc[2] < 1
    clear, names = _blobs(800, 8, 0.02)
    easy = few_shot_accuracy(clear[:400], names[:400], clear[400:], names[400:])
    assert easy["mean"].tolist() == [1.0, 1.0, 1.0]


def test_one_example_of_many_labels_raises_no_warning():
    codes = np.arange(120) % 40
    labels, vectors = codes.astype(str).astype(object), np.eye(40, dtype=np.float32)[codes]
    table = few_shot_accuracy(vectors, labels, vectors, labels, shots=[1], seeds=2)
    assert table["mean"].tolist() == [1.0]


def test_as_many_rows_of_each_label_are_learned_from_as_asked_for():
    vectors, labels = _blobs(60, 3, 0.05)
    table = few_shot_accuracy(vectors[:9], labels[:9], vectors[9:], labels[9:], shots=[3, 4])
    assert table["short"].tolist() == [0, 3]
    assert table["mean"].iloc[0] == table["mean"].iloc[1]  # all rows in both
    assert table["spread"].tolist() == pytest.approx([0.0, 0.0], abs=1e-12)


def test_draws_are_of_the_same_rows_whatever_the_vectors():
    vectors, labels = _blobs(200, 4, 0.5)
    tables = [
        few_shot_accuracy(v[:100], labels[:100], v[100:], labels[100:], shots=[2])
        for v in (
            vectors,
            vectors @ np.linalg.qr(np.random.default_rng(0).normal(size=(16, 16)))[0],
        )
    ]
    pd.testing.assert_frame_equal(*tables)


def test_an_unknown_label_counts_as_wrong_and_a_missing_one_not_at_all():
    vectors, labels = _blobs(60, 3, 0.02)
    judged = labels[30:].copy()
    judged[:6], judged[6:12] = "unheard", None
    table = few_shot_accuracy(vectors[:30], labels[:30], vectors[30:], judged, shots=[5])
    assert table["mean"].iloc[0] == pytest.approx(18 / 24)


def test_one_draw_has_no_spread():
    vectors, labels = _blobs(20, 2, 0.1)
    table = few_shot_accuracy(vectors, labels, vectors, labels, shots=[1], seeds=1)
    assert np.isnan(table["spread"].iloc[0])


@pytest.mark.parametrize(("shots", "seeds"), [([], 5), ([0], 5), ([1], 0)])
def test_nothing_to_draw_is_refused(shots, seeds):
    vectors, labels = _blobs(20, 2, 0.1)
    with pytest.raises(OptionError, match=r"shots are .* seeds"):
        few_shot_accuracy(vectors, labels, vectors, labels, shots=shots, seeds=seeds)


@pytest.mark.parametrize(("train", "test"), [(["a", "a"], ["a", "b"]), (["a", "b"], [None, None])])
def test_too_few_labels_are_refused(train, test):
    vectors = np.eye(2, dtype=np.float32)
    with pytest.raises(InputError, match="two labels"):
        few_shot_accuracy(vectors, train, vectors, test)


def test_columns_of_different_length_are_refused():
    vectors = np.eye(2, dtype=np.float32)
    with pytest.raises(InputError, match="2 and 1 training"):
        few_shot_accuracy(vectors, ["a"], vectors, ["a", "b"])
