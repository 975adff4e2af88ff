"""The learners by their names: their usual settings, and what a search draws from.

Each is trained on numbers only, on sparse matrices where it takes them, and is kept in its own
library's format, never as a pickle. Each is trained by one thread, because several are trained side
by side. The ranges are judgements around each library's defaults; that they are searched at random
is settled in docs/decisions/search.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coterie.classifiers.trees.boosters import CatBoost, LightGBM, XGBoost
from coterie.classifiers.trees.forests import GradientBoosting, RandomForest
from coterie.classifiers.trees.learner import Learner, OneOf, Range
from coterie.classifiers.trees.linear import Linear
from coterie.errors import OptionError
from coterie.extras import require

__all__ = ["LEARNERS", "find_learners"]

_RATE = Range(0.02, 0.3, log=True)

_FOREST: dict[str, tuple[Any, Range | OneOf]] = {
    "sqrt_features": (1, OneOf((1, 2, 4))),
    "min_samples_leaf": (2, Range(1, 10, log=True, whole=True)),
    "max_depth": (None, OneOf((None, 8, 16))),
}
_BOOSTING = {
    "learning_rate": (0.05, _RATE),
    "max_leaf_nodes": (15, Range(4, 48, log=True, whole=True)),
    "min_samples_leaf": (20, Range(5, 60, log=True, whole=True)),
    "l2_regularization": (1.0, Range(1e-3, 30, log=True)),
    "max_features": (0.5, Range(0.1, 1.0)),
}
_XGBOOST = {
    "eta": (0.05, _RATE),
    "max_depth": (4, Range(2, 8, whole=True)),
    "min_child_weight": (2.0, Range(0.5, 20, log=True)),
    "subsample": (0.8, Range(0.5, 1.0)),
    "colsample_bytree": (0.5, Range(0.2, 1.0)),
    "lambda": (1.0, Range(0.1, 30, log=True)),
}
_LIGHTGBM = {
    "learning_rate": (0.05, _RATE),
    "num_leaves": (15, Range(4, 48, log=True, whole=True)),
    "min_data_in_leaf": (20, Range(5, 60, log=True, whole=True)),
    "bagging_fraction": (0.8, Range(0.5, 1.0)),
    "feature_fraction": (0.5, Range(0.2, 1.0)),
    "lambda_l2": (1.0, Range(1e-3, 30, log=True)),
}
_CATBOOST = {
    "learning_rate": (0.08, _RATE),
    "depth": (5, Range(3, 7, whole=True)),
    "l2_leaf_reg": (3.0, Range(1, 30, log=True)),
    "rsm": (0.3, Range(0.1, 0.6)),
}
_LINEAR = {"strength": (0.3, Range(0.01, 30, log=True))}
LEARNERS: dict[str, Learner] = {
    learner.name: learner
    for learner in (
        RandomForest("random-forest", "sklearn", ".skops", _FOREST),
        GradientBoosting("gradient-boosting", "sklearn", ".skops", _BOOSTING),
        XGBoost("xgboost", "xgboost", ".json", _XGBOOST),
        LightGBM("lightgbm", "lightgbm", ".txt", _LIGHTGBM),
        CatBoost("catboost", "catboost", ".cbm", _CATBOOST),
        Linear("linear", "safetensors", ".safetensors", _LINEAR),
    )
}
"""The kinds of models, by the name that a user types."""


def find_learners(names: Sequence[str]) -> list[Learner]:
    """Give learners by their names.

    Raises
    ------
    OptionError
        When there is no learner of a name, or a name is given twice.
    MissingExtraError
        When a library is not installed.
    """
    names = [names] if isinstance(names, str) else names
    if len(set(names)) < len(names):
        raise OptionError("A learner is named twice: name each once.")
    for name in names:
        if name not in LEARNERS:
            raise OptionError(f"There is no learner '{name}': choose of {', '.join(LEARNERS)}.")
        require(LEARNERS[name].module, extra="boost", purpose=f"The learner {name}")
    return [LEARNERS[name] for name in names]
