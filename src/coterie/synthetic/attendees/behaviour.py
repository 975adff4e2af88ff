"""What each behaviour makes likely, and the chance of each given what is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coterie.errors import OptionError
from coterie.synthetic.checks import check_noise, leave_out_of
from coterie.synthetic.content import read_content
from coterie.synthetic.draws import Draws
from coterie.synthetic.traits import Trait

__all__ = ["Behaviours", "Sight", "read_behaviours"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Behaviours:
    """The behaviours of a data set: k names, their shares and the traits that show them."""

    names: tuple[str, ...]
    shares: FloatArray
    traits: Mapping[str, Trait]


class Sight:
    """Draws what is seen of one person; knows the chance of each behaviour given that (Bayes)."""

    def __init__(self, known: Behaviours, behaviour: int, draws: Draws) -> None:
        self._traits, self._behaviour, self._draws = known.traits, behaviour, draws
        self._log: FloatArray = np.log(known.shares)

    def value(self, name: str) -> str:
        """Draw the value of a trait."""
        trait = self._traits[name]
        value = trait.draw(self._behaviour, self._draws)
        self._log = self._log + trait.evidence[value]
        return trait.values[value]

    def posterior(self) -> FloatArray:
        """Give the chance of each behaviour: shape (k,), sum 1."""
        chance = np.exp(self._log - self._log.max())
        return np.asarray(chance / chance.sum())


def read_behaviours(noise: float, leave_out: Sequence[str] = ()) -> Behaviours:
    """Read the behaviours but for those to leave out; `OptionError` where too few are left."""
    check_noise(noise)
    table = read_content("attendees/behaviour")
    names = table["behaviours"]
    kept = leave_out_of(names, leave_out, "behaviour")
    if len(kept) < 2:
        raise OptionError("Fewer than two behaviours are left: leave out fewer.")
    rows = [names.index(name) for name in kept]
    shares = np.array(table["share"])[rows]
    traits = {name: Trait(values, noise, rows) for name, values in table["trait"].items()}
    return Behaviours(tuple(kept), shares / shares.sum(), traits)
