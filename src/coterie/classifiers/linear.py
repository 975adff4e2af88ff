"""A linear head on a frozen encoder: multinomial logistic regression."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.classifiers.base import TextClassifier
from coterie.classifiers.classification_heads import Features, Head, Layers

__all__ = ["LinearClassifier", "fit_logistic"]

Ints = npt.NDArray[np.int64]

_STRENGTHS = (0.3, 1.0, 3.0, 10.0, 30.0)  # half a power of ten apart; cross-validation chooses
_TOLERANCE, _ITERATIONS = 1e-4, 300  # scikit-learn's tolerance; three times its iterations


class LinearClassifier(TextClassifier):
    """A frozen encoder and a linear head.

    The strength of the regularisation is chosen by cross-validation. The parameters and attributes
    are those of `coterie.classifiers.base.TextClassifier`. Training grows with rows, width and
    classes; 10,003 texts of 77 classes take some 10 seconds on 2 cores, embedding apart.
    """

    kind = "linear"

    def _settings(self) -> Sequence[float]:
        return _STRENGTHS

    def _fit_head(self, features: Features, codes: Ints, known: Ints, setting: Any) -> Head:
        return fit_logistic(features, codes, len(known), float(setting))


def fit_logistic(
    features: Features,
    codes: Ints,
    classes: int,
    strength: float,
    rows: npt.NDArray[np.float64] | None = None,
) -> Layers:
    """Fit a multinomial logistic regression to features (n, d) and codes (n,).

    Each of the 2 ``classes`` or more occurs; ``strength`` is the inverse of the regularisation, and
    ``rows`` are the weights of the rows, all the same when None.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(C=strength, tol=_TOLERANCE, max_iter=_ITERATIONS)
    with warnings.catch_warnings(), threadpool_limits(1):  # more threads wait for each other
        warnings.simplefilter("ignore", ConvergenceWarning)  # a rough fit judges as well
        warnings.filterwarnings("ignore", message="The number of unique classes")  # few rows each
        model.fit(features, codes, sample_weight=rows)
    weights, bias = model.coef_.T.astype(np.float64), model.intercept_.astype(np.float64)
    if classes == 2:  # one column there: the second class against the first
        weights = np.hstack([np.zeros_like(weights), weights])
        bias = np.append(0.0, bias)
    return Layers([weights], [bias])
