"""Boosted trees of XGBoost, LightGBM and CatBoost, each kept in its library's own format."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from coterie.classifiers.trees.learner import Learner, Matrix, Task, Trained
from coterie.errors import InputError
from coterie.scratch import ScratchFolder

__all__ = ["CatBoost", "LightGBM", "XGBoost"]

_XGBOOST = "reg:squarederror", "binary:logistic", "multi:softprob"
_LIGHTGBM = "regression", "binary", "multiclass"
_BY_CHANCE = ("model_guid", "train_finish_time")  # a model would be other bytes each time
_CATBOOST = "RMSE", "Logloss", "MultiClass"
_ENDS = b"end of trees", b"end of parameters"
_CORE = 4  # where a CatBoost model says how long its core is, after its first letters


@dataclass(frozen=True, slots=True)
class XGBoost(Learner):
    """XGBoost's trees by histograms, kept as its JSON."""

    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        """See `Learner`."""
        import xgboost

        given: dict[str, Any] = {
            **settings,
            **_objective(task, *_XGBOOST),
            "tree_method": "hist",
            "nthread": 1,
            "seed": seed,
            "verbosity": 0,
        }
        data = xgboost.DMatrix(features, label=target, weight=weights, missing=float("nan"))
        return _XGBoosted(xgboost.train(given, data, num_boost_round=self.trees), task)

    def _read(self, data: bytes, task: Task, width: int) -> Trained | None:
        import xgboost

        learner = json.loads(data)["learner"]  # the library loads trees of any task
        classes = int(learner["learner_model_param"]["num_class"])
        wanted = _objective(task, *_XGBOOST)
        if (learner["objective"]["name"], classes) != (
            wanted["objective"],
            wanted.get("num_class", 0),
        ):
            return None
        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(bytearray(data))
        return _XGBoosted(booster, task) if booster.num_features() == width else None


class _XGBoosted(Trained):
    def _predict(self, features: Matrix) -> Any:
        return self._model.inplace_predict(features, missing=float("nan"))

    def dump(self) -> bytes:
        return bytes(self._model.save_raw("json"))


@dataclass(frozen=True, slots=True)
class LightGBM(Learner):
    """LightGBM's trees, kept as its text."""

    def train(self, features, target, weights, settings, task, seed):  # type: ignore[no-untyped-def]
        """See `Learner`."""
        import lightgbm

        given: dict[str, Any] = {
            **settings,
            **_objective(task, *_LIGHTGBM),
            "bagging_freq": 1,
            "num_threads": 1,
            "seed": seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        data = lightgbm.Dataset(
            features, target, weight=weights, params={"verbosity": -1}, free_raw_data=True
        )
        return _LightGBMed(lightgbm.train(given, data, num_boost_round=self.trees), task)

    def _read(self, data: bytes, task: Task, width: int) -> Trained | None:
        import lightgbm

        if not all(end in data for end in _ENDS):
            return None
        text = data.decode()
        named = re.search(r"^objective=(\w*)", text, re.M)
        booster = lightgbm.Booster(model_str=text)
        wanted = _objective(task, *_LIGHTGBM)
        columns = wanted.get("num_class", 1)
        if (booster.num_feature(), booster.num_model_per_iteration()) != (width, columns):
            return None
        return _LightGBMed(booster, task) if named and named[1] == wanted["objective"] else None


class _LightGBMed(Trained):
    def _predict(self, features: Matrix) -> Any:
        return self._model.predict(features, num_threads=1)

    def dump(self) -> bytes:
        text: str = self._model.model_to_string()
        return text.encode()


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
                "loss_function": _objective(task, *_CATBOOST)["objective"],
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
                "CatBoost finds no feature that differs between the rows: name other learners, or "
                "more columns."
            ) from error
        described = model.get_metadata()
        for name in _BY_CHANCE:
            described[name] = ""
        return _CatBoosted(model, task)

    def _read(self, data: bytes, task: Task, width: int) -> Trained | None:
        import catboost

        core = int.from_bytes(data[_CORE : _CORE + 4], "little")
        if not data.startswith(b"CBM1") or len(data) < _CORE + 4 + core:
            return None
        model = catboost.CatBoost()
        model.load_model(blob=data)
        if len(model.feature_names_) != width or len(model.classes_) != task.classes:
            return None
        learnt = model.get_all_params()["loss_function"]
        wanted = _objective(task, *_CATBOOST)["objective"]
        return _CatBoosted(model, task) if learnt == wanted else None


class _CatBoosted(Trained):
    def _predict(self, features: Matrix) -> Any:
        asked = "RawFormulaVal" if self._task.numbers else "Probability"
        return self._model.predict(features, prediction_type=asked, thread_count=1)

    def dump(self) -> bytes:
        with ScratchFolder() as folder:
            path = folder / "model.cbm"
            self._model.save_model(str(path), format="cbm")
            return path.read_bytes()


def _objective(task: Task, numbers: str, two: str, more: str) -> dict[str, Any]:
    """Parameters of XGBoost and LightGBM that say what is learnt."""
    if task.classes > 2:
        return {"objective": more, "num_class": task.classes}
    return {"objective": numbers if task.numbers else two}
