"""A curve in few points."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Curve", "thinned"]

Floats = npt.NDArray[np.float64]

_POINTS = 200
_STRAIGHT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Points to draw a line through.

    Attributes
    ----------
    x, y
        Shape (p,), float64: ``x`` never falls; empty where the curve is not defined.
    """

    x: Floats
    y: Floats


def thinned(x: Floats, y: Floats, *, most: int = _POINTS) -> Curve:
    """Keep the corners of a curve, at most so many points, and drop what lies between.

    Between two points that are kept, the one farthest from the line through them is the next to
    be kept, until every point lies on the line or enough are kept. First and last point stay.

    Parameters
    ----------
    x, y
        Shape (n,), of one scale; ``x`` never falls.
    most
        How many points to keep, 2 or more.

    Notes
    -----
    O(n log ``most``) time as a rule, O(n · ``most``) at worst. D. H. Douglas and T. K. Peucker,
    "Algorithms for the reduction of the number of points required to represent a digitized line"
    (Cartographica 10, 1973), the largest distance first.
    """
    if len(x) <= 2:
        return Curve(x, y)
    kept = [0, len(x) - 1]
    waiting = [(*_farthest(x, y, 0, len(x) - 1), 0, len(x) - 1)]
    while waiting and len(kept) < most:
        nearness, at, first, last = heapq.heappop(waiting)
        if -nearness <= _STRAIGHT:
            break
        kept.append(at)
        for start, end in ((first, at), (at, last)):
            if end - start > 1:
                heapq.heappush(waiting, (*_farthest(x, y, start, end), start, end))
    kept.sort()
    return Curve(x[kept], y[kept])


def _farthest(x: Floats, y: Floats, first: int, last: int) -> tuple[float, int]:
    """Find the point farthest from the line through two others: less its distance, its place."""
    dx, dy = x[last] - x[first], y[last] - y[first]
    beside = slice(first + 1, last)
    length = np.hypot(dx, dy)
    if length > 0:
        distance = np.abs((x[beside] - x[first]) * dy - (y[beside] - y[first]) * dx) / length
    else:
        distance = np.hypot(x[beside] - x[first], y[beside] - y[first])
    at = int(distance.argmax())
    return -float(distance[at]), first + 1 + at
