"""Training rows that a model keeps: to show the nearest, and to find texts unlike all of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from coterie.classifiers.exact_products import GridRows, dots, on_grid

__all__ = ["Examples", "draw_rows", "keep_examples"]

Vectors = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MOST = 5000  # rows that a saved model carries: a judgement
_NOWHERE = -2.0  # a cosine that no text falls below
_ROWS = 1024
_COPY = 1 - 1e-5  # cosine from which on two texts count as the same
_SORTED = 8  # sorting is quicker for more than these


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Training rows, at most 5,000 of them.

    Attributes
    ----------
    vectors
        Shape (m, d), float32, unit length: of their texts.
    codes
        Shape (m,), int64: their classes.
    texts
        Their texts.
    floor
        A text with a lower cosine to all of them is outside.
    """

    vectors: Vectors
    codes: Ints
    texts: tuple[str, ...]
    floor: float
    _grid: GridRows = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Prepare the vectors once for every search."""
        object.__setattr__(self, "_grid", on_grid(self.vectors))

    def nearest(self, vectors: Vectors, most: int = 1) -> tuple[Ints, Floats]:
        """Find the ``most`` nearest examples of texts, given their vectors (n, d) of unit length.

        Gives places and cosines, (n, most) each, the nearest first. O(n · m · d).
        """
        most = min(most, len(self.vectors))
        places = np.empty((len(vectors), most), dtype=np.int64)
        cosines = np.empty((len(vectors), most))
        for start in range(0, len(vectors), _ROWS):
            found = self.cosines(vectors[start : start + _ROWS])
            order = _largest(found, most)
            places[start : start + len(found)] = order
            cosines[start : start + len(found)] = np.take_along_axis(found, order, axis=1)
        return places, cosines

    def cosines(self, vectors: Vectors) -> Floats:
        """Give the cosines (n, m) of a few texts to all examples."""
        return dots(on_grid(vectors), self._grid)

    def outside(self, vectors: Vectors) -> npt.NDArray[np.bool_]:
        """Which texts (n,) are unlike all examples, by the floor alone; see `Scope` for more."""
        return self.nearest(vectors)[1][:, 0] < self.floor


def keep_examples(
    vectors: Vectors, codes: Ints, texts: list[str], *, seed: int, outside: float
) -> Examples:
    """Choose the training rows to keep, and the cosine below which a text is outside.

    At most 5,000 are drawn; each class keeps its share, and one row at least. The share ``outside``
    of the training rows has no other row as near as the floor; the distance to the nearest training
    row is the score of Sun et al. 2022 (https://arxiv.org/abs/2204.06507).
    """
    rows = draw_rows(codes, seed)
    kept = Examples(vectors[rows], codes[rows], tuple(texts[row] for row in rows), -1.0)
    nearest = np.sort(kept.nearest(kept.vectors, 2)[1], axis=1)
    others = nearest[:, 0][nearest[:, 0] < _COPY]
    floor = float(np.quantile(others, outside)) if len(others) and outside else _NOWHERE
    return Examples(kept.vectors, kept.codes, kept.texts, floor)


def _largest(found: Floats, most: int) -> Ints:
    """Places of the largest in each row, the first of equal ones first."""
    if most > _SORTED:
        return np.argsort(-found, axis=1, kind="stable")[:, :most]
    left, rows = found.copy(), np.arange(len(found))
    order = np.empty((len(found), most), dtype=np.int64)
    for rank in range(most):
        order[:, rank] = left.argmax(axis=1)
        left[rows, order[:, rank]] = -np.inf
    return order


def draw_rows(codes: Ints, seed: int) -> Ints:
    """Draw 5,000 rows at most of those of ``codes`` (n,), so that each class keeps its share."""
    rng = np.random.default_rng(seed)
    if len(codes) <= _MOST:
        return np.arange(len(codes))
    shuffled = rng.permutation(len(codes))
    order = shuffled[np.argsort(codes[shuffled], kind="stable")]
    sizes = np.bincount(codes)
    wanted = np.maximum(1, sizes * _MOST // len(codes))
    rank = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.sort(order[rank < np.repeat(wanted, sizes)])
