"""Classifiers on vectors that are given in place of texts."""

from __future__ import annotations

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
    explain,
    load_classifier,
    save_classifier,
)
from coterie.encoders import UNKNOWN_ENCODER, GivenVectors
from coterie.errors import EncoderMismatchError, InputError, OptionError, StoreError

from .worlds import blobs, unit


def kinds():
    pair = [LinearClassifier(), FewShotClassifier()]
    return [
        LinearClassifier(),
        FewShotClassifier(),
        MLPClassifier(epochs=5),
        SoftVotingClassifier(pair),
        CascadeClassifier(pair),
    ]


@pytest.mark.parametrize("model", kinds(), ids=lambda model: model.kind)
def test_a_saved_model_of_vectors_predicts_vectors_alone(model, tmp_path):
    if model.kind == "mlp":
        pytest.importorskip("torch")
    texts, labels, encoder = blobs(120)
    matrix = encoder.encode(texts)
    model.fit(matrix, labels)
    shares = model.predict_proba(matrix)
    save_classifier(model, tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    assert np.array_equal(loaded.predict_proba(matrix), shares)
    assert np.allclose(loaded.predict_proba(3 * matrix), shares, atol=1e-4)
    save_classifier(loaded, tmp_path / "again")
    again = load_classifier(tmp_path / "again")
    assert np.array_equal(again.predict_proba(matrix), shares)
    with pytest.raises(InputError, match="vectors"):
        loaded.predict(["a text"])
    with pytest.raises(EncoderMismatchError, match="width 3"):
        loaded.predict(matrix[:, :3])
    with pytest.raises(OptionError, match="vectors"):
        explain(loaded, "a text")


@pytest.mark.parametrize("kind", [LinearClassifier, MLPClassifier])
def test_given_vectors_are_learnt_from_as_those_of_the_encoder(kind):
    if kind is MLPClassifier:
        pytest.importorskip("torch")
    texts, labels, encoder = blobs(90)
    matrix = encoder.encode(texts)
    more = {"epochs": 5} if kind is MLPClassifier else {}
    by_text = kind(encoder, **more).fit(texts, labels)
    stand_in = GivenVectors(encoder.name, encoder.dim, encoder.fingerprint)
    by_vector = kind(stand_in, **more).fit(matrix, labels)
    assert by_vector.encoder_ is stand_in
    assert np.array_equal(by_text.predict_proba(texts), by_vector.predict_proba(matrix))
    assert np.array_equal(by_text.predict_proba(texts), by_text.predict_proba(matrix))
    said, given = by_text.decide(texts), by_vector.decide(matrix)
    assert np.array_equal(said.statuses, given.statuses)


def test_a_frame_holds_vectors_in_the_place_of_texts(tmp_path):
    texts, labels, encoder = blobs(60)
    matrix = encoder.encode(texts)
    frame = pd.DataFrame({"text": list(matrix), "kind": np.array(list("abcd"))[labels]})
    model = LinearClassifier(context=["kind"]).fit(frame, labels)
    assert (model.predict(frame) == labels).mean() == 1
    assert model.encoder_.name == UNKNOWN_ENCODER
    assert np.array_equal(
        LinearClassifier().fit(matrix.tolist(), labels).predict_proba(matrix.tolist()),
        LinearClassifier().fit(matrix, labels).predict_proba(matrix),
    )


def test_vectors_that_cannot_be_used_are_named():
    texts, labels, encoder = blobs(30)
    matrix = unit(encoder.encode(texts))
    model = LinearClassifier().fit(matrix, labels)
    for number, value in ((4, np.nan), (5, np.inf), (6, 0.0)):
        broken = matrix.copy()
        broken[number] = value
        with pytest.raises(InputError, match=f"Row {number + 1} "):
            model.predict(broken)
    with pytest.raises(InputError, match="3 to 8"):
        model.predict([[1.0] * 8, [1.0] * 3])
    with pytest.raises(InputError, match="same"):
        LinearClassifier().fit(np.ones((30, 4)), labels)
    with pytest.raises(OptionError, match="contrastive"):
        ContrastiveClassifier().fit(matrix, labels)
    with pytest.raises(OptionError, match="pooling"):
        LinearClassifier(pooling="lines").fit(matrix, labels)


def test_a_damaged_stand_in_is_refused(tmp_path):
    texts, labels, encoder = blobs(30)
    model = LinearClassifier().fit(encoder.encode(texts), labels)
    for dim in (0, "8", True, 9):
        model.encoder_ = GivenVectors(UNKNOWN_ENCODER, dim)
        save_classifier(model, tmp_path / f"model {dim!r}")
        with pytest.raises(StoreError, match="damaged"):
            load_classifier(tmp_path / f"model {dim!r}")
