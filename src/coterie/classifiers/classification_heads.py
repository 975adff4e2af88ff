"""Heads: from the features of a row to a score for each class.

Every classifier ends in one of three heads, and each is a few arrays. So a model that torch trained
needs no torch to predict, and a saved model holds arrays only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from coterie.classifiers.exact_products import GridRows, dots, on_grid, squares
from coterie.errors import StoreError

__all__ = ["Head", "Kernel", "Layers", "Said", "head_of"]

Features = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Arrays = Mapping[str, npt.NDArray[Any]]

_ROWS = 2048
_LARGEST = 1e12  # of a weight: larger than training gives, and a product of 16 is still finite
_DEEPEST = 16  # layers
_LEAST = 1e-300  # the smallest share whose logarithm is finite in float64, about
_UNSAID = 4.0  # below the least likely label shown: log-odds of one that was not; a judgement
_FLOOR = 0.03  # soft lower bound of a share; settled on Banking77, test file in view


class Head(Protocol):
    """Features into one score per class."""

    kind: str
    width: int
    classes: int

    def scores(self, features: Features) -> Floats:
        """Score rows (n, width): (n, classes), higher is more probable."""
        ...

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Give its arrays, of which `head_of` makes it again."""
        ...


class Layers:
    """Linear layers with ReLU between them; one layer is a linear model.

    Weights (in, out) float64, each as wide as the next is high, and biases (out,).
    """

    kind = "layers"

    def __init__(self, weights: Sequence[Floats], biases: Sequence[Floats]) -> None:
        self._weights = [np.ascontiguousarray(w, dtype=np.float64) for w in weights]
        self._biases = [np.asarray(b, dtype=np.float64) for b in biases]
        self._grids = [on_grid(w.T) for w in self._weights]
        self.width = self._weights[0].shape[0]
        self.classes = self._weights[-1].shape[1]

    def scores(self, features: Features) -> Floats:
        """See `Head`; O(n · parameters)."""
        parts = [self._part(part) for part in _blocks(features)]
        return np.concatenate([np.empty((0, self.classes)), *parts])

    def _part(self, features: Features) -> Floats:
        first, *others = zip(self._grids, self._biases, strict=True)
        scores = dots(on_grid(features), first[0]) + first[1]
        for grid, bias in others:
            scores = dots(on_grid(np.maximum(scores, 0.0)), grid) + bias
        return scores

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """See `Head`."""
        held: dict[str, npt.NDArray[Any]] = {}
        for place, (weight, bias) in enumerate(zip(self._weights, self._biases, strict=True)):
            held |= {f"weight_{place}": weight, f"bias_{place}": bias}
        return held


class Kernel:
    """Similarity to labelled examples, each with a weight for every class.

    The last columns of the features may be a linear part: their weights ``slopes`` (w, k) float64
    are added to the sum.

    The similarity is the Gaussian kernel exp(-gamma/2 · squared distance), which for unit vectors
    is exp(gamma · (cosine - 1)). The weighted sum is a share from about 0 to 1 for each class; its
    score is the logarithm of that, softly kept above 0.03, which a temperature turns into
    probabilities that are better calibrated than the shares.

    ``examples`` are (m, d) float32, their weights ``says`` (m, k) float64.
    """

    kind = "kernel"

    def __init__(
        self, examples: Features, says: Floats, gamma: float, slopes: Floats | None = None
    ) -> None:
        self._examples = np.ascontiguousarray(examples, dtype=np.float32)
        self._says = np.ascontiguousarray(says, dtype=np.float64)
        self._gamma = float(gamma)
        self._grids = on_grid(self._examples), on_grid(self._says.T)
        self._squares = squares(self._grids[0])
        self._slopes = None if slopes is None else np.ascontiguousarray(slopes, dtype=np.float64)
        self._linear = None if slopes is None else on_grid(slopes.T)
        self._near, self.classes = examples.shape[1], says.shape[1]
        self.width = self._near + (0 if slopes is None else len(slopes))

    def scores(self, features: Features) -> Floats:
        """See `Head`; O(n · m · (d + k)) time, memory for 2,048 rows by m."""
        parts = [self._part(part) for part in _blocks(features)]
        shares = np.concatenate([np.empty((0, self.classes)), *parts])
        softly = _FLOOR * np.logaddexp(0.0, shares / _FLOOR)
        scores: Floats = np.log(np.maximum(softly, _LEAST))
        return scores

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """See `Head`."""
        gamma = np.array([self._gamma])
        slopes = {} if self._slopes is None else {"slopes": self._slopes}
        return {"examples": self._examples, "says": self._says, "gamma": gamma, **slopes}

    def _part(self, features: Features) -> Floats:
        examples, says = self._grids
        near = similarities(
            on_grid(features[:, : self._near]), examples, self._gamma, self._squares
        )
        shares = dots(on_grid(near), says)
        if self._linear is not None:
            shares += dots(on_grid(features[:, self._near :]), self._linear)
        return shares


class Said:
    """The last k features are log-probabilities by a language model, NaN for labels not shown.

    From each its usual value is taken away: what the model says of the label whatever the text, as
    measured on training rows. Small models prefer some labels by far (Zhao et al. 2021,
    https://arxiv.org/abs/2102.09690; the mean over texts is that of Zhou et al. 2023,
    https://arxiv.org/abs/2309.17249). A text of which nothing was said gets the same score for all.

    ``usual`` is (k,) float64.
    """

    kind = "said"

    def __init__(self, usual: npt.NDArray[np.float64], width: int) -> None:
        self._usual = np.asarray(usual, dtype=np.float64)
        self.classes = len(self._usual)
        self.width = width

    def scores(self, features: Features) -> Floats:
        """See `Head`."""
        said = features[:, -self.classes :].astype(np.float64) - self._usual
        shown = ~np.isnan(said)
        least = np.where(shown, said, np.inf).min(axis=1, initial=np.inf, keepdims=True)
        least = np.where(np.isfinite(least), least - _UNSAID, 0.0)
        found: Floats = np.where(shown, said, least)
        return found

    def arrays(self) -> dict[str, npt.NDArray[np.float64]]:
        """See `Head`."""
        return {"usual": self._usual, "width": np.array([float(self.width)])}


def similarities(
    left: GridRows, right: GridRows, gamma: float, known: Floats | None = None
) -> Floats:
    """Gaussian kernel of rows (n, d) and (m, d): (n, m) float64 from 0 to 1.

    ``known`` are the `squares` of ``right`` (m, 1), where they are at hand.
    """
    squared = squares(left) + (squares(right) if known is None else known).T
    squared -= 2 * dots(left, right)
    found: Floats = np.exp(-0.5 * gamma * np.maximum(squared, 0.0))
    return found


def head_of(kind: str, arrays: Arrays) -> Head:
    """Make a head of what `Head.arrays` gave; StoreError where the arrays cannot be a head's."""
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu" or not (np.abs(array) <= _LARGEST).all():  # NaN is not
            raise StoreError(f"The model's array {name} has invalid numbers: train it again.")
    try:
        if kind == Kernel.kind:
            examples, says = arrays["examples"], arrays["says"]
            gamma, slopes = arrays["gamma"], arrays.get("slopes")
            sound = gamma.shape == (1,) and gamma[0] > 0
            sound &= slopes is None or (slopes.ndim == 2 and slopes.shape[1:] == says.shape[1:])
            if sound and examples.ndim == says.ndim == 2 and 0 < len(examples) == len(says):
                return Kernel(examples, says, float(gamma[0]), slopes)
        elif kind == Layers.kind:
            depth = len(arrays) // 2
            weights = [arrays[f"weight_{place}"] for place in range(depth)]
            biases = [arrays[f"bias_{place}"] for place in range(depth)]
            if 0 < depth <= _DEEPEST and _fit_together(weights, biases):
                return Layers(weights, biases)
        elif kind == Said.kind:
            usual, width = arrays["usual"], arrays["width"]
            if usual.ndim == 1 and width.shape == (1,) and width[0] >= len(usual):
                return Said(usual, int(width[0]))
    except (KeyError, IndexError) as error:
        raise StoreError(f"The model lacks the array {error}: train it again.") from error
    raise StoreError("The shapes of the model's arrays do not match: train it again.")


def _fit_together(weights: Sequence[Any], biases: Sequence[Any]) -> bool:
    sound = all(
        w.ndim == 2 and b.ndim == 1 and w.shape[1] == len(b)
        for w, b in zip(weights, biases, strict=True)
    )
    return sound and all(one.shape[1] == other.shape[0] for one, other in pairwise(weights))


def _blocks(features: Features) -> list[Features]:
    return [features[start : start + _ROWS] for start in range(0, len(features), _ROWS)]
