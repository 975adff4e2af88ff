"""What a classifier is given: texts or vectors, or a frame of them and of context columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.encoders import Vectors, as_unit, row_keys
from coterie.errors import ColumnError, InputError
from coterie.records.formats.arrow import Frame, as_pandas

__all__ = ["Inputs", "TextsOrFrame", "encode_labels", "number_groups", "read_inputs"]

TextsOrFrame: TypeAlias = "Sequence[str] | npt.NDArray[Any] | pd.Series[Any] | Frame"
Ints = npt.NDArray[np.int64]

_NUMERIC = "fiu"  # kinds of the types of arrays
_NUMBER = (int, float, np.integer, np.floating)


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """The rows of one call.

    Attributes
    ----------
    texts
        n texts, none of them blank; all "" where vectors were given.
    context
        n rows of context columns, or None where only texts were given.
    vectors
        Shape (n, dim), float32, unit length: those given in place of texts; None for texts.
    """

    texts: list[str]
    context: pd.DataFrame | None
    vectors: Vectors | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: npt.NDArray[np.integer[Any]]) -> Inputs:
        """Take some of the rows."""
        context = None if self.context is None else self.context.iloc[rows].reset_index(drop=True)
        vectors = None if self.vectors is None else self.vectors[rows]
        return Inputs([self.texts[row] for row in rows.tolist()], context, vectors)

    @property
    def keys(self) -> Sequence[str]:
        """What tells rows apart, context aside: the texts, or keys of the vectors."""
        return self.texts if self.vectors is None else row_keys(self.vectors)


def read_inputs(rows: TextsOrFrame, text: str) -> Inputs:
    """Read n texts, or a frame whose column ``text`` holds them and whose others are context.

    The frame is of pandas, Polars or Arrow, or another with an Arrow C stream.

    In place of each text there may be its vector; an array (n, dim) of numbers holds n of them.

    Raises
    ------
    ColumnError
        When the frame has no such column, or has a column twice.
    InputError
        When a text is blank or missing, or a vector is not of finite numbers or not as wide as the
        others.
    """
    context, rows = None, as_pandas(rows)
    if isinstance(rows, pd.DataFrame):
        names = pd.Index([str(name) for name in rows.columns])
        if names.has_duplicates:
            twice = ", ".join(names[names.duplicated()].unique()[:12])
            raise ColumnError(f"The frame has more than one column {twice}: rename all but one.")
        if text not in rows.columns:
            known = ", ".join(map(str, rows.columns[:12]))
            raise ColumnError(
                f"The frame has no text column '{text}': name it with --text (text=)"
                f"{f', of {known},' if known else ''} or choose a model that needs no text."
            )
        context = rows.drop(columns=text).reset_index(drop=True)
        context.columns = [str(name) for name in context.columns]
        rows = rows[text]
    elif isinstance(rows, str):
        raise InputError("A single text was given: put it into a list.")
    elif rows is None:
        raise InputError("No texts were given: pass a list of texts, or a frame.")
    texts = list(rows)
    if _is_matrix(rows) or _are_vectors(texts):
        return Inputs([""] * len(texts), context, _read_vectors(rows, texts))
    if len(texts) > 1 and all(isinstance(value, str) and not value for value in texts):
        raise InputError(
            "No row has a text: name the text column with --text (text=), or choose a model that "
            "needs no text."
        )
    for place, value in enumerate(texts):
        if not isinstance(value, str) or not value.strip():
            raise InputError(
                f"Row {place + 1:,} has no text ({str(value)[:20]!r}): remove rows without text."
            )
    return Inputs(texts, context)


def _is_matrix(rows: Any) -> bool:
    """Whether rows are an array (n, dim) of numbers."""
    return isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind in _NUMERIC


def _are_vectors(cells: Sequence[Any]) -> bool:
    """Whether each cell is a row of numbers."""
    return bool(cells) and all(
        cell.ndim == 1 and cell.dtype.kind in _NUMERIC
        if isinstance(cell, np.ndarray)
        else isinstance(cell, list | tuple) and bool(cell) and isinstance(cell[0], _NUMBER)
        for cell in cells
    )


def _read_vectors(rows: Any, cells: Sequence[Any]) -> Vectors:
    """Read vectors (n, dim), scaled to unit length."""
    widths = {len(cell) for cell in cells}
    if len(widths) > 1:
        raise InputError(
            f"The vectors have {min(widths)} to {max(widths)} numbers: give vectors of one width."
        )
    try:
        whole = rows if _is_matrix(rows) else np.array(list(cells))
        matrix = np.asarray(whole, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("The vectors hold something else than numbers: remove it.") from None
    bad = np.flatnonzero(~np.isfinite(matrix).all(axis=1) | ~matrix.any(axis=1))
    if len(bad):
        raise InputError(
            f"Row {bad[0] + 1:,} has no vector (its numbers are not finite, or all are 0): remove "
            "rows without a vector."
        )
    return as_unit(matrix)


def encode_labels(labels: Any, rows: int) -> tuple[Ints, npt.NDArray[Any]]:
    """Turn labels into codes (n,) and sorted classes: row i has the label ``classes[codes[i]]``.

    Numbers and booleans keep their type, everything else becomes text.

    Raises
    ------
    InputError
        When labels are missing, are not one per row, or are all the same.
    """
    given = np.asarray(labels)
    if given.ndim != 1 or len(given) != rows:
        raise InputError(f"{rows:,} rows and {given.shape} labels were given: give one per row.")
    missing = pd.isna(pd.Series(given, dtype=object)).to_numpy(dtype=bool)
    if missing.any():
        raise InputError(f"{int(missing.sum()):,} rows have no label: remove them.")
    if given.dtype.kind == "O" and {*map(type, given)} in ({bool}, {int}, {float}):
        given = np.array(given.tolist())  # of a column that once had a missing value
    if given.dtype.kind not in "biufU":
        given = np.array([str(label) for label in given])
    classes, codes = np.unique(given, return_inverse=True)
    if len(classes) < 2:
        only = f" ({classes[0]!s})" if len(classes) else ""
        raise InputError(f"All rows have the same label{only}: give rows of at least two labels.")
    return codes.astype(np.int64), classes


def number_groups(groups: Any, rows: int) -> Ints:
    """Give each group a number, (n,); a row without one is a group of its own."""
    if len(groups) != rows:
        raise InputError(f"{rows:,} rows and {len(groups):,} groups were given: give one per row.")
    found = np.asarray(pd.factorize(np.asarray(groups, dtype=object))[0], dtype=np.int64)
    return np.where(found >= 0, found, rows + np.arange(rows))
