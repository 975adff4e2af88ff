"""The prediction that is analysed: made here or given, and the class that is hoped for."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coterie.classifiers import REFUSED, Estimates, Predictions, with_cache
from coterie.classifiers.explanations.explain import one_row
from coterie.encoders import MemoryCache
from coterie.errors import CoterieWarning, OptionError
from coterie.hints import did_you_mean
from coterie.workflows.analysis.analysis import Answer
from coterie.workflows.analysis.asked import Asked
from coterie.workflows.analysis.model import AnalysedModel
from coterie.workflows.prediction.predict import class_names_of

__all__ = ["Predicted", "decide_row", "read_prediction"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Predicted:
    """A prediction of a model.

    Attributes
    ----------
    answer
        Its figures.
    classes
        All that the model knows; empty of a number.
    hoped
        The positive class, of the type that the model gives it; None where none is known.
    """

    answer: Answer
    classes: Sequence[Any]
    hoped: Any

    @property
    def positive(self) -> str | None:
        """Name of the positive class."""
        return None if self.hoped is None else str(self.hoped)


def decide_row(asked: Asked) -> Predictions | Estimates:
    """Predict the row; nothing of it is kept."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        quick = with_cache(asked.model.classifier, MemoryCache())
        return quick.decide(one_row(quick, asked.text, asked.read))


def read_prediction(
    model: AnalysedModel, decided: Predictions | Estimates, row: int, positive: str | None
) -> Predicted:
    """Read one row of what a model decided.

    Raises
    ------
    OptionError
        When the positive class is none of the model.
    """
    return Predicted(
        answer=_answer(model, decided, row),
        classes=() if isinstance(decided, Estimates) else decided.classes.tolist(),
        hoped=_hoped(model, positive, decided),
    )


def _hoped(model: AnalysedModel, positive: str | None, decided: Predictions | Estimates) -> Any:
    """Find the positive class among those of the model, whatever their type."""
    if positive is None or isinstance(decided, Estimates):
        return None
    classes = decided.classes.tolist()
    found = next((each for each in classes if str(each) == positive), None)
    if found is None:
        known = ", ".join(map(str, classes))
        hint = did_you_mean(positive, [str(each) for each in classes], f"name one of {known}.")
        raise OptionError(f"The model {model.name} knows no class '{positive}': {hint}")
    return found


def _answer(model: AnalysedModel, decided: Predictions | Estimates, row: int) -> Answer:
    status = str(decided.statuses[row])
    if isinstance(decided, Estimates):
        interval = (float(decided.lows[row]), float(decided.highs[row]))
        return Answer(
            outcome=float(decided.values[row]),
            probability=None,
            confidence=None,
            status=status,
            probabilities={},
            interval=interval,
        )
    if status == REFUSED:
        return Answer(
            outcome=None, probability=None, confidence=None, status=status, probabilities={}
        )
    label = decided.labels[row]
    shares = decided.probabilities[row].tolist()
    classes = [_plain(each) for each in decided.classes.tolist()]
    return Answer(
        outcome=_plain(label),
        probability=float(shares[int(np.flatnonzero(decided.classes == label)[0])]),
        confidence=float(decided.confidences[row]),
        status=status,
        probabilities={str(name): share for name, share in zip(classes, shares, strict=True)},
        name=class_names_of(model.classifier).get(str(label), ""),
    )


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
