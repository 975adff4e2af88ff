"""Rows to label, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.jsonable import as_plain
from coterie.records import Records
from coterie.workflows.labelling.choosing import AT_RANDOM, ChosenRows

__all__ = ["LABEL", "LabellingResult"]

LABEL = "label"
"""The empty column that a person fills in."""

_DECIMALS = 4


@dataclass(frozen=True, slots=True, eq=False)
class LabellingResult:
    """Rows of n records that are worth a label.

    Attributes
    ----------
    records
        All n records.
    chosen
        Which of them, numbered as the records are.
    predicted, names
        Shape (c,): what the model says of the chosen rows, and the name of that in words, "" where
        there is none.
    confidences, statuses
        Shape (c,): how sure it is, and the status, see `coterie.classifiers.Predictions`.
    reasons
        Why each was chosen, in words, c of them.
    columns
        Context columns that the model reads.
    known, repeated
        Rows left out because the model was trained on their content, or an earlier row has it.
    statuses_of_all
        Number of records that are assigned, ambiguous and outside.
    """

    form: ClassVar[int] = 1

    records: Records
    chosen: ChosenRows
    predicted: npt.NDArray[Any]
    names: tuple[str, ...]
    confidences: npt.NDArray[np.float64]
    statuses: npt.NDArray[np.object_]
    reasons: tuple[str, ...]
    columns: tuple[str, ...]
    known: int
    repeated: int
    statuses_of_all: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.chosen.rows)

    def frame(self, *, text: str = "text") -> pd.DataFrame:
        """Lay the rows out for a person: a row each, with an empty column ``label``.

        Columns: ``id``, the text under the name ``text`` (where there are texts), context columns
        that the model reads, ``predicted``, ``name`` (where classes are ids), ``confidence``,
        ``status``, ``like`` (rows nearer to it than to the others), ``reason`` and ``label``.
        """
        at = self.chosen.rows
        parts: dict[str, Any] = {"id": self.records.ids[at]}
        if self.records.has_texts:
            parts[text] = self.records.shown[at]
        for name in self.columns:
            if name in self.records.context.columns and name not in parts:
                parts[name] = self.records.context[name].iloc[at].to_numpy(dtype=object)
        own = {
            "predicted": self.predicted,
            **({"name": list(self.names)} if any(self.names) else {}),
            "confidence": np.round(self.confidences, _DECIMALS),
            "status": self.statuses,
            "like": self.chosen.like,
            "reason": list(self.reasons),
            LABEL: [""] * len(at),
        }
        return pd.DataFrame({**{k: v for k, v in parts.items() if k not in own}, **own})

    def to_dict(self) -> dict[str, Any]:
        """Give the figures, as JSON takes them."""
        predicted = Counter(map(str, self.predicted.tolist()))
        statuses = Counter(map(str, self.statuses.tolist()))
        return as_plain(
            {
                "form": self.form,
                "rows": len(self.records),
                "set_aside": len(self.records.rejects),
                "known": self.known,
                "repeated": self.repeated,
                "chosen": len(self),
                "at_random": sum(by == AT_RANDOM for by in self.chosen.by),
                "statuses": dict(statuses.most_common()),
                "statuses_of_all": dict(self.statuses_of_all),
                "predicted": dict(predicted.most_common()),
                "confidence": float(self.confidences.mean()) if len(self) else None,
            }
        )
