"""The map: a point per row that one can zoom, hover, colour and search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.errors import OptionError
from coterie.formatting import shorten
from coterie.report.blocks import Block

__all__ = ["TEXT_WIDTH", "Map", "Partition"]

_EDGE = 1e-9  # of a circle, for rounding
_PLACES = 4  # decimals of a place in JSON: finer than a pixel
_CELLS = 96  # to a side, of the density

_MIXED = "A name is written where most of the points have it; the others are in the list only."

TEXT_WIDTH = 160
"""Characters of a text that are shown."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Partition:
    """One way to colour the points: the segments, a label column, a level of a hierarchy.

    Attributes
    ----------
    name
        What it is, for the menu: ``"Segment"``, ``"intent"``. Groups and bars that name the same
        partition share its colours.
    codes
        Shape (n,), integer: which name each point has; -1 for none, drawn in grey.
    names
        Name of each code.
    none
        What to call -1: ``"outside"``, ``"no label"``.
    """

    name: str
    codes: npt.NDArray[np.integer[Any]]
    names: Sequence[str]
    none: str = "outside"

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Number of points of each name, shape (k,)."""
        codes = np.asarray(self.codes)
        return np.bincount(codes[codes >= 0], minlength=len(self.names)).astype(np.int64)

    @property
    def outside(self) -> int:
        """Number of points that have no name."""
        return int((np.asarray(self.codes) < 0).sum())

    def centres(self, points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[Any]:
        """Find where each name has its points, shape (k, 2).

        Where it is densest: the median of its points, then of the nearer half, and again. A name
        in two places lies on the larger one, not between them.
        """
        codes = np.asarray(self.codes)
        centres = np.zeros((len(self.names), 2))
        order = np.argsort(codes, kind="stable")
        bounds = np.searchsorted(codes[order], np.arange(len(self.names) + 1))
        for code, (start, end) in enumerate(pairwise(bounds)):
            mine = np.asarray(points[order[start:end]], dtype=np.float64)
            if len(mine):
                centres[code] = _densest(mine)
        return centres

    def stands_apart(self, points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.bool_]:
        """Tell which names may be written at their centre, shape (k,).

        Those that most of the points there have: in the circle about the centre that holds half of
        the points of the name. A name over points of many others would mislead. O(n · (log n + k))
        time.
        """
        from scipy.spatial import cKDTree

        codes, centres = np.asarray(self.codes), self.centres(points)
        gaps = np.linalg.norm(points - centres[codes], axis=1) if len(self.names) else codes
        mine = [gaps[codes == code] for code in range(len(self.names))]
        within = np.array([np.median(own) * (1 + _EDGE) if len(own) else 0.0 for own in mine])
        own = np.array([(each <= end).sum() for each, end in zip(mine, within, strict=True)])
        if not len(points) or not mine:
            return np.zeros(len(mine), dtype=np.bool_)
        near = cKDTree(points).query_ball_point(centres, within, return_length=True)
        return np.asarray(2 * own > near, dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Map(Block):
    """A scatter of rows with their texts.

    Attributes
    ----------
    points
        Shape (n, 2), any float dtype: where each row lies.
    texts
        n texts, shown on hover (the first 160 characters) and searched.
    partitions
        Ways to colour the points; the first is shown at first. At least one.
    ids
        n ids, shown on hover, or None.
    statuses
        n words such as ``"core"`` or ``"outside"``, or None.
    confidence
        Shape (n,), 0 to 1, or None.
    title, note
        Words above and under the map.
    projection
        How the points were put into the plane: ``"PCA"``.
    limit
        Points drawn at most. Of more, a sample is drawn in proportion to the groups of the first
        partition, with every group kept, over a shade where all of them lie, and the page says so.

    Raises
    ------
    OptionError
        When lengths differ, a coordinate is not finite, or there is no partition.

    Notes
    -----
    A point costs about 20 bytes of the HTML file and its text.
    """

    points: npt.NDArray[np.floating[Any]]
    texts: Sequence[str]
    partitions: Sequence[Partition]
    ids: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    confidence: npt.NDArray[np.floating[Any]] | None = None
    title: str = ""
    note: str = ""
    projection: str = ""
    limit: int = 60_000

    def __post_init__(self) -> None:
        n = len(self.points)
        if self.points.shape != (n, 2):
            raise OptionError(f"The map's points have shape {self.points.shape}: give (n, 2).")
        if not self.partitions:
            raise OptionError("The map has no partition to colour its points by: give one.")
        lengths = {
            "texts": self.texts,
            "ids": self.ids,
            "statuses": self.statuses,
            "confidence": self.confidence,
            **{f"codes of {p.name!r}": p.codes for p in self.partitions},
        }
        for what, values in lengths.items():
            if values is not None and len(values) != n:
                raise OptionError(
                    f"A map of {n:,} points got {len(values):,} {what}: give one for each point."
                )
        for partition in self.partitions:
            highest = int(np.max(partition.codes, initial=-1))
            if highest >= len(partition.names):
                raise OptionError(
                    f"The partition {partition.name!r} has the code {highest} and "
                    f"{len(partition.names)} names: give each code a name."
                )
        if not np.isfinite(self.points).all():
            raise OptionError("A map's coordinate is not finite: leave such rows out of the map.")

    @property
    def drawn(self) -> npt.NDArray[np.intp]:
        """Rows to draw, shuffled so that no group covers another by its place in the table."""
        generator = np.random.default_rng(0)
        n = len(self.points)
        if n <= self.limit:
            return generator.permutation(n)
        # systematic sampling over rows sorted by group keeps the proportions
        codes = np.asarray(self.partitions[0].codes)
        shuffled = generator.permutation(n)
        grouped = shuffled[np.argsort(codes[shuffled], kind="stable")]
        taken = grouped[np.linspace(0, n - 1, self.limit).astype(np.intp)]
        _, firsts = np.unique(codes[grouped], return_index=True)
        kept = np.unique(np.concatenate([taken, grouped[firsts]]))
        return generator.permutation(kept)

    @property
    def places(self) -> Floats:
        """The points within a square of side 1, shape (n, 2)."""
        points = np.asarray(self.points, dtype=np.float64)
        low = points.min(axis=0, initial=np.inf) if len(points) else np.zeros(2)
        span = float(np.ptp(points, axis=0).max()) if len(points) else 1.0
        return (points - low) / (span or 1.0)

    @property
    def density(self) -> npt.NDArray[np.uint8] | None:
        """Shade of each cell, shape (96, 96), by the logarithm of its points.

        The first axis is x, the second y. None where all points are drawn.
        """
        if len(self.points) <= self.limit:
            return None
        x, y = (self.places * _CELLS).astype(np.int64).clip(0, _CELLS - 1).T
        counts = np.log1p(np.bincount(x * _CELLS + y, minlength=_CELLS**2))
        shade: npt.NDArray[np.uint8] = np.rint(counts / counts.max() * 255).astype(np.uint8)
        return shade.reshape(_CELLS, _CELLS)

    @property
    def caption(self) -> str:
        """What is left out of the drawing, the note, and how the points were put there."""
        rows, told = len(self.drawn), []
        if rows < len(self.points):
            told.append(
                f"{rows:,} of {len(self.points):,} points are drawn: a sample in proportion "
                "to the groups. The shade shows where all of them lie."
            )
        told.append(self.note)
        if self.projection:
            told.append(f"Projection: {self.projection}.")
        if any(self._mixed(each) for each in self.partitions):
            told.append(_MIXED)
        return " ".join(filter(None, told))

    def _mixed(self, partition: Partition) -> bool:
        return bool((~partition.stands_apart(self.places) & (partition.sizes > 0)).any())

    @property
    def status_codes(self) -> tuple[list[str], npt.NDArray[np.intp]] | None:
        """The statuses there are, and which of them each point has; None without statuses."""
        if self.statuses is None:
            return None
        names, codes = np.unique(np.asarray(self.statuses, dtype=str), return_inverse=True)
        return names.tolist(), codes

    def excerpts(self, rows: npt.NDArray[np.intp]) -> list[str]:
        """Give the beginning of the text of each of the rows."""
        return [shorten(str(self.texts[row]), TEXT_WIDTH) for row in rows]

    def _shown(self) -> dict[str, Any]:
        rows, places = self.drawn, self.places
        shown: dict[str, Any] = {
            "title": self.title,
            "note": self.caption,
            "projection": self.projection,
            "n": len(self.points),
            "x": places[rows, 0].round(_PLACES).tolist(),
            "y": places[rows, 1].round(_PLACES).tolist(),
            "texts": self.excerpts(rows),
            "partitions": [
                {
                    "name": each.name,
                    "none": each.none,
                    "outside": each.outside,
                    "codes": np.asarray(each.codes)[rows].tolist(),
                    "names": [str(name) for name in each.names],
                    "sizes": each.sizes.tolist(),
                    "centres": each.centres(places).round(_PLACES).tolist(),
                    "named": each.stands_apart(places).tolist(),
                }
                for each in self.partitions
            ],
        }
        if (density := self.density) is not None:
            shown["density"] = density.tolist()
        if self.ids is not None:
            shown["ids"] = [str(self.ids[row]) for row in rows]
        if (statuses := self.status_codes) is not None:
            names, codes = statuses
            shown["statuses"] = {"names": names, "codes": codes[rows].tolist()}
        if self.confidence is not None:
            shown["confidence"] = np.asarray(self.confidence, float)[rows].round(2).tolist()
        return shown


def _densest(mine: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    while True:
        centre: npt.NDArray[np.float64] = np.median(mine, axis=0)
        if len(mine) < 8:
            return centre
        gaps = np.linalg.norm(mine - centre, axis=1)
        half = len(mine) // 2
        mine = mine[np.argpartition(gaps, half)[:half]]
