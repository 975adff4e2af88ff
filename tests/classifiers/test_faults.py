"""Faults 7 to 22: one clear error or a warning each, and nothing is lost."""

import os
import shutil

import numpy as np
import pandas as pd
import pytest

from coterie.classifiers import (
    CascadeClassifier,
    ContrastiveClassifier,
    FewShotClassifier,
    LinearClassifier,
    MLPClassifier,
    SoftVotingClassifier,
    load_classifier,
    save_classifier,
)
from coterie.encoders import load_encoder
from coterie.errors import (
    ColumnError,
    CoterieWarning,
    EncoderError,
    EncoderMismatchError,
    InputError,
    IntegrityError,
    OptionError,
    StoreError,
)
from coterie.store import list_versions

from .conftest import make
from .worlds import Given, blobs, frame, messages

QUICK = [FewShotClassifier, LinearClassifier, lambda encoder: MLPClassifier(encoder, epochs=5)]


def test_fault_7_a_full_disk_leaves_the_version_before(fitted, tmp_path, monkeypatch):
    home = tmp_path / "model"
    model = fitted("few-shot")
    save_classifier(model, home)
    rows = frame(9)[0]
    before = load_classifier(home).predict_proba(rows)

    def full(_handle):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreError, match=r"No space left.*make room"):
            save_classifier(fitted("linear"), home)
    with monkeypatch.context() as patch:
        patch.setattr("safetensors.numpy.save_file", lambda *_: full(0))  # the encoder's own file
        with pytest.raises(StoreError, match=r"No space left.*make room"):
            save_classifier(model, home)
    assert [each.version for each in list_versions(home)] == [1]
    assert np.array_equal(load_classifier(home).predict_proba(rows), before)
    assert {path.name for path in home.iterdir()} <= {"model.json", "versions", ".lock"}


def test_a_model_that_is_not_fitted_or_has_no_folder_is_not_saved(tmp_path):
    texts, labels, encoder = blobs(12, classes=2)
    with pytest.raises(StoreError, match="folder"):
        save_classifier(FewShotClassifier(encoder).fit(texts, labels), tmp_path / "model")
    assert not list((tmp_path / "model").glob("versions/*"))


def test_fault_9_another_encoder_in_the_model_is_refused(saved, bert, tmp_path):
    for setting, name in ((("few-shot",), "tfidf.safetensors"), (("mlp",), "model.safetensors")):
        home = tmp_path / setting[0]
        shutil.copytree(saved(*setting), home)
        file = home / "versions/0001/encoder" / name
        content = bytearray(file.read_bytes())
        content[-1] ^= 1
        file.write_bytes(content)
        with pytest.raises(IntegrityError, match=name):
            load_classifier(home)
        (home / "versions/0001/encoder/more.json").write_text("{}")
        with pytest.raises(IntegrityError):
            load_classifier(home)


@pytest.fixture
def by_name(bert, monkeypatch):
    """A tiny encoder in the place of MiniLM."""
    monkeypatch.setattr("coterie.encoders.load.find_minilm", lambda _=None: bert)
    return "minilm"


def test_fault_9_another_encoder_of_the_same_name_is_refused(
    by_name, st_folder, tmp_path, monkeypatch
):
    texts, labels = messages(30)
    model = FewShotClassifier(by_name).fit(texts, labels)
    save_classifier(model, tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    assert np.array_equal(loaded.predict_proba(texts), model.predict_proba(texts))
    monkeypatch.setattr("coterie.encoders.load.find_minilm", lambda _=None: st_folder("distilbert"))
    with pytest.raises(EncoderMismatchError, match="minilm"):
        load_classifier(tmp_path / "model")


def test_fault_9_another_precision_is_told_and_works(by_name, tmp_path, monkeypatch):
    texts, labels = messages(30)
    model = FewShotClassifier(by_name).fit(texts, labels)
    home = tmp_path / "model"
    save_classifier(model, home)
    monkeypatch.setattr("coterie.encoders.bert.encoder._resolve", lambda *_: "f16")
    with pytest.warns(CoterieWarning, match="precision") as told:
        loaded = load_classifier(home)
    assert len(told) == 1
    assert loaded.encoder_.fingerprint != model.encoder_.fingerprint
    assert loaded.encoder_.weights == model.encoder_.weights


def test_an_encoder_with_options_of_its_own_comes_back_with_them(bert, tmp_path):
    texts, labels = messages(30)
    encoder = load_encoder(str(bert), max_length=5, precision="f32")
    model = FewShotClassifier(encoder).fit(texts, labels)
    save_classifier(model, tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    save_classifier(loaded, tmp_path / "again")
    for each in (loaded, load_classifier(tmp_path / "again")):
        assert each.encoder_.max_length == 5
        assert each.encoder_.fingerprint == encoder.fingerprint
        assert np.array_equal(each.predict_proba(texts), model.predict_proba(texts))


@pytest.mark.parametrize("kind", ["few-shot", "mlp", "contrastive", "voting", "cascade"])
def test_a_loaded_model_is_saved_again_without_what_it_came_from(saved, kind, tmp_path):
    rows = frame(9)[0]
    shutil.copytree(saved(kind), tmp_path / "first")
    loaded = load_classifier(tmp_path / "first")
    before = loaded.predict_proba(rows)
    members = getattr(loaded, "members_", [loaded])
    for member in members:
        member.encoder = "/gone" if "/" in member.encoder else member.encoder
    save_classifier(loaded, tmp_path / "second")
    shutil.rmtree(tmp_path / "first")
    again = load_classifier(tmp_path / "second")
    assert np.array_equal(again.predict_proba(rows), before)


def test_a_folder_named_like_a_known_encoder_is_not_taken(by_name, tmp_path, monkeypatch):
    texts, labels = messages(30)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "minilm").mkdir()
    (tmp_path / "minilm/config.json").write_text("{}")
    model = FewShotClassifier(by_name).fit(texts, labels)
    save_classifier(model, "model")
    assert not (tmp_path / "model/versions/0001/encoder").exists()
    assert np.array_equal(load_classifier("model").predict_proba(texts), model.predict_proba(texts))


@pytest.mark.parametrize(
    ("vector", "message"),
    [
        ([np.nan, 0, 1], "1 of 12"),
        ([np.inf, 0, 1], "1 of 12"),
        ([0, 0, 0], "1 of 12"),
        ([3, 4, 0], "1 of 12"),
    ],
)
@pytest.mark.parametrize("pooling", ["text", "lines"])
def test_fault_10_vectors_that_are_none(vector, message, pooling):
    vectors = {f"text {row}": [1, 0, 0] if row % 2 else [0, 1, 0] for row in range(12)}
    broken = Given(vectors | {"text 5": vector})
    labels = [row % 2 for row in range(12)]
    with pytest.raises(EncoderError, match=message):
        FewShotClassifier(broken, pooling=pooling).fit(list(vectors), labels)
    model = FewShotClassifier(Given(vectors), pooling=pooling).fit(list(vectors), labels)
    model.encoder_ = broken
    with pytest.raises(EncoderError, match="1 of 1 texts"):
        model.predict(["text 5"])
    assert model.predict(["text 4", "text 7"]).tolist() == [0, 1]


@pytest.mark.parametrize("kind", QUICK, ids=["few-shot", "linear", "mlp"])
def test_fault_11_a_class_that_occurs_once_is_learnt(kind):
    if kind is QUICK[2]:
        pytest.importorskip("torch", reason="needs coterie[torch]")
    texts, labels, encoder = blobs(41, classes=2, spread=0.1)
    labels[-1] = 2  # in its fold the others have not seen it
    model = kind(encoder).fit(texts, labels)
    assert model.classes_.tolist() == [0, 1, 2]
    shares = model.predict_proba(texts)
    assert np.allclose(shares.sum(axis=1), 1)
    assert np.isfinite(shares).all()
    held = model.held_
    alone = held.probabilities[held.codes == 2]
    assert alone.shape == (1, 3)
    assert alone[0, 2] == 0


@pytest.mark.parametrize(
    "kind",
    [
        FewShotClassifier("tfidf"),
        LinearClassifier("tfidf"),
        SoftVotingClassifier([FewShotClassifier("tfidf"), LinearClassifier("tfidf")]),
        CascadeClassifier([FewShotClassifier("tfidf"), LinearClassifier("tfidf")]),
    ],
)
def test_fault_12_one_class_only(kind):
    texts, _ = messages(6)
    with pytest.raises(InputError, match="lost"):
        kind.fit(texts, ["lost"] * 6)
    with pytest.raises(InputError, match="rows"):
        kind.fit(texts, ["lost"] * 5)
    with pytest.raises(InputError, match="2 rows"):
        kind.fit(texts, ["lost", "refund", None, np.nan, "a", "b"])
    with pytest.raises(InputError, match="label"):
        kind.fit([], [])


@pytest.mark.parametrize("rows", [1, 2, 3])
@pytest.mark.parametrize("kind", QUICK, ids=["few-shot", "linear", "mlp"])
@pytest.mark.filterwarnings("ignore:The confidence is not calibrated")
def test_fault_13_fewer_rows_than_folds(kind, rows):
    if kind is QUICK[2]:
        pytest.importorskip("torch", reason="needs coterie[torch]")
    texts, labels, encoder = blobs(3 * rows, classes=3, spread=0.05)
    model = kind(encoder).fit(texts, labels)
    shares = model.predict_proba(texts)
    assert np.allclose(shares.sum(axis=1), 1)
    if kind is not QUICK[2]:  # whose five epochs are not enough
        assert model.score(texts, labels) == 1
    if kind is QUICK[1]:
        return
    vote = SoftVotingClassifier([kind(encoder), kind(encoder)]).fit(texts, labels)
    assert np.allclose(vote.predict_proba(texts).sum(axis=1), 1)
    cascade = CascadeClassifier([kind(encoder), kind(encoder)]).fit(texts, labels)
    assert np.array_equal(cascade.predict(texts), model.predict(texts))


def test_fault_13_too_few_rows_to_tune_an_encoder_is_one_error(bert):
    pytest.importorskip("torch", reason="needs coterie[torch]")
    with pytest.raises(InputError, match="cannot be tuned"):
        ContrastiveClassifier(str(bert)).fit(["my card", "a refund"], ["lost", "refund"])


@pytest.mark.parametrize("kind", QUICK[:2], ids=["few-shot", "linear"])
def test_fault_15_all_texts_the_same(kind):
    with pytest.raises(InputError, match="texts"):
        kind("tfidf").fit(["hello"] * 10, ["a", "b"] * 5)
    rows = pd.DataFrame({"text": ["hello"] * 40, "plan": ["free", "pro"] * 20})
    labels = np.array(["a", "b"] * 20)
    model = kind("tfidf").set_params(context=["plan"]).fit(rows, labels)
    assert model.score(rows, labels) == 1  # the context tells
    assert (model.decide(rows).statuses != "outside").all()


class Watching(FewShotClassifier):
    """Writes down which rows each head has learnt from."""

    def _judge(self, features, codes, clusters):
        self.clusters_, self.learnt_ = clusters, []
        return super()._judge(features, codes, clusters)

    def _fit_head(self, features, codes, known, setting):
        self.learnt_.append(features)
        return super()._fit_head(features, codes, known, setting)


def test_fault_16_copies_are_on_one_side_when_judged():
    rng = np.random.default_rng(0)
    texts, labels, encoder = blobs(20, classes=2)
    texts = [text for text in texts for _ in range(4)]
    labels = rng.integers(0, 2, 80)  # nothing but the copies tells them
    model = Watching(encoder).fit(texts, labels)
    vectors = encoder.encode(texts[::4])
    for learnt in model.learnt_[:-1]:
        counts = [(np.abs(learnt[:, :8] - vector).max(axis=1) < 1e-6).sum() for vector in vectors]
        assert set(counts) == {0, 4}
    right = model.held_.probabilities.argmax(axis=1) == model.held_.codes
    assert right.mean() < 0.75
    shares = model.predict_proba(texts)
    assert np.array_equal(shares[::4], shares[3::4])
    mixed = [row for row in range(0, 80, 4) if labels[row : row + 4].mean() == 0.5]
    clear = [row for row in range(0, 80, 4) if labels[row : row + 4].mean() in (0, 1)]
    assert np.abs(shares[mixed, 0] - 0.5).mean() < np.abs(shares[clear, 0] - 0.5).mean()


def test_groups_are_on_one_side_when_judged():
    texts, labels, encoder = blobs(60, classes=2)
    groups = np.array([f"person {row % 7}" for row in range(60)], dtype=object)
    groups[:5] = None  # these are each on their own
    model = Watching(encoder).fit(texts, labels, groups=groups)
    vectors = encoder.encode(texts)
    for learnt in model.learnt_[:-1]:
        inside = [(np.abs(learnt[:, :8] - vector).max(axis=1) < 1e-6).any() for vector in vectors]
        found = pd.Series(inside[5:]).groupby(groups[5:]).nunique()
        assert (found == 1).all()
    assert len(np.unique(model.clusters_)) == 7 + 5
    with pytest.raises(InputError, match="60 rows and 3 groups"):
        FewShotClassifier(encoder).fit(texts, labels, groups=["a", "b", "c"])


@pytest.mark.parametrize("blank", ["", "  \n\t", None, np.nan, pd.NA, 7, b"bytes"])
def test_fault_17_rows_without_text_are_named(fitted, blank):
    texts, labels = messages(6)
    texts[3] = blank
    with pytest.raises(InputError, match="Row 4"):
        FewShotClassifier("tfidf").fit(texts, labels)
    for kind in ("few-shot", "cascade"):
        for ask in (fitted(kind).predict, fitted(kind).decide):
            with pytest.raises(InputError, match="Row 4"):
                ask(texts)


@pytest.mark.parametrize("text", ["\ud800 card lost", "card\0lost", "e" * 100_000, "💳" * 40])
@pytest.mark.parametrize("kind", ["few-shot", "mlp"])
def test_odd_texts_are_texts(fitted, text, kind, tmp_path):
    assert np.allclose(fitted(kind).predict_proba([text]).sum(), 1)
    texts, labels = messages(20)
    model = FewShotClassifier("tfidf").fit([*texts, text], [*labels, "odd \ud800"])
    save_classifier(model, tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    assert loaded.examples_.texts[-1] == text
    assert loaded.classes_.tolist() == model.classes_.tolist()
    assert np.array_equal(loaded.predict_proba([text]), model.predict_proba([text]))


@pytest.mark.filterwarnings("ignore:9 of 9 cells of 'seats' are not numbers")
@pytest.mark.parametrize("kind", ["few-shot", "linear", "mlp", "voting", "cascade"])
def test_fault_22_values_that_training_has_not_seen(fitted, kind):
    model = fitted(kind, "lines", True)
    rows = frame(9, seed=4)[0]
    alone = model.predict_proba(rows["text"])
    assert np.allclose(alone.sum(axis=1), 1)
    with pytest.warns(CoterieWarning, match="plan"):
        shares = model.predict_proba(rows.drop(columns="plan"))
    with pytest.warns(CoterieWarning, match=r"plan.*enterprise"):
        other = model.predict_proba(rows.assign(plan="enterprise"))
    assert np.array_equal(shares, other)
    missing = model.predict_proba(rows.assign(seats=np.nan))
    for odd in (np.inf, -np.inf, 1e300, None, "no number"):
        values = pd.Series([odd] * len(rows), dtype=object)
        assert np.array_equal(model.predict_proba(rows.assign(seats=values)), missing)
    further = rows.assign(unused=[object()] * len(rows))
    assert np.array_equal(model.predict_proba(further), model.predict_proba(rows))
    assert not np.array_equal(model.predict_proba(rows), alone)  # context does count


def test_fault_22_an_unseen_label_counts_as_wrong(fitted):
    rows, labels = frame(12, seed=4)
    for kind in ("few-shot", "cascade"):
        known = fitted(kind).score(rows, labels)
        labels[0] = fitted(kind).predict(rows)[0]
        unseen = labels.astype(object)
        unseen[0] = "never seen"
        assert fitted(kind).score(rows, unseen) == pytest.approx(
            fitted(kind).score(rows, labels) - 1 / 12
        )
        assert known > 0.5


def test_fault_21_context_columns_that_are_not_there_or_tell_nothing():
    rows, labels = frame(30)
    with pytest.raises(ColumnError, match=r"'team'.*plan"):
        FewShotClassifier("tfidf", context=["team"]).fit(rows, labels)
    with pytest.raises(ColumnError, match="'plan'"):
        FewShotClassifier("tfidf", context=["plan"]).fit(rows["text"], labels)
    with pytest.raises(InputError, match="same"):
        FewShotClassifier("tfidf", context=["same"]).fit(rows.assign(same=1), labels)


def test_members_must_belong_together(bert):
    texts, labels = messages(30)
    one = FewShotClassifier("tfidf")
    for kind in (SoftVotingClassifier, CascadeClassifier):
        with pytest.raises(OptionError, match=r"^1 "):
            kind([one]).fit(texts, labels)
        with pytest.raises(OptionError, match="columns"):
            kind([one, FewShotClassifier("tfidf", text="message")]).fit(texts, labels)
    for weights in ([1], [1, -1], [0, 0], [1, np.nan], [np.inf, 1]):
        with pytest.raises(OptionError, match="weight"):
            SoftVotingClassifier([one, one], weights=weights).fit(texts, labels)
    first, second = make("few-shot", bert).fit(texts, labels), make("linear", bert)
    with pytest.raises(OptionError, match="loaded"):
        SoftVotingClassifier.of([first, second])
    other = second.fit(texts, np.array(["a", "b", "c"])[np.arange(30) // 10])
    with pytest.raises(OptionError, match="rows"):
        SoftVotingClassifier.of([first, other])
