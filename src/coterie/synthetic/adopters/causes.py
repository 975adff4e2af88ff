"""The traits of a person, each made likely by others: some hidden, some to be seen.

A category of adopters makes it likely how open to new things a person is, and how much money there
is. These make everything else likely, step by step and with noise. So columns go together as their
common causes have it, and none follows from another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod

from coterie.synthetic.checks import check_noise
from coterie.synthetic.content import read_content
from coterie.synthetic.draws import Draws
from coterie.synthetic.traits import Trait

__all__ = ["CATEGORIES", "HIDDEN", "SHARES", "Effect", "Person", "read_effects"]

SHARES: Mapping[str, float] = read_content("adopters/causes")["share"]
"""Share of each category of adopters, in percent."""

CATEGORIES = tuple(SHARES)
"""The categories, from those who take up something new first to those who do last."""

HIDDEN = ("openness", "means", "skill", "taste")
"""What no column has: openness to novelty, money, knowledge, and the technology they like."""


@dataclass(frozen=True)
class Effect:
    """A trait, and those that make its values more or less likely."""

    parents: tuple[str, ...]
    sizes: tuple[int, ...]  # how many values each parent has
    trait: Trait  # its causes are the combinations of the parents' values, the last one fastest

    def draw(self, of: Mapping[str, int], draws: Draws) -> int:
        """Draw the index of a value, given those of the parents."""
        cause = 0
        for name, size in zip(self.parents, self.sizes, strict=True):
            cause = cause * size + of[name]
        return self.trait.draw(cause, draws)


class Person:
    """The traits of one person, drawn one after the other."""

    def __init__(self, known: Mapping[str, Effect], category: int, draws: Draws) -> None:
        self._known, self._draws = known, draws
        self._drawn = {"category": category}
        for name in known:
            self._drawn[name] = known[name].draw(self._drawn, draws)

    def has(self, name: str) -> str:
        """Give the value of a trait."""
        return self._known[name].trait.values[self._drawn[name]]

    def again(self, name: str) -> str:
        """Draw another value of a trait, which may be the same."""
        effect = self._known[name]
        return effect.trait.values[effect.draw(self._drawn, self._draws)]


@cache
def read_effects(noise: float) -> dict[str, Effect]:
    """Read the traits in the order in which they are drawn.

    With the chance ``noise`` (0 to 1) a trait that is not hidden tells nothing of its causes.
    """
    check_noise(noise)
    values: dict[str, int] = {"category": len(CATEGORIES)}
    effects = {}
    for name, tables in read_content("adopters/causes")["trait"].items():
        sizes = tuple(values[parent] for parent in tables)
        trait = Trait(_weights(tables, sizes), 0.0 if name in HIDDEN else noise)
        effects[name] = Effect(tuple(tables), sizes, trait)
        values[name] = len(trait.values)
    return effects


def _weights(
    tables: Mapping[str, Mapping[str, list[float]]], sizes: tuple[int, ...]
) -> dict[str, list[float]]:
    """Multiply the weights that each parent gives a value, for all combinations of parents."""
    causes = list(product(*map(range, sizes)))
    names = next(iter(tables.values()))
    return {
        name: [
            prod(table[name][place] for table, place in zip(tables.values(), cause, strict=True))
            for cause in causes
        ]
        for name in names
    }
