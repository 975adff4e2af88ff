"""Records into a model of a number, and its estimates of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import EnsembleRegressor, Estimates
from coterie.encoders import EmbeddingCache
from coterie.errors import InputError, OptionError
from coterie.metrics import NumberScores, score_numbers
from coterie.options import ModelPlan
from coterie.progress import current
from coterie.records import Records, texts_of
from coterie.workflows.training.models import make_regressor
from coterie.workflows.training.train import label_of, rows_of

__all__ = [
    "RegressorResult",
    "as_numbers",
    "estimate_records",
    "learns_numbers",
    "train_regressor",
]

_MOST_CLASSES = 20  # different numbers that may still be classes
_ROWS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class RegressorResult:
    """What was trained, and how it did on rows that it had not learnt from.

    Attributes
    ----------
    regressor
        Fitted on all rows with a number.
    scores
        On rows not learnt from.
    metrics
        All figures, as the manifest holds them.
    """

    regressor: EnsembleRegressor
    scores: NumberScores
    metrics: Mapping[str, Any]

    @property
    def model(self) -> EnsembleRegressor:
        """The model."""
        return self.regressor


def learns_numbers(labels: npt.NDArray[np.object_], plan: ModelPlan) -> bool:
    """Whether labels are numbers to estimate, where a plan trains an ensemble.

    They are if the plan says so; and if it says nothing, where all of them are numbers, of which
    more than 20 are different.

    Raises
    ------
    OptionError
        When the plan wants numbers, and cannot have them.
    """
    if plan.needs_texts:
        if plan.numbers:
            raise OptionError(f"The model {plan.model} learns classes only: numbers need ensemble.")
        return False
    known = np.array([value for value in labels if value is not None], dtype=object)
    numbers = as_numbers(known)
    odd = known[np.isnan(numbers)].tolist()
    if plan.numbers is None:
        return not odd and len(np.unique(numbers)) > _MOST_CLASSES
    if plan.numbers and odd:
        raise OptionError(f"{odd[0]!r} is among the labels and no number: learn them as classes.")
    return plan.numbers


def as_numbers(labels: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Read labels as numbers; NaN where there is none, or a text that is no number."""
    read = pd.to_numeric(pd.Series(texts_of(labels), dtype=object), errors="coerce")
    return read.to_numpy(dtype=np.float64)


def train_regressor(
    records: Records,
    plan: ModelPlan,
    *,
    label: str | None = None,
    groups: npt.NDArray[np.object_] | None = None,
    cache: EmbeddingCache | None = None,
) -> RegressorResult:
    """Train a model of a number on records.

    Parameters and errors are those of `coterie.workflows.training.train.train_classifier`.
    """
    column = label_of(records, label)
    labels = records.labels[column]
    rows = np.flatnonzero([value is not None for value in labels])
    if not len(rows):
        raise InputError(f"No row has a number in '{column}': name the column that holds them.")
    kept = EmbeddingCache() if cache is None else cache
    regressor = make_regressor(plan.changed(texts=records.has_texts), kept)
    numbers = as_numbers(labels[rows])
    given = rows_of(records, plan.context, rows)
    regressor.fit(given, numbers, None if groups is None else groups[rows])
    assert regressor.held_ is not None
    scores = score_numbers(numbers, regressor.held_)
    metrics = {
        **scores.figures,
        "trained_on": len(rows),
        "unlabelled": len(records) - len(rows),
        "judged_on": len(rows),
        "mixed_by": regressor.mixed_by_,
    }
    return RegressorResult(regressor, scores, metrics)


def estimate_records(
    regressor: EnsembleRegressor, records: Records, cache: EmbeddingCache | None
) -> Estimates:
    """Estimate records block by block, so that memory grows with the answers only."""
    regressor.cache = cache
    parts = []
    with current().stage("Predicting", max(len(records), 1)) as stage:
        for start in range(0, max(len(records), 1), _ROWS):
            rows = np.arange(start, min(start + _ROWS, len(records)))
            parts.append(regressor.decide(rows_of(records, regressor.columns, rows)))
            stage.advance(len(rows))
    return Estimates.joined(parts)
