"""What a tree model is to a search: what it draws from, how it is trained, kept and asked."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.extras import installed

__all__ = [
    "Choice",
    "Floats",
    "Learner",
    "Matrix",
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
class Choice:
    """One of a few values."""

    values: tuple[Any, ...]

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw one of them."""
        return self.values[int(rng.integers(len(self.values)))]


Space: TypeAlias = Mapping[str, Range | Choice]


def draw_settings(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """Draw a value for each name."""
    return {name: given.draw(rng) for name, given in space.items()}


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

    trees: ClassVar[int] = 200
    """How many each is made of."""

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
