"""Charts of numbers drawn as SVG that follows the width of the page, and words by weight."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from coterie.formatting import format_number, shorten
from coterie.report.charts import Bars, Histogram, Lines, Mark, Scatter, WordCloud
from coterie.report.html.axes import Scale, axes, frame
from coterie.report.html.markup import tag, template, text_width
from coterie.report.html.sheet import Sheet, draw

_SCATTER_HEIGHT = 340.0  # px
_SCATTER_NAME = 80  # letters of a point's name that are shown
_SCATTER_PAD = 0.04
_PHONE, _APART = 280.0, 2.0  # px of a plot on a phone; percent of it between names
# Of a word cloud, see docs/decisions/wordcloud.md.
_SIZES = 12  # classes of the style sheet, from the smallest
_COLOURED = 5  # the smallest size that has a colour
_COLOURS = 10


@draw.register
def _draw_lines(chart: Lines, _sheet: Sheet) -> Markup:
    curves = [line.points for line in chart.lines]
    every = np.concatenate(curves)
    x = Scale.over([*every[:, 0], *(mark.x for mark in chart.marks)], log=chart.log_x, pad=0.03)
    y = Scale.over(every[:, 1], pad=0.06)
    drawn = [axes(x, y), *_marks(chart.marks, x)]
    for slot, (line, points) in enumerate(zip(chart.lines, curves, strict=True)):
        drawn.append(_curve(points, x, y, slot))
        if chart.dots:
            drawn += _dots(line.name, points, x, y, slot)
    names = [line.name for line in chart.lines]
    inside = Markup("").join(drawn)
    return frame(chart, inside, names, y_label=chart.y_label, marked=bool(chart.marks))


def _marks(marks: Sequence[Mark], x: Scale) -> Iterator[Markup]:
    """Draw marks, and name those whose names have room beside the others' on a phone too."""
    ends: dict[str, float] = {}  # where the last name of each line ends
    for mark in sorted(marks, key=lambda mark: mark.x):
        place = x.percent(mark.x)
        anchor = "start" if place < 12 else "end" if place > 88 else "middle"
        width = text_width(mark.label, 12) / _PHONE * 100
        start = place - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        drawn = [tag("line", x1=f"{place:.2f}%", x2=f"{place:.2f}%", y1=0, y2="100%")]
        if start >= ends.get(mark.kind, -math.inf):
            ends[mark.kind] = start + width + _APART
            y = -8 if mark.kind == "chosen" else -24
            drawn.append(tag("text", mark.label, x=f"{place:.2f}%", y=y, text_anchor=anchor))
        yield tag("g", *drawn, class_=f"mark {mark.kind}")


def _curve(points: npt.NDArray[np.float64], x: Scale, y: Scale, slot: int) -> Markup:
    path = " ".join(f"{x.percent(a):.3f},{100 - y.percent(b):.3f}" for a, b in points)
    line = tag("polyline", points=path, vector_effect="non-scaling-stroke")
    return tag(
        "svg",
        line,
        width="100%",
        height="100%",
        viewBox="0 0 100 100",
        preserveAspectRatio="none",
        class_=f"curve c{slot}",
    )


def _dots(
    name: str, points: npt.NDArray[np.float64], x: Scale, y: Scale, slot: int
) -> list[Markup]:
    if len(points) > 100:
        return []
    return [
        tag(
            "circle",
            tag("title", f"{name}: {format_number(b)} at {format_number(_whole(a))}"),
            cx=f"{x.percent(a):.2f}%",
            cy=f"{100 - y.percent(b):.2f}%",
            r=3.5,
            class_=f"dot c{slot}",
        )
        for a, b in points
    ]


def _whole(value: float) -> float:
    return round(value) if float(value).is_integer() else value


@draw.register
def _draw_histogram(chart: Histogram, _sheet: Sheet) -> Markup:
    edges, heights, shared = chart.edges, chart.heights, chart.shared
    top = max(float(height.max()) for height in heights.values())
    x = Scale.over(edges)
    y = Scale.over([0.0, top], percent_sign=shared)
    drawn = [axes(x, y)]
    for slot, (name, height) in enumerate(heights.items()):
        bars = [
            _column(name, (edges[i], edges[i + 1]), value, x, y, shared=shared)
            for i, value in enumerate(height)
            if value
        ]
        drawn.append(tag("g", *bars, class_=f"columns c{slot}"))
    return frame(chart, Markup("").join(drawn), [*heights], y_label=chart.y_label)


def _column(
    name: str, span: tuple[float, float], value: float, x: Scale, y: Scale, *, shared: bool
) -> Markup:
    what = format_number(value, ".1%") if shared else format_number(round(value))
    left, right = span
    said = f"{format_number(left)} to {format_number(right)}: {what}"
    height = y.percent(value)
    return tag(
        "rect",
        tag("title", f"{name}, {said}" if name else said),
        x=f"{x.percent(left):.3f}%",
        width=f"{x.percent(right) - x.percent(left):.3f}%",
        y=f"{100 - height:.2f}%",
        height=f"{height:.2f}%",
    )


@draw.register
def _draw_bars(chart: Bars, sheet: Sheet) -> Markup:
    sizes = [abs(float(v)) if chart.signed else max(float(v), 0.0) for v in chart.values]
    longest = max(filter(math.isfinite, sizes), default=0.0) or 1.0
    slots = sheet.colours.get(chart.partition, {})
    bars = [
        {
            "label": str(label),
            "value": chart.written(value),
            "width": f"{size / longest * 100:.2f}%",
            "slot": int(chart.signed and value < 0) or slots.get(str(label), 0),
        }
        for label, value, size in zip(chart.labels, chart.values, sizes, strict=True)
    ]
    return template("bars.html", chart=chart, id=sheet.identity(chart.title or "bars"), bars=bars)


@draw.register
def _draw_scatter(chart: Scatter, _sheet: Sheet) -> Markup:
    x, y = (np.asarray(each, dtype=np.float64) for each in (chart.x, chart.y))
    scale = Scale.over(chart.ends, log=chart.log, pad=_SCATTER_PAD)
    dots = [_dot(chart, at, x[at], y[at], scale) for at in chart.drawn.tolist()]
    straight = tag("line", x1=0, y1="100%", x2="100%", y2=0, class_="diagonal")
    inside = tag("g", *dots, class_=f"points c{chart.slot}")
    return frame(
        chart,
        axes(scale, scale) + straight + inside,
        [],
        y_label=chart.y_label,
        note=chart.caption,
        height=_SCATTER_HEIGHT,
    )


def _dot(chart: Scatter, at: int, x: float, y: float, scale: Scale) -> Markup:
    name = f"{shorten(str(chart.names[at]), _SCATTER_NAME)}: " if len(chart.names) else ""
    told = f"{name}{chart.y_label} {format_number(y)}, {chart.x_label} {format_number(x)}"
    return tag(
        "circle",
        tag("title", told),
        cx=f"{scale.percent(x):.2f}%",
        cy=f"{100 - scale.percent(y):.2f}%",
        r=3,
    )


@draw.register
def _draw_word_cloud(cloud: WordCloud, _sheet: Sheet) -> Markup:
    most = cloud.heaviest[0][1]
    words = [
        (word, _word(word, weight, math.ceil(_SIZES * math.sqrt(weight / most)), rank))
        for rank, (word, weight) in enumerate(cloud.heaviest)
    ]
    line = Markup(" ").join(span for _, span in sorted(words, key=lambda each: each[0].casefold()))
    return template("cloud.html", chart=cloud, words=line)


def _word(word: str, weight: float, size: int, rank: int) -> Markup:
    colour = f"c{rank % _COLOURS}" if size >= _COLOURED else "small"
    told = format_number(int(weight) if weight.is_integer() else weight)
    return tag("span", word, title=f"{word}: {told}", class_=f"s{size} {colour}")
