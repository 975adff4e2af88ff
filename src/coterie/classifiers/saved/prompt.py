"""What a model directory holds of a prompt classifier besides what all classifiers have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.classifiers.classification_heads import Said
from coterie.classifiers.prompting.classifier import BOUNDS, ROTATIONS, PromptClassifier
from coterie.classifiers.prompting.labels import LabelSheet
from coterie.classifiers.prompting.order import OrderBias
from coterie.classifiers.saved.checks import number
from coterie.llm.names import PROVIDERS
from coterie.llm.quoting import spoken

__all__ = ["read_prompt", "saved_prompt"]

_MOST_LABELS = 1000  # that a prompt may show
_LARGEST = 2.0  # of a number of a mean of unit vectors, and room for rounding
_MOST_ANSWERS = 1e9


def saved_prompt(model: PromptClassifier) -> dict[str, Any]:
    """Give what the language model is told, and its order bias, as JSON takes them."""
    bias = model.order_bias_
    return {
        "prompt": {**asdict(model.sheet_), "order_bias": None if bias is None else asdict(bias)}
    }


def read_prompt(
    model: PromptClassifier, state: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
) -> None:
    """Read what `saved_prompt` gave; the language model is not asked, and not loaded."""
    if not isinstance(model.head_, Said) or model.context_ is not None or model.spelling_:
        raise ValueError("a prompt classifier has another head or other features")
    bounds = {**BOUNDS, **({} if model.rotations is None else {"rotations": ROTATIONS})}
    for each, ends in bounds.items():
        if number(getattr(model, each), *ends) % 1:
            raise ValueError(f"{each} is no whole number")
    provider, _, named = str(model.llm).partition(":")
    if provider not in PROVIDERS or not named:  # whether it may be asked here is said when it is
        raise ValueError("the language model has no name")
    told, k = state["prompt"], len(model.classes_)
    names, meanings = (_texts(told[each], k) for each in ("names", "descriptions"))
    examples = tuple(_texts(own, len(own)) for own in told["examples"])
    folded = {name.casefold() for name in names}
    if len(examples) != k or len(folded) != k or not all(names):
        raise ValueError("the labels of the prompt do not fit the classes")
    if any(name != spoken(name) for name in names):
        raise ValueError("a label of the prompt is not in words")
    centres = arrays["prompt.centres"]
    if centres.shape != (k, model.vector_width) or centres.dtype != np.float32:
        raise ValueError("the centres do not fit the classes")
    if not (np.abs(centres) <= _LARGEST).all():
        raise ValueError("the centres are no means of unit vectors")
    model.sheet_, model.centres_ = LabelSheet(names, meanings, examples), centres
    bias = told["order_bias"]
    model.order_bias_ = None if bias is None else _bias(OrderBias(**bias))


def _texts(given: Any, count: int) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) != count:
        raise ValueError("the prompt lacks a label")
    if not all(isinstance(each, str) for each in given):
        raise TypeError("the prompt holds something else than texts")
    return tuple(given)


def _bias(found: OrderBias) -> OrderBias:
    number(found.answers, 1, _MOST_ANSWERS)
    for share in (found.first, found.expected_first, found.bias, found.agreement or 0.0):
        number(share, 0, 1)
    for shares in (found.said, found.right):
        if not isinstance(shares, list | tuple) or len(shares) > _MOST_LABELS:
            raise TypeError("the order bias has other places")
        for share in shares:
            number(share, 0, 1)
    return replace(found, said=tuple(found.said), right=tuple(found.right))
