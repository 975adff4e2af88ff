"""scikit-learn's contract, for every classifier, and whatever form texts and labels come in."""

import inspect
from collections import UserList

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils.validation import NotFittedError

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
from coterie.errors import ColumnError, InputError, OptionError

from .conftest import SETTINGS, ids
from .worlds import frame, messages

SINGLE = (FewShotClassifier, LinearClassifier, MLPClassifier, ContrastiveClassifier)
ALL = (*SINGLE, SoftVotingClassifier, CascadeClassifier)
PAIR = [FewShotClassifier("tfidf"), LinearClassifier("tfidf")]


def plain(kind, **given):
    return kind(PAIR, **given) if kind in ALL[4:] else kind("tfidf", **given)


@pytest.mark.parametrize("kind", ALL)
def test_constructors_only_assign_and_a_clone_has_the_same_parameters(kind):
    names = [name for name in inspect.signature(kind).parameters if name != "self"]
    given = {name: object() for name in names}
    made = kind(**given)
    assert vars(made) == given
    assert made.get_params(deep=False) == given
    model = plain(kind, accuracy=0.9)
    copy = clone(model)
    assert copy is not model
    assert copy.accuracy == 0.9
    assert copy.set_params(accuracy=0.5) is copy
    assert (copy.get_params()["accuracy"], model.accuracy) == (0.5, 0.9)
    with pytest.raises(ValueError, match="nonsense"):
        copy.set_params(nonsense=1)
    with pytest.raises(NotFittedError):
        model.predict(["a text"])


@pytest.mark.parametrize("kind", [SoftVotingClassifier, CascadeClassifier])
def test_members_are_cloned_and_stay_as_they_were(kind):
    texts, labels = messages(30)
    members = [FewShotClassifier("tfidf"), LinearClassifier("tfidf")]
    model = clone(kind(members)).fit(texts, labels)
    assert all(not hasattr(member, "classes_") for member in [*members, *model.members])
    assert [type(member) for member in model.members_] == [type(member) for member in members]


def test_a_clone_shares_the_encoder(bert):
    encoder = load_encoder(str(bert))
    encoder.encode(["my card"])  # compiled models and locks cannot be copied
    model = clone(FewShotClassifier(encoder, context=["plan"], class_names={"lost": "a lost card"}))
    assert model.encoder is encoder
    assert (model.context, model.class_names) == (["plan"], {"lost": "a lost card"})
    texts, labels = messages(30)
    assert cross_val_score(FewShotClassifier(encoder), texts, labels, cv=2).shape == (2,)


@pytest.mark.parametrize("setting", SETTINGS, ids=ids)
def test_predictions_follow_from_probabilities(fitted, setting):
    model = fitted(*setting)
    rows, labels = frame(30, seed=9)
    shares = model.predict_proba(rows)
    assert shares.shape == (30, 3)
    assert shares.dtype == np.float64
    assert (shares >= 0).all()
    assert np.allclose(shares.sum(axis=1), 1, atol=1e-12)
    assert model.classes_.tolist() == ["cancel", "lost", "refund"]
    assert np.array_equal(model.predict(rows), model.classes_[shares.argmax(axis=1)])
    assert model.score(rows, labels) >= 0.8  # a tenth of the messages is about something else
    said = model.decide(rows)
    assert len(said) == 30
    assert np.array_equal(said.labels, model.predict(rows))
    laid = said.frame(np.arange(30))
    assert laid.columns.tolist() == ["id", "label", "confidence", "status", *model.classes_]
    assert not hasattr(model, "held_") or model.held_.probabilities.shape[1] == 3


@pytest.mark.parametrize("kind", ["few-shot", "linear", "cascade"])
@pytest.mark.parametrize(
    "form",
    [
        list,
        tuple,
        UserList,
        lambda texts: np.array(texts, dtype=object),
        np.array,
        lambda texts: pd.Series(texts, index=range(7, 7 + len(texts))),
        lambda texts: pd.Series(texts, dtype="string"),
        lambda texts: pd.Series(texts, dtype="string[pyarrow]"),
        lambda texts: pd.DataFrame({"text": texts, "other": 1}, index=list(texts)),
    ],
    ids=["list", "tuple", "UserList", "object", "str", "Series", "string", "pyarrow", "frame"],
)
def test_texts_come_in_any_form(fitted, form, kind):
    texts = frame(6, seed=3)[0]["text"].tolist()
    model = fitted(kind)
    assert np.array_equal(model.predict_proba(form(texts)), model.predict_proba(texts))


def test_a_model_is_fitted_to_any_form_of_texts_and_labels():
    rows, labels = frame(30)
    texts = rows["text"].tolist()
    expected = FewShotClassifier("tfidf").fit(texts, labels).predict_proba(texts)
    for given in (np.array(texts, dtype=object), pd.Series(texts), rows):
        for named in (labels.tolist(), pd.Series(labels, dtype="category"), pd.Series(labels)):
            model = FewShotClassifier("tfidf").fit(given, named)
            assert np.array_equal(model.predict_proba(texts), expected)
    renamed = rows.rename(columns={"text": "message"})
    model = FewShotClassifier("tfidf", text="message").fit(renamed, labels)
    assert np.array_equal(model.predict_proba(renamed), expected)


NUMBERS = {"cancel": 3, "lost": -1, "refund": 20}
LABELS = {
    "str": (lambda labels: labels, "U"),
    "object": (lambda labels: np.array(labels, dtype=object), "U"),
    "category": (lambda labels: pd.Series(labels, dtype="category"), "U"),
    "int": (lambda labels: np.array([NUMBERS[label] for label in labels]), "i"),
    "int in object": (lambda labels: pd.Series([NUMBERS[x] for x in labels], dtype=object), "i"),
    "Int64": (lambda labels: pd.Series([NUMBERS[label] for label in labels], dtype="Int64"), "i"),
    "uint8": (lambda labels: np.array([len(label) for label in labels], np.uint8), "u"),
    "float": (lambda labels: [float(NUMBERS[label]) for label in labels], "f"),
    "bool": (lambda labels: labels == "lost", "b"),
    "bool in object": (lambda labels: (labels == "lost").astype(object), "b"),
    "emoji": (lambda labels: ["💳 'a\n" if label == "lost" else "\u00e9" for label in labels], "U"),
}


@pytest.mark.parametrize(("given", "kind"), LABELS.values(), ids=LABELS)
def test_labels_keep_their_type_through_saving(given, kind, tmp_path):
    texts, labels = messages(30)
    labels = given(labels)
    wanted = np.asarray(labels).tolist()
    model = FewShotClassifier("tfidf", class_names={wanted[0]: "first"}).fit(texts, labels)
    save_classifier(model, tmp_path / "model")
    loaded = load_classifier(tmp_path / "model")
    for each in (model, loaded):
        said = each.predict(texts)
        assert said.dtype.kind == each.classes_.dtype.kind == kind
        assert each.classes_.tolist() == sorted(set(wanted))
        assert type(said.tolist()[0]) is type(wanted[0])
        assert np.mean([a == b for a, b in zip(said.tolist(), wanted, strict=True)]) > 0.8
        assert each.class_names == {wanted[0]: "first"}
    assert loaded.score(texts, wanted) == model.score(texts, wanted)


@pytest.mark.parametrize("kind", [FewShotClassifier, LinearClassifier])
@pytest.mark.parametrize("form", [list, lambda texts: np.array(texts, dtype=object)])
def test_cross_validation_by_scikit_learn(kind, form):
    texts, labels = messages(40, noise=0)
    assert cross_val_score(kind("tfidf"), form(texts), labels, cv=2).mean() > 0.9
    if kind is LinearClassifier:
        return
    numbers = np.array([NUMBERS[label] for label in labels])
    assert cross_val_score(kind("tfidf"), form(texts), numbers, cv=2).mean() > 0.9
    rows, labels = frame(60)
    assert cross_val_score(kind("tfidf", context=["plan"]), rows, labels, cv=2).mean() > 0.7


def test_parameters_are_searched_by_scikit_learn():
    texts, labels = messages(40, noise=0)
    search = GridSearchCV(FewShotClassifier("tfidf"), {"pooling": ["text", "lines"]}, cv=2)
    assert search.fit(texts, labels).best_score_ > 0.8


@pytest.mark.parametrize("setting", SETTINGS, ids=ids)
def test_no_rows_are_no_predictions(fitted, setting):
    model = fitted(*setting)
    for nothing in ([], pd.DataFrame({"text": [], "plan": [], "seats": []})):
        if setting[2] and isinstance(nothing, list):
            continue
        assert model.predict_proba(nothing).shape == (0, 3)
        assert model.predict(nothing).tolist() == []
        assert len(model.decide(nothing)) == 0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"pooling": "words"}, "pooling is 'words'"),
        ({"accuracy": 0.0}, "accuracy is 0"),
        ({"accuracy": 1.2}, "accuracy is 1.2"),
    ],
)
def test_parameters_out_of_bounds_are_named_when_fitting(parameters, message):
    texts, labels = messages(12)
    with pytest.raises(OptionError, match=message):
        FewShotClassifier("tfidf", **parameters).fit(texts, labels)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"loss": "hinge"}, "loss is 'hinge'"),
        ({"epochs": 0}, "epochs is 0"),
        ({"focus": -1}, "focus is -1"),
        ({"hidden": ()}, "hidden is"),
        ({"hidden": (8, 0)}, "hidden is"),
    ],
)
def test_parameters_of_the_network_are_named_too(parameters, message):
    pytest.importorskip("torch", reason="needs coterie[torch]")
    texts, labels = messages(12)
    with pytest.raises(OptionError, match=message):
        MLPClassifier("tfidf", **parameters).fit(texts, labels)


def test_the_contrastive_model_says_what_it_cannot_start_from(bert):
    pytest.importorskip("torch", reason="needs coterie[torch]")
    texts, labels = messages(12)
    for parameters, message in (
        ({"encoder": load_encoder(str(bert))}, "encoder"),
        ({"encoder": str(bert), "pooling": "lines"}, "pooling"),
        ({"encoder": str(bert), "projection": -1}, r"projection.*-1"),
    ):
        with pytest.raises(OptionError, match=message):
            ContrastiveClassifier(**parameters).fit(texts, labels)


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ("one text", InputError, "list"),
        (None, InputError, "texts"),
        (pd.DataFrame({"message": ["a"]}), ColumnError, "'text'"),
        (pd.DataFrame([["a", "b"]], columns=["text", "text"]), ColumnError, "text"),
        (pd.DataFrame([["a", 1, 2]], columns=["text", "x", "x"]), ColumnError, "column x"),
        (np.array([["a"], ["b"]]), InputError, "Row 1 "),
        (["", ""], InputError, "--text"),
        (
            pd.DataFrame({"visits": [1]}),
            ColumnError,
            "--text .*visits",
        ),
        (pd.DataFrame(index=[0, 1]), ColumnError, "--text"),
    ],
    ids=[
        *("one", "none", "renamed", "doubled", "doubled context", "matrix"),
        *("no texts", "context alone", "nothing"),
    ],
)
def test_what_is_no_list_of_texts_is_named(fitted, rows, error, message):
    with pytest.raises(error, match=message):
        fitted("few-shot").predict(rows)
