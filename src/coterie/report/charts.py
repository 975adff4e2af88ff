"""Charts of numbers as data: curves, histograms, bars, pairs of numbers, and words by weight."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from coterie.errors import OptionError
from coterie.formatting import format_number
from coterie.report.blocks import Block, listed_fields

__all__ = ["Bars", "Histogram", "Line", "Lines", "Mark", "Scatter", "WordCloud"]

Numbers = Sequence[float] | npt.NDArray[np.floating] | npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """A curve.

    Attributes
    ----------
    name
        Name in the legend.
    x, y
        The same number of values; points where either is not finite are left out.

    Raises
    ------
    OptionError
        When there are not as many x as y.
    """

    name: str
    x: Numbers
    y: Numbers

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise OptionError(
                f"The curve {self.name!r} has {len(self.x)} x and {len(self.y)} y: give pairs."
            )

    @property
    def points(self) -> Floats:
        """The points that can be drawn, from left to right, shape (n, 2)."""
        points = np.column_stack([np.asarray(self.x, float), np.asarray(self.y, float)])
        points = points[np.isfinite(points).all(axis=1)]
        ordered: Floats = points[np.argsort(points[:, 0], kind="stable")]
        return ordered


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
class Lines(Block):
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
        When no point at all can be drawn.
    """

    lines: Sequence[Line]
    x_label: str = ""
    y_label: str = ""
    marks: Sequence[Mark] = ()
    title: str = ""
    note: str = ""
    log_x: bool = False
    dots: bool = True

    def __post_init__(self) -> None:
        if not any(len(line.points) for line in self.lines):
            raise OptionError(
                f"The chart {self.title!r} has no finite point: give a curve some values."
            )

    def _shown(self) -> dict[str, Any]:
        lines = []
        for line in self.lines:
            x, y = line.points.T.tolist()
            lines.append({"name": line.name, "x": x, "y": y})
        return {**listed_fields(self), "lines": lines}


@dataclass(frozen=True, slots=True, eq=False)
class Histogram(Block):
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
        When no value is finite.
    """

    values: Numbers | Mapping[str, Numbers]
    x_label: str = ""
    title: str = ""
    note: str = ""
    bins: int | None = None

    def __post_init__(self) -> None:
        if not any(len(values) for values in self.series.values()):
            raise OptionError(f"The histogram {self.title!r} has no finite value: give it some.")

    @property
    def series(self) -> dict[str, Floats]:
        """The finite values of each set; a single set has no name."""
        named = self.values if isinstance(self.values, Mapping) else {"": self.values}
        return {name: _finite(values) for name, values in named.items()}

    @property
    def shared(self) -> bool:
        """Whether bars are shares of their set, because there are several sets."""
        return len(self.series) > 1

    @property
    def y_label(self) -> str:
        """What the height of a bar is."""
        return "share of each set" if self.shared else "rows"

    @property
    def edges(self) -> Floats:
        """Where the bars begin and end, shape (bars + 1,)."""
        values = np.concatenate([*self.series.values()])
        bins = self.bins
        if bins is None:
            low, high = np.percentile(values, [25, 75])
            span = float(np.ptp(values))
            width = 2 * (high - low) / len(values) ** (1 / 3)
            bins = int(np.clip(span / width if width > 0 else 10, 10, 60))
            if span >= 1 and (values == np.rint(values)).all():
                # whole numbers: bars of whole width, or some would hold more numbers than others
                step = math.ceil(span / bins)
                whole: Floats = np.arange(values.min(), values.max() + step + 1, step)
                return whole - 0.5
        edges: Floats = np.histogram_bin_edges(values, bins)
        return edges

    @property
    def heights(self) -> dict[str, npt.NDArray[Any]]:
        """The height of each bar of each set: a number of rows, or a share of its set."""
        edges = self.edges
        return {
            name: np.histogram(values, edges)[0] / (max(len(values), 1) if self.shared else 1)
            for name, values in self.series.items()
        }

    def _shown(self) -> dict[str, Any]:
        return {
            **listed_fields(self, "values", "bins"),
            "y_label": self.y_label,
            "edges": self.edges.tolist(),
            "series": [
                {"name": name, "heights": heights.tolist()}
                for name, heights in self.heights.items()
            ],
        }


@dataclass(frozen=True, slots=True)
class Bars(Block):
    """Horizontal bars, each with its name and value.

    Attributes
    ----------
    labels
        Name of each bar.
    values
        Length of each bar; negative values are not drawn, unless ``signed``.
    title, note
        Words above and under the chart.
    format
        A format specification of Python for the values, such as ``".1%"``.
    partition
        Name of a map's partition whose colours the bars take by their names.
    limit
        Bars shown at first; a button shows the others.
    signed
        Whether to draw the size of negative values too, in another colour, and to write the sign of
        each value.
    """

    labels: Sequence[str]
    values: Numbers
    title: str = ""
    note: str = ""
    format: str = ""
    partition: str = ""
    limit: int = 30
    signed: bool = False

    def written(self, value: float) -> str:
        """Write a value, with its sign where signs are shown."""
        sign = "+" if self.signed and value > 0 else ""
        return sign + format_number(value, self.format)

    def _shown(self) -> dict[str, Any]:
        bars = [
            {"label": str(label), "value": value, "text": self.written(value)}
            for label, value in zip(self.labels, self.values, strict=True)
        ]
        return {**listed_fields(self, "labels", "values", "format"), "bars": bars}


@dataclass(frozen=True, slots=True, eq=False)
class Scatter(Block):
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
        When lengths differ, or no point can be drawn.

    Notes
    -----
    A point costs about 170 bytes of the HTML file.
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

    def __post_init__(self) -> None:
        lengths = {len(self.x), len(self.y), *([len(self.names)] if len(self.names) else [])}
        if len(lengths) > 1:
            raise OptionError(
                f"The scatter {self.title!r} has {len(self.x)} x, {len(self.y)} y and "
                f"{len(self.names)} names: give one of each for a point."
            )
        if not len(self._finite()):
            raise OptionError(
                f"The scatter {self.title!r} has no finite point: give it some values."
            )

    def _finite(self) -> npt.NDArray[np.int64]:
        pairs = np.column_stack([np.asarray(self.x, float), np.asarray(self.y, float)])
        return np.flatnonzero(np.isfinite(pairs).all(axis=1))

    @property
    def drawn(self) -> npt.NDArray[np.int64]:
        """The places of the points that are drawn."""
        points = self._finite()
        if len(points) <= self.limit:
            return points
        return np.sort(np.random.default_rng(0).permutation(points)[: self.limit])

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest value of both axes."""
        if self.span is not None:
            return self.span
        points = self._finite()
        both = np.concatenate([np.asarray(each, np.float64)[points] for each in (self.x, self.y)])
        return float(both.min()), float(both.max())

    @property
    def caption(self) -> str:
        """The note, and what is left out of the drawing."""
        points = len(self._finite())
        if points <= self.limit:
            return self.note
        return f"{self.note} {self.limit:,} of {points:,} points are drawn.".strip()

    def _shown(self) -> dict[str, Any]:
        drawn = self.drawn
        return {
            **listed_fields(self),
            "x": np.asarray(self.x, np.float64)[drawn].tolist(),
            "y": np.asarray(self.y, np.float64)[drawn].tolist(),
            "names": [str(self.names[at]) for at in drawn.tolist()] if len(self.names) else [],
            "note": self.caption,
            "span": list(self.ends),
        }


@dataclass(frozen=True, slots=True)
class WordCloud(Block):
    """A cloud of words; the same weights always give the same cloud.

    Attributes
    ----------
    weights
        Word to its weight, such as a count; what is not above zero is left out.
    title, note
        Words above and under the cloud.
    limit
        Number of words at most, the heaviest.

    Raises
    ------
    OptionError
        When no word has a weight above zero.
    """

    weights: Mapping[str, float]
    title: str = ""
    note: str = ""
    limit: int = 90

    def __post_init__(self) -> None:
        if not self.heaviest:
            raise OptionError("A word cloud has no word with a weight above zero: give it some.")

    @property
    def heaviest(self) -> list[tuple[str, float]]:
        """The words that are shown, the heaviest first, with their weights."""
        weights = {str(word): float(w) for word, w in self.weights.items() if w > 0}
        return sorted(weights.items(), key=lambda item: (-item[1], item[0]))[: self.limit]

    def _shown(self) -> dict[str, Any]:
        words = [{"word": word, "weight": weight} for word, weight in self.heaviest]
        return {**listed_fields(self, "weights", "limit"), "words": words}


def _finite(values: Numbers) -> Floats:
    array = np.asarray(values, dtype=np.float64).ravel()
    finite: Floats = array[np.isfinite(array)]
    return finite
