"""From cosines to confidence that means something."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.segments.finding.split_halves import SplitHalves
from coterie.segments.router import Curve, Router

__all__ = ["calibrated"]

Ints = npt.NDArray[np.int64]
_FENCE = 3.0  # Tukey's outer fence
_OFF = 0.25  # settled on a tuned encoder's space, without labels; see docs/decisions/groups.md
_GRAIN = 2e-6  # twice that of the router's cosines: equal rows are on one side of the floor
_TIE = 0.4  # a judgement: a tie must be ambiguous, which is below 0.5
_BINS = np.linspace(0.05, 1.0, 20)  # a judgement, not measured


def calibrated(router: Router, vectors: Vectors, halves: SplitHalves | None) -> Router:
    """Fit a router's confidence, its outside and its core to the rows it was made from.

    *Confidence* rises with the margin between the best and the second-best segment: it is how
    often two discoveries, each on one half of the rows, agree on rows of such a margin (isotonic
    regression over bins, Zadrozny and Elkan 2002). A group of one agrees with that group of the
    other in which most of its rows are. The halves are compared with each other, not with the
    discovery on all rows: each half shares its rows with that one, and agrees more often than a
    discovery on other rows would; see docs/decisions/confidence.md. At a tie it is at most 0.4.
    *Outside* starts where the cosine to the best prototype falls below the lower quartile by
    more than three times the distance between the quartiles (Tukey's outer fence), and by more
    than a quarter of the way down to the median cosine to the next segment: where segments are
    tight and far apart, a row a little off still belongs to its own.
    *Core* rows are at least as near as their segment's median row.

    Parameters
    ----------
    router
        With prototypes and targets; the rest is fitted.
    vectors
        Shape (n, d): the rows that the prototypes come from.
    halves
        None where there are too few rows for two halves: the curve then stays as it is.
    """
    plain = replace(router, floor=-1.0, core={})
    routed = plain.route(vectors)
    best = routed.similarities.astype(np.float64)
    low, high = np.quantile(best, [0.25, 0.75])
    core = {
        str(name): float(np.median(best[routed.segments == name]))
        for name in np.unique(routed.segments.astype(str))
    }
    router = replace(router, floor=_floor(plain, vectors, best, low, high), core=core)
    if halves is None or len(router.segment_ids) < 2:
        return router
    return replace(router, curve=_curve(router, halves))


def _floor(
    router: Router, vectors: Vectors, best: npt.NDArray[np.float64], low: float, high: float
) -> float:
    """Cosine to the best prototype below which a row is outside."""
    fence = float(low - _FENCE * (high - low)) - _GRAIN
    if len(router.segment_ids) < 2:
        return fence
    elsewhere = best - router.margins(vectors)[1]
    return min(fence, float(low - _OFF * (low - np.median(elsewhere))) - _GRAIN)


def _curve(router: Router, halves: SplitHalves) -> Curve:
    """Share of agreement by margin: twenty bins of rows, finer at the low end, made monotone."""
    from sklearn.isotonic import isotonic_regression

    answers = [
        (router.margins(rows)[1], (_agreed(one, other) + _agreed(other, one)) / 2)
        for rows, one, other in halves.labels(len(router.segment_ids))
    ]
    margins = np.concatenate([margin for margin, _ in answers])
    agreed = np.concatenate([same for _, same in answers])
    order = np.argsort(margins, kind="stable")
    edges = np.unique((len(order) * np.array([0.0, 0.01, 0.025, *_BINS])).astype(int))
    bins = [order[start:stop] for start, stop in itertools.pairwise(edges)]
    rates = isotonic_regression(
        [agreed[rows].mean() for rows in bins], sample_weight=[len(rows) for rows in bins]
    )
    middles = [float(margins[rows].mean()) for rows in bins]
    curve = tuple((middle, float(rate)) for middle, rate in zip(middles, rates, strict=True))
    # A row as near to one segment as to the next is a toss-up, whether the table has such or not.
    tie = ((0.0, min(_TIE, curve[0][1])),)
    return tie + curve if middles[0] > 0 else curve


def _agreed(labels: Ints, others: Ints) -> npt.NDArray[np.float64]:
    """1 where most rows of a row's group are in the row's group of the other discovery, else 0."""
    table = np.zeros((int(labels.max()) + 1, int(others.max()) + 1), dtype=np.int64)
    np.add.at(table, (labels, others), 1)
    return np.asarray(table.argmax(axis=1)[labels] == others, dtype=np.float64)
