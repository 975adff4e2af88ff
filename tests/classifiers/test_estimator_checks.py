"""scikit-learn's own checks of estimators, with their matrices told as texts or as frames."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from coterie.classifiers import (
    CascadeClassifier,
    ContextColumns,
    EnsembleClassifier,
    EnsembleRegressor,
    FewShotClassifier,
    LinearClassifier,
    MLPClassifier,
    SoftVotingClassifier,
)
from coterie.classifiers.features.clients import Clients
from coterie.classifiers.trees.learner import Learner
from coterie.errors import CoterieWarning

WIDEST = 20  # columns that a check gives

NO_MATRIX = "texts and columns of a frame are read, whose number, type and gaps are no fault"
OWN_WORDS = "refused with a sentence of our own"
LEFT_OUT = {
    "check_n_features_in_after_fitting": NO_MATRIX,
    "check_n_features_in": NO_MATRIX,
    "check_complex_data": NO_MATRIX,
    "check_dtype_object": NO_MATRIX,
    "check_estimators_nan_inf": NO_MATRIX,
    "check_estimator_sparse_tag": NO_MATRIX,
    "check_estimator_sparse_array": NO_MATRIX,
    "check_estimator_sparse_matrix": NO_MATRIX,
    "check_array_api_input": NO_MATRIX,
    "check_fit1d": NO_MATRIX,
    "check_fit2d_predict1d": NO_MATRIX,
    "check_fit2d_1feature": NO_MATRIX,
    "check_classifiers_train": NO_MATRIX,  # it wants rows of another width to be refused
    "check_transformer_preserve_dtypes": "features are float32, whatever the columns are",
    "check_estimators_empty_data_messages": OWN_WORDS,
    "check_fit2d_1sample": OWN_WORDS,
    "check_classifiers_one_label": OWN_WORDS,
    "check_requires_y_none": OWN_WORDS,
    "check_supervised_y_2d": OWN_WORDS,
    "check_classifiers_regression_target": "a label may be a number, such as 0.5",
    "check_estimators_pickle": "a model is saved as checked files, see coterie.store",
    "check_transformer_data_not_an_array": "a classifier's features are no step of a pipeline",
    "check_transformer_general": NO_MATRIX,
}


def as_texts(X):
    """Write each row as words, one a column and number."""
    if isinstance(X, list) and (not X or isinstance(X[0], str)):
        return X  # of a method that another one calls
    return [" ".join(f"x{at}{value:.0f}" for at, value in enumerate(row)) for row in np.asarray(X)]


def as_frame(X):
    """Name the columns, and fill up with columns of one value."""
    if isinstance(X, Clients) or (isinstance(X, pd.DataFrame) and "x0" in X):
        return X
    X = np.asarray(X)
    frame = pd.DataFrame(X, columns=[f"x{at}" for at in range(X.shape[1])])
    return frame.reindex(columns=[f"x{at}" for at in range(WIDEST)], fill_value=0.0)


def told(kind, rows):
    """Make an estimator of a kind that reads matrices by ``rows``."""

    def method(name):
        def call(self, X, *args, **named):
            return getattr(super(made, self), name)(rows(X), *args, **named)

        def learn(self, X, y=None, **named):
            return getattr(super(made, self), name)(rows(X), y, **named)

        return learn if name in ("fit", "fit_transform", "score") else call

    def tags(self):
        found = super(made, self).__sklearn_tags__()
        found.input_tags.two_d_array = True
        return found

    named = ("fit", "fit_transform", "score", "predict", "predict_proba", "decide", "transform")
    methods = {name: method(name) for name in named if hasattr(kind, name)}
    made = type(kind.__name__, (kind,), {**methods, "__sklearn_tags__": tags})
    return made


def checked():
    """List estimators with their checks; those of the slow ones are of the interface alone."""
    columns = tuple(f"x{at}" for at in range(WIDEST))
    pair = [FewShotClassifier("tfidf"), LinearClassifier("tfidf")]
    small = {"context": columns, "learners": ["random-forest"], "draws": 1}
    for estimator, every in (
        (told(FewShotClassifier, as_texts)("tfidf"), True),
        (told(LinearClassifier, as_texts)("tfidf"), True),
        (told(MLPClassifier, as_texts)("tfidf", epochs=1), False),
        (told(SoftVotingClassifier, as_texts)(pair), False),
        (told(CascadeClassifier, as_texts)(pair), False),
        (told(EnsembleClassifier, as_frame)(**small), True),
        (told(EnsembleRegressor, as_frame)(**small), True),
        (told(ContextColumns, as_frame)(columns), True),
    ):
        for one, check in estimator_checks_generator(estimator, legacy=every):
            name = check.func.__name__
            if name not in LEFT_OUT:
                yield pytest.param(one, check, id=f"{type(estimator).__name__}-{name}")


@pytest.mark.parametrize(("estimator", "check"), list(checked()))
def test_estimators_keep_the_contract_of_scikit_learn(estimator, check, monkeypatch):
    if isinstance(estimator, MLPClassifier):
        pytest.importorskip("torch", reason="needs coterie[torch]")
    monkeypatch.setattr(Learner, "trees", 5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # of columns of one value, and of few rows
        check(estimator)


def test_what_is_left_out_is_among_the_checks_of_scikit_learn():
    kinds = (told(LinearClassifier, as_texts)("tfidf"), told(ContextColumns, as_frame)())
    names = {check.func.__name__ for each in kinds for _, check in estimator_checks_generator(each)}
    assert LEFT_OUT.keys() <= names
