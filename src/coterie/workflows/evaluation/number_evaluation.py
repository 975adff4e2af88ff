"""Several models of a number judged on the same rows: what the page and the files tell of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from coterie.errors import InputError
from coterie.metrics import NumberScores, PairedErrors, paired_errors, score_numbers
from coterie.records import Records
from coterie.workflows.evaluation.base import BaseEvaluation
from coterie.workflows.evaluation.scored_numbers import JudgedNumbers

__all__ = ["Constant", "NumberCeiling", "NumberEvaluation"]

_FAR = 30.0  # numbers that differ by such a factor are drawn by their logarithms

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class NumberCeiling:
    """How good any model can be on these rows, where that is known.

    Attributes
    ----------
    r2
        Of the best possible model.
    why
        A sentence: what keeps every model from being right always.
    """

    r2: float
    why: str


@dataclass(frozen=True, slots=True)
class Constant:
    """One number said of every row, which a model has to beat.

    Attributes
    ----------
    number
        Which.
    what
        What it is: ``"the mean of worth's training"``.
    scores
        How near it comes.
    """

    number: float
    what: str
    scores: NumberScores


@dataclass(frozen=True, eq=False, kw_only=True)
class NumberEvaluation(BaseEvaluation[JudgedNumbers]):
    """Models of a number on the same n rows, see `BaseEvaluation`.

    Attributes
    ----------
    records
        The n rows.
    not_numbers
        Rows that were left out for what they hold is no number.
    ceiling
        How good any model can be; None where that is not known.

    Raises
    ------
    InputError
        When there is no model or no row, or models were judged on different numbers.
    OptionError
        When two models have one name, or the price is not above 0.
    """

    records: Records
    label: str = "number"
    not_numbers: int = 0
    ceiling: NumberCeiling | None = None

    def __post_init__(self) -> None:
        if not self.judged or not len(self.records):
            raise InputError("There is nothing to evaluate: give a model and rows with a number.")
        for model in self.judged:
            same = np.array_equal(model.truth, self.truth)
            if not same or len(self.truth) != len(self.records):
                raise InputError(
                    f"{model.name} was judged on other rows: judge all models on the same."
                )
        super().__post_init__()

    @property
    def ids(self) -> npt.NDArray[np.object_]:
        """Of the rows, (n,)."""
        return self.records.ids

    @property
    def truth(self) -> Floats:
        """Numbers of the rows, (n,)."""
        return self.judged[0].truth

    @cached_property
    def ranked(self) -> list[JudgedNumbers]:
        """The models from the nearest on, by their mean absolute errors."""
        return sorted(self.judged, key=lambda model: model.scores.mae)

    @property
    def best(self) -> JudgedNumbers:
        """The nearest model; the first of those where several are."""
        return self.ranked[0]

    @cached_property
    def constants(self) -> list[Constant]:
        """What knows nothing says of all rows: the middle of the training, and of these rows."""
        found = []
        middle = self.best.about.get("middle")
        if middle is not None:
            mean = "geometric mean" if self.best.about.get("logarithm") else "mean"
            found.append((float(middle), f"the {mean} of {self.best.name}'s training"))
        else:
            found.append((float(self.truth.mean()), "the mean of these rows"))
        found.append((float(np.median(self.truth)), "the median of these rows"))
        return [
            Constant(number, what, score_numbers(self.truth, np.full(len(self.truth), number)))
            for number, what in found
        ]

    @cached_property
    def nearest_constant(self) -> Constant:
        """The nearer of them."""
        return min(self.constants, key=lambda each: each.scores.mae)

    @cached_property
    def span(self) -> tuple[float, float]:
        """The smallest and the largest of all numbers and estimates."""
        every = [self.truth, *(model.estimates.values for model in self.judged)]
        return min(float(e.min()) for e in every), max(float(e.max()) for e in every)

    @property
    def spans_decades(self) -> bool:
        """Whether to draw the numbers by their logarithms."""
        low, high = self.span
        return low > 0 and high >= low * _FAR

    def difference(self, one: JudgedNumbers, other: JudgedNumbers | Constant) -> PairedErrors:
        """By how much more one model is off than another, or than one number said of all rows."""
        errors = self.truth - other.number if isinstance(other, Constant) else other.errors
        return paired_errors(one.errors, errors)
