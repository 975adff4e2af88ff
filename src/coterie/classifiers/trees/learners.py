"""The tree models by their names: what each draws its settings from, and which are there.

Each is trained on numbers only, on sparse matrices where it takes them, and is kept in its own
library's format, never as a pickle. Each is trained by one thread: several are trained side by
side, where threads of one would wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence

from coterie.classifiers.trees.boosters import CatBoost, LightGBM, XGBoost
from coterie.classifiers.trees.forests import GradientBoosting, RandomForest
from coterie.classifiers.trees.learner import Choice, Learner, Range
from coterie.errors import OptionError
from coterie.extras import require

__all__ = ["LEARNERS", "available", "find_learners"]

_RATE = Range(0.02, 0.3, log=True)

LEARNERS: dict[str, Learner] = {
    learner.name: learner
    for learner in (
        RandomForest(
            "random-forest",
            "skops",
            ".skops",
            {
                "max_features": Choice(("sqrt", 0.05, 0.1, 0.3)),
                "min_samples_leaf": Range(1, 10, log=True, whole=True),
                "max_depth": Choice((None, 8, 16)),
            },
            {"max_features": "sqrt", "min_samples_leaf": 2, "max_depth": None},
        ),
        GradientBoosting(
            "gradient-boosting",
            "skops",
            ".skops",
            {
                "learning_rate": _RATE,
                "max_leaf_nodes": Range(4, 48, log=True, whole=True),
                "min_samples_leaf": Range(5, 60, log=True, whole=True),
                "l2_regularization": Range(1e-3, 30, log=True),
                "max_features": Range(0.1, 1.0),
            },
            {
                "learning_rate": 0.05,
                "max_leaf_nodes": 15,
                "min_samples_leaf": 20,
                "l2_regularization": 1.0,
                "max_features": 0.5,
            },
        ),
        XGBoost(
            "xgboost",
            "xgboost",
            ".json",
            {
                "eta": _RATE,
                "max_depth": Range(2, 8, whole=True),
                "min_child_weight": Range(0.5, 20, log=True),
                "subsample": Range(0.5, 1.0),
                "colsample_bytree": Range(0.2, 1.0),
                "lambda": Range(0.1, 30, log=True),
            },
            {
                "eta": 0.05,
                "max_depth": 4,
                "min_child_weight": 2.0,
                "subsample": 0.8,
                "colsample_bytree": 0.5,
                "lambda": 1.0,
            },
        ),
        LightGBM(
            "lightgbm",
            "lightgbm",
            ".txt",
            {
                "learning_rate": _RATE,
                "num_leaves": Range(4, 48, log=True, whole=True),
                "min_data_in_leaf": Range(5, 60, log=True, whole=True),
                "bagging_fraction": Range(0.5, 1.0),
                "feature_fraction": Range(0.2, 1.0),
                "lambda_l2": Range(1e-3, 30, log=True),
            },
            {
                "learning_rate": 0.05,
                "num_leaves": 15,
                "min_data_in_leaf": 20,
                "bagging_fraction": 0.8,
                "feature_fraction": 0.5,
                "lambda_l2": 1.0,
            },
        ),
        CatBoost(
            "catboost",
            "catboost",
            ".cbm",
            {
                "learning_rate": _RATE,
                "depth": Range(3, 7, whole=True),
                "l2_leaf_reg": Range(1, 30, log=True),
                "rsm": Range(0.1, 0.6),
            },
            {"learning_rate": 0.08, "depth": 5, "l2_leaf_reg": 3.0, "rsm": 0.3},
        ),
    )
}
"""The kinds of models, by the name that a user types."""


def available() -> tuple[list[Learner], list[Learner]]:
    """Tell which learners can be used here, and which lack their library."""
    return (
        [learner for learner in LEARNERS.values() if learner.installed],
        [learner for learner in LEARNERS.values() if not learner.installed],
    )


def find_learners(names: Sequence[str]) -> list[Learner]:
    """Give learners by their names.

    Raises
    ------
    OptionError
        When a name is none, or stands twice.
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
