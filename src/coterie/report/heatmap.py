"""Two ways of grouping the same rows, crossed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from coterie.errors import OptionError
from coterie.report.blocks import Plain
from coterie.report.markup import format_number, shorten, tag, template
from coterie.report.page import Sheet

__all__ = ["HeatMap", "diagonal_order"]

Matrix = npt.NDArray[np.float64]
_SHADES = 9
_LETTER = 6.3  # width of a letter of 11.5 px, on average


@dataclass(frozen=True, slots=True, eq=False)
class HeatMap(Plain):
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

    Raises
    ------
    OptionError
        On rendering, when the names do not fit the matrix or a value is negative or not finite.
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

    def render(self, _sheet: Sheet) -> Markup:
        """Write the matrix; empty cells are left out, so cost grows with the filled ones."""
        counts = self._checked()
        rows, columns = [str(name) for name in self.rows], [str(name) for name in self.columns]
        if self.ordered and counts.size:
            down, across = diagonal_order(counts)
            counts = counts[np.ix_(down, across)]
            rows, columns = [rows[i] for i in down], [columns[j] for j in across]
        shades = _shares(counts, self.share)
        svg = _Drawing(counts, shades, rows, columns, shared=self.share is not None).svg(self)
        scale = [f"h{shade}" for shade in range(1, _SHADES + 1)]
        low, high = ("0%", "100%") if self.share else ("0", format_number(counts.max(initial=0)))
        return template("heatmap.html", chart=self, svg=svg, scale=scale, low=low, high=high)

    def _checked(self) -> Matrix:
        counts = np.asarray(self.values, dtype=np.float64)
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
        return counts


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


@dataclass(frozen=True, slots=True, eq=False)
class _Drawing:
    counts: Matrix
    shades: Matrix
    rows: list[str]
    columns: list[str]
    shared: bool

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell in px."""
        wide = len(self.columns)
        width = 40.0 if wide <= 12 else 32.0 if wide <= 30 else 16.0 if wide <= 60 else 13.5
        return width, (24.0 if len(self.rows) <= 45 else 16.0)

    def svg(self, chart: HeatMap) -> Markup:
        """Draw everything at its natural size."""
        width, height = self.cell
        names = [shorten(name, 36) for name in self.rows]
        heads = [shorten(name, 30) for name in self.columns]
        left = 12 + _LETTER * max(map(len, names), default=0)
        slanted = width >= 30
        tallest = _LETTER * max(map(len, heads), default=0)
        top = 12 + (tallest * 0.72 if slanted else tallest)
        right = left + width * len(heads) + (tallest * 0.7 if slanted else 4)
        bottom = top + height * len(names) + 4
        parts = [
            *self._heads(heads, left, top, slanted=slanted),
            *self._names(names, left, top, left + width * len(heads)),
            *self._cells(left, top),
        ]
        return tag(
            "svg",
            *parts,
            viewBox=f"0 0 {right:.0f} {bottom:.0f}",
            width=round(right),
            height=round(bottom),
            role="img",
            aria_label=chart.title or f"{chart.row_label} by {chart.column_label}",
            class_="heat",
        )

    def _heads(self, heads: list[str], left: float, top: float, *, slanted: bool) -> list[Markup]:
        width, _ = self.cell
        angle = -45 if slanted else -90
        drawn = []
        for j, (short, whole) in enumerate(zip(heads, self.columns, strict=True)):
            x, y = left + width * (j + 0.5) + (0 if slanted else 4), top - 6
            title = tag("title", whole) if short != whole else ""
            turn = f"translate({x:.1f} {y:.1f}) rotate({angle})"
            drawn.append(tag("text", title, short, transform=turn))
        return drawn

    def _names(self, names: list[str], left: float, top: float, end: float) -> list[Markup]:
        _, height = self.cell
        drawn = []
        for i, (short, whole) in enumerate(zip(names, self.rows, strict=True)):
            y = top + height * (i + 0.5)
            title = tag("title", whole) if short != whole else ""
            drawn.append(tag("line", x1=left, x2=end, y1=y, y2=y, class_="guide"))
            drawn.append(tag("text", title, short, x=left - 7, y=y, dy="0.35em", text_anchor="end"))
        return drawn

    def _cells(self, left: float, top: float) -> list[Markup]:
        return [self._cell(int(i), int(j), left, top) for i, j in np.argwhere(self.counts > 0)]

    def _cell(self, i: int, j: int, left: float, top: float) -> Markup:
        width, height = self.cell
        x, y = left + width * j, top + height * i
        count, share = self.counts[i, j], self.shades[i, j]
        shade = max(1, min(_SHADES, round(share * _SHADES)))
        said = f"{self.rows[i]}, {self.columns[j]}: {format_number(_plain(count))}"
        title = tag("title", said + (f" ({share:.1%})" if self.shared else ""))
        box = tag("rect", title, x=x, y=y, width=width - 1, height=height - 1, class_=f"h{shade}")
        if width < 30 or (self.shared and share < 0.005):
            return box
        text = f"{share * 100:.0f}" if self.shared else _brief(count)
        place = {"x": x + width / 2 - 0.5, "y": y + height / 2, "dy": "0.35em"}
        shown = tag("text", text, **place, text_anchor="middle", class_=f"v{shade}")
        return box + shown


def _plain(count: float) -> float:
    return int(count) if float(count).is_integer() else float(count)


def _brief(count: float) -> str:
    if count >= 9_999.5:
        return f"{count / 1000:.0f}k"
    return format_number(_plain(count)) if count >= 1 else f"{count:.2f}".lstrip("0")
