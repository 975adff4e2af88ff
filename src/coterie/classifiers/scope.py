"""Whether a text belongs to one of a model's classes at all, judged by its vector alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.classifiers.exact_products import GridRows, dots, on_grid
from coterie.classifiers.examples import Examples

__all__ = ["MEASURES", "Likeness", "Scope", "Standing", "Weights", "fit_likeness"]

Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MEASURES = ("class", "nearest", "density")
"""What `Likeness.of` measures, in its order."""

# The kernel and the ridge of the few-shot model; widths of 2 and 4 were no better on the tables of
# the benchmark (RESULTS.md, X2).
_GAMMA, _RIDGE = 3.0, 0.3
_MOST = 4000  # examples with weights, as many as the few-shot model has
_ROWS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where n rows stand.

    Attributes
    ----------
    outside
        Shape (n,): unlike the training texts.
    doubtful
        Shape (n,): not outside, and yet as a text of a class that is not in the training texts
        could be.
    """

    outside: Bools
    doubtful: Bools

    @classmethod
    def inside(cls, rows: int) -> Standing:
        """Give the standing of rows of which none is outside or doubtful."""
        return cls(np.zeros(rows, np.bool_), np.zeros(rows, np.bool_))

    def take(self, rows: Ints | Bools) -> Standing:
        """Take some of the rows."""
        return Standing(self.outside[rows], self.doubtful[rows])

    def put(self, rows: Ints | Bools, others: Standing) -> None:
        """Put others in the place of some of the rows."""
        self.outside[rows], self.doubtful[rows] = others.outside, others.doubtful


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """How much a text is like the training rows, in three numbers.

    *class*: the largest share of a class by kernel ridge regression on the examples; *nearest*: the
    cosine to the nearest example; *density*: the mean similarity to all.

    Attributes
    ----------
    examples
        The examples.
    rows
        Shape (m,), int64: those of them that the regression uses, at most 4,000.
    says
        Shape (m, k), float32: their weights for the k classes.
    """

    examples: Examples
    rows: Ints
    says: Vectors
    _grid: GridRows = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the weights once, and those of the mean beside them."""
        mean = np.full((1, len(self.rows)), 1 / len(self.rows))
        object.__setattr__(self, "_grid", on_grid(np.vstack([self.says.T, mean])))

    def of(self, vectors: Vectors) -> Floats:
        """Measure texts, given their vectors (n, d) of unit length: (n, 3); see `MEASURES`.

        The same for a row whatever other rows are in the call. O(n · m · (d + k)).
        """
        found = np.empty((len(vectors), len(MEASURES)))
        for start in range(0, len(vectors), _ROWS):
            cosines = self.examples.cosines(vectors[start : start + _ROWS])
            near = _similarities(np.take(cosines, self.rows, axis=1))
            shares = dots(on_grid(near), self._grid)
            part = found[start : start + len(cosines)]
            part[:, 0] = shares[:, :-1].max(axis=1)
            part[:, 1] = cosines.max(axis=1)
            part[:, 2] = shares[:, -1]
        return found


@dataclass(frozen=True, slots=True)
class Weights:
    """How the numbers of `Likeness` become one score, higher where a text belongs.

    Each number is kept between its bounds, so that nothing far beyond the training rows scores well
    by one of them, and is then centred, scaled and weighted.
    """

    centres: tuple[float, ...]
    scales: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    weights: tuple[float, ...]

    def score(self, measured: Floats) -> Floats:
        """Score rows (n, 3): (n,)."""
        parts = zip(self.centres, self.scales, self.lows, self.highs, self.weights, strict=True)
        score = np.zeros(len(measured))
        for column, (centre, scale, low, high, weight) in zip(measured.T, parts, strict=True):
            score += weight * ((np.clip(column, low, high) - centre) / scale)
        return score


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Which texts belong to one of the classes.

    Attributes
    ----------
    likeness, weights
        How a text is scored.
    floor
        A text that scores less is outside.
    bar
        A text that scores less is doubtful.
    """

    likeness: Likeness
    weights: Weights
    floor: float
    bar: float

    def standing(self, vectors: Vectors) -> Standing:
        """Tell where texts stand, given their vectors (n, d) of unit length."""
        return self.standing_of(self.weights.score(self.likeness.of(vectors)))

    def standing_of(self, scores: Floats) -> Standing:
        """Tell where rows stand, given their scores (n,); NaN is not known, and stands inside."""
        outside = scores < self.floor
        return Standing(outside, (scores < self.bar) & ~outside)


def fit_likeness(examples: Examples, seed: int) -> Likeness:
    """Fit the regression to examples of any number of classes; O(4,000³) at most."""
    from scipy.linalg import solve

    rows = np.arange(len(examples.codes))
    if len(rows) > _MOST:
        rows = np.sort(np.random.default_rng(seed).choice(len(rows), _MOST, replace=False))
    vectors, codes = examples.vectors[rows], examples.codes[rows]
    own = _similarities(vectors @ vectors.T)
    own[np.diag_indices(len(own))] += np.float32(_RIDGE)
    known, numbered = np.unique(codes, return_inverse=True)
    says = solve(own, np.eye(len(known), dtype=np.float32)[numbered], assume_a="pos")
    return Likeness(examples, rows, np.ascontiguousarray(says, dtype=np.float32))


def _similarities(cosines: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Gaussian kernel of vectors of unit length, from their cosines, in place."""
    np.minimum(cosines, 1, out=cosines)
    cosines -= 1
    cosines *= _GAMMA
    near: npt.NDArray[Any] = np.exp(cosines, out=cosines)
    return near
