"""Tree models of four libraries behind one door: what they draw from, training, keeping.

Each is trained on numbers only, on sparse matrices where it takes them, and is kept in its own
library's format, never as a pickle. Each is trained by one thread: several are trained side by
side, where threads of one would wait for each other.
"""

from __future__ import annotations

import json
import re
import tempfile
import threading
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.classify.ranges import Choice, Range, Settings, Space
from coterie.errors import InputError, OptionError, StoreError
from coterie.extras import installed, require

__all__ = ["LEARNERS", "Learner", "Task", "Trained", "available", "find_learners"]

Floats = npt.NDArray[np.float64]
Matrix: TypeAlias = Any
"""A csr matrix or an array of float32, (n, d)."""

_TREES = 200
_ONE_FOREST = threading.Lock()  # its training takes the filters of warnings away for a while
_DENSE = 2048  # rows made dense at a time
_LEAF = -1  # where scikit-learn's trees have no child
_ROUNDED = 1e-5  # of a sum of probabilities in float32
_CACHED = 256  # rows whose features a processor keeps at hand for many trees
_RATE = Range(0.02, 0.3, log=True)
_TRUSTED = frozenset(
    {
        "sklearn.tree._tree.Tree",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    }
)


@dataclass(frozen=True, slots=True)
class Task:
    """What is learnt: one of so many classes, or a number where there are none."""

    classes: int = 0

    @property
    def numbers(self) -> bool:
        """Whether a number is learnt."""
        return self.classes == 0


class Trained(Protocol):
    """A trained model."""

    def predict(self, features: Matrix) -> Floats:
        """Probabilities (n, k), or numbers (n,)."""
        ...

    def dump(self) -> bytes:
        """All of it, in its library's format."""
        ...


@dataclass(frozen=True, slots=True)
class Learner:
    """One kind of model.

    Attributes
    ----------
    name
        What a user types.
    module
        The library that it needs; of scikit-learn's the one that saves it.
    suffix
        Of the file that holds one.
    space
        What a search draws from.
    usual
        The settings that are tried first.
    """

    name: str
    module: str
    suffix: str
    space: Space
    usual: Settings

    @property
    def installed(self) -> bool:
        """Whether its library is there."""
        return installed(self.module)

    @abstractmethod
    def train(
        self,
        features: Matrix,
        target: npt.NDArray[Any],
        weights: Floats | None,
        settings: Settings,
        task: Task,
        seed: int,
    ) -> Trained:
        """Train a model.

        Parameters
        ----------
        features
            Shape (n, d).
        target
            Shape (n,): 0 to the number of classes - 1, each of which occurs; or numbers.
        weights
            Shape (n,): how much each row counts; all the same when None.
        settings
            A value for each name of ``space``.
        task
            What is learnt.
        seed
            Of all that is drawn.
        """

    @abstractmethod
    def load(self, data: bytes, task: Task, width: int) -> Trained:
        """Read what `Trained.dump` gave; StoreError where it is no such thing."""


# scikit-learn ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Forest(Learner):
    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        kind = RandomForestRegressor if task.numbers else RandomForestClassifier
        model = kind(n_estimators=_TREES, random_state=seed, **settings)
        with _ONE_FOREST:
            model.fit(features, target, sample_weight=weights)
        return _ScikitLearn(model, task)

    def load(self, data: bytes, task: Task, width: int) -> Trained:
        return _load_scikit(data, task, width, "RandomForest")


@dataclass(frozen=True, slots=True)
class _Boosting(Learner):
    """Histogram gradient boosting, whose time does not grow with n log n of every column."""

    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        kind = HistGradientBoostingRegressor if task.numbers else HistGradientBoostingClassifier
        model = kind(max_iter=_TREES, early_stopping=False, random_state=seed, **settings)
        with threadpool_limits(1, "openmp"):
            model.fit(_dense(features), target, sample_weight=weights)
        return _ScikitLearn(model, task, dense=True)

    def load(self, data: bytes, task: Task, width: int) -> Trained:
        return _load_scikit(data, task, width, "HistGradientBoosting", dense=True)


class _ScikitLearn:
    def __init__(self, model: Any, task: Task, *, dense: bool = False) -> None:
        self._model, self._task, self._dense = model, task, dense

    def predict(self, features: Matrix) -> Floats:
        n = features.shape[0]
        if not n:
            return np.empty((0, self._task.classes) if self._task.classes else 0)
        if not self._dense:
            starts = range(0, n, _CACHED)
            parts = [self._of_trees(_dense(features[at : at + _CACHED])) for at in starts]
            return self._smoothed(np.concatenate(parts))
        from threadpoolctl import threadpool_limits

        ask = self._model.predict if self._task.numbers else self._model.predict_proba
        if n < _CACHED:  # finding the threads to limit would take longer than the trees
            return np.asarray(ask(_dense(features)))
        starts = range(0, n, _DENSE)
        with threadpool_limits(1, user_api="openmp"):
            return np.concatenate([ask(_dense(features[at : at + _DENSE])) for at in starts])

    def _of_trees(self, features: Matrix) -> Floats:
        """Mean of a forest's trees, to the bit as scikit-learn has it, without its door to each."""
        trees = self._model.estimators_
        total = np.zeros((features.shape[0], self._task.classes or 1))
        for tree in trees:
            total += tree.tree_.predict(features)
        total /= len(trees)
        return total[:, 0] if self._task.numbers else total

    def _smoothed(self, shares: Floats) -> Floats:
        """Let no share of a forest's trees be 0 or 1: as if one more tree had not known."""
        if self._task.numbers:
            return shares
        trees = len(self._model.estimators_)
        return (shares * trees + 1 / self._task.classes) / (trees + 1)

    def dump(self) -> bytes:
        skops = require("skops.io", extra="boost", purpose="Saving a model of scikit-learn")
        data: bytes = skops.dumps(self._model)
        return data


def _dense(features: Matrix) -> Matrix:
    return features.toarray() if hasattr(features, "toarray") else features


def _load_scikit(
    data: bytes, task: Task, width: int, name: str, *, dense: bool = False
) -> _ScikitLearn:
    skops = require("skops.io", extra="boost", purpose="Loading a model of scikit-learn")
    wanted = name + ("Regressor" if task.numbers else "Classifier")
    try:
        found = skops.get_untrusted_types(data=data)
        if not set(found) <= _TRUSTED:
            raise StoreError(
                f"The model holds {', '.join(sorted(set(found) - _TRUSTED)[:3])}, which is never "
                "read from a model: train it again."
            )
        model = skops.loads(data, trusted=found)
        sound = type(model).__name__ == wanted and _fits(model, task, width)
        trained = _ScikitLearn(model, task, dense=dense)
        sound = sound and _answers(trained, task, width)
    except StoreError:
        raise
    except Exception as error:  # a damaged archive fails in many ways
        raise StoreError(
            f"The trees cannot be read ({type(error).__name__}): train again."
        ) from error
    if not sound:
        raise StoreError("The trees do not fit the features and classes: train the model again.")
    return trained


def _answers(trained: Trained, task: Task, width: int) -> bool:
    """Whether a model answers a row as one of its task does."""
    found = trained.predict(np.zeros((1, width), dtype=np.float32))
    if found.shape != ((1,) if task.numbers else (1, task.classes)) or not np.isfinite(found).all():
        return False
    return task.numbers or bool((found >= 0).all() and abs(found.sum() - 1) < _ROUNDED)


def _fits(model: Any, task: Task, width: int) -> bool:
    """Whether every tree stays within its nodes and columns: its library would not look."""
    if model.n_features_in_ != width:
        return False
    if not task.numbers and list(model.classes_) != list(range(task.classes)):
        return False
    if hasattr(model, "estimators_"):
        return all(_tree_fits(each.tree_, width, task) for each in model.estimators_)
    rounds = model._predictors
    columns = 1 if task.numbers or task.classes == 2 else task.classes
    if any(len(trees) != columns for trees in rounds):
        return False
    return all(_nodes_fit(tree.nodes, width) for trees in rounds for tree in trees)


def _tree_fits(tree: Any, width: int, task: Task) -> bool:
    if not 0 < tree.node_count <= tree.capacity:
        return False
    leaf = tree.children_left == _LEAF
    inner = np.flatnonzero(~leaf)
    left, right = tree.children_left[inner], tree.children_right[inner]
    return bool(
        tree.n_features == width
        and tree.value.shape == (len(leaf), 1, task.classes or 1)
        and (left > inner).all()
        and (right > inner).all()
        and (np.maximum(left, right) < len(leaf)).all()
        and ((tree.feature[inner] >= 0) & (tree.feature[inner] < width)).all()
        and np.isfinite(tree.value).all()
    )


def _nodes_fit(nodes: npt.NDArray[Any], width: int) -> bool:
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    left, right = nodes["left"][inner], nodes["right"][inner]
    return bool(
        len(nodes)
        and (left > inner).all()
        and (right > inner).all()
        and (np.maximum(left, right) < len(nodes)).all()
        and ((nodes["feature_idx"][inner] >= 0) & (nodes["feature_idx"][inner] < width)).all()
        and not nodes["is_categorical"].any()
        and np.isfinite(nodes["value"]).all()
    )


# XGBoost -----------------------------------------------------------------------------------------


_XGBOOST = "reg:squarederror", "binary:logistic", "multi:softprob"


@dataclass(frozen=True, slots=True)
class _XGBoost(Learner):
    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        import xgboost

        given: dict[str, Any] = {
            **settings,
            "tree_method": "hist",
            "nthread": 1,
            "seed": seed,
            "verbosity": 0,
        }
        given["objective"] = _objective(task, *_XGBOOST)
        if task.classes > 2:
            given["num_class"] = task.classes
        data = xgboost.DMatrix(features, label=target, weight=weights, missing=np.nan)
        return _XGBoosted(xgboost.train(given, data, num_boost_round=_TREES), task)

    def load(self, data: bytes, task: Task, width: int) -> Trained:
        import xgboost

        sound = _is_of(data, task)
        booster = xgboost.Booster({"nthread": 1})
        try:
            if sound:
                booster.load_model(bytearray(data))
                sound = booster.num_features() == width
        except (xgboost.core.XGBoostError, ValueError, TypeError) as error:
            raise StoreError(f"XGBoost cannot read its trees ({error}): train again.") from error
        if not sound:
            raise StoreError(
                "The trees of XGBoost are of other features or classes: train the model again."
            )
        return _XGBoosted(booster, task)


class _XGBoosted:
    def __init__(self, booster: Any, task: Task) -> None:
        self._booster, self._task = booster, task

    def predict(self, features: Matrix) -> Floats:
        if not features.shape[0]:
            return np.empty((0, self._task.classes) if self._task.classes else 0)
        found = self._booster.inplace_predict(features, missing=np.nan).astype(np.float64)
        return _columns(found, self._task)

    def dump(self) -> bytes:
        return bytes(self._booster.save_raw("json"))


def _is_of(data: bytes, task: Task) -> bool:
    """Whether XGBoost's JSON says that it is of such a task: the library takes any."""
    try:
        learner = json.loads(data)["learner"]
        objective = learner["objective"]["name"]
        classes = int(learner["learner_model_param"]["num_class"])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise StoreError(
            f"XGBoost's trees are no JSON of its own ({type(error).__name__}): train again."
        ) from error
    wanted = task.classes if task.classes > 2 else 0
    return bool(objective == _objective(task, *_XGBOOST) and classes == wanted)


# LightGBM ----------------------------------------------------------------------------------------


_LIGHTGBM = "regression", "binary", "multiclass"
_ENDS = b"end of trees", b"end of parameters"


@dataclass(frozen=True, slots=True)
class _LightGBM(Learner):
    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        import lightgbm

        given: dict[str, Any] = {
            **settings,
            "bagging_freq": 1,
            "num_threads": 1,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        given["objective"] = _objective(task, *_LIGHTGBM)
        if task.classes > 2:
            given["num_class"] = task.classes
        data = lightgbm.Dataset(
            features, target, weight=weights, params={"verbosity": -1}, free_raw_data=True
        )
        return _LightGBMed(lightgbm.train(given, data, num_boost_round=_TREES), task)

    def load(self, data: bytes, task: Task, width: int) -> Trained:
        import lightgbm

        if not all(end in data for end in _ENDS):
            raise StoreError("The trees of LightGBM are not whole: train the model again.")
        try:
            text = data.decode()
            named = re.search(r"^objective=(\w*)", text, re.M)
            booster = lightgbm.Booster(model_str=text)
            features, columns = booster.num_feature(), booster.num_model_per_iteration()
        except (lightgbm.basic.LightGBMError, UnicodeDecodeError, ValueError) as error:
            raise StoreError(f"LightGBM cannot read its trees ({error}): train again.") from error
        wanted = width, task.classes if task.classes > 2 else 1
        sound = named is not None and named[1] == _objective(task, *_LIGHTGBM)
        if not sound or (features, columns) != wanted:
            raise StoreError(
                "The trees of LightGBM are of other features or classes: train the model again."
            )
        return _LightGBMed(booster, task)


class _LightGBMed:
    def __init__(self, booster: Any, task: Task) -> None:
        self._booster, self._task = booster, task

    def predict(self, features: Matrix) -> Floats:
        if not features.shape[0]:
            return np.empty((0, self._task.classes) if self._task.classes else 0)
        found = self._booster.predict(features, num_threads=1)
        return _columns(np.asarray(found, dtype=np.float64), self._task)

    def dump(self) -> bytes:
        text: str = self._booster.model_to_string()
        return text.encode()


# CatBoost ----------------------------------------------------------------------------------------


_CATBOOST = "RMSE", "Logloss", "MultiClass"
_CORE = 4  # where the length of a model's core stands, after its first letters


@dataclass(frozen=True, slots=True)
class _CatBoost(Learner):
    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        import catboost

        model = catboost.CatBoost(
            {
                **settings,
                "iterations": _TREES,
                "loss_function": _objective(task, *_CATBOOST),
                "random_seed": seed,
                "thread_count": 1,
                "allow_writing_files": False,
                "logging_level": "Silent",
            }
        )
        try:
            model.fit(catboost.Pool(features, label=target, weight=weights))
        except catboost.CatBoostError as error:
            if "constant" not in str(error):
                raise
            raise InputError(
                "CatBoost finds no feature in which the rows differ: name other learners, or "
                "learn from more than that."
            ) from error
        return _CatBoosted(model, task)

    def load(self, data: bytes, task: Task, width: int) -> Trained:
        import catboost

        core = int.from_bytes(data[_CORE : _CORE + 4], "little")
        if not data.startswith(b"CBM1") or len(data) < _CORE + 4 + core:
            raise StoreError("The trees of CatBoost are not whole: train the model again.")
        model = catboost.CatBoost()
        try:
            model.load_model(blob=data)
            sound = len(model.feature_names_) == width
            sound = sound and model.get_all_params()["loss_function"] == _objective(
                task, *_CATBOOST
            )
            sound = sound and len(model.classes_) == task.classes
        except (catboost.CatBoostError, ValueError, TypeError, LookupError) as error:
            raise StoreError(f"CatBoost cannot read its trees ({error}): train again.") from error
        if not sound:
            raise StoreError(
                "The trees of CatBoost are of other features or classes: train the model again."
            )
        return _CatBoosted(model, task)


class _CatBoosted:
    def __init__(self, model: Any, task: Task) -> None:
        self._model, self._task = model, task

    def predict(self, features: Matrix) -> Floats:
        if not features.shape[0]:
            return np.empty((0, self._task.classes) if self._task.classes else 0)
        asked = "RawFormulaVal" if self._task.numbers else "Probability"
        found = self._model.predict(features, prediction_type=asked, thread_count=1)
        return np.asarray(found, dtype=np.float64)

    def dump(self) -> bytes:
        with tempfile.TemporaryDirectory(prefix="coterie-") as folder:
            path = Path(folder) / "model.cbm"  # its JSON rounds the leaves
            self._model.save_model(str(path), format="cbm")
            return path.read_bytes()


def _objective(task: Task, numbers: str, two: str, more: str) -> str:
    return numbers if task.numbers else two if task.classes == 2 else more


def _columns(found: Floats, task: Task) -> Floats:
    """Two columns where a library gives the chance of the second class only."""
    if task.classes != 2:
        return found
    return np.column_stack([1 - found, found])


LEARNERS: dict[str, Learner] = {
    learner.name: learner
    for learner in (
        _Forest(
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
        _Boosting(
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
        _XGBoost(
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
        _LightGBM(
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
        _CatBoost(
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
