"""What each behaviour makes likely, and how surely it can be told from what is seen."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.errors import OptionError
from coterie.synthetic.draws import Draws, Weighted
from coterie.synthetic.options import check_noise, leave_out_of

__all__ = ["Behaviours", "Belief", "Trait", "behaviours"]

FloatArray = npt.NDArray[np.float64]


class Trait:
    """Something about a person that their behaviour makes more or less likely.

    Parameters
    ----------
    values
        The v values it can take.
    chances
        Shape (k, v): chance of each value for each behaviour; rows sum to 1.

    Attributes
    ----------
    evidence
        Shape (v, k): logarithm of the chance of each value.
    """

    def __init__(self, values: Sequence[str], chances: FloatArray) -> None:
        self.values = list(values)
        self.evidence: FloatArray = np.log(chances).T
        self._values_of = [Weighted(row.tolist()) for row in chances]

    @classmethod
    def blend(
        cls, weights: Mapping[str, Sequence[float]], noise: float, rows: Sequence[int] | None = None
    ) -> Trait:
        """Make a trait of a table of weights, blurred by noise.

        Parameters
        ----------
        weights
            Value to its weight for each behaviour; only the ratios for one behaviour matter.
        noise
            From 0 to 1: chance that a value is drawn as if the behaviour were any of them.
        rows
            The k behaviours to keep; all of them when None.
        """
        table = np.array(list(weights.values()), dtype=np.float64).T
        chances = table / table.sum(axis=1, keepdims=True)
        chances = (1 - noise) * chances + noise * chances.mean(axis=0)
        return cls(list(weights), chances if rows is None else chances[rows])

    def draw(self, behaviour: int, draws: Draws) -> int:
        """Draw the index of a value for a person of this behaviour."""
        return self._values_of[behaviour].draw(draws)


@dataclass(frozen=True)
class Behaviours:
    """The behaviours of a data set: k names, their shares and the traits that tell them apart."""

    names: tuple[str, ...]
    shares: FloatArray
    traits: Mapping[str, Trait]


class Belief:
    """What can be known of a person's behaviour from the values seen so far (Bayes' rule).

    Parameters
    ----------
    shares
        Shape (k,): share of each behaviour before anything is seen.
    """

    def __init__(self, shares: FloatArray) -> None:
        self._log: FloatArray = np.log(shares)

    def see(self, trait: Trait, value: int) -> None:
        """Take one value into account."""
        self._log = self._log + trait.evidence[value]

    def posterior(self) -> FloatArray:
        """Give the chance of each behaviour: shape (k,), sum 1."""
        chance = np.exp(self._log - self._log.max())
        return np.asarray(chance / chance.sum())


def behaviours(noise: float, leave_out: Sequence[str] = ()) -> Behaviours:
    """Set up the behaviours.

    Parameters
    ----------
    noise
        From 0 to 1: chance that a value is drawn as if the person were of any behaviour.
    leave_out
        Names of behaviours that nobody has.

    Raises
    ------
    OptionError
        When ``noise`` is out of range, a name is not known, or fewer than two are left.
    """
    check_noise(noise)
    table = _table()
    names = table["behaviours"]
    kept = leave_out_of(names, leave_out, "behaviour")
    if len(kept) < 2:
        raise OptionError("Fewer than two behaviours are left: leave out fewer.")
    rows = [names.index(name) for name in kept]
    shares = np.array(table["share"])[rows]
    traits = {n: Trait.blend(values, noise, rows) for n, values in table["trait"].items()}
    return Behaviours(tuple(kept), shares / shares.sum(), traits)


@cache
def _table() -> dict[str, Any]:
    path = files("coterie.synthetic") / "content" / "attendees" / "behaviour.toml"
    return tomllib.loads(path.read_text("utf-8"))
