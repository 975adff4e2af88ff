"""Predictions of numbers: the estimate of each row, and a prediction interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Estimates", "round_estimate"]

Floats = npt.NDArray[np.float64]

_DIGITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Estimates of n rows.

    Attributes
    ----------
    values
        Shape (n,), float64.
    lows, highs
        Shape (n,), float64: the 80% prediction interval.
    statuses
        Shape (n,), str: ``"assigned"``; ``"ambiguous"`` where the encoder reads less than half of
        the text; ``"outside"`` where the row has no known concept.
    """

    values: Floats
    lows: Floats
    highs: Floats
    statuses: npt.NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def joined(cls, parts: Sequence[Estimates]) -> Estimates:
        """Put estimates of one model together, one part or more, in their order."""
        named = ("values", "lows", "highs", "statuses")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in named))

    def frame(
        self,
        ids: Sequence[str] | npt.NDArray[Any],
        *,
        id_name: str = "id",
        label_name: str = "estimate",
    ) -> pd.DataFrame:
        """Give a table of ``id,estimate,low,high,status``."""
        return pd.DataFrame(
            {
                id_name: np.asarray(ids, dtype=object),
                label_name: _rounded(self.values),
                "low": _rounded(self.lows),
                "high": _rounded(self.highs),
                "status": self.statuses,
            }
        )


def round_estimate(value: float) -> float:
    """Round a number as files and answers have it, to six digits that count."""
    return float(f"{value:.{_DIGITS}g}")


def _rounded(values: Floats) -> list[float]:
    return [round_estimate(value) for value in values.tolist()]
