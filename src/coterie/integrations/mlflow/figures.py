"""Figures and settings of Coterie as metrics and parameters of MLflow."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import mlflow

__all__ = ["log_numbers", "log_settings", "numbers_of", "settings_of"]

_T = TypeVar("_T")

_NAMES = ("model", "name", "encoder", "label")  # what tells the mappings of a list apart
_METRICS, _PARAMS = 1000, 100  # of one request, as MLflow allows
_LONGEST = 500  # characters of a setting, as every store takes them
_NOT_PLAIN = re.compile(r"[^\w.\- :/]")


def numbers_of(figures: Any, name: str = "") -> dict[str, float]:
    """Name the numbers of nested figures: ``train.models.linear.accuracy``.

    Of lists, those of mappings that have a name count; others hold curves and counts.
    """
    if isinstance(figures, bool):
        return {}
    if isinstance(figures, int | float):
        return {_plain(name): float(figures)} if math.isfinite(figures) else {}
    found: dict[str, float] = {}
    for key, each in _parts(figures):
        if key != "form":
            found |= numbers_of(each, f"{name}.{key}" if name else key)
    return found


def settings_of(settings: Any, name: str = "") -> dict[str, str]:
    """Name the values of nested settings: ``train.models``; lists are one value, with commas."""
    if isinstance(settings, Mapping):
        found: dict[str, str] = {}
        for key, each in settings.items():
            found |= settings_of(each, f"{name}.{key}" if name else str(key))
        return found
    if settings is None or settings == []:
        return {}
    value = ", ".join(map(str, settings)) if isinstance(settings, list) else str(settings)
    return {_plain(name): value[:_LONGEST]}


def log_numbers(numbers: Mapping[str, float], run_id: str, model_id: str | None = None) -> None:
    """Log metrics of a run and of a model in it."""
    for some in _batches(numbers, _METRICS):
        mlflow.log_metrics(some, run_id=run_id, model_id=model_id)


def log_settings(settings: Mapping[str, str], run_id: str) -> None:
    """Log parameters of a run."""
    for some in _batches(settings, _PARAMS):
        mlflow.log_params(some, run_id=run_id)


def _batches(named: Mapping[str, _T], most: int) -> Iterator[dict[str, _T]]:
    names = list(named)
    for start in range(0, len(names), most):
        yield {name: named[name] for name in names[start : start + most]}


def _parts(figures: Any) -> Sequence[tuple[str, Any]]:
    if isinstance(figures, Mapping):
        return [(str(key), each) for key, each in figures.items()]
    if not isinstance(figures, list):
        return []
    named = [(_name(each), each) for each in figures if isinstance(each, Mapping)]
    return [(name, each) for name, each in named if name]


def _name(figures: Mapping[str, Any]) -> str:
    return next((figures[key] for key in _NAMES if isinstance(figures.get(key), str)), "")


def _plain(name: str) -> str:
    return _NOT_PLAIN.sub("_", name)
