"""What there is to say of one prediction, and the plain sentences that say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coterie.classify.predictions import AMBIGUOUS, OUTSIDE

__all__ = ["Explanation", "Influence", "Near"]

_TELLING, _TELLING_SHARE = 0.1, 0.2
_NAMED, _QUOTED = 3, 160


@dataclass(frozen=True, slots=True)
class Influence:
    """What one part of the row does to the answer.

    Attributes
    ----------
    text
        The word or passage as it is written first, or the value of a context column; empty where
        that is missing.
    effect
        Natural logarithm of how many times the odds of the label against all others are what they
        are without it: above 0 it speaks for the label, below 0 against.
    column
        The context column; empty for words and passages.
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


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a row got its label; made by `explain`.

    Attributes
    ----------
    text
        The text.
    label, confidence, status
        As `coterie.classify.Predictions` has them.
    runner_up
        The next likely class, and its probability.
    words
        Words by the size of their effect, the largest first; those without any are left out.
    passages
        The same for the sentences and lines of a long text; empty for a short one.
    context
        The same for the values of context columns: each against an average row.
    examples
        Training texts, the nearest first.
    stage
        Which member of a cascade answered, from 0; None where there is no cascade.
    names
        What classes are called in words, where they are ids.
    """

    text: str
    label: Any
    confidence: float
    status: str
    runner_up: tuple[Any, float]
    words: tuple[Influence, ...]
    passages: tuple[Influence, ...]
    context: tuple[Influence, ...]
    examples: tuple[Near, ...]
    stage: int | None = None
    names: Mapping[Any, str] = field(default_factory=dict)

    def sentences(self) -> list[str]:
        """Say it in plain sentences, for people who do not know how the model works."""
        found = [self._answer(), *self._passages(), *self._words()]
        for part in _telling(self.context)[:_NAMED]:
            value = f"'{_quoted(part.text)}'," if part.text else "which is not given,"
            side = "for" if part.effect > 0 else "against"
            found.append(f"Its {part.column}, {value} speaks {side} {self._it()}.")
        return [*found, *self._nearest()]

    def _answer(self) -> str:
        best = f"{self._called(self.label)} ({_percent(self.confidence)})"
        label, share = self.runner_up
        second = f"{self._called(label)} ({_percent(share)})"
        if self.status == OUTSIDE:
            return (
                "This is unlike anything the model has learnt from, so its answer is a guess: "
                f"{best}, then {second}."
            )
        if self.status == AMBIGUOUS:
            return (
                f"The model is not sure enough to decide: most likely this is {best}; next comes "
                f"{second}."
            )
        return f"This is most likely {best}; next comes {second}."

    def _passages(self) -> list[str]:
        for_it, against = _sides(self.passages)
        sides = (("for", for_it), ("against", against))
        return [
            f"The passage that speaks most {side} {self._it()}: '{_quoted(parts[0].text)}'."
            for side, parts in sides
            if parts
        ]

    def _words(self) -> list[str]:
        if not self.words:
            return []
        for_it, against = _sides(self.words)
        if not for_it and not against:
            return ["No single word decides it."]
        found = []
        if for_it:
            most = "word that speaks" if len(for_it) == 1 else "words that speak"
            found.append(f"The {most} most for {self._it()}: {_listed(for_it)}.")
        if against:
            found.append(f"Against {self._it()}: {_listed(against)}.")
        return found

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

    def _it(self) -> str:
        """Name the label where more than one was just spoken of as possible."""
        return self._called(self.label) if self.status in (AMBIGUOUS, OUTSIDE) else "it"

    def _called(self, label: Any) -> str:
        return self.names.get(label, str(label))


def _telling(parts: Sequence[Influence]) -> list[Influence]:
    """Those worth a word: not small, and not small beside the largest."""
    largest = max((abs(part.effect) for part in parts), default=0.0)
    least = max(_TELLING, _TELLING_SHARE * largest)
    return [part for part in parts if abs(part.effect) >= least]


def _sides(parts: Sequence[Influence]) -> tuple[list[Influence], list[Influence]]:
    """Those that speak for the label, and those against."""
    telling = _telling(parts)
    return (
        [part for part in telling if part.effect > 0][:_NAMED],
        [part for part in telling if part.effect < 0][:_NAMED],
    )


def _listed(parts: Sequence[Influence]) -> str:
    return ", ".join(f"'{_quoted(part.text)}'" for part in parts)


def _quoted(text: str) -> str:
    """Put a text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[: _QUOTED - 1].rstrip() + "…"


def _percent(share: float) -> str:
    """Say a share that is a measurement: none is 0% or 100%."""
    if share < 0.005:
        return "under 1%"
    return "over 99%" if share >= 0.995 else f"{share:.0%}"
