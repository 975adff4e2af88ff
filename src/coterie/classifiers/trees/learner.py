"""What all kinds of tree models have in common, and the ranges that their settings come from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.errors import StoreError
from coterie.extras import installed, version_of

__all__ = [
    "Floats",
    "Learner",
    "Matrix",
    "OneOf",
    "Range",
    "Settings",
    "Space",
    "Task",
    "Trained",
    "draw_settings",
]

Floats = npt.NDArray[np.float64]
Matrix: TypeAlias = Any
"""A csr matrix or an array of float32, (n, d)."""

Settings: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``low`` to ``high``: evenly, or evenly in their logarithm; whole or not."""

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def draw(self, rng: np.random.Generator) -> float | int:
        """Draw one of them."""
        low, high = (np.log(self.low), np.log(self.high)) if self.log else (self.low, self.high)
        found = rng.uniform(low, high)
        value = float(np.exp(found)) if self.log else float(found)
        return round(value) if self.whole else value


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few values."""

    values: tuple[Any, ...]

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw one of them."""
        return self.values[int(rng.integers(len(self.values)))]


Space: TypeAlias = Mapping[str, Range | OneOf]


def draw_settings(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """Draw a value for each name."""
    return {name: given.draw(rng) for name, given in space.items()}


@dataclass(frozen=True, slots=True)
class Task:
    """What is learnt: one of some classes, or a number where ``classes`` is 0."""

    classes: int = 0

    @property
    def numbers(self) -> bool:
        """Whether a number is learnt."""
        return self.classes == 0


class Trained:
    """A trained model of some library."""

    def __init__(self, model: Any, task: Task) -> None:
        self._model, self._task = model, task

    def predict(self, features: Matrix) -> Floats:
        """Give probabilities (n, k), or numbers (n,)."""
        classes = self._task.classes
        if not features.shape[0]:
            return np.empty((0, classes) if classes else 0)
        found: Floats = np.asarray(self._predict(features), dtype=np.float64)
        if classes == 2 and found.ndim == 1:  # the probability of the second class only
            return np.column_stack([1 - found, found])
        return found

    @abstractmethod
    def _predict(self, features: Matrix) -> Any:
        """Predict one row or more."""

    @abstractmethod
    def dump(self) -> bytes:
        """Give its bytes, in its library's format."""


@dataclass(frozen=True, slots=True)
class Learner:
    """One kind of model.

    Attributes
    ----------
    name
        What a user types.
    module
        The library that it needs.
    suffix
        Of its file in a model directory.
    table
        Setting to the usual value, which is tried first, and what a search draws from.
    """

    trees: ClassVar[int] = 200
    """How many trees a model has: a judgement."""
    linear: ClassVar[bool] = False
    """Whether it is a linear model, and so reads words; see `FeatureSets`."""

    name: str
    module: str
    suffix: str
    table: Mapping[str, tuple[Any, Range | OneOf]]

    @property
    def space(self) -> Space:
        """What a search draws from."""
        return {name: drawn for name, (_, drawn) in self.table.items()}

    @property
    def usual(self) -> Settings:
        """The settings that are tried first."""
        return {name: value for name, (value, _) in self.table.items()}

    @property
    def identity(self) -> tuple[str, ...]:
        """What its models depend on besides the settings: its library too, which is loaded."""
        return self.name, str(self.trees), version_of("sklearn"), version_of(self.module)

    @property
    def installed(self) -> bool:
        """Whether its library is installed."""
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
        """Train a model on features (n, d).

        ``target`` (n,) are codes from 0 on, each of which occurs, or numbers; ``weights`` (n,) are
        those of the rows, all the same when None; ``settings`` has a value for each name of
        ``space``.
        """

    def load(self, data: bytes, task: Task, width: int) -> Trained:
        """Read what `Trained.dump` gave; StoreError where it is not a model of this task."""
        try:
            trained = self._read(data, task, width)
        except (ImportError, StoreError):
            raise
        except Exception as error:  # damaged files fail in many ways
            raise StoreError(
                f"The trees of {self.name} cannot be read ({type(error).__name__}): train the "
                "model again."
            ) from error
        if trained is None:
            raise StoreError(
                f"The trees of {self.name} do not fit the features and classes: train the model "
                "again."
            )
        return trained

    @abstractmethod
    def _read(self, data: bytes, task: Task, width: int) -> Trained | None:
        """Read what `Trained.dump` gave; None where it is not of this task."""
