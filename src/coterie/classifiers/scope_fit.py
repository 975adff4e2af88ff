"""Fit what belongs to a model's classes, without any foreign text: by leaving classes out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from coterie.classifiers.examples import Examples
from coterie.classifiers.scope import (
    MEASURES,
    Bools,
    Floats,
    Ints,
    Scope,
    Vectors,
    Weights,
    fit_likeness,
)
from coterie.metrics.folds import assign_folds

__all__ = ["OUTSIDE", "UNKNOWN", "fit_scope"]

_FOLDS = 5  # a convention of the field
_FEWEST = 6  # classes: of fewer none is left out, for the others would say little; a judgement

# Of class, nearest and density, in standard deviations: the means of what was fitted on the tables
# that the benchmark does not report (RESULTS.md, X2).
_USUAL = (1.6, 0.7, 0.0)
_BOUNDED = 0.005  # share of the rows beyond a bound: a judgement

_NOWHERE = -1e9  # a score that no text falls below

OUTSIDE = 0.05
"""Share of the texts that belong which may be outside."""
UNKNOWN = 0.05
"""Share of the texts of left-out classes that may be assigned.

8% may pass. A model of all classes lets more pass than those of a fold, so less is aimed at; 6% was
not enough with 25 rows of each class.
"""

# Bounds of the share of the rows that belong below the bar. A tenth: settled on tables of that kind
# with four classes known and two foreign. A half: a judgement.
_LEAST, _MOST = 0.1, 0.5


def fit_scope(
    vectors: Vectors,
    codes: Ints,
    clusters: Ints,
    examples: Examples,
    rows: Ints,
    *,
    seed: int,
    unknown: float = UNKNOWN,
    outside: float = OUTSIDE,
    fresh: Bools | None = None,
) -> tuple[Scope | None, Floats]:
    """Fit a scope to n training rows, of which ``rows`` (m,) are the ``examples``.

    In each of five folds some of the examples and some of the classes are left out. The others
    measure how like them the left-out examples are: those of known classes as texts that belong,
    and those of left-out classes as foreign ones. A logistic regression tells one from the other,
    drawn towards weights that are usual. Of fewer than six classes none is left out, and the usual
    weights are taken as they are.

    Parameters
    ----------
    vectors, codes, clusters
        Shape (n, d), (n,) and (n,): of all rows; rows of one cluster are never on both sides.
    examples, rows
        The examples, and which rows they are.
    seed
        Random seed.
    unknown
        Share of the texts of left-out classes that may be assigned; with 1 no row is doubtful.
    outside
        Share of the texts that belong which may be outside; with 0 no row is.
    fresh
        Shape (n,): the rows that an encoder was not tuned on. These alone are measured then, and by
        all others; classes are not left out, for the encoder was tuned to tell them apart.

    Returns
    -------
    Scope or None
        None where no row can be measured by others.
    ndarray of shape (n,), float64
        Scores of the rows that belong, by others alone; NaN where there is none.

    Notes
    -----
    O(n · 5,000 · d) time for the scores and six regressions of O(4,000³) at most; memory for 4,000
    by 4,000 numbers.
    """
    inside = np.full((len(codes), len(MEASURES)), np.nan)
    foreign = []
    for known, held, left in _folds(codes, clusters, rows, fresh, seed):
        own = Examples(examples.vectors[known], examples.codes[known], (), -1.0)
        likeness = fit_likeness(own, seed)
        belong = held[np.isin(codes[held], own.codes)]
        inside[belong] = likeness.of(vectors[belong])
        foreign.append(likeness.of(vectors[left]))
    there = ~np.isnan(inside[:, 0])
    if not there.any():
        return None, inside[:, 0]
    weights = _fit_weights(inside[there], np.vstack(foreign))
    scores = np.full(len(codes), np.nan)
    scores[there] = weights.score(inside[there])
    strange = weights.score(np.vstack(foreign))
    floor, low, high = np.quantile(scores[there], [outside, _LEAST, _MOST])
    floor = floor if outside else _NOWHERE
    bar = min(max(float(np.quantile(strange, 1 - unknown)), low), high) if len(strange) else low
    bar = bar if unknown < 1 else float(floor)
    scope = Scope(fit_likeness(examples, seed), weights, float(floor), float(bar))
    return scope, scores


def _folds(
    codes: Ints, clusters: Ints, rows: Ints, fresh: Bools | None, seed: int
) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Give places in ``rows`` to measure by, and rows that belong and that are foreign."""
    if fresh is not None:
        known = np.flatnonzero(~np.isin(clusters[rows], clusters[fresh]))
        if len(known):
            yield known, np.flatnonzero(fresh), rows[:0]
        return
    folds = assign_folds(codes, clusters, _FOLDS, seed=seed)
    group = _groups(int(codes.max()) + 1, seed)[codes]
    folds = _moved(folds, clusters, folds == group)
    for fold in range(_FOLDS):
        held = (folds == fold) & (group != fold)
        left = group[rows] == fold
        known = np.flatnonzero(~left & ~np.isin(clusters[rows], clusters[held]))
        if len(known):
            yield known, np.flatnonzero(held), rows[left]


def _moved(folds: Ints, clusters: Ints, lost: Bools) -> Ints:
    """Move clusters to another fold if all their rows are lost in theirs, where nothing scores."""
    number = np.unique(clusters, return_inverse=True)[1]
    away = np.bincount(number, weights=~lost)[number] == 0
    return np.where(away, (folds + 1 + number % (_FOLDS - 1)) % _FOLDS, folds)


def _groups(classes: int, seed: int) -> Ints:
    """Give the fold in which each class is left out, (k,); -1 where it never is."""
    if classes < _FEWEST:
        return np.full(classes, -1)
    groups = np.empty(classes, dtype=np.int64)
    groups[np.random.default_rng(seed).permutation(classes)] = np.arange(classes) % _FOLDS
    return groups


def _fit_weights(inside: Floats, foreign: Floats) -> Weights:
    """Fit weights that tell rows that belong (n, 3) from foreign ones (m, 3), both as important."""
    both = np.vstack([inside, foreign])
    lows, highs = np.quantile(both, [_BOUNDED, 1 - _BOUNDED], axis=0)
    centres, scales = inside.mean(axis=0), inside.std(axis=0)
    scales = np.where(scales > 1e-9, scales, 1.0)
    columns = (centres, scales, lows, highs)
    centre, scale, low, high = (tuple(column.tolist()) for column in columns)
    usual = Weights(centre, scale, low, high, _USUAL)
    if not len(foreign):
        return usual
    scaled = (np.clip(both, lows, highs) - centres) / scales
    belongs = np.arange(len(both)) < len(inside)
    return replace(usual, weights=_logistic(scaled, belongs))


def _logistic(scaled: Floats, belongs: Bools) -> tuple[float, ...]:
    """Logistic regression whose penalty is the distance from the usual weights."""
    from scipy.optimize import minimize

    usual = np.array([*_USUAL, 0.0])
    columns = np.hstack([scaled, np.ones((len(scaled), 1))])
    sign = np.where(belongs, 1.0, -1.0)
    share = np.where(belongs, 0.5 / belongs.sum(), 0.5 / (~belongs).sum()) * len(belongs)

    def loss(weights: Floats) -> tuple[float, Floats]:
        margin = sign * (columns @ weights)
        away = weights - usual
        away[-1] = 0.0
        slope = columns.T @ (-share * sign / (1 + np.exp(np.minimum(margin, 500.0))))
        return float(0.5 * away @ away + share @ np.logaddexp(0.0, -margin)), slope + away

    # what is like a class, or near to a row, never counts against a text
    bounds = [(0, None), (0, None), (None, None), (None, None)]
    found = minimize(loss, usual, jac=True, method="L-BFGS-B", bounds=bounds)
    return tuple(float(weight) for weight in found.x[:-1])
