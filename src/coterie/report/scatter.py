"""A scatter of pairs of numbers beside the line where both are the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from coterie.errors import OptionError
from coterie.report.axes import Scale, axes, frame
from coterie.report.blocks import Plain
from coterie.report.charts import Numbers
from coterie.report.markup import format_number, shorten, tag
from coterie.report.page import Sheet

__all__ = ["Scatter"]

_HEIGHT = 340.0
_NAME = 80
_PAD = 0.04


@dataclass(frozen=True, slots=True, eq=False)
class Scatter(Plain):
    """A point for each pair, on two axes alike, with the diagonal.

    Attributes
    ----------
    x, y
        The same number of values; points where either is not finite are left out.
    names
        A word for each point, shown on hover; or none.
    x_label, y_label
        Names of the axes.
    title, note
        Words above and under the chart.
    log
        Whether the axes are logarithmic; all values must then be positive.
    span
        Lowest and highest value of both axes, so that several charts are alike; by default those
        of the points.
    slot
        Which colour of the page's palette the points have.
    limit
        Points drawn at most; of more a sample, and the page says so.

    Raises
    ------
    OptionError
        On rendering, when lengths differ, or no point can be drawn.

    Notes
    -----
    A point costs about 170 bytes of the file.
    """

    x: Numbers
    y: Numbers
    names: Sequence[str] | npt.NDArray[np.object_] = ()
    x_label: str = ""
    y_label: str = ""
    title: str = ""
    note: str = ""
    log: bool = False
    span: tuple[float, float] | None = None
    slot: int = 0
    limit: int = 1000

    def render(self, _sheet: Sheet) -> Markup:
        """Write the chart."""
        points = self._points()
        if not len(points):
            raise OptionError(
                f"The scatter {self.title!r} has no finite point: give it some values."
            )
        drawn, note = points, self.note
        if len(points) > self.limit:
            drawn = np.sort(np.random.default_rng(0).permutation(points)[: self.limit])
            note = f"{note} {self.limit:,} of {len(points):,} points are drawn.".strip()
        x, y = (np.asarray(each, dtype=np.float64) for each in (self.x, self.y))
        both = np.concatenate([x[points], y[points]])
        ends = self.span or (float(both.min()), float(both.max()))
        scale = Scale.over(ends, log=self.log, pad=_PAD)
        dots = [self._dot(at, x[at], y[at], scale) for at in drawn.tolist()]
        straight = tag("line", x1=0, y1="100%", x2="100%", y2=0, class_="diagonal")
        inside = tag("g", *dots, class_=f"points c{self.slot}")
        return frame(
            self,
            axes(scale, scale) + straight + inside,
            [],
            y_label=self.y_label,
            note=note,
            height=_HEIGHT,
        )

    def _points(self) -> npt.NDArray[np.int64]:
        """Give the places of the points that can be drawn."""
        lengths = {len(self.x), len(self.y), *([len(self.names)] if len(self.names) else [])}
        if len(lengths) > 1:
            raise OptionError(
                f"The scatter {self.title!r} has {len(self.x)} x, {len(self.y)} y and "
                f"{len(self.names)} names: give as many."
            )
        pairs = np.column_stack([np.asarray(self.x, float), np.asarray(self.y, float)])
        return np.flatnonzero(np.isfinite(pairs).all(axis=1))

    def _dot(self, at: int, x: float, y: float, scale: Scale) -> Markup:
        name = f"{shorten(str(self.names[at]), _NAME)}: " if len(self.names) else ""
        told = f"{name}{self.y_label} {format_number(y)}, {self.x_label} {format_number(x)}"
        return tag(
            "circle",
            tag("title", told),
            cx=f"{scale.percent(x):.2f}%",
            cy=f"{100 - scale.percent(y):.2f}%",
            r=3,
        )
