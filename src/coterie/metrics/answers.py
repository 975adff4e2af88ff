"""Labels beside the answers of a classifier, in numbers, and checks of what it said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError
from coterie.metrics.pairs import Names, check_lengths

__all__ = [
    "Answers",
    "check_confidence",
    "check_correct",
    "check_scores",
    "class_names",
    "code_answers",
    "code_names",
    "renumbered",
]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Labels and answers of n rows as places in one list of names.

    Attributes
    ----------
    names
        The k classes, then the labels that are none of them.
    classes
        How many of ``names`` are classes, k.
    truth
        Shape (n,), int64: label of each row; -1 for none.
    predicted
        Shape (n,), int64: answer for each row; -1 for none.
    """

    names: tuple[str, ...]
    classes: int
    truth: Ints
    predicted: Ints

    @property
    def unseen(self) -> tuple[str, ...]:
        """Labels that are no class."""
        return self.names[self.classes :]


def code_answers(truth: Names, predicted: Names, classes: Sequence[Any] | None) -> Answers:
    """Code labels and answers alike.

    Parameters
    ----------
    truth, predicted
        Shape (n,): see `code_names`.
    classes
        What can be answered, in order; None for all labels and answers, sorted.

    Raises
    ------
    InputError
        When truth and predicted differ in length, a class is given twice, or an answer is none of
        the classes.
    """
    check_lengths(truth, predicted, "labels and predictions")
    true, true_names = code_names(truth)
    said, said_names = code_names(predicted)
    if classes is None:
        known = sorted({*true_names, *said_names})
    else:
        known = class_names(classes)
        strange = sorted(set(said_names) - set(known))
        if strange:
            raise InputError(
                f"The prediction {strange[0]!r} is none of the {len(known):,} classes: "
                "give every class that can be predicted."
            )
    names = (*known, *sorted(set(true_names) - set(known)))
    return Answers(
        names=names,
        classes=len(known),
        truth=renumbered(true, true_names, names),
        predicted=renumbered(said, said_names, names),
    )


def code_names(values: Names) -> tuple[Ints, list[str]]:
    """Code a column of names.

    Names are compared as text, whole numbers by their value: ``1``, ``1.0`` and ``"1"`` are one.

    Parameters
    ----------
    values
        Shape (n,); None, NaN and blank text are no name.

    Returns
    -------
    codes : ndarray of shape (n,), int64
        Place of each row in ``names``; -1 for a row without.
    names : list of str
        Distinct ones, in order of appearance.

    Notes
    -----
    O(n) time. Only distinct values are looked at one by one.
    """
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    if array.ndim != 1:
        raise InputError(f"Labels have shape {array.shape}: pass one column, a label per row.")
    codes, distinct = pd.factorize(array if array.dtype.kind in "iu" else array.astype(object))
    written = [_written(value) for value in distinct]
    names = list(dict.fromkeys(name for name in written if name))
    place = {name: number for number, name in enumerate(names)}
    moved = np.array([*(place.get(name, -1) for name in written), -1], dtype=np.int64)
    return moved[codes], names


def class_names(classes: Sequence[Any]) -> list[str]:
    """Write classes as `code_names` does; raise `InputError` where one is blank or doubled."""
    names = [_written(value) for value in classes]
    if "" in names:
        raise InputError("A class has no name: give every class one.")
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise InputError(f"The class {double!r} is given twice: give each once.")
    return names


def renumbered(codes: Ints, names: Sequence[str], into: Sequence[str]) -> Ints:
    """Turn places in ``names`` into places in ``into``, which holds them all; -1 stays."""
    place = {name: number for number, name in enumerate(into)}
    return np.array([*(place[name] for name in names), -1], dtype=np.int64)[codes]


def check_correct(correct: npt.ArrayLike) -> Bools:
    """Read a column that tells which rows are right, as (n,) bool."""
    array = np.asarray(correct)
    if array.ndim != 1 or not (array.dtype.kind == "b" or np.isin(array, (0, 1)).all()):
        raise InputError("Right and wrong is not told per row: pass a column of true and false.")
    return array.astype(np.bool_)


def check_confidence(confidence: npt.ArrayLike) -> Floats:
    """Read a column of confidences, as (n,) float64 from 0 to 1."""
    array = _numbers(confidence, "confidences").astype(np.float64)
    if array.ndim != 1:
        raise InputError(f"Confidences have shape {array.shape}: pass one per row.")
    if not np.isfinite(array).all():
        raise InputError(
            "Some confidences are NaN or infinite: leave out the rows that have no answer."
        )
    if len(array) and (array.min() < 0 or array.max() > 1 + 1e-6):
        raise InputError(
            f"Confidences go from {array.min():g} to {array.max():g}: give probabilities, 0 to 1."
        )
    return np.minimum(array, 1.0)


def check_scores(scores: npt.ArrayLike, rows: int, classes: int) -> npt.NDArray[np.floating[Any]]:
    """Read scores of shape (rows, classes), every one finite."""
    array = _numbers(scores, "probabilities")
    if array.shape != (rows, classes):
        raise InputError(
            f"Probabilities have shape {array.shape} for {rows:,} rows and {classes:,} classes: "
            "give one row per row and one column per class."
        )
    if not np.isfinite(array).all():
        raise InputError(
            "Some probabilities are NaN or infinite: leave out the rows that have no answer."
        )
    return array


def _numbers(values: npt.ArrayLike, what: str) -> npt.NDArray[np.floating[Any]]:
    array = np.asarray(values)
    if array.dtype.kind == "f":
        return array
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"Some {what} are not numbers: give a number for each row.") from error


def _written(value: Any) -> str:
    """Write a value as a name; blank where it is none."""
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    name = str(value)
    return name if name.strip() else ""
