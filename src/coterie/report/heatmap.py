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
from coterie.report.markup import format_number, shorten, tag, template, text_width
from coterie.report.page import Sheet

__all__ = ["HeatMap", "diagonal_order"]

Matrix = npt.NDArray[np.float64]
_SHADES = 9
_ROOM = 1030.0  # px across that a page has on a desktop
_SLANTED = 22.0  # cells narrower than this have upright names
_NUMBERED = 24.0  # and narrower than this no numbers
_NARROWEST = 11.0


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


@dataclass(frozen=True, slots=True)
class _Place:
    """Corner of the first cell, and the size of each, in px."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, eq=False)
class _Drawing:
    counts: Matrix
    shades: Matrix
    rows: list[str]
    columns: list[str]
    shared: bool

    def svg(self, chart: HeatMap) -> Markup:
        """Draw everything at its natural size, which fits the page where it can."""
        names = [shorten(name, 36) for name in self.rows]
        heads = [shorten(name, 30) for name in self.columns]
        left = 14 + max(map(text_width, names), default=0)
        longest = max(map(text_width, heads), default=0)
        slanted = len(heads) * _SLANTED < _ROOM - left - longest * 0.72
        beyond = longest * 0.72 if slanted else 4.0
        width = min(40.0, max(_NARROWEST, (_ROOM - left - beyond) / max(len(heads), 1)))
        height = 24.0 if len(names) <= 45 else 16.0
        top = 12 + longest * (0.72 if slanted else 1.0)
        at = _Place(left, top, width, height)
        right, bottom = left + width * len(heads), top + height * len(names) + 4
        return tag(
            "svg",
            *self._heads(heads, at, slanted=slanted),
            *self._names(names, at, right),
            *self._cells(at),
            viewBox=f"0 0 {right + beyond:.0f} {bottom:.0f}",
            width=round(right + beyond),
            height=round(bottom),
            role="img",
            aria_label=chart.title or f"{chart.row_label} by {chart.column_label}",
            class_="heat" if width >= 13 else "heat dense",
        )

    def _heads(self, heads: list[str], at: _Place, *, slanted: bool) -> list[Markup]:
        drawn = []
        for j, (short, whole) in enumerate(zip(heads, self.columns, strict=True)):
            x = at.left + at.width * (j + 0.5) + (0 if slanted else 4)
            turn = f"translate({x:.1f} {at.top - 6:.1f}) rotate({-45 if slanted else -90})"
            drawn.append(tag("text", _title(short, whole), short, transform=turn))
        return drawn

    def _names(self, names: list[str], at: _Place, right: float) -> list[Markup]:
        drawn = []
        for i, (short, whole) in enumerate(zip(names, self.rows, strict=True)):
            y = at.top + at.height * (i + 0.5)
            name = {"x": at.left - 7, "y": y, "dy": "0.35em", "text_anchor": "end"}
            drawn.append(tag("line", x1=at.left, x2=right, y1=y, y2=y, class_="guide"))
            drawn.append(tag("text", _title(short, whole), short, **name))
        return drawn

    def _cells(self, at: _Place) -> list[Markup]:
        return [self._cell(int(i), int(j), at) for i, j in np.argwhere(self.counts > 0)]

    def _cell(self, i: int, j: int, at: _Place) -> Markup:
        x, y = at.left + at.width * j, at.top + at.height * i
        count, share = self.counts[i, j], self.shades[i, j]
        shade = max(1, min(_SHADES, round(share * _SHADES)))
        said = f"{self.rows[i]}, {self.columns[j]}: {format_number(_plain(count))}"
        title = tag("title", said + (f" ({share:.1%})" if self.shared else ""))
        size = {"width": at.width - 1, "height": at.height - 1}
        box = tag("rect", title, x=x, y=y, **size, class_=f"h{shade}")
        if at.width < _NUMBERED or (self.shared and round(share * 100) < 1):
            return box
        text = f"{share * 100:.0f}" if self.shared else _brief(count)
        middle = {"x": x + at.width / 2 - 0.5, "y": y + at.height / 2, "dy": "0.35em"}
        return box + tag("text", text, **middle, text_anchor="middle", class_=f"v{shade}")


def _title(short: str, whole: str) -> Markup | str:
    return tag("title", whole) if short != whole else ""


def _plain(count: float) -> float:
    return int(count) if float(count).is_integer() else float(count)


def _brief(count: float) -> str:
    if count >= 9_999.5:
        return f"{count / 1000:.0f}k"
    return format_number(_plain(count)) if count >= 1 else f"{count:.2f}".lstrip("0")
