"""A matrix drawn in shades."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from coterie.formatting import format_number, shorten
from coterie.report.heatmap import HeatMap
from coterie.report.html.markup import tag, template, text_width
from coterie.report.html.sheet import Sheet, draw

# Sizes in px: judgements, not measured.
_SHADES = 9
_ROOM = 930.0  # of a panel, where the page is 1280 wide
_SLANTED = 22.0  # cells narrower than this have upright names
_NUMBERED = 24.0  # and narrower than this no numbers
_NARROWEST, _WIDEST = 11.0, 34.0
_HIGH, _LOW, _MANY = 24.0, 16.0, 45  # rows: their height, and from how many on they are low
_TALL, _BROADEST, _LINE = 36.0, 72.0, 7.0  # cells of two lines, and the half of their distance
_SLOPE = 0.72  # of a slanted name's length, across and up
_HALF = 460.0  # of a panel with another beside it; widths are estimated for the widest font
_PRINTED = 640.0  # a wider matrix is made smaller on paper


@draw.register
def _draw_heat_map(chart: HeatMap, _sheet: Sheet) -> Markup:
    # empty cells are left out, so cost grows with the filled ones
    chart = chart.arrange()
    scale = [f"h{shade}" for shade in range(1, _SHADES + 1)]
    most = format_number(chart.counts.max(initial=0))
    low, high = ("0%", "100%") if chart.share else ("0", most)
    names = [shorten(str(name), 36) for name in chart.rows]
    heads = [shorten(str(name), 30) for name in chart.columns]
    left = 7 + max(map(text_width, names), default=0)
    at, width = _place(heads, left, len(names), two_lines=bool(chart.counted and chart.share))
    return template(
        "heatmap.html",
        chart=chart,
        names=list(zip(names, map(str, chart.rows), strict=True)),
        svg=_svg(chart, heads, at, width),
        scale=scale,
        low=low,
        high=high,
        height="low" if at.height < _HIGH else "tall" if at.height > _HIGH else "",
        size="wide" if left + width > _PRINTED else "broad" if left + width > _HALF else "",
    )


class _Place(NamedTuple):
    """Top of the first cell, the size of each in px, and whether the heads are slanted."""

    top: float
    width: float
    height: float
    slanted: bool


def _place(heads: list[str], left: float, rows: int, *, two_lines: bool) -> tuple[_Place, float]:
    """Lay the cells out beside the names, ``left`` wide, so that they fit where they can."""
    longest = max(map(text_width, heads), default=0)
    slanted = len(heads) * _SLANTED < _ROOM - left - longest * _SLOPE
    beyond = longest * _SLOPE if slanted else 4.0
    widest = _BROADEST if two_lines else _WIDEST
    width = min(widest, max(_NARROWEST, (_ROOM - left - beyond) / max(len(heads), 1)))
    top = 12 + longest * (_SLOPE if slanted else 1.0)
    high = _TALL if two_lines and width >= _NUMBERED else _HIGH
    place = _Place(top, width, high if rows <= _MANY else _LOW, slanted)
    return place, width * len(heads) + beyond


def _svg(chart: HeatMap, heads: list[str], at: _Place, width: float) -> Markup:
    bottom = at.top + at.height * len(chart.rows)
    return tag(
        "svg",
        *_heads(chart, heads, at),
        *_guides(chart, at),
        *_cells(chart, at),
        viewBox=f"0 0 {width:.0f} {bottom:.0f}",
        width=round(width),
        height=round(bottom),
        role="img",
        aria_label=chart.title or f"{chart.row_label} by {chart.column_label}",
        class_="heat" if at.width >= 13 else "heat dense",
    )


def _heads(chart: HeatMap, heads: list[str], at: _Place) -> Iterator[Markup]:
    for j, (short, whole) in enumerate(zip(heads, chart.columns, strict=True)):
        x = at.width * (j + 0.5) + (0 if at.slanted else 4)
        turn = f"translate({x:.1f} {at.top - 6:.1f}) rotate({-45 if at.slanted else -90})"
        yield tag("text", _title(short, str(whole)), short, transform=turn)


def _guides(chart: HeatMap, at: _Place) -> Iterator[Markup]:
    for i in range(len(chart.rows)):
        y = at.top + at.height * (i + 0.5)
        yield tag("line", x1=0, x2=at.width * len(chart.columns), y1=y, y2=y, class_="guide")


def _cells(chart: HeatMap, at: _Place) -> Iterator[Markup]:
    counts, shares = chart.counts, chart.shares
    for i, j in np.argwhere(counts > 0).tolist():
        x, y = at.width * j, at.top + at.height * i
        count, share = float(counts[i, j]), float(shares[i, j])
        shade = max(1, min(_SHADES, round(share * _SHADES)))
        said = f"{chart.rows[i]}, {chart.columns[j]}: {format_number(_plain(count))}"
        title = tag("title", said + (f" ({share:.1%})" if chart.share else ""))
        size = {"width": at.width - 1, "height": at.height - 1}
        yield tag("rect", title, x=x, y=y, **size, class_=f"h{shade}")
        if at.width >= _NUMBERED and not (chart.share and round(share * 100) < 1):
            text = f"{share * 100:.0f}" if chart.share else _brief(count)
            yield from _written(x + at.width / 2 - 0.5, y, at, f"v{shade}", text, _brief(count))


def _written(x: float, y: float, at: _Place, shade: str, text: str, count: str) -> Iterator[Markup]:
    """Write into a cell, on one line or on two."""
    middle = {"x": x, "dy": "0.35em", "text_anchor": "middle"}
    if at.height < _TALL:
        yield tag("text", text, y=y + at.height / 2, **middle, class_=shade)
        return
    yield tag("text", text + "%" * (at.width > _WIDEST), y=y + at.height / 2 - _LINE, **middle,
              class_=shade)  # fmt: skip
    yield tag("text", count, y=y + at.height / 2 + _LINE, **middle, class_=f"{shade} count")


def _title(short: str, whole: str) -> Markup | str:
    return tag("title", whole) if short != whole else ""


def _plain(count: float) -> float:
    return int(count) if count.is_integer() else count


def _brief(count: float) -> str:
    if count >= 9_999.5:
        return f"{count / 1000:.0f}k"
    return format_number(_plain(count)) if count >= 1 else f"{count:.2f}".lstrip("0")
