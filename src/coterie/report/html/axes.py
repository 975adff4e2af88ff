"""Scales, ticks and the frame of a chart.

Places along the page are percentages of the plot, so text keeps its size on a phone; the curves
lie in a nested drawing that is stretched.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from coterie.formatting import format_number
from coterie.report.charts import Histogram, Lines, Scatter
from coterie.report.html.markup import tag, template

__all__ = ["Scale", "axes", "frame"]

# A judgement, as are the other sizes of charts.
_HEIGHT = 260.0
_STEPS = ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,))  # of a logarithmic axis, many to few
_MOST_TICKS = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to percentages of an axis, and where its ticks are."""

    low: float
    high: float
    log: bool = False
    percent_sign: bool = False

    @classmethod
    def over(
        cls,
        values: Iterable[float],
        *,
        log: bool = False,
        pad: float = 0.0,
        percent_sign: bool = False,
    ) -> Scale:
        """Span the values, with a share ``pad`` of room at each end."""
        ends = [math.log10(v) if log else float(v) for v in values]
        low, high = min(ends), max(ends)
        if low == high:
            low, high = low - 0.5, high + 0.5
        room = (high - low) * pad
        return cls(low - room, high + room, log, percent_sign)

    def percent(self, value: float) -> float:
        """Give the place of a value, 0 to 100 within the scale."""
        place = math.log10(value) if self.log else value
        return (place - self.low) / (self.high - self.low) * 100

    def ticks(self) -> list[tuple[float, str]]:
        """Give the percentage and text of each tick."""
        if self.log:
            found = [self._inside(self._powers(steps)) for steps in _STEPS]
            sparse = found[-1][:: math.ceil(len(found[-1]) / _MOST_TICKS) or 1]
            inside = next((each for each in found if len(each) <= _MOST_TICKS), sparse)
        else:
            step = _step((self.high - self.low) / 5)
            first = math.ceil(self.low / step - 1e-9)
            last = math.floor(self.high / step + 1e-9)
            inside = self._inside([step * i for i in range(first, last + 1)])
        return [(self.percent(v), self._text(v)) for v in inside]

    def _powers(self, steps: Sequence[float]) -> list[float]:
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        return [step * 10.0**power for power in powers for step in steps]

    def _inside(self, values: Sequence[float]) -> list[float]:
        return [v for v in values if -1e-6 <= self.percent(v) <= 100 + 1e-6]

    def _text(self, value: float) -> str:
        if abs(value) < 1e-12:
            return "0"
        if self.percent_sign:
            return f"{value * 100:g}%"
        whole = abs(value - round(value)) < 1e-9
        return format_number(round(value) if whole else value)


def _step(rough: float) -> float:
    """Round a step between ticks up to 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough * 0.999)


def axes(x: Scale, y: Scale) -> Markup:
    """Draw the ticks of both axes, with lines across the plot."""
    across = [
        tag("line", x1=0, x2="100%", y1=f"{100 - at:.2f}%", y2=f"{100 - at:.2f}%")
        + tag("text", text, x=-8, y=f"{100 - at:.2f}%", dy="0.35em", text_anchor="end")
        for at, text in y.ticks()
    ]
    below = [
        tag("text", text, x=f"{at:.2f}%", y="100%", dy="1.6em", text_anchor="middle")
        for at, text in x.ticks()
    ]
    return tag("g", *across, *below, class_="axes", aria_hidden="true")


def frame(
    chart: Lines | Histogram | Scatter,
    drawn: Markup,
    names: Sequence[str],
    *,
    y_label: str = "",
    marked: bool = False,
    note: str | None = None,
    height: float = _HEIGHT,
) -> Markup:
    """Put a drawing into its figure, with title, legend, names of the axes and note.

    Parameters
    ----------
    chart
        Where the words come from.
    drawn
        What is inside the plot.
    names
        Name of each series by slot; a single one needs no legend.
    y_label
        Name of the y axis.
    marked
        Whether to leave room above the plot for the words of marks.
    note
        Words under the chart, where they are not those of its own.
    height
        Of the plot, in px.
    """
    svg = tag(
        "svg",
        drawn,
        height=height,
        class_="plot marked" if marked else "plot",
        role="img",
        aria_label=chart.title or chart.x_label or "Chart",
    )
    legend = list(enumerate(names)) if len(names) > 1 else []
    return template(
        "chart.html",
        chart=chart,
        svg=svg,
        legend=legend,
        y_label=y_label,
        note=chart.note if note is None else note,
    )
