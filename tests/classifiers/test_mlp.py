"""BadgeNet: its layers, its losses, and what of its training stays."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs coterie[torch]")

from coterie.classifiers import MLPClassifier  # noqa: E402
from coterie.classifiers import mlp as room  # noqa: E402
from coterie.encoders import EmbeddingCache, NoCache  # noqa: E402
from coterie.errors import CoterieWarning, StoreError  # noqa: E402

from .worlds import blobs  # noqa: E402


def weights(**given):
    texts, labels, encoder = blobs(120, classes=3, spread=0.6)
    wanted = MLPClassifier(encoder, **{"epochs": 12, **given})
    return wanted._fit_head(encoder.encode(texts), labels, np.arange(3), None).arrays()


def test_layers_are_those_of_badgenet():
    shapes = {name: array.shape for name, array in weights().items()}
    widths = [8, 128, 64, 64, 3]
    for place in range(4):
        assert shapes[f"weight_{place}"] == (widths[place], widths[place + 1])
        assert shapes[f"bias_{place}"] == (widths[place + 1],)
    assert len(shapes) == 8
    assert weights(hidden=[5])["weight_1"].shape == (5, 3)


def test_one_seed_is_one_network():
    again, other = weights(), weights(seed=1)
    for name, array in weights().items():
        assert np.array_equal(again[name], array)
        assert not np.array_equal(other[name], array)


def test_the_random_numbers_of_others_are_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    weights(epochs=1)
    assert torch.equal(torch.rand(3), expected)


def test_focal_loss_without_focus_is_cross_entropy():
    same = weights(loss="focal", focus=0.0)
    focal = weights(loss="focal", focus=2.0)
    for name, array in weights().items():
        assert np.array_equal(same[name], array)
        assert not np.array_equal(focal[name], array)


def test_focal_loss_is_as_written():
    scores = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 3.0]])
    codes = torch.tensor([0, 1])
    share = torch.softmax(scores, dim=1)[[0, 1], codes]
    for focus in (0.0, 2.0):
        expected = (-((1 - share) ** focus) * share.log()).mean()
        assert torch.allclose(room._loss(scores, codes, focus), expected)


def features_of(seed=0):
    rng = np.random.default_rng(seed)
    codes = np.arange(150) % 3
    features = rng.normal([0, 100, 0, 3, 7], [1, 5, 0.01, 1, 0], (150, 5))
    features[:, 0] += 2 * codes
    return features.astype(np.float32), codes


@pytest.mark.parametrize("loss", ["cross-entropy", "focal"])
def test_standardisation_is_in_the_weights_and_the_best_epoch_stays(monkeypatch, loss):
    features, codes = features_of()
    states = []
    plain = room._state
    monkeypatch.setattr(
        room, "_state", lambda layers: states.append(plain(layers)) or plain(layers)
    )
    wanted = MLPClassifier(epochs=40, patience=8, learning_rate=0.01, loss=loss)
    head, history, best = room._train(features, codes, 3, wanted)
    hidden = torch.from_numpy(features)
    means, scales = hidden.mean(dim=0), hidden.std(dim=0, correction=0)
    hidden = ((hidden - means) / torch.where(scales > 1e-8, scales, 1.0)).double()
    for place, (weight, bias) in enumerate(zip(*states[-1], strict=True)):
        hidden = hidden @ torch.from_numpy(weight) + torch.from_numpy(bias)
        hidden = torch.relu(hidden) if place < 3 else hidden
    assert np.allclose(head.scores(features), hidden.numpy(), atol=1e-3)

    losses = [each.validation_loss for each in history]
    assert [each.epoch for each in history] == list(range(1, len(history) + 1))
    assert best == 1 + int(np.argmin(losses))
    assert len(history) in (best + 8, 40)
    assert 1 < best < len(history)  # the last epoch was not the best one
    learnt, kept = room._split(codes, 0.15, np.random.default_rng(0))
    assert sorted([*learnt, *kept]) == list(range(150))
    assert np.bincount(codes[kept]).tolist() == [7, 7, 7]
    scores = torch.from_numpy(head.scores(features[kept]))
    focus = 2.0 if loss == "focal" else 0.0
    assert float(room._loss(scores, torch.from_numpy(codes[kept]), focus)) == pytest.approx(
        losses[best - 1], abs=1e-3
    )
    right = (scores.argmax(dim=1).numpy() == codes[kept]).mean()
    assert history[best - 1].validation_accuracy == pytest.approx(right)


def test_a_column_that_never_varies_says_nothing():
    features, codes = features_of()
    head, _, _ = room._train(features, codes, 3, MLPClassifier(epochs=3))
    moved = features.copy()
    moved[:, 4] += np.float32(1e-3)
    assert np.abs(head.scores(moved) - head.scores(features)).max() < 1e-2


def test_of_few_rows_none_are_kept_back():
    features, codes = features_of()
    _, history, best = room._train(features[:30], codes[:30], 3, MLPClassifier(epochs=5))
    assert all(each.validation_loss is None for each in history)
    assert best == 1 + int(np.argmin([each.loss for each in history]))
    learnt, kept = room._split(codes[:30], 0.15, np.random.default_rng(0))
    assert (len(learnt), len(kept)) == (30, 0)


def test_history_is_of_the_training_on_all_rows():
    texts, labels, encoder = blobs(120, classes=3, spread=0.6)
    model = MLPClassifier(encoder, epochs=12).fit(texts, labels)
    head = weights()
    assert all(np.array_equal(head[name], array) for name, array in model.head_.arrays().items())
    assert len(model.history_) == 12
    assert 1 <= model.best_epoch_ <= 12
    losses = [each.validation_loss for each in model.history_]
    assert losses[model.best_epoch_ - 1] == min(losses)


class StoppedError(Exception):
    """What a kill is to a training."""


@pytest.fixture
def every_epoch(monkeypatch):
    monkeypatch.setattr(room, "_SAVE_EVERY", 0.0)
    monkeypatch.setattr(room, "_QUICK", 0.0)


def stop_after(monkeypatch, epochs):
    """Stop the training after so many epochs of all its networks together."""
    plain, count = room._check_kept, iter(range(epochs))

    def counted(*given):
        if next(count, None) is None:
            raise StoppedError
        return plain(*given)

    monkeypatch.setattr(room, "_check_kept", counted)
    return lambda: monkeypatch.setattr(room, "_check_kept", plain)


@pytest.mark.parametrize("epochs", [1, 7, 31, 70])
def test_a_training_that_was_stopped_goes_on(tmp_path, monkeypatch, every_epoch, epochs):
    texts, labels, encoder = blobs(90, classes=3, spread=0.9)
    given = {"epochs": 12, "patience": 5, "loss": "focal"}
    whole = MLPClassifier(encoder, cache=NoCache(), **given).fit(texts, labels)
    cache = EmbeddingCache(tmp_path)
    again = stop_after(monkeypatch, epochs)
    with pytest.raises(StoppedError):
        MLPClassifier(encoder, cache=cache, **given).fit(texts, labels)
    again()
    assert list((tmp_path / "trainings").iterdir())
    done = []
    plain = room._check_kept
    monkeypatch.setattr(room, "_check_kept", lambda *a: done.append(1) or plain(*a))
    model = MLPClassifier(encoder, cache=cache, **given).fit(texts, labels)
    total = len(done) + epochs
    assert np.array_equal(model.predict_proba(texts), whole.predict_proba(texts))
    assert model.history_ == whole.history_
    assert model.best_epoch_ == whole.best_epoch_
    assert not list((tmp_path / "trainings").iterdir())
    done.clear()
    MLPClassifier(encoder, cache=cache, **given).fit(texts, labels)
    assert len(done) == total  # nothing was done twice, and a finished training starts anew


def test_another_training_is_not_taken_up(tmp_path, monkeypatch, every_epoch):
    texts, labels, encoder = blobs(90, classes=3, spread=0.9)
    cache = EmbeddingCache(tmp_path)
    again = stop_after(monkeypatch, 5)
    with pytest.raises(StoppedError):
        MLPClassifier(encoder, cache=cache, epochs=8).fit(texts, labels)
    again()
    for given in ({"seed": 1}, {"epochs": 9}, {"hidden": (16,)}):
        whole = MLPClassifier(encoder, cache=NoCache(), **{"epochs": 8, **given})
        other = MLPClassifier(encoder, cache=cache, **{"epochs": 8, **given})
        expected = whole.fit(texts, labels).predict_proba(texts)
        assert np.array_equal(other.fit(texts, labels).predict_proba(texts), expected)


def test_a_full_disk_costs_a_warning(tmp_path, monkeypatch, every_epoch):
    from coterie.tuning.checkpoint import CheckpointFolder

    def full(*_given):
        raise StoreError("No room.")

    monkeypatch.setattr(CheckpointFolder, "write", full)
    texts, labels, encoder = blobs(90, classes=3, spread=0.9)
    model = MLPClassifier(encoder, cache=EmbeddingCache(tmp_path), epochs=3)
    with pytest.warns(CoterieWarning, match="No room"):
        model.fit(texts, labels)
    assert len(model.history_) == 3


def test_two_of_the_same_training_do_not_share_a_state(tmp_path):
    from coterie.tuning.unfinished import UnfinishedTrainings

    cache, key = EmbeddingCache(tmp_path), "a" * 64

    def elsewhere():
        with UnfinishedTrainings(cache) as other:
            return other.folder(key)

    with UnfinishedTrainings(cache) as one:
        first = one.folder(key)
        assert one.folder(key) == first
        with UnfinishedTrainings(cache) as inner:
            assert inner.folder(key) == first
        assert first.is_dir()  # until the outer one ends
        with ThreadPoolExecutor(1) as pool:
            second = pool.submit(elsewhere).result()
        assert second != first
        assert not second.exists()
        third = UnfinishedTrainings(cache)
        kept = third.folder("b" * 64)
        third.__exit__(StoppedError, StoppedError(), None)
        assert kept.is_dir()
    assert not first.exists()
    with UnfinishedTrainings(NoCache()) as nowhere:
        assert not nowhere.folder(key).is_relative_to(tmp_path)
    month = time.time() - 40 * 86_400
    os.utime(kept, (month, month))
    with UnfinishedTrainings(cache) as later:
        later.folder(key)
        assert not kept.exists()
