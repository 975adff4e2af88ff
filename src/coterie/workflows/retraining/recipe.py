"""How an earlier version was made, and the rows that it keeps: what a new version is made of."""

from __future__ import annotations

from typing import cast

import numpy as np
from sklearn.base import clone

from coterie.classifiers import (
    Classifier,
    ContrastiveClassifier,
    EnsembleClassifier,
    EnsembleRegressor,
    PromptClassifier,
    TextClassifier,
)
from coterie.encoders import EmbeddingCache, Encoder, GivenVectors, learns_from_texts
from coterie.errors import OptionError
from coterie.formatting import counted
from coterie.records import Records
from coterie.workflows.prediction.predict import LoadedModel, context_of

__all__ = ["check_recipe", "kept_records", "same_recipe"]


def check_recipe(model: LoadedModel) -> Classifier:
    """Give the classifier of a model that can be trained again.

    Raises
    ------
    OptionError
        When it estimates a number, asks a language model, or reads vectors that were given.
    """
    found = model.classifier
    if isinstance(found, EnsembleRegressor):
        raise OptionError(
            f"{model.home} estimates a number, and retraining compares classes: train it again "
            "with coterie train, and compare with coterie evaluate."
        )
    if isinstance(found, PromptClassifier):
        raise OptionError(
            f"{model.home} asks a language model, which learns nothing from feedback: add examples "
            "with coterie train."
        )
    members = getattr(found, "members_", [found])
    if any(isinstance(getattr(each, "encoder_", None), GivenVectors) for each in members):
        raise OptionError(
            f"{model.home} reads vectors that were given, and feedback is texts: train it again "
            "with coterie train --vectors, and compare with coterie evaluate."
        )
    return found


def same_recipe(model: Classifier, cache: EmbeddingCache | None) -> Classifier:
    """Make the same estimator, not fitted: parameters, encoder and columns of a fitted one."""
    made: Classifier = clone(model)
    if isinstance(made, TextClassifier | EnsembleClassifier):
        pairs = [(made, model)]
    else:
        pairs = list(zip(made.members, model.members_, strict=True))
    for new, old in pairs:
        origin = getattr(old, "origin_", None)
        learns = isinstance(new, ContrastiveClassifier) or (
            isinstance(new.encoder, str) and learns_from_texts(new.encoder)
        )
        if origin is not None and origin.folder is not None and not learns:
            # that of its folder: the one it was named by may be gone
            new.encoder = cast("Encoder", old.encoder_)
        new.cache = cache
    return made


def kept_records(model: LoadedModel, label: str) -> Records:
    """Give the training rows that a model keeps, where it keeps all that it was trained on.

    Raises
    ------
    OptionError
        When it does not, which says what to give instead.
    """
    found, trained_on = model.classifier, model.manifest.metrics.get("trained_on")
    first = getattr(found, "members_", [found])[0]
    ask = "give the table that it was trained on with --with (training=)"
    if not isinstance(first, TextClassifier):
        raise OptionError(f"A model of the kind {found.kind} keeps no training rows: {ask}.")
    if context_of(found):
        raise OptionError(
            f"{model.home} keeps the texts of its training rows and not their columns: {ask}."
        )
    examples = first.examples_
    if trained_on != len(examples.texts):
        rows = "an unknown number of rows" if trained_on is None else counted(trained_on, "row")
        raise OptionError(
            f"{model.home} was trained on {rows} and keeps {len(examples.texts):,} of them: {ask}."
        )
    n = len(examples.texts)
    labels = np.empty(n, dtype=object)
    labels[:] = first.classes_[examples.codes].tolist()
    texts = np.array(examples.texts, dtype=object)
    return Records(
        ids=np.array([f"training {row}" for row in range(1, n + 1)], dtype=object),
        texts=texts,
        sizes=np.ones(n, dtype=np.int64),
        rows=np.arange(1, n + 1),
        labels={label: labels},
        source=f"the training rows in {model.home.name}",
    )
