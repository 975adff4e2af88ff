"""Two ways of grouping the same rows, crossed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from coterie.errors import OptionError
from coterie.report.blocks import Block, listed_fields

__all__ = ["HeatMap", "diagonal_order"]

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap(Block):
    """A matrix in shades, with its rows and columns put so that the diagonal shows.

    Attributes
    ----------
    values
        Shape (r, c): counts, or any numbers that are not negative.
    rows, columns
        Names of the r rows and c columns.
    row_label, column_label
        What the rows and the columns are: ``"Segment"``, ``"intent"``.
    title, note
        Words above and under the matrix.
    share
        Shade and write each value as a share of its row, of its column, or (None) as it is.
    ordered
        Whether to reorder rows and columns; False keeps them as given, as for a scale.
    counted
        Whether to write the value under each share, where cells have room.

    Raises
    ------
    OptionError
        When the names do not fit the matrix or a value is negative or not finite.
    """

    values: npt.ArrayLike
    rows: Sequence[str]
    columns: Sequence[str]
    row_label: str = ""
    column_label: str = ""
    title: str = ""
    note: str = ""
    share: Literal["rows", "columns"] | None = "rows"
    ordered: bool = True
    counted: bool = False

    def __post_init__(self) -> None:
        counts = self.counts
        if counts.shape != (len(self.rows), len(self.columns)):
            raise OptionError(
                f"The matrix {self.title!r} has shape {counts.shape}, but {len(self.rows)} row "
                f"and {len(self.columns)} column names: give one name for each."
            )
        if not (np.isfinite(counts).all() and (counts >= 0).all()):
            raise OptionError(
                f"The matrix {self.title!r} has a value that is negative or not finite: "
                "give counts or shares."
            )

    @property
    def counts(self) -> Matrix:
        """The values as an array, shape (r, c)."""
        return np.asarray(self.values, dtype=np.float64)

    @property
    def shares(self) -> Matrix:
        """The values as shares of their row or column, or of the largest: shape (r, c), 0 to 1."""
        return _shares(self.counts, self.share)

    def arrange(self) -> HeatMap:
        """Give the matrix with its rows and columns in the order in which they are shown."""
        counts = self.counts
        if not (self.ordered and counts.size):
            return self
        down, across = diagonal_order(counts)
        return replace(
            self,
            values=counts[np.ix_(down, across)],
            rows=[self.rows[i] for i in down],
            columns=[self.columns[j] for j in across],
            ordered=False,
        )

    def _shown(self) -> dict[str, Any]:
        arranged = self.arrange()
        return {
            **listed_fields(arranged, "ordered"),
            "rows": [str(name) for name in arranged.rows],
            "columns": [str(name) for name in arranged.columns],
            "values": arranged.counts.tolist(),
            "shares": arranged.shares.tolist(),
        }


def diagonal_order(counts: Matrix) -> tuple[list[int], list[int]]:
    """Order rows and columns so that large values lie near the diagonal.

    The shorter side is put in the leaf order of a hierarchical clustering of its profiles, so
    that what is often confused is adjacent (Bar-Joseph et al., 2001); the longer side follows the
    place of its largest values.

    Parameters
    ----------
    counts
        Shape (r, c), not negative.

    Returns
    -------
    rows, columns
        Lists of r and c indices. Time grows with the square of the shorter side.
    """
    if counts.shape[0] < counts.shape[1]:
        columns, rows = diagonal_order(counts.T)
        return rows, columns
    across = _leaves(_shares(counts, "columns").T)
    placed = _shares(counts[:, across], "rows")
    peak = placed.argmax(axis=1)
    centre = placed @ np.arange(len(across))
    empty = counts.sum(axis=1) == 0
    down = np.lexsort((centre, peak, empty))
    return down.tolist(), across


def _leaves(profiles: Matrix) -> list[int]:
    from scipy.cluster.hierarchy import leaves_list, linkage

    if len(profiles) < 3:
        return list(range(len(profiles)))
    tree = linkage(np.sqrt(profiles), method="average", optimal_ordering=True)
    return [int(leaf) for leaf in leaves_list(tree)]


def _shares(counts: Matrix, share: Literal["rows", "columns"] | None) -> Matrix:
    """Scale to 0..1: of the row, of the column, or of the largest value."""
    if share == "rows":
        whole = counts.sum(axis=1, keepdims=True)
    elif share == "columns":
        whole = counts.sum(axis=0, keepdims=True)
    else:
        whole = np.full((1, 1), counts.max(initial=0.0))
    return counts / np.where(whole > 0, whole, 1.0)
