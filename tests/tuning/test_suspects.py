import numpy as np
import pytest

from coterie.errors import InputError, NoRowsError, OptionError
from coterie.tuning import CONFLICT, DISAGREEMENT, apply_decisions, find_suspects
from coterie.tuning.suspects import out_of_fold


def _objects(*values):
    return np.array(values, dtype=object)


def _blobs(n=400, k=4, noise=0.12, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % k
    rows = np.eye(k, 12)[codes] + noise * rng.normal(size=(n, 12))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), np.array([f"l{code}" for code in codes], dtype=object)


def _flipped(labels, share, seed=1):
    rng = np.random.default_rng(seed)
    names = np.unique(labels.astype(str))
    flipped = rng.choice(len(labels), int(share * len(labels)), replace=False)
    noisy = labels.copy()
    for row in flipped:
        noisy[row] = str(rng.choice(names[names != labels[row]]))
    return noisy, flipped


def test_flipped_labels_are_found_and_the_right_ones_suggested():
    vectors, labels = _blobs()
    noisy, flipped = _flipped(labels, 0.05)
    found = find_suspects(vectors, noisy, np.arange(400))
    assert set(found.table["row"]) <= set(flipped.tolist())
    assert len(found.table) >= 0.8 * len(flipped)
    np.testing.assert_array_equal(found.table["suggested"], labels[found.table["row"]])
    np.testing.assert_array_equal(found.table["label"], noisy[found.table["row"]])
    assert (found.table["suggested_confidence"] > found.table["confidence"]).all()
    assert (found.table["reason"] == DISAGREEMENT).all()
    margin = found.table["suggested_confidence"] - found.table["confidence"]
    assert margin.is_monotonic_decreasing
    assert found.judged == 400
    assert found.accuracy == pytest.approx(0.95, abs=0.001)


def test_clean_labels_raise_no_suspicion():
    vectors, labels = _blobs()
    assert not len(find_suspects(vectors, labels, np.arange(400)).table)


def test_copies_do_not_vouch_for_each_other():
    vectors, labels = _blobs(200)
    labels[0] = "l1"  # by its vector it is l0
    vectors = np.vstack([vectors, np.repeat(vectors[:1], 40, axis=0)])
    labels = np.append(labels, ["l1"] * 40)
    alone = np.arange(240)
    together = np.where(alone >= 200, 0, alone)
    assert 0 not in set(find_suspects(vectors, labels, alone).table["row"])
    assert set(find_suspects(vectors, labels, together).table["row"]) >= {0, *range(200, 240)}


def test_a_text_with_several_labels_is_a_conflict():
    vectors, labels = _blobs(200)
    texts = np.array([f"text {i}" for i in range(200)], dtype=object)
    clusters = np.arange(200)
    texts[[0, 4, 8, 9]], clusters[[0, 4, 8, 9]] = "same", 0
    vectors[[4, 8, 9]] = vectors[0]
    found = find_suspects(vectors, labels, clusters, texts=texts)
    assert found.table[["row", "label", "suggested", "reason"]].values.tolist() == [
        [9, "l1", "l0", CONFLICT]
    ]


def test_between_equals_the_more_probable_label_is_suggested():
    vectors, labels = _blobs(200)
    texts = np.array([f"text {i}" for i in range(200)], dtype=object)
    texts[1], vectors[1] = texts[0], vectors[0]
    clusters = np.arange(200)
    clusters[1] = 0
    found = find_suspects(vectors, labels, clusters, texts=texts)
    assert found.table[["row", "suggested", "reason"]].values.tolist() == [[1, "l0", CONFLICT]]


def test_a_label_that_no_other_fold_holds_is_not_judged_but_named():
    vectors, labels = _blobs(100)
    labels[[0, 1, 2]] = "single", "copies", "copies"
    labels[3] = None
    clusters = np.arange(100)
    clusters[2] = 1
    found = find_suspects(vectors, labels, clusters)
    assert found.unjudged == ("copies", "single")
    assert found.judged == 96
    assert found.unlabelled == 1
    assert not set(found.table["row"]) & {0, 1, 2, 3}


def test_a_class_with_fewer_rows_than_folds_is_judged():
    vectors, labels = _blobs(100)
    vectors[:3] = np.eye(12, dtype=np.float32)[11]
    labels[:3] = "rare"
    found = find_suspects(vectors, labels, np.arange(100), folds=5)
    assert found.unjudged == ()
    assert found.judged == 100


def test_rows_are_judged_by_what_other_folds_say():
    vectors = np.eye(2, dtype=np.float32)[[0, 0, 1, 1]]
    probability = out_of_fold(vectors, np.array([0, 0, 1, 0]), np.array([0, 1, 1, 1]), 2)
    assert np.isnan(probability[1:, 1]).all()  # fold 0 holds label 0 only
    assert (probability[1:, 0] == 1).all()
    assert probability[0].sum() == pytest.approx(1, abs=1e-6)


def test_many_labels_of_two_rows_raise_no_warning():
    codes = np.arange(80) % 40
    vectors, labels = np.eye(40, dtype=np.float32)[codes], codes.astype(str).astype(object)
    assert not len(find_suspects(vectors, labels, np.arange(80), folds=2).table)


def test_one_label_is_refused():
    with pytest.raises(InputError, match="'a'"):
        find_suspects(np.eye(2, dtype=np.float32), _objects("a", "a"), np.arange(2))


def test_no_label_is_refused():
    with pytest.raises(NoRowsError, match="label"):
        find_suspects(np.eye(2, dtype=np.float32), _objects(None, ""), np.arange(2))


def test_vectors_that_are_not_numbers_are_refused():
    vectors = np.array([[np.nan, 0], [0, 1]], np.float32)
    with pytest.raises(InputError, match="NaN or infinity"):
        find_suspects(vectors, _objects("a", "b"), np.arange(2))


def test_one_fold_is_refused():
    with pytest.raises(OptionError, match="1"):
        find_suspects(np.eye(2, dtype=np.float32), _objects("a", "b"), np.arange(2), folds=1)


def _case():
    vectors, labels = _blobs(200)
    noisy, _ = _flipped(labels, 0.05)
    suspects = find_suspects(vectors, noisy, np.arange(200))
    assert len(suspects.table) >= 8
    flipped = suspects.table["row"].to_numpy()
    return np.where(np.isin(np.arange(200), flipped), labels, noisy), noisy, flipped, suspects


def test_suspects_can_be_kept_dropped_or_fixed():
    labels, noisy, flipped, suspects = _case()
    before = noisy.copy()
    kept, dropped, fixed = (apply_decisions(noisy, suspects, d) for d in ("keep", "drop", "fix"))
    assert (noisy == before).all()
    assert (kept.labels == noisy).all()
    assert (kept.kept, kept.dropped, kept.fixed) == (len(flipped), 0, 0)
    assert all(dropped.labels[row] is None for row in flipped)
    assert (np.delete(dropped.labels, flipped) == np.delete(noisy, flipped)).all()
    assert (dropped.kept, dropped.dropped, dropped.fixed) == (0, len(flipped), 0)
    assert (fixed.labels == labels).all()
    assert (fixed.kept, fixed.dropped, fixed.fixed) == (0, 0, len(flipped))


def test_decisions_can_be_made_row_by_row():
    labels, noisy, flipped, suspects = _case()
    first, second, third = flipped[:3].tolist()
    other = int(np.setdiff1d(np.arange(200), flipped)[0])
    decisions = {first: labels[first], second: None, third: noisy[third], other: None}
    done = apply_decisions(noisy, suspects, decisions)
    assert done.labels[first] == labels[first]
    assert done.labels[second] is None
    assert done.labels[other] is None
    assert (done.kept, done.dropped, done.fixed) == (len(flipped) - 2, 2, 1)


@pytest.mark.parametrize(
    ("decisions", "message"),
    [
        ("mend", "'mend'"),
        ({200: None}, "row 200"),
        ({-1: None}, "row -1"),
        ({0: "l9"}, "'l9'"),
    ],
)
def test_decisions_that_make_no_sense_are_refused(decisions, message):
    _, noisy, _, suspects = _case()
    with pytest.raises(OptionError, match=message):
        apply_decisions(noisy, suspects, decisions)
