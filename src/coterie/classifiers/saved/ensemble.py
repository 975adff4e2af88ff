"""Ensembles as model directories: features as JSON and arrays, trees in their own formats.

::

    model.json             parameters, classes, settings of the learners, confidence
    features.json          what the features learnt, and features.safetensors beside it
    trees/0.txt            each model, in its library's own format, skops or safetensors
    stack.safetensors      of an ensemble that is stacked
    numbers.safetensors    of numbers: the prediction intervals, and errors to take means of
    encoder/               where concepts or texts are embedded, and the encoder has no name
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from coterie.classifiers.classification_heads import Layers, head_of
from coterie.classifiers.model import Origin
from coterie.classifiers.saved.checks import (
    confidence_of,
    flag_of,
    number,
    params_of,
    read_classes,
    saved_classes,
    saved_params,
)
from coterie.classifiers.saved.encoder import read_encoder, write_encoder
from coterie.classifiers.saved.features import features_from_state, features_state
from coterie.classifiers.trees.base import Member
from coterie.classifiers.trees.ensemble import (
    EnsembleClassifier,
    EnsembleRegressor,
    TreeEnsemble,
)
from coterie.classifiers.trees.learner import Task
from coterie.classifiers.trees.learners import LEARNERS
from coterie.classifiers.trees.ranges import Ranges
from coterie.classifiers.trees.scales import Scale
from coterie.classifiers.trees.search import FEATURES
from coterie.classifiers.trees.sets import FeatureSets
from coterie.errors import StoreError
from coterie.extras import require
from coterie.store import Draft, ModelFiles

__all__ = ["FORM", "read_ensemble", "write_ensemble"]

_FIRST, FORM = 1, 2  # of form 1: no linear models, and numbers with one width of all intervals
_STATE, _FEATURES, _ARRAYS = "model.json", "features.json", "features.safetensors"
_STACK, _NUMBERS, _TREES = "stack.safetensors", "numbers.safetensors", "trees"
_MOST_MEMBERS, _MOST_SHIFTS = 16, 10_000
_LARGEST = 1e30


def write_ensemble(model: TreeEnsemble, draft: Draft) -> None:
    """Write a fitted ensemble into a draft."""
    features, arrays = features_state(model.features_)
    state: dict[str, Any] = {
        "form": FORM,
        "estimator": model.kind,
        "params": saved_params(model),
        "width": model.width_,
        "members": [
            {"learner": each.learner.name, "settings": dict(each.settings)}
            for each in model.trained_
        ],
        "mixed_by": model.mixed_by_,
        "encoder": None,
        "reads": model.reads_,
    }
    if features["encoder"] is not None:
        state["encoder"] = write_encoder(model, draft, "")
    if isinstance(model, EnsembleClassifier):
        state |= saved_classes(model)
        state |= {"counts": model.counts_.tolist(), "confidence": asdict(model.confidence_)}
    else:
        state["scale"] = model.scale_.to_dict()
        draft.write_arrays(_NUMBERS, {**model.ranges_.arrays(), "shifts": model.shifts_})
    draft.write_json(_STATE, state)
    draft.write_json(_FEATURES, features)
    draft.write_arrays(_ARRAYS, arrays)
    for place, member in enumerate(model.trained_):
        draft.write_bytes(f"{_TREES}/{place}{member.learner.suffix}", member.trained.dump())
    if model.stack_ is not None:
        draft.write_arrays(_STACK, model.stack_.arrays())


def read_ensemble(files: ModelFiles, state: Mapping[str, Any]) -> TreeEnsemble:
    """Read an ensemble, of this form or of form 1.

    Raises
    ------
    ValueError
        When what it learnt does not fit together.
    StoreError
        When its trees cannot be read or do not fit.
    MissingExtraError
        When a library is not installed.
    """
    kind = EnsembleRegressor if state["estimator"] == EnsembleRegressor.kind else EnsembleClassifier
    params, encoder, origin = params_of(state), None, None
    if state["encoder"] is not None:
        encoder, folder = read_encoder(files, state["encoder"], {})
        params["encoder"] = str(state["encoder"]["asked"])
        origin = Origin(folder, state["encoder"])
    model: TreeEnsemble = kind(**params)
    model.encoder_, model.origin_ = encoder, origin
    model.reads_ = flag_of(state, "reads", older=True)
    task = _read_target(model, state, files)
    model.task_, model.held_ = task, None
    model.features_ = features_from_state(
        files.json(_FEATURES), files.arrays(_ARRAYS), encoder=encoder
    )
    _check_columns(model)
    model.note_columns()
    if model.width_ != number(state["width"], 1, 1e9):
        raise ValueError("the trees have another number of features")
    model.trained_ = _read_members(files, state["members"], task, model.sets_)
    model.mixed_by_ = str(state["mixed_by"])
    model.stack_ = None
    if (_STACK in files.names) != (model.mixed_by_ == "stack"):
        raise ValueError("the stack is missing, or is one too many")
    if _STACK in files.names:
        model.stack_ = _read_stack(files, len(model.trained_), task)
    return model


def _check_columns(model: TreeEnsemble) -> None:
    """Raise ValueError unless the columns named are those that the features are made of."""
    blocks = dict(model.features_["blocks"].transformer_list)
    text = blocks["text"].text if "text" in blocks else None
    context = list(blocks["context"].columns) if "context" in blocks else []
    named = model.concepts, model.text, model.context
    if named != (model.features_["read"].concepts, text, context):
        raise ValueError("the columns named are not those of the features")


def _read_target(model: TreeEnsemble, state: Mapping[str, Any], files: ModelFiles) -> Task:
    if isinstance(model, EnsembleRegressor):
        if state["form"] == _FIRST:
            _read_first(model, state)
            return Task()
        model.scale_, arrays = Scale.from_dict(state["scale"]), dict(files.arrays(_NUMBERS))
        shifts = model.shifts_ = arrays.pop("shifts")
        model.ranges_ = Ranges.from_arrays(arrays)
        if shifts.dtype != np.float64 or shifts.ndim != 1 or not 0 < len(shifts) <= _MOST_SHIFTS:
            raise ValueError("the shifts of the estimates are of another type or number")
        if not (np.abs(shifts) <= _LARGEST).all():  # NaN is not
            raise ValueError("a shift of the estimates is not finite")
        return Task()
    read_classes(model, state)
    model.counts_ = np.array(state["counts"], dtype=np.int64)
    if model.counts_.shape != model.classes_.shape:
        raise ValueError("the classes are not counted")
    model.confidence_ = confidence_of(state["confidence"])
    return Task(len(model.classes_))


def _read_first(model: EnsembleRegressor, state: Mapping[str, Any]) -> None:
    """Read a number of form 1: its logarithm or itself, with one width of all intervals."""
    if not isinstance(state["log"], bool):
        raise TypeError("the kind of number is missing")
    scale = model.scale_ = Scale(
        "log" if state["log"] else "none",
        number(state["mean"], -_LARGEST, _LARGEST),
        number(state["scale"], 1e-300, _LARGEST),
    )
    off, smear = number(state["off"], 0, _LARGEST), number(state["smear"], 1e-300, _LARGEST)
    model.ranges_ = Ranges(np.zeros(1), np.array([-off]), np.array([off]))
    model.shifts_ = np.array([np.log(smear) / scale.deviation if state["log"] else 0.0])


def _read_members(files: ModelFiles, states: Any, task: Task, sets: FeatureSets) -> list[Member]:
    if not 0 < len(states) <= _MOST_MEMBERS:
        raise ValueError(f"there are {len(states)} models to mix")
    members = []
    for place, state in enumerate(states):
        learner = LEARNERS.get(state["learner"])
        if learner is None:
            raise StoreError(
                f"There is no learner {state['learner']!r}: use the version of Coterie that saved "
                "the model."
            )
        require(learner.module, extra="boost", purpose=f"This model, of {learner.name},")
        data, settings = files.bytes(f"{_TREES}/{place}{learner.suffix}"), dict(state["settings"])
        trained = learner.load(data, task, sets.width_of(learner, settings[FEATURES]))
        members.append(Member(learner, settings, trained))
    return members


def _read_stack(files: ModelFiles, members: int, task: Task) -> Layers:
    head = head_of(Layers.kind, files.arrays(_STACK))
    if (head.width, head.classes) != (members * (task.classes or 1), task.classes or 1):
        raise ValueError("the stack does not fit the models")
    assert isinstance(head, Layers)
    return head
