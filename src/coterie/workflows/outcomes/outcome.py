"""Figures of outcomes and of the models that predict them."""

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
from coterie.workflows.evaluation.figures import Ceiling, NumberCeiling
from coterie.workflows.evaluation.models import EvaluatedClassifier
from coterie.workflows.evaluation.numbers import NumberEvaluation

__all__ = ["Outcome", "OutcomesResult"]

_FEATURES = "features.csv"


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """How well an outcome is predicted, and which features matter.

    Attributes
    ----------
    label
        Its column.
    model
        The fitted ensemble.
    learnt, judged_on
        Number of training rows and of test rows.
    evaluation
        The model on the test rows.
    features
        The table of `coterie.workflows.outcomes.feature_table`; None for one set of features.
    importances, effects
        See `coterie.classifiers.trees.importance`.
    """

    label: str
    model: EnsembleClassifier | EnsembleRegressor
    learnt: int
    judged_on: int
    evaluation: ClassEvaluation | NumberEvaluation
    features: pd.DataFrame | None
    importances: pd.DataFrame
    effects: pd.DataFrame

    @property
    def judged(self) -> EvaluatedClassifier | None:
        """Of classes: the model on the test rows."""
        found = self.evaluation
        return found.models[0] if isinstance(found, ClassEvaluation) else None

    @property
    def scores(self) -> NumberScores | None:
        """Of numbers: the errors on the test rows."""
        found = self.evaluation
        return found.models[0].scores if isinstance(found, NumberEvaluation) else None

    @property
    def baseline(self) -> float | None:
        """Of classes: the accuracy of always predicting the most common one."""
        found = self.evaluation
        return found.baseline[1] if isinstance(found, ClassEvaluation) else None

    @property
    def ceiling(self) -> Ceiling | NumberCeiling | None:
        """How good any model can be, where the data is synthetic."""
        return self.evaluation.ceiling

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        best = {name: getattr(self.ceiling, name, None) for name in ("accuracy", "auc", "r2")}
        found: dict[str, Any] = {
            "rows_learnt_from": self.learnt,
            "rows_judged_on": self.judged_on,
            "mixed_by": self.model.mixed_by_,
            "tried": _plain(self.model.table_),
            "importances": _plain(self.importances),
            "concepts": _plain(self.effects),
            "ceiling": {name: value for name, value in best.items() if value is not None},
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
    """All outcomes of a recipe, see `coterie.verbs.saving.Result`.

    Attributes
    ----------
    outcomes
        One for each.
    predictions
        A prediction for each record, and whether it is a training row.
    title
        Of the page.
    source
        Where the records came from.
    rows, unit
        Number of records, and what one is, in the plural.
    left_out
        Outcome to the reason why no model was trained.
    """

    form: ClassVar[int] = 1
    files: ClassVar[Sequence[str]] = ("predictions.csv", _FEATURES)

    outcomes: Sequence[Outcome]
    predictions: pd.DataFrame
    title: str
    source: str
    rows: int
    unit: str
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def rejects(self) -> pd.DataFrame:
        """No rows: the recipe reports the rows that were set aside."""
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
            "form": self.form,
            **{outcome.label: outcome.to_dict() for outcome in self.outcomes},
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
