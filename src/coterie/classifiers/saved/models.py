"""Classifiers as model directories: JSON and arrays, and the encoder where it is nobody else's.

::

    model.json             parameters, classes, context columns, confidence, scope; of a prompt
                           classifier the name of its language model, and what that is told
    arrays.safetensors     the head, the vectors and classes of the examples, and their weights
    examples.json          texts of the examples
    encoder/               of a tuned or fitted encoder, or one that was named by its folder
    members/0/...          the same again for each member of a vote or a cascade
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from coterie.classifiers.base import TextClassifier
from coterie.classifiers.cascade import CascadeClassifier
from coterie.classifiers.classification_heads import head_of
from coterie.classifiers.contrastive import ContrastiveClassifier
from coterie.classifiers.features.context import ContextEncoder
from coterie.classifiers.few_shot import FewShotClassifier
from coterie.classifiers.linear import LinearClassifier
from coterie.classifiers.mlp import Epoch, MLPClassifier
from coterie.classifiers.model import Origin
from coterie.classifiers.prompting.classifier import PromptClassifier
from coterie.classifiers.saved.checks import (
    arrays_of_rows,
    confidence_of,
    examples_of,
    flag_of,
    number,
    params_of,
    read_classes,
    rows_of_arrays,
    saved_classes,
    saved_params,
    saved_scope,
    scope_of,
    stages_of,
)
from coterie.classifiers.saved.encoder import Encoders, read_encoder, write_encoder
from coterie.classifiers.saved.ensemble import FORM, read_ensemble, write_ensemble
from coterie.classifiers.saved.prompt import read_prompt, saved_prompt
from coterie.classifiers.trees.ensemble import EnsembleClassifier, EnsembleRegressor
from coterie.classifiers.voting import SoftVotingClassifier, check_members
from coterie.encoders import GivenVectors
from coterie.errors import EncoderError, StoreError
from coterie.store import Draft, Manifest, ModelFiles, open_model, save_model
from coterie.tuning.check import Check

__all__ = [
    "Classifier",
    "Model",
    "load_classifier",
    "load_regressor",
    "read_model",
    "save_classifier",
]

Classifier: TypeAlias = (
    TextClassifier | SoftVotingClassifier | CascadeClassifier | EnsembleClassifier
)
"""Any of the classifiers."""

Model: TypeAlias = Classifier | EnsembleRegressor
"""Any model that is saved: a classifier, or one that estimates a number."""

_FORM, _MOST_MEMBERS = 1, 64
_SINGLE: dict[str, type[TextClassifier]] = {
    kind.kind: kind
    for kind in (
        FewShotClassifier,
        LinearClassifier,
        MLPClassifier,
        ContrastiveClassifier,
        PromptClassifier,
    )
}
_EPOCHS: dict[str, type[Epoch | Check]] = {"mlp": Epoch, "contrastive": Check}
_ROWS = "rows.safetensors"
_STATE, _ARRAYS, _TEXTS, _ENCODER = "model.json", "arrays.safetensors", "examples.json", "encoder"


def save_classifier(
    classifier: Model,
    home: str | Path,
    *,
    schema: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    note: str = "",
    activate: bool = True,
    again: bool = True,
) -> Manifest:
    """Save a fitted model as a new version of a model directory, completely or not at all.

    Parameters
    ----------
    classifier
        Any model of this package.
    home
        The model directory; made where it is missing.
    schema, metrics
        The columns that it reads and its figures, as JSON takes them.
    note
        A comment for people.
    activate
        Whether the version is used from now on.
    again
        Whether to save a model that is the same as the active version.

    Raises
    ------
    StoreError
        When it cannot be written; the active version stays the same.
    """
    return save_model(
        home,
        lambda draft: _write_all(classifier, draft),
        kind=classifier.kind,
        classes=[str(name) for name in getattr(classifier, "classes_", ())],
        schema=dict(schema or {}),
        metrics=dict(metrics or {}),
        note=note,
        activate=activate,
        again=again,
    )


def load_classifier(path: str | Path, version: int | None = None) -> Classifier:
    """Load a classifier from its model directory; torch is not needed.

    Parameters
    ----------
    path
        The model directory, or one version's folder.
    version
        Its number; by default the active one.

    Raises
    ------
    StoreError
        When there is none, or it cannot be read; `IntegrityError` when a file has changed, before
        any of it is parsed.
    EncoderError
        When its encoder cannot be loaded; `EncoderMismatchError` when it differs from training.

    Warns
    -----
    CoterieWarning
        When this processor computes in another precision than in training: probabilities can then
        differ in the third decimal.
    """
    found = read_model(open_model(path, version))
    if isinstance(found, EnsembleRegressor):
        raise StoreError(f"The model in {path} estimates a number: load it with load_regressor.")
    return found


def load_regressor(path: str | Path, version: int | None = None) -> EnsembleRegressor:
    """Load a model that estimates a number; see `load_classifier`."""
    found = read_model(open_model(path, version))
    if not isinstance(found, EnsembleRegressor):
        raise StoreError(f"The model in {path} predicts classes: load it with load_classifier.")
    return found


def read_model(files: ModelFiles, encoders: Encoders | None = None) -> Model:
    """Read a model from files that are open; see `load_classifier`.

    ``encoders`` are those that other models of this process use; the model shares them where it
    can, and its own one is added.
    """
    try:
        found = _read(files, {} if encoders is None else encoders)
        found.rows_ = rows_of_arrays(files.arrays(_ROWS)) if _ROWS in files.names else None
        return found
    except EncoderError:  # some are ValueErrors too
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise StoreError(
            f"The model in {files.path} is damaged ({type(error).__name__}: {error}): train it "
            "again."
        ) from error


def _write_all(classifier: Model, draft: Draft) -> None:
    _write(classifier, draft, "")
    rows = getattr(classifier, "rows_", None)
    if rows is not None:
        draft.write_arrays(_ROWS, arrays_of_rows(rows))


def _write(classifier: Model, draft: Draft, at: str) -> None:
    if isinstance(classifier, EnsembleClassifier | EnsembleRegressor):
        write_ensemble(classifier, draft)
        return
    if isinstance(classifier, TextClassifier):
        _write_single(classifier, draft, at)
        return
    for place, member in enumerate(classifier.members_):
        _write_single(member, draft, f"{at}members/{place}/")
    state: dict[str, Any] = {
        "form": _FORM,
        "estimator": classifier.kind,
        "members": len(classifier.members_),
        "confidence": asdict(classifier.confidence_),
        "accuracy": classifier.accuracy,
    }
    if isinstance(classifier, CascadeClassifier):
        stages = [{k: _finite(v) for k, v in asdict(s).items()} for s in classifier.stages_]
        state |= {"stages": stages, "tolerance": classifier.tolerance}
    else:
        state["weights"] = None if classifier.weights is None else list(classifier.weights)
    draft.write_json(at + _STATE, state)


def _write_single(model: TextClassifier, draft: Draft, at: str) -> None:
    examples, setting = model.examples_, model.setting_
    state = {
        "form": _FORM,
        "estimator": model.kind,
        "params": saved_params(model),
        **saved_classes(model),
        "encoder": write_encoder(model, draft, at),
        "context": None if model.context_ is None else model.context_.to_dict(),
        "head": model.head_.kind,
        "confidence": asdict(model.confidence_),
        "setting": list(setting) if isinstance(setting, tuple) else setting,
        "speakers": list(model.speakers_),
        "reads": model.reads_,
        "spelling": model.spelling_,
        "floor": examples.floor,
        "scope": None if model.scope_ is None else saved_scope(model.scope_),
        "history": [asdict(epoch) for epoch in getattr(model, "history_", ())],
    }
    if isinstance(model, PromptClassifier):
        state |= saved_prompt(model)
    draft.write_json(at + _STATE, state)
    arrays = {f"head.{name}": array for name, array in model.head_.arrays().items()}
    arrays |= {"examples.vectors": examples.vectors, "examples.codes": examples.codes}
    if isinstance(model, PromptClassifier):
        arrays["prompt.centres"] = model.centres_
    if model.scope_ is not None:
        arrays |= {
            "scope.rows": model.scope_.likeness.rows,
            "scope.says": model.scope_.likeness.says,
        }
    draft.write_arrays(at + _ARRAYS, arrays)
    draft.write_json(at + _TEXTS, list(examples.texts))


def _read(files: ModelFiles, encoders: Encoders) -> Model:
    state = files.json(_STATE)
    kind = state["estimator"]
    newest = FORM if kind in (EnsembleClassifier.kind, EnsembleRegressor.kind) else _FORM
    if isinstance(state["form"], bool) or state["form"] not in range(1, newest + 1):
        raise StoreError(
            f"The model in {files.path} has the form {state['form']!r} and this version of Coterie "
            f"reads forms up to {newest}: use the version that saved it."
        )
    if kind in (EnsembleClassifier.kind, EnsembleRegressor.kind):
        return read_ensemble(files, state)
    if kind in _SINGLE:
        return _read_single(files, state, encoders)
    count = int(number(state["members"], 2, _MOST_MEMBERS))
    parts = [files.within(f"members/{place}") for place in range(count)]
    members = [_read_single(part, part.json(_STATE), encoders) for part in parts]
    check_members(members, state.get("weights"))
    if not all(np.array_equal(each.classes_, members[0].classes_) for each in members):
        raise ValueError("the members have other classes")
    made: SoftVotingClassifier | CascadeClassifier
    if kind == SoftVotingClassifier.kind:
        made = SoftVotingClassifier(members, weights=state["weights"], accuracy=state["accuracy"])
    elif kind == CascadeClassifier.kind:
        made = CascadeClassifier(members, tolerance=state["tolerance"], accuracy=state["accuracy"])
        made.stages_ = stages_of(state["stages"], count)
    else:
        raise StoreError(f"There is no model of the kind {kind!r}: use a newer Coterie.")
    made.members_, made.classes_ = members, members[0].classes_
    made.confidence_, made.held_ = confidence_of(state["confidence"]), None
    return made


def _read_single(files: ModelFiles, state: Mapping[str, Any], encoders: Encoders) -> TextClassifier:
    arrays, asked = files.arrays(_ARRAYS), str(state["encoder"]["asked"])
    model = _SINGLE[state["estimator"]](asked, **params_of(state))
    TextClassifier._check(model)  # that of some estimators wants torch
    if not isinstance(model.text, str) or not model.text:
        raise TypeError("the text column has no name")
    read_classes(model, state)
    context = state["context"]
    model.context_ = None if context is None else ContextEncoder.from_dict(context)
    model.head_ = head_of(
        state["head"], {k.removeprefix("head."): v for k, v in arrays.items() if k[:5] == "head."}
    )
    model.confidence_ = confidence_of(state["confidence"])
    model.setting_, model.held_ = state["setting"], None
    if model.kind in _EPOCHS:
        model.history_ = tuple(_EPOCHS[model.kind](**epoch) for epoch in state["history"])
    model.encoder_, folder = read_encoder(files, state["encoder"], encoders)
    if isinstance(model.encoder_, GivenVectors):
        model.encoder = model.encoder_
    model.origin_ = Origin(folder, state["encoder"])
    model.reads_ = flag_of(state, "reads", older=True)
    model.spelling_ = flag_of(state, "spelling", older=False)
    model.speakers_ = tuple(map(str, state["speakers"]))
    if bool(model.speakers_) != (model.pooling == "speakers"):
        raise ValueError("the speakers do not fit the pooling")
    shape = model.vector_width, len(model.classes_)
    model.examples_ = examples_of(arrays, files.json(_TEXTS), state["floor"], shape)
    model.scope_ = scope_of(state.get("scope"), arrays, model.examples_, len(model.classes_))
    if isinstance(model, PromptClassifier):
        read_prompt(model, state, arrays)
    if (model.head_.width, model.head_.classes) != (model.width, len(model.classes_)):
        raise ValueError("the head does not fit the features and classes")
    return model


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
