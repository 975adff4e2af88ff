"""Checks of what a model directory holds: that its hashes are right is not enough.

A directory that was written by other means can have the right hashes. So all that is read has to be
of a type and size that training gives, so that predicting does not fail or take forever; else it
raises a ValueError or a TypeError.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.classifiers.cascade import CascadeStage
from coterie.classifiers.confidence import NEVER, Confidence
from coterie.classifiers.examples import Examples
from coterie.classifiers.model import BaseModel
from coterie.classifiers.scope import MEASURES, Likeness, Scope, Weights
from coterie.classifiers.training_rows import TrainingRows

__all__ = [
    "NOT_SAVED",
    "arrays_of_rows",
    "confidence_of",
    "examples_of",
    "flag_of",
    "number",
    "params_of",
    "read_classes",
    "rows_of_arrays",
    "saved_classes",
    "saved_params",
    "saved_scope",
    "scope_of",
    "stages_of",
]

NOT_SAVED = ("encoder", "cache", "class_names", "asker")
"""Parameters that a model directory does not hold as such."""

_TYPES: dict[str, Any] = {"b": np.bool_, "i": np.int64, "u": np.uint64, "f": np.float64, "U": str}
_LARGEST = 1e12  # of a weight or a number of a scope: larger than training gives
_UNIT = 0.1  # how far a vector's squared length may be from 1


def number(value: Any, least: float, most: float) -> float:
    """Return a number from ``least`` to ``most``; NaN is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ValueError(f"{str(value)[:40]} is not from {least:g} to {most:g}")
    return float(value)


def saved_params(model: BaseModel) -> dict[str, Any]:
    """Give the parameters of a model as JSON takes them."""
    params = {k: v for k, v in model.get_params(deep=False).items() if k not in NOT_SAVED}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in params.items()}


def params_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """Read the parameters of a model."""
    params = dict(state["params"])
    if not params.keys().isdisjoint(NOT_SAVED):
        raise ValueError("a parameter is there that is not saved")
    return params


def saved_classes(model: Any) -> dict[str, Any]:
    """Give the classes of a model and their names as JSON takes them."""
    names = model.class_names or {}
    return {
        "classes": model.classes_.tolist(),
        "class_type": model.classes_.dtype.kind,
        "class_names": [str(names.get(label, "")) for label in model.classes_],
    }


def read_classes(model: Any, state: Mapping[str, Any]) -> None:
    """Read the classes of a model, (k,), and their names."""
    values = state["classes"]
    classes = np.array(values, dtype=_TYPES[state["class_type"]])
    if classes.ndim != 1 or len(classes) < 2 or classes.tolist() != values:
        raise ValueError("the classes are of another type")
    if not np.array_equal(np.unique(classes), classes):
        raise ValueError("the classes are not sorted, or one is there twice")
    named = zip(values, state["class_names"], strict=True)
    model.classes_ = classes
    model.class_names = {label: str(name) for label, name in named if name} or None


def confidence_of(state: Mapping[str, Any]) -> Confidence:
    """Read how scores become probabilities."""
    return Confidence(
        temperature=number(state["temperature"], 1e-6, 1e6),
        threshold=number(state["threshold"], 0, NEVER),
    )


def flag_of(state: Mapping[str, Any], name: str, *, older: bool) -> bool:
    """Read what is true or false, and what it was in older models, which do not say it."""
    flag = state.get(name, older)
    if not isinstance(flag, bool):
        raise TypeError(f"{name} is not true or false")
    return flag


def stages_of(states: Sequence[Mapping[str, Any]], members: int) -> tuple[CascadeStage, ...]:
    """Read the stages of a cascade: one for each member, and the last one answers all."""
    stages = tuple(
        CascadeStage(
            threshold=number(each["threshold"], 0, NEVER),
            share=number(each["share"], 0, 1),
            accuracy=math.nan if each["accuracy"] is None else number(each["accuracy"], 0, 1),
            milliseconds=number(each["milliseconds"], 0, math.inf),
        )
        for each in states
    )
    if len(stages) != members or stages[-1].threshold > 0:
        raise ValueError("the stages are not those of the members")
    return stages


def examples_of(
    arrays: Mapping[str, npt.NDArray[Any]], texts: Any, floor: Any, shape: tuple[int, int]
) -> Examples:
    """Read the examples, whose vectors are ``shape[0]`` wide and of ``shape[1]`` classes."""
    vectors, codes = arrays["examples.vectors"], arrays["examples.codes"]
    width, classes = shape
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("the examples have no texts")
    if vectors.shape != (len(texts), width) or codes.shape != (len(texts),) or not texts:
        raise ValueError("the examples differ in number or width")
    if vectors.dtype != np.float32 or codes.dtype != np.int64:
        raise ValueError("the examples are of another type")
    if not ((codes >= 0) & (codes < classes)).all():
        raise ValueError("an example is of no class")
    with np.errstate(all="ignore"):
        lengths = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
    if not (np.abs(lengths - 1) <= _UNIT).all():
        raise ValueError("the vectors of the examples are not of unit length")
    return Examples(vectors, codes, tuple(texts), number(floor, -2, 2))


def arrays_of_rows(rows: TrainingRows) -> dict[str, npt.NDArray[Any]]:
    """Give the contents of training rows as arrays."""
    return {"hashes": rows.hashes, "facts": np.array([float(rows.complete), rows.repeated])}


def rows_of_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> TrainingRows:
    """Read what `arrays_of_rows` gave."""
    hashes, facts = arrays["hashes"], arrays["facts"]
    if hashes.dtype != np.uint64 or hashes.ndim != 1 or not (hashes[1:] > hashes[:-1]).all():
        raise ValueError("the hashes of training rows are not in their order")
    if facts.dtype != np.float64 or facts.shape != (2,):
        raise ValueError("the facts of training rows are of another type")
    complete, repeated = (number(float(fact), 0, 1) for fact in facts)
    return TrainingRows(hashes, complete > 0, repeated)


def saved_scope(scope: Scope) -> dict[str, Any]:
    """Give what a scope holds beside its arrays as JSON takes it."""
    return {**asdict(scope.weights), "floor": scope.floor, "bar": scope.bar}


def scope_of(
    state: Mapping[str, Any] | None,
    arrays: Mapping[str, npt.NDArray[Any]],
    examples: Examples,
    classes: int,
) -> Scope | None:
    """Read which texts belong to the classes; models of earlier versions do not say it."""
    if state is None:
        return None
    rows, says = arrays["scope.rows"], arrays["scope.says"]
    if rows.dtype != np.int64 or says.dtype != np.float32:
        raise ValueError("the weights of the examples are of another type")
    if rows.ndim != 1 or not len(rows) or says.ndim != 2 or len(says) != len(rows):
        raise ValueError("the weights of the examples differ in number")
    if not 0 < says.shape[1] <= classes or not (np.abs(says) <= _LARGEST).all():  # NaN is not
        raise ValueError("the weights of the examples do not fit the classes")
    if not ((rows >= 0) & (rows < len(examples.codes))).all():
        raise ValueError("a weight is of no example")
    columns = {
        name: tuple(number(value, -_LARGEST, _LARGEST) for value in state[name])
        for name in ("centres", "scales", "lows", "highs", "weights")
    }
    if any(len(values) != len(MEASURES) for values in columns.values()):
        raise ValueError("the scope has another number of measures")
    if min(columns["scales"]) <= 0:
        raise ValueError("a scale of the scope is not above 0")
    floor, bar = (number(state[name], -_LARGEST, _LARGEST) for name in ("floor", "bar"))
    return Scope(Likeness(examples, rows, says), Weights(**columns), floor, bar)
