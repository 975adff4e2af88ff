"""Tuning sees no row that it is judged by, and its projection is thrown away."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs coterie[torch]")

from safetensors.numpy import load_file  # noqa: E402

import coterie.tuning.train as room  # noqa: E402
from coterie.classifiers import (  # noqa: E402
    ContrastiveClassifier,
    load_classifier,
    save_classifier,
)
from coterie.encoders import load_encoder  # noqa: E402
from coterie.encoders.bert import read_bert_folder  # noqa: E402
from coterie.errors import CoterieWarning, EncoderError  # noqa: E402
from coterie.options import TrainerOptions  # noqa: E402

from .worlds import messages  # noqa: E402


def make(bert, **given):
    return ContrastiveClassifier(
        str(bert), **{"epochs": 2, "batch": 16, "learning_rate": 5e-3, "projection": 16, **given}
    )


@pytest.fixture
def tuned_rows(monkeypatch):
    """Texts that the tuning drew pairs and triplets from."""
    seen = set()
    step = room._Run._step

    def watched(self, batch):
        everything = np.empty(len(self._ids), dtype=object)
        everything[self._rows] = self._texts
        seen.update(everything[row] for row in np.unique(batch))
        return step(self, batch)

    monkeypatch.setattr(room._Run, "_step", watched)
    return seen


def test_rows_kept_back_are_not_tuned_on(bert, tuned_rows):
    texts, labels = messages(90, noise=0)
    texts, labels = [*texts, *texts[:12]], np.append(labels, labels[:12])  # copies go together
    model = make(bert).fit(texts, labels)
    held = model.held_
    judged = {texts[row] for row in held.rows}
    assert 20 <= len(held.rows) <= 0.4 * len(texts)
    assert None not in tuned_rows
    assert len(tuned_rows) > 40
    assert not judged & tuned_rows
    assert np.array_equal(held.codes, np.searchsorted(model.classes_, labels[held.rows]))
    assert len(model.history_) >= 2
    assert model.history_[0].epoch == 0
    assert 1 <= model.best_epoch_ <= 2


def test_where_few_rows_are_kept_back_none_of_them_chooses_the_epoch(bert, monkeypatch):
    given = []

    def watched(folder, texts, labels, vectors, kept, **rest):
        given.append((list(texts), len(kept), len(vectors)))
        return train(folder, texts, labels, vectors, kept, **rest)

    train = room.train
    monkeypatch.setattr(room, "train", watched)
    texts, _ = messages(48)
    labels = np.arange(48) % 12
    model = make(bert, epochs=1).fit(texts, labels)
    (seen, kept, vectors) = given[0]
    assert kept == 0
    assert len(seen) == vectors == 48 - len(model.held_.rows)
    assert not {texts[row] for row in model.held_.rows} & set(seen)
    assert model.score(texts, labels) > 0.2


def test_the_quality_of_both_encoders_is_told(bert):
    texts, labels = messages(90, noise=0)
    model = make(bert, epochs=3).fit(texts, labels)
    better, base = model.quality_, model.base_quality_
    assert set(better.within) == set(base.within) == {"cancel", "lost", "refund"}
    assert better.quality > base.quality
    assert better.auc > base.auc
    for each in (better, base):
        assert each.quality == pytest.approx(
            np.mean(list(each.within.values())) - each.between, abs=0.05
        )
        assert 0 <= each.auc <= 1
    rows = model.held_.rows
    vectors = load_encoder(str(bert)).encode([texts[row] for row in rows])
    own = vectors[labels[rows] == "lost"]
    cosines = (own @ own.T)[~np.eye(len(own), dtype=bool)]
    assert base.within["lost"] == pytest.approx(cosines.mean(), abs=1e-3)


def test_where_no_row_can_be_held_out_nothing_is_tuned(bert):
    texts, labels = messages(30, noise=0)
    rows = [row for row in range(30) if labels[row] != "cancel"][:4]
    texts, labels = [texts[row] for row in rows], labels[rows]
    with pytest.warns(CoterieWarning, match="not tuned"):
        model = make(bert, epochs=1).fit(texts, labels)
    assert (model.quality_, model.base_quality_) == (None, None)
    assert (model.best_epoch_, model.history_) == (0, ())
    assert len(model.held_.rows) == 4  # by cross-validation
    assert model.encoder_.fingerprint == load_encoder(str(bert)).fingerprint
    assert model.predict(texts).shape == (4,)


@pytest.mark.filterwarnings("ignore:Tuning .* is kept:coterie.errors.CoterieWarning")
@pytest.mark.parametrize("small", [1, 2, 3], ids=["one row", "two rows", "three rows"])
def test_rows_of_a_small_class_stay_in_training_and_others_are_held_out(bert, tuned_rows, small):
    texts, labels = messages(90, noise=0)
    texts = [*texts, *(f"something else {row}" for row in range(small))]
    labels = np.append(labels, ["other"] * small)
    model = make(bert).fit(texts, labels)
    judged = {texts[row] for row in model.held_.rows}
    assert len(judged) >= 20
    assert not judged & tuned_rows
    assert (labels[model.held_.rows] == "other").sum() <= max(small - 2, 0)


def test_an_encoder_that_tuning_makes_worse_is_not_kept(bert, tmp_path):
    texts, labels = messages(90, noise=0)
    with pytest.warns(CoterieWarning, match="untuned encoder is kept"):
        model = make(bert, learning_rate=0.5, epochs=4).fit(texts, labels)
    base = load_encoder(str(bert))
    assert model.best_epoch_ == 0
    assert model.encoder_.fingerprint == base.fingerprint
    assert model.quality_ == model.base_quality_
    assert len(model.history_) < 5  # stopped early
    save_classifier(model, tmp_path / "model")
    again = load_classifier(tmp_path / "model")
    assert np.array_equal(again.predict_proba(texts), model.predict_proba(texts))


def test_a_collapse_is_found(bert, tmp_path):
    checks = trained(bert, tmp_path, learning_rate=0.5).checks
    assert checks[-1].collapsed(checks[0])
    healthy = trained(bert, tmp_path / "healthy").checks
    assert len(healthy) == 4
    assert not any(check.collapsed(healthy[0]) for check in healthy)


def test_the_projection_is_not_in_the_encoder(fitted, saved, bert):
    fitted("contrastive")
    home = saved("contrastive") / "versions/0001/encoder"
    tuned, base = load_file(home / "model.safetensors"), load_file(bert / "model.safetensors")
    assert tuned.keys() == base.keys()
    assert all(tuned[name].shape == base[name].shape for name in base)
    assert any(not np.array_equal(tuned[name], base[name]) for name in base)
    assert load_encoder(str(home)).dim == load_encoder(str(bert)).dim == 32


def trained(bert, states, **given):
    texts, labels = messages(60, noise=0)
    folder = read_bert_folder(bert)
    vectors = load_encoder(str(bert), precision="f32").encode(texts)
    options = {"loss": "both", "projection": 16, "batch": 8, "epochs": 3, "learning_rate": 5e-3}
    return room.train(
        folder,
        texts,
        labels.astype(object),
        vectors,
        np.arange(0, 60, 7),
        checkpoints=states,
        options=TrainerOptions(**{**options, "precision": "f32", **given}),
    )


def test_an_interrupted_training_with_a_projection_ends_with_the_same_weights(
    bert, tmp_path, monkeypatch
):
    whole = trained(bert, tmp_path / "whole")
    step = room._Run._step

    def interrupted(self, batch):
        if self._state.step == 9:
            raise KeyboardInterrupt
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(room, "_KEEP_EVERY", 0.0)
        patch.setattr(room._Run, "_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trained(bert, tmp_path / "states")
    state = load_file(tmp_path / "states/latest.safetensors")
    parts = {name for name in state if name.startswith("projection/")}
    assert len(parts) == 4  # two layers, each with a bias
    gone_on = trained(bert, tmp_path / "states")
    assert gone_on.resumed == 9
    assert gone_on.steps == whole.steps
    assert [each.loss for each in gone_on.checks] == [each.loss for each in whole.checks]
    assert whole.weights.keys() == gone_on.weights.keys()
    assert all(torch.equal(gone_on.weights[name], value) for name, value in whole.weights.items())
    without = trained(bert, tmp_path / "without", projection=0)
    assert any(not torch.equal(without.weights[name], v) for name, v in whole.weights.items())


def test_an_encoder_that_cannot_be_tuned_is_named(tmp_path):
    texts, labels = messages(30)
    with pytest.raises(EncoderError, match="tfidf"):
        make("tfidf").fit(texts, labels)
