"""A model of a number on rows whose numbers are known: the figures that pages and files hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.classifiers import ASSIGNED, EnsembleRegressor, Estimates
from coterie.encoders import EmbeddingCache
from coterie.jsonable import as_plain
from coterie.metrics import (
    NumberScores,
    RangeScores,
    Speed,
    number_bands,
    score_numbers,
    score_ranges,
    wilson_interval,
)
from coterie.records import Records
from coterie.workflows.evaluation.measurements import SECONDS, measure_model
from coterie.workflows.evaluation.scored import speed_figures
from coterie.workflows.prediction.predict import decide_records

__all__ = ["PROMISED", "JudgedNumbers", "judge_regressor"]

PROMISED = 0.8
"""Share of the numbers that ranges are to hold."""

_BANDS, _BAND_ROWS = 10, 10

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class JudgedNumbers:
    """What a model estimates of n rows whose numbers are known and that it has not learnt from.

    Attributes
    ----------
    name
        What the page calls it.
    kind
        Its kind, such as ``"ensemble-number"``.
    truth
        Shape (n,): the numbers.
    estimates
        Its answers.
    speed
        How fast it is, where that was measured.
    size
        Of the model on disk, in bytes, where it is there.
    about
        What else there is to say of it, as JSON takes it.
    """

    name: str
    kind: str
    truth: Floats
    estimates: Estimates
    speed: Speed | None = None
    size: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def errors(self) -> Floats:
        """By how much each estimate is above the truth, (n,)."""
        return self.estimates.values - self.truth

    @cached_property
    def scores(self) -> NumberScores:
        """How near the estimates come."""
        return score_numbers(self.truth, self.estimates.values)

    @cached_property
    def ranges(self) -> RangeScores:
        """Whether the ranges hold what they promise."""
        return score_ranges(self.truth, self.estimates.lows, self.estimates.highs)

    @cached_property
    def by_truth(self) -> pd.DataFrame:
        """`coterie.metrics.number_bands`, from the smallest number to the largest."""
        return self._bands(self.truth)

    @cached_property
    def by_estimate(self) -> pd.DataFrame:
        """`coterie.metrics.number_bands`, from the smallest estimate to the largest."""
        return self._bands(self.estimates.values)

    @cached_property
    def figures(self) -> dict[str, Any]:
        """All figures, as JSON takes them."""
        n, ranges = len(self.truth), self.ranges
        low, high = wilson_interval(round(ranges.within * n), n) if n else (np.nan, np.nan)
        return as_plain(
            {
                "model": self.name,
                "kind": self.kind,
                **self.scores.figures,
                "bias": float(self.errors.mean()) if n else None,
                "within": ranges.within,
                "within_low": low,
                "within_high": high,
                "below": ranges.below,
                "above": ranges.above,
                "range_width": ranges.width,
                "outside": float((self.estimates.statuses != ASSIGNED).mean()) if n else None,
                **speed_figures(self.speed, self.size),
            }
        )

    def _bands(self, by: Floats) -> pd.DataFrame:
        said = self.estimates
        bands = int(np.clip(len(by) // _BAND_ROWS, 1, _BANDS))
        return number_bands(self.truth, said.values, said.lows, said.highs, by=by, bands=bands)


def judge_regressor(
    name: str,
    regressor: EnsembleRegressor,
    records: Records,
    truth: Floats,
    *,
    cache: EmbeddingCache | None = None,
    seconds: float = SECONDS,
    size: int | None = None,
    about: Mapping[str, Any] | None = None,
) -> JudgedNumbers:
    """Judge a model of a number on records, and measure its speed.

    Parameters are those of `coterie.workflows.evaluation.measurements.judge_classifier`; ``truth``
    are numbers.

    Returns
    -------
    JudgedNumbers
        Its ``about`` has, besides what was given: ``encoders``; ``mixed_by`` and ``learners``;
        ``middle``, what it would say without knowing anything, and ``logarithm``, whether that is
        the geometric mean of its training; and ``processor_ms`` as of a classifier.
    """
    encoder = regressor.encoder_
    found: dict[str, Any] = {
        **(about or {}),
        "encoders": [] if encoder is None else [encoder.name],
        "mixed_by": regressor.mixed_by_,
        "learners": [member.learner.name for member in regressor.trained_],
        "middle": regressor.middle_,
        "logarithm": regressor.log_,
    }
    said = decide_records(regressor, records, cache)
    assert isinstance(said, Estimates)
    speed = None
    if seconds > 0:
        speed, found["processor_ms"] = measure_model(regressor, records, seconds)
    return JudgedNumbers(name, regressor.kind, truth, said, speed, size, found)
