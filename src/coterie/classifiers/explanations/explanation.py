"""The explanation of one prediction: effects of parts of the row, and sentences that say them."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from coterie.classifiers.predictions import AMBIGUOUS, ASSIGNED, OUTSIDE, REFUSED

__all__ = ["BaseExplanation", "EstimateExplanation", "Explanation", "Influence", "Near"]

# effects that a sentence names, in log-odds, as a share of the largest one, and as a share of a
# prediction interval: judgements
_TELLING, _TELLING_SHARE, _TELLING_RANGE = 0.1, 0.2, 0.01
_NAMED, _QUOTED, _DIGITS = 3, 160, 3  # parts, characters and digits in a sentence
_BARE = re.compile(r"(?i:yes|no|y|n|true|false|t|f)|[+-]?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Influence:
    """The effect of one part of the row on the prediction.

    Attributes
    ----------
    text
        The concept, or the word or passage as it is written first, or the value of a context
        column; empty where that is missing.
    effect
        Of a class: the difference of its log-odds with the part and without (natural logarithm);
        above 0 the part is for the class. Of a number: the difference of the estimate.
    column
        The context column; empty for concepts, words and passages.
    """

    text: str
    effect: float
    column: str = ""


@dataclass(frozen=True, slots=True)
class Near:
    """A training row: its text, its label, and the cosine of its text to the one explained."""

    text: str
    label: Any
    cosine: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseExplanation:
    """Base of what `explain` gives.

    Attributes
    ----------
    text
        The text; empty where there is none.
    status
        As of `coterie.classifiers.Predictions` or `coterie.classifiers.Estimates`.
    concepts, words
        Those with an effect, the largest effect first.
    passages
        The same for the sentences and lines of a long text; empty for a short one.
    context
        The same for the values of context columns: each against an average row.
    """

    text: str
    status: str
    concepts: tuple[Influence, ...] = ()
    words: tuple[Influence, ...] = ()
    passages: tuple[Influence, ...] = ()
    context: tuple[Influence, ...] = ()

    def sentences(self) -> list[str]:
        """Say it in plain sentences, for people who do not know how the model works."""
        passages = [side[:1] for side in self._sides(self.passages)]
        return [
            self._answer(),
            *self._told("concept", self._sides(self.concepts), self.concepts),
            *self._told("passage", passages, ()),
            *self._told("word", self._sides(self.words), self.words),
            *self._told("column", self._sides(self.context), self.context),
        ]

    @abstractmethod
    def about(self, column: str) -> Self:
        """Name what is predicted by its column."""

    @abstractmethod
    def _answer(self) -> str:
        """Say the prediction and its confidence."""

    @abstractmethod
    def _direction(self, *, up: bool) -> str:
        """Say what parts do: ``"for it"``."""

    @abstractmethod
    def _least(self) -> float:
        """Give the smallest effect that is worth a sentence."""

    def _size(self, effect: float) -> str:  # noqa: ARG002
        """Say how large an effect is, where that means something to people."""
        return ""

    def _guess(self, what: str) -> str:
        unlike = (
            "This text is unlike all training texts"
            if self.text
            else "No value of this row is known from training"
        )
        return f"{unlike}, so the {what} is a guess"

    def _told(
        self, noun: str, sides: Sequence[Sequence[Influence]], parts: Sequence[Influence]
    ) -> list[str]:
        """Name the parts for the answer, and those against it."""
        told = []
        for up, found in zip((True, False), sides, strict=True):
            if found:
                listed = ", ".join(f"{_named(part)}{self._size(part.effect)}" for part in found)
                plural = "s" if len(found) > 1 else ""
                told.append(f"Main {noun}{plural} {self._direction(up=up)}: {listed}.")
        return told or ([f"No single {noun} has a large effect."] if parts else [])

    def _sides(self, parts: Sequence[Influence]) -> list[list[Influence]]:
        """Parts for and against that are not small, also beside the largest effect."""
        largest = max((abs(part.effect) for part in parts), default=0.0)
        least = max(self._least(), _TELLING_SHARE * largest)
        return [
            [part for part in parts if sign * part.effect >= least][:_NAMED] for sign in (1, -1)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation(BaseExplanation):
    """Why a row got its label; made by `explain`.

    Attributes
    ----------
    label, confidence
        As of `coterie.classifiers.Predictions`; the label is None where there is no answer.
    runner_up
        The second most probable class, and its probability.
    examples
        Training texts, the nearest first; none of an ensemble.
    stage
        The member of a cascade that answered, from 0; None where there is no cascade.
    strange
        Whether the row is ambiguous by what it is like, and not by its confidence.
    names
        Class to its name in words, where classes are ids.
    """

    label: Any
    confidence: float
    runner_up: tuple[Any, float]
    examples: tuple[Near, ...] = ()
    stage: int | None = None
    strange: bool = False
    names: Mapping[Any, str] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """Say it in plain sentences, for people who do not know how the model works."""
        return [*BaseExplanation.sentences(self), *self._nearest()]

    def about(self, column: str) -> Self:
        """Name classes such as 1 or yes by their column: ``"bought = 1"``."""
        labels = (self.label, self.runner_up[0], *(near.label for near in self.examples))
        bare = {label: f"{column} = {label}" for label in labels if _BARE.fullmatch(str(label))}
        return replace(self, names={**bare, **self.names})

    def _answer(self) -> str:
        if self.status == REFUSED:
            return "The language model gave no answer that is one of the labels."
        label, share = self.runner_up
        both = (
            f"{self._called(self.label)} ({_percent(self.confidence)}), then "
            f"{self._called(label)} ({_percent(share)})"
        )
        if self.status == OUTSIDE:
            return f"{self._guess('prediction')}: {both}."
        if self.strange:
            return f"This text may belong to none of the classes: most likely {both}."
        if self.status == AMBIGUOUS:
            return f"The confidence is too low to decide: most likely {both}."
        return f"Most likely {both}."

    def _direction(self, *, up: bool) -> str:
        # "it" would be unclear of several possible labels, or of "bought = 0"
        clear = self.status == ASSIGNED and not _BARE.fullmatch(str(self.label))
        return f"{'for' if up else 'against'} {'it' if clear else self._called(self.label)}"

    def _least(self) -> float:
        return _TELLING

    def _nearest(self) -> list[str]:
        if not self.examples:
            return []
        first = self.examples[0]
        if first.text == self.text:
            return [f"A training row has the same text, labelled {self._called(first.label)}."]
        alike = _percent(max(first.cosine, 0.0))
        return [
            f"Most similar training text ({alike} similar), labelled {self._called(first.label)}: "
            f"'{_quoted(first.text)}'."
        ]

    def _called(self, label: Any) -> str:
        return self.names.get(label, str(label))


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateExplanation(BaseExplanation):
    """Why a row got its estimate; made by `explain`.

    Attributes
    ----------
    value, low, high
        The estimate and its 80% prediction interval, as of `coterie.classifiers.Estimates`.
    name
        Name of the number; empty where it is not known.
    """

    value: float
    low: float
    high: float
    name: str = ""

    def about(self, column: str) -> Self:
        """Name the number by its column."""
        return replace(self, name=column)

    def _answer(self) -> str:
        named = f"estimate of {self.name}" if self.name else "estimate"
        spread = f"80% prediction interval {_figure(self.low)} to {_figure(self.high)}"
        if self.status == OUTSIDE:
            return f"{self._guess(named)}: {_figure(self.value)}; {spread}."
        return f"The {named} is {_figure(self.value)}; {spread}."

    def _direction(self, *, up: bool) -> str:
        return "raising it" if up else "lowering it"

    def _least(self) -> float:
        return _TELLING_RANGE * (self.high - self.low)

    def _size(self, effect: float) -> str:
        return f" ({'+' if effect > 0 else ''}{_figure(effect)})"


def _named(part: Influence) -> str:
    if not part.column:
        return f"'{_quoted(part.text)}'"
    if not part.text:
        return f"{part.column} not given"
    value = part.text if _is_number(part.text) else f"'{_quoted(part.text)}'"
    return f"{part.column} {value}"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _quoted(text: str) -> str:
    """Put a text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[: _QUOTED - 1].rstrip() + "…"


def _percent(share: float) -> str:
    """Write a share that was measured: never as 0% or 100%."""
    if share < 0.005:
        return "under 1%"
    return "over 99%" if share >= 0.995 else f"{share:.0%}"


def _figure(value: float) -> str:
    """Write a number with three significant digits."""
    if not value:
        return "0"
    decimals = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    written = f"{round(value, decimals):,.{max(decimals, 0)}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
