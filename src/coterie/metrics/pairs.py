"""Two columns of names, counted together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.errors import InputError

__all__ = ["Names", "Pairs", "check_lengths", "count_pairs", "is_missing", "is_outside"]

Names: TypeAlias = Sequence[Any] | npt.NDArray[Any]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Which pairs of a left and a right name occur, and how often.

    Attributes
    ----------
    left_names, right_names
        The distinct names, sorted.
    left, right, count
        Shape (c,): places in those lists and rows of each pair that occurs.
    """

    left_names: list[Any]
    right_names: list[Any]
    left: Ints
    right: Ints
    count: Ints

    @property
    def rows(self) -> int:
        """Rows counted."""
        return int(self.count.sum())

    @property
    def left_sizes(self) -> Ints:
        """Rows of each left name."""
        return _sums(self.left, self.count, len(self.left_names))

    @property
    def right_sizes(self) -> Ints:
        """Rows of each right name."""
        return _sums(self.right, self.count, len(self.right_names))


def count_pairs(left: Names, right: Names) -> Pairs:
    """Count the pairs of two columns of n rows, none of them missing.

    O(n) time and memory; never a matrix of left by right.
    """
    left_codes, left_names = _factorise(left)
    right_codes, right_names = _factorise(right)
    width = max(len(right_names), 1)
    cells, count = np.unique(left_codes * width + right_codes, return_counts=True)
    return Pairs(left_names, right_names, cells // width, cells % width, count.astype(np.int64))


def is_missing(values: Names) -> npt.NDArray[np.bool_]:
    """Tell which rows carry no label: None, NaN or blank text."""
    column = pd.Series(np.asarray(values, dtype=object), dtype=object)
    blank = column.map(lambda value: isinstance(value, str) and not value.strip())
    return (column.isna() | blank.astype(bool)).to_numpy(dtype=np.bool_)


def is_outside(codes: Names) -> npt.NDArray[np.bool_]:
    """Tell which rows are outside of every group: -1, or no name."""
    array = np.asarray(codes)
    if array.dtype.kind in "iu":
        return np.asarray(array == -1)
    return is_missing(array) | (pd.Series(array, dtype=object) == -1).to_numpy(dtype=np.bool_)


def check_lengths(first: Names, second: Names, what: str) -> None:
    """Raise `InputError` where two columns are not of one length."""
    if len(first) != len(second):
        raise InputError(
            f"{len(first):,} and {len(second):,} {what} were given: pass one of each per row."
        )


def _factorise(values: Names) -> tuple[Ints, list[Any]]:
    array = np.asarray(values)
    codes, names = pd.factorize(array if array.dtype.kind in "iu" else array.astype(str))
    order = np.argsort(names, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[codes], [names[i].item() if hasattr(names[i], "item") else names[i] for i in order]


def _sums(places: Ints, count: Ints, length: int) -> Ints:
    return np.bincount(places, weights=count, minlength=length).astype(np.int64)
