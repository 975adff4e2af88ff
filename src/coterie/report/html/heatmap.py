"""A matrix drawn in shades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from coterie.formatting import format_number, shorten
from coterie.report.heatmap import HeatMap, Matrix
from coterie.report.html.markup import tag, template, text_width
from coterie.report.html.sheet import Sheet, draw

# Sizes in px, chosen by eye.
_SHADES = 9
_ROOM = 1030.0  # across a page on a desktop
_SLANTED = 22.0  # cells narrower than this have upright names
_NUMBERED = 24.0  # and narrower than this no numbers
_NARROWEST = 11.0


@draw.register
def _draw_heat_map(chart: HeatMap, _sheet: Sheet) -> Markup:
    # empty cells are left out, so cost grows with the filled ones
    chart = chart.arrange()
    counts, shades = chart.counts, chart.shares
    rows, columns = [str(name) for name in chart.rows], [str(name) for name in chart.columns]
    svg = _Drawing(counts, shades, rows, columns, shared=chart.share is not None).svg(chart)
    scale = [f"h{shade}" for shade in range(1, _SHADES + 1)]
    low, high = ("0%", "100%") if chart.share else ("0", format_number(counts.max(initial=0)))
    return template("heatmap.html", chart=chart, svg=svg, scale=scale, low=low, high=high)


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
