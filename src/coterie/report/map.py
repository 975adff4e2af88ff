"""The map: a point per row that one can zoom, hover, colour and search."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from coterie.errors import OptionError
from coterie.report.markup import data_block, shorten, template
from coterie.report.page import Sheet
from coterie.report.palette import assign_slots

__all__ = ["Map", "Partition"]

_TEXT_WIDTH = 160
_STEPS = 65_535  # coordinates are sent as uint16


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


@dataclass(frozen=True, slots=True, eq=False)
class Map:
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
    limit
        Points drawn at most. Of more, a sample is drawn in proportion to the groups of the first
        partition, with every group kept, and the page says so.

    Raises
    ------
    OptionError
        On preparing, when lengths differ, a coordinate is not finite, or there is no partition.

    Notes
    -----
    A point costs about 20 bytes of the file and its text.
    """

    points: npt.NDArray[np.floating[Any]]
    texts: Sequence[str]
    partitions: Sequence[Partition]
    ids: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    confidence: npt.NDArray[np.floating[Any]] | None = None
    title: str = ""
    note: str = ""
    limit: int = 60_000

    def prepare(self, sheet: Sheet) -> None:
        """Check the arrays and settle the colour of every group."""
        self._check()
        for partition in self.partitions:
            known = sheet.slots.setdefault(partition.name, {})
            if any(name not in known for name in partition.names):
                sizes = _sizes(partition)
                centres = _centres(self.points, partition)
                for name, slot in zip(partition.names, assign_slots(centres, sizes), strict=True):
                    known.setdefault(name, slot)

    def render(self, sheet: Sheet) -> Markup:
        """Write the map's frame and its data; the script ``map.js`` draws it."""
        sheet.need("points.js", "legend.js", "map.js")
        identity = sheet.identity(self.title or "map")
        rows = self._sample()
        note = self.note
        if len(rows) < len(self.points):
            note = (
                f"{len(rows):,} of {len(self.points):,} points are drawn: a sample in proportion "
                f"to the groups. {note}"
            ).strip()
        return template(
            "map.html",
            map=self,
            id=identity,
            note=note,
            data=data_block(f"{identity}-data", self._data(rows, sheet)),
        )

    def _check(self) -> None:
        n = len(self.points)
        if self.points.shape != (n, 2):
            raise OptionError(f"A map needs points of shape (n, 2), not {self.points.shape}.")
        if not self.partitions:
            raise OptionError("A map needs at least one partition to colour its points by.")
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
                    f"A map of {n:,} points got {len(values):,} {what}: give as many."
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

    def _sample(self) -> npt.NDArray[np.intp]:
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

    def _data(self, rows: npt.NDArray[np.intp], sheet: Sheet) -> dict[str, object]:
        points = np.asarray(self.points, dtype=np.float64)
        low = points.min(axis=0, initial=np.inf) if len(points) else np.zeros(2)
        span = float(np.ptp(points, axis=0).max()) if len(points) else 1.0
        scaled = (points - low) / (span or 1.0)
        data: dict[str, object] = {
            "n": len(rows),
            "points": _packed(np.rint(scaled[rows] * _STEPS), np.uint16),
            "texts": [shorten(str(self.texts[row]), _TEXT_WIDTH) for row in rows],
            "partitions": [
                _partition(partition, rows, scaled, sheet) for partition in self.partitions
            ],
        }
        if self.ids is not None:
            data["ids"] = [str(self.ids[row]) for row in rows]
        if self.statuses is not None:
            names, codes = np.unique(np.asarray(self.statuses, dtype=str), return_inverse=True)
            data["statuses"] = {"names": names.tolist(), "codes": _packed(codes[rows], np.uint8)}
        if self.confidence is not None:
            percent = np.nan_to_num(np.asarray(self.confidence, dtype=np.float64)) * 100
            data["confidence"] = _packed(np.rint(percent[rows]).clip(0, 100), np.uint8)
        return data


def _partition(
    partition: Partition, rows: npt.NDArray[np.intp], scaled: npt.NDArray[np.float64], sheet: Sheet
) -> dict[str, object]:
    slots = sheet.slots[partition.name]
    sizes = _sizes(partition)
    centres = _centres(scaled, partition)
    codes = np.asarray(partition.codes)
    return {
        "name": partition.name,
        "none": partition.none,
        "outside": int((codes < 0).sum()),
        "codes": _packed(codes[rows], np.int16),
        "groups": [
            {
                "name": str(name),
                "size": int(sizes[code]),
                "slot": slots[name],
                "at": [round(float(place), 4) for place in centres[code]],
            }
            for code, name in enumerate(partition.names)
        ],
    }


def _sizes(partition: Partition) -> npt.NDArray[np.int64]:
    codes = np.asarray(partition.codes)
    return np.bincount(codes[codes >= 0], minlength=len(partition.names)).astype(np.int64)


def _centres(points: npt.NDArray[np.floating[Any]], partition: Partition) -> npt.NDArray[Any]:
    """Where each group is densest: its median, then the median of the nearer half, and again.

    A group in two places gets its name on the larger one, not between them.
    """
    codes = np.asarray(partition.codes)
    centres = np.zeros((len(partition.names), 2))
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(partition.names) + 1))
    for code, (start, end) in enumerate(pairwise(bounds)):
        mine = np.asarray(points[order[start:end]], dtype=np.float64)
        if len(mine):
            centres[code] = _densest(mine)
    return centres


def _densest(mine: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    while True:
        centre: npt.NDArray[np.float64] = np.median(mine, axis=0)
        if len(mine) < 8:
            return centre
        gaps = np.linalg.norm(mine - centre, axis=1)
        half = len(mine) // 2
        mine = mine[np.argpartition(gaps, half)[:half]]


def _packed(values: npt.NDArray[Any], dtype: type[np.integer[Any]]) -> str:
    """Write an array as base64 of little-endian integers."""
    little = np.ascontiguousarray(values).astype(np.dtype(dtype).newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode("ascii")
