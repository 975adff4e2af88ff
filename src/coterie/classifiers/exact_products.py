"""Dot products that are the same, bit for bit, whatever other rows are in the call.

The last bits of a product of floating-point matrices depend on the order of its sums, and that on
how many rows there are. Here both sides are first rounded to whole numbers small enough that
every sum of their products is a whole number below 2**53: float64 holds those exactly, in
whatever order they are summed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["GridRows", "dots", "on_grid", "squares"]

Floats = npt.NDArray[np.float64]

_EXACT = 53  # bits of a whole number that float64 holds
_SMALLEST = -500  # exponent of 2: rows smaller than that are zero


@dataclass(frozen=True, slots=True, eq=False)
class GridRows:
    """Rows as whole numbers.

    Attributes
    ----------
    steps
        Shape (n, d), float64: whole numbers.
    units
        Shape (n, 1), float64: what a step is worth in each row, a power of two.
    """

    steps: Floats
    units: Floats


def on_grid(rows: npt.NDArray[np.floating[Any]]) -> GridRows:
    """Round each row to steps of its own size.

    Parameters
    ----------
    rows
        Shape (n, d), finite. Each is off by half a step at most, which is 2**-23 of its largest
        number where d is 384, and 2**-21 where d is 4,000.
    """
    given = rows.astype(np.float64)
    bits = (_EXACT - int(np.ceil(np.log2(max(given.shape[1], 1))))) // 2
    largest = np.abs(given).max(axis=1, keepdims=True, initial=0.0)
    exponents = np.maximum(np.frexp(largest)[1], _SMALLEST)
    return GridRows(
        np.rint(given * np.ldexp(1.0, bits - exponents)), np.ldexp(1.0, exponents - bits)
    )


def dots(left: GridRows, right: GridRows) -> Floats:
    """Dot product of each row of one (n, d) with each of another (m, d): (n, m)."""
    found: Floats = left.steps @ right.steps.T
    found *= left.units
    found *= right.units.T
    return found


def squares(grid: GridRows) -> Floats:
    """Dot product of each row with itself: (n, 1)."""
    found: Floats = (grid.steps**2).sum(axis=1, keepdims=True) * grid.units**2
    return found
