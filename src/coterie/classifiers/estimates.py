"""What a model says of rows where a number is learnt: the number, and how far it may be off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Estimates"]

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
        Shape (n,), float64: between them lies the truth of eight rows in ten.
    statuses
        Shape (n,), str: ``"assigned"``, or ``"outside"`` where nothing is known of the row.
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
        return cls(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.lows for part in parts]),
            np.concatenate([part.highs for part in parts]),
            np.concatenate([part.statuses for part in parts]),
        )

    def frame(
        self,
        ids: Sequence[str] | npt.NDArray[Any],
        *,
        id_name: str = "id",
        label_name: str = "estimate",
    ) -> pd.DataFrame:
        """Lay them out as ``id,estimate,low,high,status``."""
        return pd.DataFrame(
            {
                id_name: np.asarray(ids, dtype=object),
                label_name: _rounded(self.values),
                "low": _rounded(self.lows),
                "high": _rounded(self.highs),
                "status": self.statuses,
            }
        )


def _rounded(values: Floats) -> list[float]:
    return [float(f"{value:.{_DIGITS}g}") for value in values.tolist()]
