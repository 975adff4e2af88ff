"""Charts of numbers, drawn as SVG that follows the width of the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from coterie.errors import OptionError
from coterie.report.axes import Scale, axes, frame
from coterie.report.blocks import Plain
from coterie.report.markup import format_number, tag, template
from coterie.report.page import Sheet

__all__ = ["Bars", "Histogram", "Line", "Lines", "Mark"]

Numbers = Sequence[float] | npt.NDArray[np.floating] | npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Line:
    """A curve.

    Attributes
    ----------
    name
        Name in the legend.
    x, y
        The same number of values; points where either is not finite are left out.
    """

    name: str
    x: Numbers
    y: Numbers


@dataclass(frozen=True, slots=True)
class Mark:
    """A place along the x axis that deserves a word.

    Attributes
    ----------
    x
        The place.
    label
        A few words: ``"chosen: 27"``.
    kind
        ``"chosen"`` stands out, ``"runner-up"`` is quieter.
    """

    x: float
    label: str
    kind: Literal["chosen", "runner-up"] = "chosen"


@dataclass(frozen=True, slots=True, eq=False)
class Lines(Plain):
    """Curves over one axis: a sweep, a training history, a ROC curve.

    Attributes
    ----------
    lines
        The curves; up to about eight can be told apart.
    x_label, y_label
        Names of the axes.
    marks
        Places along x to point out, such as the number of groups chosen and its runners-up.
    title, note
        Words above and under the chart.
    log_x
        Whether the x axis is logarithmic; all x must then be positive.
    dots
        Whether to mark the points of curves that have no more than a hundred.

    Raises
    ------
    OptionError
        On rendering, when a curve has unequal x and y, or no point at all can be drawn.
    """

    lines: Sequence[Line]
    x_label: str = ""
    y_label: str = ""
    marks: Sequence[Mark] = ()
    title: str = ""
    note: str = ""
    log_x: bool = False
    dots: bool = True

    def render(self, _sheet: Sheet) -> Markup:
        """Write the chart."""
        curves = [_points(line) for line in self.lines]
        every = np.concatenate([*curves, np.empty((0, 2))])
        if len(every) == 0:
            raise OptionError(
                f"The chart {self.title!r} has no finite point: give a curve some values."
            )
        along = [*every[:, 0], *(mark.x for mark in self.marks)]
        x = Scale.over(along, log=self.log_x, pad=0.03)
        y = Scale.over(every[:, 1], pad=0.06)
        drawn = [axes(x, y), *(self._mark(mark, x) for mark in self.marks)]
        for slot, (line, points) in enumerate(zip(self.lines, curves, strict=True)):
            drawn.append(_curve(points, x, y, slot))
            if self.dots:
                drawn += _dots(line.name, points, x, y, slot)
        names = [line.name for line in self.lines]
        inside = Markup("").join(drawn)
        return frame(self, inside, names, y_label=self.y_label, marked=bool(self.marks))

    def _mark(self, mark: Mark, x: Scale) -> Markup:
        place = x.percent(mark.x)
        anchor = "start" if place < 12 else "end" if place > 88 else "middle"
        chosen = mark.kind == "chosen"
        return tag(
            "g",
            tag("line", x1=f"{place:.2f}%", x2=f"{place:.2f}%", y1=0, y2="100%"),
            tag("text", mark.label, x=f"{place:.2f}%", y=-8 if chosen else -24, text_anchor=anchor),
            class_=f"mark {mark.kind}",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Histogram(Plain):
    """How values are spread; several sets of values lie over one another.

    Attributes
    ----------
    values
        An array of any length, or a name for each of several; what is not finite is left out.
    x_label
        Name of the axis, with the unit.
    title, note
        Words above and under the chart.
    bins
        Number of bars; by default the Freedman-Diaconis rule within 10 to 60.

    Raises
    ------
    OptionError
        On rendering, when no value is finite.
    """

    values: Numbers | Mapping[str, Numbers]
    x_label: str = ""
    title: str = ""
    note: str = ""
    bins: int | None = None

    def render(self, _sheet: Sheet) -> Markup:
        """Write the chart."""
        named = self.values if isinstance(self.values, Mapping) else {"": self.values}
        series = {name: _finite(values) for name, values in named.items()}
        edges = self._edges(np.concatenate([*series.values(), np.empty(0)]))
        shared = len(series) > 1
        heights = {
            name: np.histogram(values, edges)[0] / (max(len(values), 1) if shared else 1)
            for name, values in series.items()
        }
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
        y_label = "share of each set" if shared else "rows"
        return frame(self, Markup("").join(drawn), [*series], y_label=y_label)

    def _edges(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if len(values) == 0:
            raise OptionError(f"The histogram {self.title!r} has no finite value: give it some.")
        bins = self.bins
        if bins is None:
            low, high = np.percentile(values, [25, 75])
            span = float(np.ptp(values))
            width = 2 * (high - low) / len(values) ** (1 / 3)
            bins = int(np.clip(span / width if width > 0 else 10, 10, 60))
            if span >= 1 and (values == np.rint(values)).all():
                # whole numbers: bars of whole width, or some would hold more numbers than others
                step = math.ceil(span / bins)
                whole: npt.NDArray[np.float64] = np.arange(
                    values.min(), values.max() + step + 1, step
                )
                return whole - 0.5
        edges: npt.NDArray[np.float64] = np.histogram_bin_edges(values, bins)
        return edges


@dataclass(frozen=True, slots=True)
class Bars(Plain):
    """Horizontal bars, each with its name and value.

    Attributes
    ----------
    labels
        Name of each bar.
    values
        Length of each bar; negative values are not drawn.
    title, note
        Words above and under the chart.
    format
        A format specification of Python for the values, such as ``".1%"``.
    partition
        Name of a map's partition whose colours the bars take by their names.
    limit
        Bars shown at first; a button shows the others.
    """

    labels: Sequence[str]
    values: Numbers
    title: str = ""
    note: str = ""
    format: str = ""
    partition: str = ""
    limit: int = 30

    def render(self, sheet: Sheet) -> Markup:
        """Write the chart."""
        longest = max([float(v) for v in self.values if math.isfinite(v)], default=0.0) or 1.0
        slots = sheet.slots.get(self.partition, {})
        bars = [
            {
                "label": str(label),
                "value": format_number(value, self.format),
                "width": f"{max(float(value) / longest * 100, 0):.2f}%",
                "slot": slots.get(str(label), 0),
            }
            for label, value in zip(self.labels, self.values, strict=True)
        ]
        return template("bars.html", chart=self, id=sheet.identity(self.title or "bars"), bars=bars)


def _finite(values: Numbers) -> npt.NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64).ravel()
    finite: npt.NDArray[np.float64] = array[np.isfinite(array)]
    return finite


def _points(line: Line) -> npt.NDArray[np.float64]:
    if len(line.x) != len(line.y):
        raise OptionError(
            f"The curve {line.name!r} has {len(line.x)} x and {len(line.y)} y: give as many."
        )
    points = np.column_stack([np.asarray(line.x, float), np.asarray(line.y, float)])
    points = points[np.isfinite(points).all(axis=1)]
    ordered: npt.NDArray[np.float64] = points[np.argsort(points[:, 0], kind="stable")]
    return ordered


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
