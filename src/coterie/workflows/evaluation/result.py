"""What comes of judging models: all figures, and the tables of predictions and of mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from coterie.workflows.evaluation import figures, number_figures
from coterie.workflows.evaluation.evaluation import Evaluation
from coterie.workflows.evaluation.number_evaluation import NumberEvaluation

__all__ = ["EvaluateResult"]


@dataclass(frozen=True, eq=False)
class EvaluateResult:
    """Models judged on the same rows, see `coterie.verbs.saving.Result`.

    Attributes
    ----------
    evaluation
        The models on their rows: of classes, or of a number.
    """

    files: ClassVar[Sequence[str]] = ()

    evaluation: Evaluation | NumberEvaluation

    @property
    def rejects(self) -> pd.DataFrame:
        """The rows that were set aside."""
        return self.evaluation.rejects

    @cached_property
    def metrics(self) -> Mapping[str, Any]:
        """All figures, as JSON takes them."""
        if isinstance(self.evaluation, NumberEvaluation):
            return number_figures.metrics_of(self.evaluation)
        return figures.metrics_of(self.evaluation)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The truth of each row, and what each model says of it."""
        if isinstance(self.evaluation, NumberEvaluation):
            return number_figures.predictions_table(self.evaluation)
        return figures.predictions_table(self.evaluation)

    @cached_property
    def mistakes(self) -> pd.DataFrame:
        """The wrong answers of each model, or the estimates that are furthest off."""
        if isinstance(self.evaluation, NumberEvaluation):
            return number_figures.misses(self.evaluation)
        return figures.mistakes(self.evaluation)

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """File name to the table that it holds."""
        return {"predictions.csv": self.predictions, "mistakes.csv": self.mistakes}

    def to_dict(self) -> dict[str, Any]:
        """Give all figures, as JSON takes them."""
        return dict(self.metrics)

    def write_parts(self, folder: Path) -> None:
        """Write nothing: all there is are figures and tables."""
