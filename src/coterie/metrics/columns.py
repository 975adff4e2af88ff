"""Columns of names, answers and confidences: types, reading and checks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError

__all__ = [
    "Answers",
    "Bools",
    "Codes",
    "Floats",
    "Ints",
    "Names",
    "Vectors",
    "as_names",
    "check_confidence",
    "check_correct",
    "check_lengths",
    "check_scores",
    "class_names",
    "code_answers",
    "ignore_many_classes",
    "is_missing",
    "is_outside",
    "places_in",
    "unit_rows",
]

Names: TypeAlias = Sequence[Any] | npt.NDArray[Any]
Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Codes: TypeAlias = npt.NDArray[np.integer[Any]]
Vectors: TypeAlias = npt.NDArray[np.floating[Any]]


def is_missing(values: Names) -> Bools:
    """Tell which rows carry no label: None, NaN or blank text."""
    column = pd.Series(np.asarray(values, dtype=object), dtype=object)
    blank = column.map(lambda value: isinstance(value, str) and not value.strip())
    return (column.isna() | blank.astype(bool)).to_numpy(dtype=np.bool_)


def is_outside(codes: Names) -> Bools:
    """Tell which rows are outside of every group: -1, or no name."""
    array = np.asarray(codes)
    if array.dtype.kind in "iu":
        return np.asarray(array == -1)
    return is_missing(array) | (pd.Series(array, dtype=object) == -1).to_numpy(dtype=np.bool_)


def unit_rows(vectors: Vectors) -> Vectors:
    """Bring rows to unit length in their own precision; a zero row stays as it is."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, vectors.dtype.type(1))


def check_lengths(first: Names, second: Names, what: str) -> None:
    """Raise `InputError` where two columns are not of one length."""
    if len(first) != len(second):
        raise InputError(
            f"{len(first):,} and {len(second):,} {what} were given: pass one of each per row."
        )


@contextmanager
def ignore_many_classes() -> Iterator[None]:
    """Silence scikit-learn where more than half of the rows have a class of their own."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes")
        yield


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Labels and answers of n rows as places in one list of names."""

    names: tuple[str, ...]  # the classes, then the labels that are none of them
    classes: int  # how many of the names are classes
    truth: Ints  # (n,): label of each row; -1 for none
    predicted: Ints  # (n,): answer for each row; -1 for none

    @property
    def unseen(self) -> tuple[str, ...]:
        """Labels that are no class."""
        return self.names[self.classes :]


def code_answers(truth: Names, predicted: Names, classes: Sequence[Any] | None) -> Answers:
    """Code labels and answers (n,) alike, by the classes or by all that occurs, sorted.

    `InputError` where they differ in length, a class is given twice, or an answer is none of the
    classes.
    """
    check_lengths(truth, predicted, "labels and predictions")
    true, said = as_names(truth), as_names(predicted)
    true_names, said_names = ({*pd.unique(each)} - {""} for each in (true, said))
    known = sorted(true_names | said_names) if classes is None else class_names(classes)
    if strange := sorted(said_names.difference(known)):
        raise InputError(
            f"The prediction {strange[0]!r} is none of the {len(known):,} classes: "
            "give every class that can be predicted."
        )
    names = (*known, *sorted(true_names.difference(known)))
    return Answers(names, len(known), places_in(names, true), places_in(names, said))


def as_names(values: Names) -> npt.NDArray[np.object_]:
    """Write a column as text, "" where a row has None, NaN or blank text.

    Whole numbers are written by their value: ``1``, ``1.0`` and ``"1"`` are one name. O(n) time;
    only distinct values are looked at one by one.
    """
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    if array.ndim != 1:
        raise InputError(f"Labels have shape {array.shape}: pass one column, a label per row.")
    codes, distinct = pd.factorize(array if array.dtype.kind in "iu" else array.astype(object))
    return np.array([*map(_written, distinct), ""], dtype=object)[codes]


def places_in(names: Sequence[str], column: npt.NDArray[np.object_]) -> Ints:
    """Find the place of each row's name in a list; -1 for a name that is not in it."""
    index: pd.Index[Any] = pd.Index(np.array([*names], dtype=object))
    return index.get_indexer(pd.Index(column)).astype(np.int64)


def class_names(classes: Sequence[Any]) -> list[str]:
    """Write classes as `as_names` does; raise `InputError` where one is blank or doubled."""
    names = [_written(value) for value in classes]
    if "" in names:
        raise InputError("A class has no name: give every class one.")
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise InputError(f"The class {double!r} is given twice: remove one.")
    return names


def check_correct(correct: npt.ArrayLike) -> Bools:
    """Read a column that tells which rows are right, as (n,) bool."""
    array = np.asarray(correct)
    if array.ndim != 1 or not (array.dtype.kind == "b" or np.isin(array, (0, 1)).all()):
        raise InputError("Right answers are not given as true or false: give one boolean per row.")
    return array.astype(np.bool_)


def check_confidence(confidence: npt.ArrayLike) -> Floats:
    """Read a column of confidences, as (n,) float64 from 0 to 1."""
    array = _numbers(confidence, "confidences").astype(np.float64)
    if array.ndim != 1:
        raise InputError(f"Confidences have shape {array.shape}: pass one per row.")
    if len(array) and (array.min() < 0 or array.max() > 1 + 1e-6):
        raise InputError(
            f"Confidences go from {array.min():g} to {array.max():g}: give probabilities, 0 to 1."
        )
    return np.minimum(array, 1.0)


def check_scores(scores: npt.ArrayLike, rows: int, classes: int) -> Vectors:
    """Read scores of shape (rows, classes), every one finite."""
    array = _numbers(scores, "probabilities")
    if array.shape != (rows, classes):
        raise InputError(
            f"Probabilities have shape {array.shape} for {rows:,} rows and {classes:,} classes: "
            "give one row per row and one column per class."
        )
    return array


def _numbers(values: npt.ArrayLike, what: str) -> Vectors:
    """Read finite numbers; floats keep their precision."""
    array = np.asarray(values)
    try:
        array = array if array.dtype.kind == "f" else array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"Some {what} are not numbers: give a number for each row.") from error
    if not np.isfinite(array).all():
        raise InputError(f"Some {what} are NaN or infinite: leave out the rows without an answer.")
    return array


def _written(value: Any) -> str:
    """Write a value as a name; blank where it is none."""
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    name = str(value)
    return name if name.strip() else ""
