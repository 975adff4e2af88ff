"""Hidden causes of how a sales conversation ends, and the chance of it given what is seen.

The outcome makes each cause more or less likely, and each cause makes what is seen of it more or
less likely: a column of the context, or something said. So the causes stay hidden, and the chance
of an outcome follows from what is seen by Bayes' rule, summed over all that the causes may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from coterie.synthetic.checks import check_noise
from coterie.synthetic.content import read_content
from coterie.synthetic.draws import Draws
from coterie.synthetic.traits import Trait

__all__ = ["OUTCOMES", "Causes", "Deal", "Sign", "chance_of_converted", "read_causes"]

OUTCOMES = ("converted", "lost")
"""How a conversation can end."""


@dataclass(frozen=True)
class Sign:
    """Something that can be seen, and the cause that makes its values more or less likely."""

    cause: str
    trait: Trait


@dataclass(frozen=True)
class Causes:
    """The causes, each made likely by the outcome, and the signs, each made likely by a cause."""

    causes: Mapping[str, Trait]
    signs: Mapping[str, Sign]


class Deal:
    """The causes behind one conversation, and what it has shown of them.

    Attributes
    ----------
    values
        Cause to the index of its value, which is hidden.
    shown
        Sign to the index of the value that was seen.
    """

    def __init__(self, known: Causes, outcome: int, draws: Draws) -> None:
        self._known, self._draws = known, draws
        self.values = {name: cause.draw(outcome, draws) for name, cause in known.causes.items()}
        self.shown: dict[str, int] = {}

    def show(self, name: str) -> str:
        """Show a sign, and give the name of the value it has."""
        sign = self._known.signs[name]
        self.shown[name] = sign.trait.draw(self.values[sign.cause], self._draws)
        return sign.trait.values[self.shown[name]]

    def telling(self, outcome: int) -> str:
        """Name the cause that speaks most for this outcome."""
        known, values = self._known.causes, self.values
        evidence = {name: known[name].evidence[value] for name, value in values.items()}
        return max(evidence, key=lambda name: evidence[name][outcome] - evidence[name][1 - outcome])


def chance_of_converted(known: Causes, shown: Mapping[str, int]) -> float:
    """Give the chance of ``converted``, which is one half before anything is seen.

    ``shown`` has the index of the value of each sign that was seen. Given the outcome causes are
    independent, and given a cause its signs are, so that the sum over all combinations of causes is
    a product of one sum for each cause.
    """
    seen = {name: np.zeros(len(cause.values)) for name, cause in known.causes.items()}
    for name, value in shown.items():
        sign = known.signs[name]
        seen[sign.cause] = seen[sign.cause] + sign.trait.evidence[value]
    chance = np.full(2, 0.5)
    for name, cause in known.causes.items():
        chance = chance * (np.exp(seen[name]) @ np.exp(cause.evidence))
    return float(chance[0] / chance.sum())


@cache
def read_causes(noise: float) -> Causes:
    """Read the causes; with this chance (0 to 1) a sign tells nothing of its cause."""
    check_noise(noise)
    table = read_content("sales/causes")
    signs = {}
    for name, values in table["sign"].items():
        weights = {value: row for value, row in values.items() if value != "cause"}
        signs[name] = Sign(values["cause"], Trait(weights, noise))
    return Causes({name: Trait(row, 0.0) for name, row in table["cause"].items()}, signs)
