"""Boosted trees of XGBoost, LightGBM and CatBoost, each kept in its library's own format."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coterie.classifiers.trees.learner import Floats, Learner, Matrix, Task, Trained
from coterie.errors import InputError, StoreError

__all__ = ["CatBoost", "LightGBM", "XGBoost"]

_XGBOOST = "reg:squarederror", "binary:logistic", "multi:softprob"


@dataclass(frozen=True, slots=True)
class XGBoost(Learner):
    """XGBoost's trees by histograms, kept as its JSON."""

    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        """See `Learner`."""
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
        return _XGBoosted(xgboost.train(given, data, num_boost_round=self.trees), task)

    def load(self, data: bytes, task: Task, width: int) -> Trained:
        """See `Learner`."""
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


_LIGHTGBM = "regression", "binary", "multiclass"
_ENDS = b"end of trees", b"end of parameters"


@dataclass(frozen=True, slots=True)
class LightGBM(Learner):
    """LightGBM's trees, kept as its text."""

    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        """See `Learner`."""
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
        return _LightGBMed(lightgbm.train(given, data, num_boost_round=self.trees), task)

    def load(self, data: bytes, task: Task, width: int) -> Trained:
        """See `Learner`."""
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


_CATBOOST = "RMSE", "Logloss", "MultiClass"
_CORE = 4  # where the length of a model's core stands, after its first letters


@dataclass(frozen=True, slots=True)
class CatBoost(Learner):
    """CatBoost's symmetric trees, kept in its binary form: its JSON rounds the leaves."""

    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        """See `Learner`."""
        import catboost

        model = catboost.CatBoost(
            {
                **settings,
                "iterations": self.trees,
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
        """See `Learner`."""
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
            path = Path(folder) / "model.cbm"
            self._model.save_model(str(path), format="cbm")
            return path.read_bytes()


def _objective(task: Task, numbers: str, two: str, more: str) -> str:
    return numbers if task.numbers else two if task.classes == 2 else more


def _columns(found: Floats, task: Task) -> Floats:
    """Two columns where a library gives the chance of the second class only."""
    if task.classes != 2:
        return found
    return np.column_stack([1 - found, found])
