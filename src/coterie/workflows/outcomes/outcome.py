"""What became of an outcome that was learnt: the figures that its page and files hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from coterie.classifiers import EnsembleClassifier, EnsembleRegressor
from coterie.metrics import NumberScores
from coterie.workflows.evaluation.classes import ClassEvaluation
from coterie.workflows.evaluation.models import EvaluatedClassifier
from coterie.workflows.evaluation.numbers import NumberEvaluation

__all__ = ["Outcome", "OutcomesResult"]

_FEATURES = "features.csv"


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One outcome: how well it is predicted, and by what.

    Attributes
    ----------
    label
        Its column.
    model
        The fitted ensemble.
    learnt, judged_on
        How many rows were learnt from, and judged on.
    evaluation
        The model on rows that it had not learnt from.
    features
        Sets of features side by side, see `coterie.workflows.outcomes.feature_table`; None where
        there is only one.
    importances, effects
        See `coterie.classifiers.trees.importance`.
    ceiling
        How good any model can be, where the data is invented: ``accuracy`` and ``auc``, or ``r2``.
    """

    label: str
    model: EnsembleClassifier | EnsembleRegressor
    learnt: int
    judged_on: int
    evaluation: ClassEvaluation | NumberEvaluation
    features: pd.DataFrame | None
    importances: pd.DataFrame
    effects: pd.DataFrame
    ceiling: Mapping[str, float]

    @property
    def judged(self) -> EvaluatedClassifier | None:
        """Of classes: the model on the rows judged on."""
        found = self.evaluation
        return found.models[0] if isinstance(found, ClassEvaluation) else None

    @property
    def scores(self) -> NumberScores | None:
        """Of a number: how near the model comes on the rows judged on."""
        found = self.evaluation
        return found.models[0].scores if isinstance(found, NumberEvaluation) else None

    @property
    def baseline(self) -> float | None:
        """Accuracy of the commonest class, of classes."""
        found = self.evaluation
        return found.baseline[1] if isinstance(found, ClassEvaluation) else None

    @property
    def figures(self) -> dict[str, Any]:
        """What ``metrics.json`` holds of it."""
        found: dict[str, Any] = {
            "rows_learnt_from": self.learnt,
            "rows_judged_on": self.judged_on,
            "mixed_by": self.model.mixed_by_,
            "tried": _plain(self.model.table_),
            "importances": _plain(self.importances),
            "concepts": _plain(self.effects),
            "ceiling": dict(self.ceiling),
        }
        if self.judged is not None:
            found |= {"judged": self.judged.figures.to_dict(), "baseline": self.baseline}
        if self.scores is not None:
            found["judged"] = self.scores.figures
        if self.features is not None:
            found["features"] = _plain(self.features)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class OutcomesResult:
    """What all outcomes came to, see `coterie.verbs.saving.Result`.

    Attributes
    ----------
    outcomes
        One for each.
    predictions
        What is said of every record, and which of them were learnt from.
    title
        Of the page.
    source
        Where the records came from.
    rows, unit
        How many records there are, and what one is, in the plural.
    left_out
        Outcome to the reason why it could not be learnt.
    """

    outcomes: Sequence[Outcome]
    predictions: pd.DataFrame
    title: str
    source: str
    rows: int
    unit: str
    left_out: Mapping[str, str] = field(default_factory=dict)

    files: ClassVar[Sequence[str]] = (_FEATURES,)

    @property
    def rejects(self) -> pd.DataFrame:
        """No rows: what was set aside is told of all stages together."""
        return pd.DataFrame()

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """File name to the table that it holds."""
        found = {"predictions.csv": self.predictions}
        features = [
            outcome.features.assign(outcome=outcome.label)
            for outcome in self.outcomes
            if outcome.features is not None
        ]
        return found | {_FEATURES: pd.concat(features)} if features else found

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return {
            **{outcome.label: outcome.figures for outcome in self.outcomes},
            "left_out": dict(self.left_out),
        }

    def write_parts(self, folder: Path) -> None:
        """Write nothing: the models are saved as they are trained."""


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as JSON takes them."""
    rows = table.to_dict("records")
    return [{str(name): _cell(value) for name, value in row.items()} for row in rows]


def _cell(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
