"""Prediction intervals that are as wide as the errors of answers of that size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from coterie.classifiers.trees.learner import Floats

__all__ = ["COVERED", "Ranges", "fit_ranges"]

COVERED = 0.8
"""Share of rows that a prediction interval holds: a judgement."""

_ROWS = 100  # near rows that a quantile is of, at least: a judgement
_SHARE = 0.1  # share of the rows that are near, at least: a tenth, as coverage is checked by
_KNOTS = 21  # places at which the quantiles are found: twice the tenths, and one
_LARGEST = 1e30


@dataclass(frozen=True, slots=True, eq=False)
class Ranges:
    """How far below and above an answer the true numbers are, on the scale that is learnt.

    Attributes
    ----------
    at
        Shape (m,), float64, increasing: answers, between which the ends are interpolated.
    lows, highs
        Shape (m,), float64: what is added to such an answer to get the ends of its interval.
    """

    at: Floats
    lows: Floats
    highs: Floats

    def ends(self, answers: Floats) -> tuple[Floats, Floats]:
        """Give the ends of the intervals of answers, (n,) each."""
        low, high = (np.interp(answers, self.at, each) for each in (self.lows, self.highs))
        return answers + low, answers + high

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Give what `from_arrays` takes."""
        return {"at": self.at, "lows": self.lows, "highs": self.highs}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """Make ranges of what `arrays` gave; ValueError where they are not valid."""
        if arrays.keys() != {"at", "lows", "highs"}:
            raise ValueError("the ranges are of other arrays")
        at, lows, highs = made = tuple(arrays[name] for name in ("at", "lows", "highs"))
        for each in made:
            if each.dtype != np.float64 or each.shape != at.shape or at.ndim != 1:
                raise ValueError("the ranges are of another type or length")
            if not (np.abs(each) <= _LARGEST).all():  # NaN is not
                raise ValueError("a range is not finite")
        if not len(at) or not (np.diff(at) > 0).all() or not (lows <= highs).all():
            raise ValueError("the ranges are not in order")
        return cls(at, lows, highs)


def fit_ranges(answers: Floats, target: Floats) -> Ranges:
    """Make ranges of the out-of-fold answers to n rows and of the truth.

    The ends are quantiles of the errors of the rows with answers near by, as conformal prediction
    corrects them for so few rows (Mondrian conformal prediction, Vovk et al. 2005, with windows of
    answers as its categories). Time is n · log n.
    """
    order = np.argsort(answers, kind="stable")
    answers, errors = answers[order], (target - answers)[order]
    near = min(len(order), max(_ROWS, round(_SHARE * len(order))))
    starts = np.unique(np.linspace(0, len(order) - near, _KNOTS).round().astype(np.int64))
    tail = max((1 - COVERED) / 2 * (near + 1) / near - 1 / near, 0.0)
    found: dict[float, Floats] = {}
    for start in starts.tolist():
        rows = slice(start, start + near)
        found[float(np.median(answers[rows]))] = np.quantile(errors[rows], (tail, 1 - tail))
    at = np.array(sorted(found))
    ends = np.array([found[place] for place in at.tolist()])
    return Ranges(at, ends[:, 0], ends[:, 1])
