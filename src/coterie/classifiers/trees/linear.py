"""A linear model among the trees: ridge regression, or logistic regression, kept as two arrays."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, issparse

from coterie.classifiers.confidence import softmax
from coterie.classifiers.linear import fit_logistic
from coterie.classifiers.trees.learner import Floats, Learner, Matrix, Task, Trained

__all__ = ["Linear"]

_LARGEST = 1e12  # of a weight: larger than training gives
_ITERATIONS = 1000
_ARRAYS = "weights", "bias", "limits"


@dataclass(frozen=True, slots=True)
class Linear(Learner):
    """A weight for each feature; it reads the words of a text, which are too many for trees."""

    linear: ClassVar[bool] = True

    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]  # noqa: ARG002
        """See `Learner`."""
        if task.numbers:
            weights_bias = _fit_ridge(features, target, settings["strength"])
            limits = np.array([target.min(), target.max()], dtype=np.float64)
            return _Weighted((*weights_bias, limits), task)
        head = fit_logistic(features, target, task.classes, settings["strength"], weights)
        arrays = head.arrays()
        return _Weighted((arrays["weight_0"], arrays["bias_0"], np.empty(0)), task)

    def _read(self, data: bytes, task: Task, width: int) -> Trained | None:
        from safetensors.numpy import load

        arrays = load(data)
        if arrays.keys() != {*_ARRAYS}:
            return None
        columns = task.classes or 1
        shapes = ((width, columns), (columns,), (2,) if task.numbers else (0,))
        model = tuple(arrays[name] for name in _ARRAYS)
        for array, shape in zip(model, shapes, strict=True):
            if array.dtype != np.float64 or array.shape != shape:
                return None
            if not (np.abs(array) <= _LARGEST).all():  # NaN is not
                return None
        return _Weighted(model, task)


class _Weighted(Trained):
    """Weights (d, k), what is added (k,), and the smallest and the largest number in training.

    Answers beyond these are cut: a row unlike all others would have an absurd one. Each row is
    summed alone, in a fixed order, so that it has the same answer in any company.
    """

    def _predict(self, features: Matrix) -> Any:
        weights, bias, limits = self._model
        rows = features if issparse(features) else csr_matrix(features)
        scores: Floats = rows.astype(np.float64) @ weights + bias
        return np.clip(scores[:, 0], *limits) if self._task.numbers else softmax(scores)

    def dump(self) -> bytes:
        from safetensors.numpy import save

        data: bytes = save(dict(zip(_ARRAYS, self._model, strict=True)))
        return data


def _fit_ridge(
    features: Matrix, target: npt.NDArray[Any], strength: float
) -> tuple[Floats, Floats]:
    """Fit a ridge regression; ``strength`` is the inverse of its regularisation."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import Ridge
    from threadpoolctl import threadpool_limits

    model = Ridge(alpha=1 / strength, max_iter=_ITERATIONS)
    with warnings.catch_warnings(), threadpool_limits(1):  # more threads wait for each other
        warnings.simplefilter("ignore", ConvergenceWarning)  # a rough fit is judged like others
        model.fit(features.astype(np.float64), target)
    weights = np.asarray(model.coef_, dtype=np.float64).reshape(-1, 1)
    return np.ascontiguousarray(weights), np.array([float(model.intercept_)])
