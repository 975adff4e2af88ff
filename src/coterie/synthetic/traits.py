"""Something hidden that makes what is seen more or less likely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from coterie.synthetic.draws import Draws, Weighted

__all__ = ["Trait"]

FloatArray = npt.NDArray[np.float64]


class Trait:
    """A value that each of k hidden causes, such as behaviours, makes more or less likely.

    Parameters
    ----------
    weights
        Value to its weight for each cause; only the ratios for one cause matter.
    noise
        From 0 to 1: chance that a value is drawn as if the cause were any of them.
    rows
        The causes to keep; all of them when None.

    Attributes
    ----------
    values
        The v values.
    evidence
        Shape (v, k): logarithm of the chance of each value.
    """

    def __init__(
        self,
        weights: Mapping[str, Sequence[float]],
        noise: float,
        rows: Sequence[int] | None = None,
    ) -> None:
        table = np.array(list(weights.values()), dtype=np.float64).T
        chances = table / table.sum(axis=1, keepdims=True)
        chances = (1 - noise) * chances + noise * chances.mean(axis=0)
        chances = chances if rows is None else chances[rows]
        self.values = list(weights)
        self.evidence: FloatArray = np.log(chances).T
        self._values_of = [Weighted(row.tolist()) for row in chances]

    def draw(self, cause: int, draws: Draws) -> int:
        """Draw the index of a value."""
        return self._values_of[cause].draw(draws)
