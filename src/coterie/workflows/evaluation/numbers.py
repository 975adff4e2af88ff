"""Models of a number side by side on the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import ASSIGNED
from coterie.records import Records
from coterie.workflows.evaluation.columns import known_columns, written
from coterie.workflows.evaluation.evaluation import Evaluation
from coterie.workflows.evaluation.figures import (
    CostFigures,
    NumberCeiling,
    NumberFigures,
    SpeedFigures,
)
from coterie.workflows.evaluation.models import RANGE_SHARE, Constant, EvaluatedRegressor
from coterie.workflows.evaluation.words import (
    number_verdict,
    ranges_in_words,
    sizes_in_words,
    training_in_words,
)

__all__ = ["NumberEvaluation"]

_FAR = 30.0  # numbers that differ by such a factor are drawn by their logarithms: a judgement
_MISSES = 100  # of each model, for a person to read
_OWN = ("model", "id", "truth", "estimate", "error", "low", "high", "status", "text")
_DIGITS = 10
_MEANS = {
    "none": "mean",
    "log": "geometric mean",
    "log1p": "mean (of log1p)",
    "power": "mean (of the power transform)",
}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class NumberEvaluation(Evaluation[EvaluatedRegressor, NumberFigures]):
    """Models of a number on the same n rows, see `Evaluation`.

    Attributes
    ----------
    records
        The n rows.
    not_numbers
        Rows that were left out for what they hold is no number.
    ceiling
        How good any model can be; None where that is not known.
    """

    records: Records
    label: str = "number"
    not_numbers: int = 0
    ceiling: NumberCeiling | None = None

    @property
    def truth(self) -> Floats:
        """Numbers of the rows, (n,)."""
        return self.models[0].truth

    @cached_property
    def ranked(self) -> list[EvaluatedRegressor]:
        """The models from the smallest mean absolute error on."""
        return sorted(self.models, key=lambda model: model.scores.mae)

    @cached_property
    def constants(self) -> list[Constant]:
        """What knows nothing says of all rows: the middle of the training, and of these rows."""
        about, median = self.best.about, float(np.median(self.truth))
        if about.middle is None:
            first = Constant(float(self.truth.mean()), "the mean of these rows", self.truth)
        else:
            what = f"the {_MEANS[about.transform]} of {self.best.name}'s training"
            first = Constant(float(about.middle), what, self.truth)
        return [first, Constant(median, "the median of these rows", self.truth)]

    @cached_property
    def nearest_constant(self) -> Constant:
        """The one of them with the smallest mean absolute error."""
        return min(self.constants, key=lambda each: each.scores.mae)

    @cached_property
    def span(self) -> tuple[float, float]:
        """The smallest and the largest of all numbers and estimates."""
        every = [self.truth, *(model.estimates.values for model in self.models)]
        return min(float(e.min()) for e in every), max(float(e.max()) for e in every)

    @property
    def spans_decades(self) -> bool:
        """Whether to draw the numbers by their logarithms."""
        low, high = self.span
        return low > 0 and high >= low * _FAR

    @property
    def verdict(self) -> str:
        """Which model comes nearest, whether that may be chance, and what is no better."""
        return " ".join(number_verdict(self.best, self.beaten, self.tied, self.nearest_constant))

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The number of each row, and what each model says of it."""
        parts = [pd.DataFrame({"id": self.records.ids, "truth": self.truth})]
        for model in self.models:
            said = model.estimates.frame(self.records.ids).drop(columns="id")
            said["error"] = _errors(said["estimate"], self.truth)
            parts.append(said.add_prefix(f"{model.name} "))
        return pd.concat(parts, axis=1)

    @cached_property
    def mistakes(self) -> pd.DataFrame:
        """The estimates of each model that are furthest off, with what is known of the rows."""
        known = _known(self.records)
        parts = []
        for model in self.models:
            off = np.abs(model.errors)
            rows = np.argsort(-off, kind="stable")[:_MISSES]
            rows = rows[off[rows] > 0]
            said = model.estimates.frame(self.records.ids).iloc[rows]
            said.insert(0, "model", model.name)
            said.insert(2, "truth", self.truth[rows])
            said.insert(4, "error", _errors(said["estimate"], said["truth"]))
            parts.append(pd.concat([said, known.iloc[rows]], axis=1))
        return pd.concat(parts, ignore_index=True)

    def _is_of_these_rows(self, model: EvaluatedRegressor) -> bool:
        same = np.array_equal(model.truth, self.truth)
        return same and len(self.truth) == len(self.records)

    def _own_figures(self) -> dict[str, Any]:
        return {
            "not_numbers": self.not_numbers,
            "range_of": RANGE_SHARE,
            "constants": [
                {"number": each.number, "what": each.what, **each.scores.figures}
                for each in self.constants
            ],
            "ceiling": None if self.ceiling is None else self.ceiling.to_dict(),
        }

    def _figures_of(self, model: EvaluatedRegressor) -> NumberFigures:
        ranges, (low, high) = model.ranges, model.interval
        return NumberFigures.rounded(
            {
                "model": model.name,
                "kind": model.kind,
                **model.scores.figures,
                "bias": model.errors.mean(),
                "within": ranges.within,
                "within_low": low,
                "within_high": high,
                "below": ranges.below,
                "above": ranges.above,
                "range_width": ranges.width,
                "outside": (model.estimates.statuses != ASSIGNED).mean(),
                "speed": SpeedFigures.of(model.speed),
                "size_mib": model.size_mib,
                "costs": CostFigures.of(model.spent, self.price),
                "beside_training": training_in_words(model),
                "intervals": model.intervals or None,
            }
        )

    def _more_of(self, model: EvaluatedRegressor) -> dict[str, Any]:
        return {
            "in_words": [sizes_in_words(model), ranges_in_words(model)],
            "by_truth": model.by_truth.to_dict("records"),
            "by_estimate": model.by_estimate.to_dict("records"),
        }


def _errors(said: pd.Series[float], truth: npt.ArrayLike) -> list[float]:
    return [float(f"{off:.{_DIGITS}g}") for off in said - np.asarray(truth)]


def _known(records: Records) -> pd.DataFrame:
    """Lay out what is known of each row: its text, its concepts as one text, its columns."""
    frame = written(known_columns(records, _OWN))
    if records.has_texts:
        frame.insert(0, "text", records.shown)
    return frame
