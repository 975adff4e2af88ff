"""Answers of a model one by one, as JSON has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from coterie.classifiers import Estimates, Predictions

__all__ = ["SET_ASIDE", "Decision", "decisions_of", "set_aside"]

SET_ASIDE = "set aside"
"""Status of a row that could not be used."""

_DECIMALS = 6  # as in the files of coterie predict


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one row.

    Attributes
    ----------
    label
        The most probable class, or the number estimated; None for a row that was set aside or that
        a language model refused.
    name
        The class in words, where classes are ids.
    confidence
        Calibrated probability of the label; None for a number.
    status
        As of `coterie.classifiers.Predictions`, or ``"set aside"``.
    probabilities
        Class to its calibrated probability; empty for a number.
    low, high
        Bounds of a number's prediction interval.
    reason
        Why the row was set aside.
    source
        The predictions that it was taken from, and its row there; None where it was set aside.
    """

    label: Any
    status: str
    name: str = ""
    confidence: float | None = None
    probabilities: Mapping[str, float] | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    source: tuple[Predictions | Estimates, int] | None = field(default=None, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give what is known of it."""
        found: dict[str, Any] = {"label": self.label, "status": self.status}
        for key in ("name", "confidence", "probabilities", "low", "high", "reason"):
            value = getattr(self, key)
            if value not in (None, ""):
                found[key] = value
        return found


def set_aside(reason: str) -> Decision:
    """Give the answer for a row that cannot be used."""
    return Decision(None, SET_ASIDE, reason=reason)


def decisions_of(said: Predictions | Estimates, names: Mapping[str, str]) -> list[Decision]:
    """Give the answers for n rows one by one, rounded as in the files of ``coterie predict``.

    Parameters
    ----------
    said
        Of n rows.
    names
        Class to its name in words.
    """
    if isinstance(said, Estimates):
        frame = said.frame([""] * len(said), label_name="label").to_dict("records")
        return [
            Decision(
                row["label"],
                str(row["status"]),
                low=row["low"],
                high=row["high"],
                source=(said, place),
            )
            for place, row in enumerate(frame)
        ]
    classes = [str(name) for name in said.classes]
    shares = np.round(said.probabilities, _DECIMALS).tolist()
    found = []
    columns = (said.labels, np.round(said.confidences, _DECIMALS), said.statuses)
    rows = zip(*(column.tolist() for column in columns), shares, strict=True)
    for place, (label, confidence, status, row) in enumerate(rows):
        found.append(
            Decision(
                label,
                str(status),
                names.get(str(label), ""),
                confidence if np.isfinite(confidence) else None,
                dict(zip(classes, row, strict=True)),
                source=(said, place),
            )
        )
    return found
