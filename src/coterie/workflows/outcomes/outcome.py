"""What became of an outcome that was learnt: the figures that its page and files hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coterie.classifiers import EnsembleClassifier, EnsembleRegressor
from coterie.metrics import NumberScores
from coterie.workflows.evaluation.scored import Judged

__all__ = ["Outcome", "OutcomesResult"]


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
    judged
        Of classes: the model on rows that it had not learnt from.
    scores
        Of a number: the same.
    baseline
        Accuracy of the commonest class, of classes.
    features
        Sets of features side by side, see `coterie.workflows.outcomes.feature_table`; None where
        there is only one.
    importances, effects
        See `coterie.classifiers.trees.importance`.
    ceiling
        How good any model can be, where the data is invented: ``accuracy`` and ``auc``, or ``r2``.
    folder
        Where its own page is.
    """

    label: str
    model: EnsembleClassifier | EnsembleRegressor
    learnt: int
    judged_on: int
    judged: Judged | None
    scores: NumberScores | None
    baseline: float | None
    features: pd.DataFrame | None
    importances: pd.DataFrame
    effects: pd.DataFrame
    ceiling: Mapping[str, float]
    folder: Path

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
            found |= {"judged": self.judged.figures, "baseline": self.baseline}
        if self.scores is not None:
            found["judged"] = self.scores.figures
        if self.features is not None:
            found["features"] = _plain(self.features)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class OutcomesResult:
    """What all outcomes came to.

    Attributes
    ----------
    outcomes
        One for each.
    folder
        Where everything is.
    left_out
        Outcome to the reason why it could not be learnt.
    """

    outcomes: Sequence[Outcome]
    folder: Path
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, Any]:
        """What ``metrics.json`` holds."""
        return {
            **{outcome.label: outcome.figures for outcome in self.outcomes},
            "left_out": dict(self.left_out),
        }


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table as JSON takes them."""
    rows = table.to_dict("records")
    return [{str(name): _cell(value) for name, value in row.items()} for row in rows]


def _cell(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return round(float(value), 6) if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value
