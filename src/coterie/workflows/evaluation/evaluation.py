"""Several classifiers judged on the same labelled rows: what the page and the files tell of."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Vectors
from coterie.errors import InputError, OptionError
from coterie.metrics import Paired, paired_difference
from coterie.workflows.evaluation.base import BaseEvaluation
from coterie.workflows.evaluation.scored import Judged

__all__ = ["Ceiling", "Evaluation", "Picture"]


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How good any model can be on these rows, where that is known.

    Attributes
    ----------
    accuracy
        Of the best possible model, 0 to 1.
    auc
        Of the best possible model, 0 to 1; None where it is not known.
    why
        A sentence: what keeps every model from being right always.
    """

    accuracy: float
    auc: float | None
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Where rows lie in the embedding of one model.

    Attributes
    ----------
    model
        Its name.
    rows
        Shape (m,), int64: numbers of the rows that are drawn.
    layout
        Shape (m, 2).
    """

    model: str
    rows: npt.NDArray[np.int64]
    layout: Vectors


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation(BaseEvaluation[Judged]):
    """Classifiers on the same n labelled rows, see `BaseEvaluation`.

    Attributes
    ----------
    positive
        The class that precision, recall and the areas under the curves are of; None takes the
        second of two classes, and means over the classes where there are more.
    ceiling
        How good any model can be; None where that is not known.
    learning
        Name of a model to its table of `coterie.metrics.learning_curve`.
    picture
        A map of the rows; None for none.

    Raises
    ------
    InputError
        When there is no model or no row, or models were judged on different rows.
    OptionError
        When two models have one name, the positive class is none, or the price is not above 0.
    """

    positive: str | None = None
    ceiling: Ceiling | None = None
    learning: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    picture: Picture | None = None

    def __post_init__(self) -> None:
        if not self.judged or not len(self.judged[0].truth):
            raise InputError("There is nothing to evaluate: give a model and labelled rows.")
        for other in self.judged[1:]:
            if not (
                np.array_equal(other.ids, self.ids) and np.array_equal(other.truth, self.truth)
            ):
                raise InputError(
                    f"{self.judged[0].name} and {other.name} were judged on different rows: judge "
                    "all models on the same."
                )
        super().__post_init__()
        if self.positive is not None and self.positive not in self.classes:
            near = difflib.get_close_matches(self.positive, self.classes, n=1)
            mend = f"did you mean '{near[0]}'?" if near else "name one of the classes."
            raise OptionError(f"There is no class '{self.positive}': {mend}")

    @property
    def ids(self) -> npt.NDArray[np.object_]:
        """Of the rows, (n,)."""
        return self.judged[0].ids

    @property
    def texts(self) -> npt.NDArray[np.object_]:
        """Of the rows, (n,)."""
        return self.judged[0].texts

    @property
    def truth(self) -> npt.NDArray[np.object_]:
        """Labels of the rows, (n,)."""
        return self.judged[0].truth

    @cached_property
    def known(self) -> list[str]:
        """All classes that a model knows, sorted."""
        return sorted({name for model in self.judged for name in model.classes})

    @cached_property
    def classes(self) -> list[str]:
        """All classes and labels, sorted."""
        return sorted({*self.known, *self.truth.tolist()})

    @cached_property
    def class_of_interest(self) -> str | None:
        """The positive class, where one was named or there are only two."""
        if self.positive is not None:
            return self.positive
        return self.known[1] if len(self.known) == 2 else None

    @cached_property
    def baseline(self) -> tuple[str, float]:
        """The commonest label, and how often somebody is right who always says it."""
        label, rows = Counter(self.truth.tolist()).most_common(1)[0]
        return label, rows / len(self.truth)

    @cached_property
    def best(self) -> Judged:
        """The model that is right most often; the first of those where several are."""
        return max(self.judged, key=lambda model: model.scores.accuracy)

    @cached_property
    def ranked(self) -> list[Judged]:
        """The models from the most accurate down."""
        return sorted(self.judged, key=lambda model: -model.scores.accuracy)

    def difference(self, one: Judged, other: Judged) -> Paired:
        """How much more often one model is right than another."""
        return paired_difference(one.correct, other.correct)

    def unknown_rows(self, model: Judged) -> int:
        """How many rows have a label that a model does not know."""
        return int((~np.isin(self.truth, model.classes)).sum())
