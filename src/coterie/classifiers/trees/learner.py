"""What a tree model is to a search: what it draws from, how it is trained, kept and asked."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.classifiers.trees.ranges import Settings, Space
from coterie.extras import installed

__all__ = ["Floats", "Learner", "Matrix", "Task", "Trained"]

Floats = npt.NDArray[np.float64]
Matrix: TypeAlias = Any
"""A csr matrix or an array of float32, (n, d)."""


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
