"""What there is to say of one answer, and the plain sentences that say it."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from coterie.classifiers.predictions import AMBIGUOUS, ASSIGNED, OUTSIDE

__all__ = ["EstimateExplanation", "Explanation", "Influence", "Near", "Parts"]

_TELLING, _TELLING_SHARE = 0.1, 0.2
_TELLING_RANGE = 0.01  # of the range in which the number is
_NAMED, _QUOTED, _DIGITS = 3, 160, 3
_BARE = re.compile(r"(?i:yes|no|y|n|true|false|t|f)|[+-]?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Influence:
    """What one part of the row does to the answer.

    Attributes
    ----------
    text
        The concept, or the word or passage as it is written first, or the value of a context
        column; empty where that is missing.
    effect
        Of a class the natural logarithm of how many times its odds against all others are what they
        are without the part: above 0 it speaks for the class, below 0 against. Of a number by how
        much the estimate is higher than without.
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
class Parts:
    """What the parts of a row do to its answer; base of what `explain` gives.

    Attributes
    ----------
    text
        The text; empty where there is none.
    status
        As `coterie.classifiers.Predictions` has it, or `coterie.classifiers.Estimates`.
    concepts
        Concepts by the size of their effect, the largest first; those without any are left out.
    words
        The same for words.
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
        return [
            self._answer(),
            *self._of("concept", self.concepts),
            *self._passages(),
            *self._of("word", self.words),
            *self._of("column", self.context),
        ]

    @abstractmethod
    def about(self, column: str) -> Self:
        """Call what is predicted as its column is called, where it says little by itself."""

    @abstractmethod
    def _answer(self) -> str:
        """Say the answer, and how sure it is."""

    @abstractmethod
    def _does(self, *, up: bool, one: bool) -> str:
        """Say what parts do most: ``"speak most for it"``."""

    @abstractmethod
    def _no_single(self, noun: str) -> str:
        """Say that no part has an effect worth a word."""

    @abstractmethod
    def _least(self) -> float:
        """Give the smallest effect that is worth a word."""

    def _size(self, effect: float) -> str:  # noqa: ARG002
        """Say how large an effect is, where that means something to people."""
        return ""

    def _outside(self) -> str:
        if self.text:
            return "This is unlike anything the model has learnt from"
        return "Nothing is known here that the model has learnt from"

    def _of(self, noun: str, parts: Sequence[Influence]) -> list[str]:
        if not parts:
            return []
        sides = [(up, found) for up, found in zip((True, False), self._sides(parts), strict=True)]
        told = [self._told(noun, found, up=up) for up, found in sides if found]
        return told or [self._no_single(noun)]

    def _told(self, noun: str, found: Sequence[Influence], *, up: bool) -> str:
        one = len(found) == 1
        listed = ", ".join(f"{_named(part)}{self._size(part.effect)}" for part in found)
        return f"The {noun if one else f'{noun}s'} that {self._does(up=up, one=one)}: {listed}."

    def _passages(self) -> list[str]:
        return [
            self._told("passage", found[:1], up=up)
            for up, found in zip((True, False), self._sides(self.passages), strict=True)
            if found
        ]

    def _sides(self, parts: Sequence[Influence]) -> tuple[list[Influence], list[Influence]]:
        """Those worth a word, for and against: not small, and not small beside the largest."""
        largest = max((abs(part.effect) for part in parts), default=0.0)
        least = max(self._least(), _TELLING_SHARE * largest)
        return (
            [part for part in parts if part.effect >= least][:_NAMED],
            [part for part in parts if -part.effect >= least][:_NAMED],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation(Parts):
    """Why a row got its label; made by `explain`.

    Attributes
    ----------
    label, confidence
        As `coterie.classifiers.Predictions` has them.
    runner_up
        The next likely class, and its probability.
    examples
        Training texts, the nearest first; none of an ensemble.
    stage
        Which member of a cascade answered, from 0; None where there is no cascade.
    names
        What classes are called in words, where they are ids.
    """

    label: Any
    confidence: float
    runner_up: tuple[Any, float]
    examples: tuple[Near, ...] = ()
    stage: int | None = None
    names: Mapping[Any, str] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """Say it in plain sentences, for people who do not know how the model works."""
        return [*Parts.sentences(self), *self._nearest()]

    def about(self, column: str) -> Self:
        """Call classes such as 1 or yes ``"bought = 1"``; see `Parts`."""
        labels = (self.label, self.runner_up[0], *(near.label for near in self.examples))
        bare = {label: f"{column} = {label}" for label in labels if _BARE.fullmatch(str(label))}
        return replace(self, names={**bare, **self.names})

    def _answer(self) -> str:
        best = f"{self._called(self.label)} ({_percent(self.confidence)})"
        label, share = self.runner_up
        second = f"{self._called(label)} ({_percent(share)})"
        if self.status == OUTSIDE:
            return f"{self._outside()}, so its answer is a guess: {best}, then {second}."
        if self.status == AMBIGUOUS:
            return (
                f"The model is not sure enough to decide: most likely this is {best}; next comes "
                f"{second}."
            )
        return f"This is most likely {best}; next comes {second}."

    def _does(self, *, up: bool, one: bool) -> str:
        # "it" would be unclear of several labels that are possible, or of "bought = 0"
        clear = self.status == ASSIGNED and not _BARE.fullmatch(str(self.label))
        it = "it" if clear else self._called(self.label)
        return f"{'speaks' if one else 'speak'} most {'for' if up else 'against'} {it}"

    def _no_single(self, noun: str) -> str:
        return f"No single {noun} decides it."

    def _least(self) -> float:
        return _TELLING

    def _nearest(self) -> list[str]:
        if not self.examples:
            return []
        first = self.examples[0]
        if first.text == self.text:
            return [f"The same text was learnt from, labelled {self._called(first.label)}."]
        alike = _percent(max(first.cosine, 0.0))
        return [
            f"The most similar training text ({alike} alike), labelled "
            f"{self._called(first.label)}: '{_quoted(first.text)}'."
        ]

    def _called(self, label: Any) -> str:
        return self.names.get(label, str(label))


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateExplanation(Parts):
    """Why a row got its estimate; made by `explain`.

    Attributes
    ----------
    value, low, high
        The estimate, and between what the truth of eight rows in ten lies, as
        `coterie.classifiers.Estimates` has them.
    name
        What the number is called; empty where that is not known.
    """

    value: float
    low: float
    high: float
    name: str = ""

    def about(self, column: str) -> Self:
        """Name the number; see `Parts`."""
        return replace(self, name=column)

    def _answer(self) -> str:
        of = f" of {self.name}" if self.name else ""
        spread = f"eight in ten such cases lie between {_figure(self.low)} and {_figure(self.high)}"
        if self.status == OUTSIDE:
            return (
                f"{self._outside()}, so its estimate{of} is a guess: {_figure(self.value)}; "
                f"{spread}."
            )
        return f"The estimate{of} is {_figure(self.value)}; {spread}."

    def _does(self, *, up: bool, one: bool) -> str:
        return f"{'raise' if up else 'lower'}{'s' if one else ''} it most"

    def _no_single(self, noun: str) -> str:
        return f"No single {noun} moves it much."

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
    """Say a share that is a measurement: none is 0% or 100%."""
    if share < 0.005:
        return "under 1%"
    return "over 99%" if share >= 0.995 else f"{share:.0%}"


def _figure(value: float) -> str:
    """Write a number as people do, with three digits that count."""
    if not value:
        return "0"
    decimals = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    written = f"{round(value, decimals):,.{max(decimals, 0)}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
