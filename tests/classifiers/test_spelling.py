"""Few-shot models read how texts are spelt, which the vectors of an encoder may not say."""

import numpy as np
import pandas as pd
import pytest

from coterie.classifiers import (
    FewShotClassifier,
    LinearClassifier,
    load_classifier,
    save_classifier,
)
from coterie.classifiers.classification_heads import Kernel, head_of
from coterie.classifiers.features.spelling import SPELLING, spell
from coterie.encoders import NoCache
from coterie.errors import StoreError
from coterie.store import open_model

from .test_saved_files import GONE, put, rewritten
from .worlds import Hashed, messages


def test_texts_spelt_alike_are_alike():
    texts = ["the parcel is late", "my parcels are late", "geld zurück", "退款", "!", " a "]
    rows = spell(texts)
    assert rows.shape == (6, SPELLING)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    near = rows @ rows.T
    assert near[0, 1] > 0.3 > abs(near[0, 2])
    assert near[0, 1] > abs(near[0, 3]) + 0.2
    assert spell([]).shape == (0, SPELLING)
    assert np.array_equal(spell(["My PARCEL"]), spell(["my parcel"]))


def test_a_text_has_the_same_row_whatever_others_there_are():
    texts = [" ".join(text.split()) for text in messages(40)[0]]
    together = spell(texts)
    assert all(
        np.array_equal(spell([text])[0], row) for text, row in zip(texts, together, strict=True)
    )


def test_classes_that_the_encoder_does_not_see_are_learnt_from_the_spelling():
    texts, labels = messages(150, noise=0)
    unseen, truth = messages(90, seed=3, noise=0)
    blind = LinearClassifier(Hashed()).fit(texts, labels).score(unseen, truth)
    model = FewShotClassifier(Hashed()).fit(texts, labels)
    assert model.score(unseen, truth) > 0.9
    assert blind < 0.6
    assert model.spelling_
    assert model.setting_[2] > 0
    assert model.transform(unseen).shape == (90, Hashed.dim + SPELLING)


def test_a_loaded_model_says_the_same_to_the_bit_alone_and_together(tmp_path):
    texts, labels = messages(120)
    unseen = messages(30, seed=3)[0]
    model = FewShotClassifier("tfidf", cache=NoCache()).fit(texts, labels)
    save_classifier(model, tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    said = model.predict_proba(unseen)
    assert loaded.spelling_
    assert np.array_equal(loaded.predict_proba(unseen), said)
    assert np.array_equal(np.vstack([loaded.predict_proba([text]) for text in unseen]), said)
    decided = loaded.decisions_of(loaded.transform(unseen), loaded.readable(unseen))
    assert np.array_equal(decided.probabilities, said)


def test_a_model_of_an_earlier_version_reads_no_spelling(tmp_path):
    texts, labels = messages(120)
    unseen = messages(30, seed=3)[0]
    model = FewShotClassifier("tfidf", cache=NoCache()).fit(texts, labels)
    save_classifier(model, tmp_path / "model")

    def older(content):
        put("model.json", "spelling", GONE)(content)
        put("model.json", "setting", [0.3, False])(content)
        arrays = content["arrays.safetensors"]
        content["arrays.safetensors"] = {k: v for k, v in arrays.items() if k != "head.slopes"}

    rewritten(open_model(tmp_path / "model"), tmp_path / "older", older)
    earlier = load_classifier(tmp_path / "older")
    assert not earlier.spelling_
    assert earlier.transform(unseen).shape[1] == earlier.encoder_.dim
    shares = model.head_.arrays()
    plain = Kernel(shares["examples"], shares["says"], float(shares["gamma"][0]))
    expected = earlier.confidence_.probabilities(plain.scores(earlier.transform(unseen)))
    assert np.array_equal(earlier.predict_proba(unseen), expected)
    head, known = earlier.learn_head(earlier.transform(texts), np.arange(120) % 3)
    assert head.width == earlier.encoder_.dim
    assert known.tolist() == [0, 1, 2]


def test_vectors_have_no_spelling():
    rng = np.random.default_rng(0)
    codes = np.arange(60) % 3
    vectors = np.eye(3, 8)[codes] + rng.normal(0, 0.1, (60, 8))
    model = FewShotClassifier().fit(vectors, codes)
    assert not model.spelling_
    assert model.score(vectors, codes) > 0.9


def test_context_and_spelling_are_read_side_by_side():
    texts, labels = messages(150, noise=0)
    frame = pd.DataFrame({"text": texts, "seats": np.arange(150.0)})
    model = FewShotClassifier(Hashed(), context=["seats"]).fit(frame, labels)
    assert model.transform(frame).shape[1] == model.width
    assert model.width == Hashed.dim + model.context_.width + SPELLING
    assert model.score(frame, labels) > 0.9


def test_a_head_with_slopes_is_made_again_of_its_arrays():
    rng = np.random.default_rng(0)
    examples, says = rng.normal(size=(20, 4)).astype(np.float32), rng.normal(size=(20, 3))
    slopes = rng.normal(size=(6, 3))
    head = Kernel(examples, says, 3.0, slopes)
    rows = rng.normal(size=(50, 10)).astype(np.float32)
    again = head_of("kernel", head.arrays())
    assert (again.width, again.classes) == (10, 3)
    assert np.array_equal(again.scores(rows), head.scores(rows))
    near = np.exp(-1.5 * ((rows[:, None, :4] - examples) ** 2).sum(axis=2))
    shares = near @ says + rows[:, 4:] @ slopes
    assert np.allclose(head.scores(rows), np.log(0.03 * np.logaddexp(0, shares / 0.03)), atol=1e-4)
    for broken in (slopes[:, :2], slopes.ravel(), np.where(slopes > 0, np.nan, slopes)):
        with pytest.raises(StoreError):
            head_of("kernel", {**head.arrays(), "slopes": broken})


@pytest.mark.parametrize("label", ["AddUserToAccount", "add_user_to_account"])
def test_names_of_classes_are_read_as_words(label):
    texts = [f"text {row}" for row in range(20)]
    labels = np.where(np.arange(20) % 2, label, "CloseAccount")
    model = FewShotClassifier(Hashed()).fit(texts, labels)
    words = [word.lower() for word in model._class_words()]
    assert sorted(words) == ["add user to account", "close account"]
