"""What speaks for the predicted class, and what against it and against the positive one."""

from __future__ import annotations

from typing import Any, NamedTuple

from coterie.classifiers import REFUSED
from coterie.errors import OptionError
from coterie.workflows.analysis.analysis import Indicator
from coterie.workflows.analysis.asked import Asked
from coterie.workflows.analysis.indicators import Sides, indicators
from coterie.workflows.analysis.predicted import Predicted
from coterie.workflows.prediction.predict import class_names_of

__all__ = ["Reasons", "find_reasons"]

_NOT_ASKED_AGAIN = (
    "The model asks a language model behind a server, which is not asked again for each part of "
    "the text: no indicators are measured."
)


class Reasons(NamedTuple):
    """Key indicators, risk factors and counter indicators, or why there are none."""

    key: tuple[Indicator, ...] = ()
    risks: tuple[Indicator, ...] = ()
    counter: tuple[Indicator, ...] = ()
    notes: tuple[str, ...] = ()


def find_reasons(asked: Asked, predicted: Predicted) -> Reasons:
    """Measure what speaks for the predicted class, and against it and the positive one."""
    answer, hoped = predicted.answer, predicted.hoped
    if answer.status == REFUSED:
        return Reasons()
    number = answer.interval is not None
    called = str(asked.model.schema.get("label", "the estimate")) if number else None
    try:
        found = _measure(asked, predicted, None if number else answer.outcome, called)
    except OptionError as error:  # of a model of vectors
        return Reasons(notes=(str(error),))
    if found is None:
        return Reasons(notes=(_NOT_ASKED_AGAIN,))
    if number or hoped is None or hoped == answer.outcome:
        return Reasons(found.up, found.down, found.down)
    if len([each for each in predicted.classes if each != answer.outcome]) == 1:
        flipped = found.flipped(_name(asked, hoped))
        return Reasons(found.up, flipped.down, flipped.up)
    wished = _measure(asked, predicted, hoped)
    return Reasons(found.up, () if wished is None else wished.down, found.down)


def _measure(
    asked: Asked, predicted: Predicted, label: Any, called: str | None = None
) -> Sides | None:
    """Measure what speaks for a class, or for a number, and against it."""
    return indicators(
        asked.model.classifier,
        asked.text,
        asked.turns,
        asked.read,
        label=label,
        called=_name(asked, label if called is None else called),
        deep=asked.settings.depth == "words",
        most=asked.settings.items,
        interval=predicted.answer.interval,
        hide=asked.hide,
    )


def _name(asked: Asked, label: Any) -> str:
    """Give a class in words, where it has any."""
    return class_names_of(asked.model.classifier).get(str(label), str(label))
