"""From cosines to confidence that means something."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from coterie.embed import Vectors
from coterie.segments.halves import Halves
from coterie.segments.router import Router

__all__ = ["calibrated"]

Ints = npt.NDArray[np.int64]
_FENCE = 3.0


def calibrated(router: Router, vectors: Vectors, halves: Halves | None) -> Router:
    """Fit a router's confidence, its outside and its core to the rows it was made from.

    *Confidence* is a logistic curve over the margin between the best and the second-best segment
    (Platt 1999), fitted to how often two independent discoveries, each on half of the rows, put
    a row into the segment that the router names. *Outside* starts where the cosine to the best
    prototype falls below the lower quartile by more than three times the distance between
    the quartiles (Tukey's outer fence). *Core* rows are at least as near as their segment's median row.

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
    router = replace(router, floor=float(low - _FENCE * (high - low)), core=core)
    if halves is None or len(router.segment_ids) < 2:
        return router
    slope, intercept = _curve(router, halves)
    return replace(router, slope=slope, intercept=intercept)


def _curve(router: Router, halves: Halves) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    named, margins = router.margins(halves.rows)
    names, codes = np.unique(named.astype(str), return_inverse=True)
    agreed = [
        _renamed(labels, codes, len(names)) == codes
        for labels in halves.labels(len(router.segment_ids))
    ]
    target = np.concatenate(agreed)
    if target.all() or not target.any():
        return router.slope, router.intercept
    fit = LogisticRegression(C=1e4).fit(np.tile(margins, len(agreed))[:, None] * 10, target)
    slope = float(fit.coef_[0, 0]) * 10
    return (slope, float(fit.intercept_[0])) if slope > 0 else (router.slope, router.intercept)


def _renamed(labels: Ints, codes: Ints, groups: int) -> Ints:
    """Give each group of one discovery the name under which most of its rows go in the other."""
    table = np.zeros((int(labels.max()) + 1, groups), dtype=np.int64)
    np.add.at(table, (labels, codes), 1)
    return np.asarray(table.argmax(axis=1)[labels], dtype=np.int64)
