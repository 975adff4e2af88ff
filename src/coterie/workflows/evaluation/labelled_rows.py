"""The rows that models can be judged on: those that have a label, or a number."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from coterie.errors import InputError
from coterie.records import Records
from coterie.workflows.training.numbers import as_numbers

__all__ = ["Numbered", "labelled_records", "numbered_records"]

_LARGEST = 1e30  # what can be learnt ends there too


@dataclass(frozen=True, slots=True, eq=False)
class Numbered:
    """Records that have a number.

    Attributes
    ----------
    records
        The n records.
    numbers
        Shape (n,), float64, finite.
    unlabelled
        How many others have nothing in the column.
    not_numbers
        How many have something there that is no number, or none to reckon with.
    """

    records: Records
    numbers: npt.NDArray[np.float64]
    unlabelled: int = 0
    not_numbers: int = 0


def labelled_records(records: Records, label: str) -> tuple[Records, int]:
    """Keep the records that have a label, and tell how many have none.

    Raises
    ------
    InputError
        When none has one.
    """
    labels = records.labels[label]
    rows = np.flatnonzero([value is not None for value in labels])
    if not len(rows):
        raise InputError(f"No row has a label in '{label}': name the column that holds them.")
    return _of(records, rows), len(records) - len(rows)


def numbered_records(records: Records, label: str) -> Numbered:
    """Keep the records that have a number.

    Raises
    ------
    InputError
        When none has one.
    """
    labels = records.labels[label]
    numbers = as_numbers(labels)
    rows = np.flatnonzero(np.abs(numbers) <= _LARGEST)  # NaN is not
    if not len(rows):
        raise InputError(
            f"No row has a number in '{label}': name the column that holds them with --label."
        )
    blank = sum(value is None for value in labels)
    return Numbered(_of(records, rows), numbers[rows], blank, len(records) - len(rows) - blank)


def _of(records: Records, rows: npt.NDArray[np.int64]) -> Records:
    return replace(records.take(rows), rejects=records.rejects, notes=records.notes)
