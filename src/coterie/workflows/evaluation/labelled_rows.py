"""The rows that models can be evaluated on: those that have a label, or a number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.errors import InputError
from coterie.records import Records
from coterie.workflows.training.numbers import as_numbers

__all__ = ["LabelledRows", "keep_labelled"]

_LARGEST = 1e30  # what can be learnt ends there too


@dataclass(frozen=True, slots=True, eq=False)
class LabelledRows:
    """Records that have a label, or a number.

    Attributes
    ----------
    records
        The n records.
    truth
        Shape (n,): their labels; or numbers, float64 and finite.
    unlabelled
        How many others have nothing in the column.
    not_numbers
        How many have something there that is no number, where numbers are wanted.
    """

    records: Records
    truth: npt.NDArray[Any]
    unlabelled: int
    not_numbers: int


def keep_labelled(records: Records, label: str, *, numbers: bool = False) -> LabelledRows:
    """Keep the records that have a label, or a number.

    Raises
    ------
    InputError
        When none has one.
    """
    labels = records.labels[label]
    given = np.array([value is not None for value in labels], dtype=np.bool_)
    truth: npt.NDArray[Any] = as_numbers(labels) if numbers else labels
    rows = np.flatnonzero(np.abs(truth) <= _LARGEST if numbers else given)  # NaN is not
    if not len(rows):
        what = "number" if numbers else "label"
        raise InputError(
            f"No row has a {what} in '{label}': name the column that holds them with --label."
        )
    kept = replace(records.take(rows), rejects=records.rejects, notes=records.notes)
    return LabelledRows(kept, truth[rows], int((~given).sum()), int(given.sum()) - len(rows))
