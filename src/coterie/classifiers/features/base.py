"""What all feature blocks have in common; each turns clients into some columns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.features.clients import Clients, clients_of
from coterie.errors import OptionError

__all__ = [
    "Arrays",
    "Feature",
    "FeatureBlock",
    "Saved",
    "State",
    "at_least",
    "names_of",
    "texts_of",
    "vector_of",
]

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]
State: TypeAlias = Mapping[str, Any]
Saved: TypeAlias = "tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]"

_LARGEST = 1e30  # its square is finite in float64


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of features.

    Attributes
    ----------
    name
        For people: ``"concept: price sensitive"``.
    source
        A concept, pair, term, statistic or context column; empty for one number of a vector.
    concepts
        The concept, the two of a pair, or none.
    """

    name: str
    source: str
    concepts: tuple[str, ...] = ()


class FeatureBlock(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Base of the feature blocks: scikit-learn's contract, over a frame or `Clients`.

    `state` gives what a block has learnt as JSON and arrays, and `restore` takes it back.
    """

    kind: ClassVar[str] = ""

    def fit(self, X: pd.DataFrame | Clients, y: Any = None) -> Self:  # noqa: ARG002
        """Learn from training rows; ``y`` is ignored.

        Raises
        ------
        ColumnError
            When a column is not in the frame.
        InputError
            When a column holds something else than it should.
        OptionError
            When a parameter is out of bounds.
        """
        self.check()
        self._learn(clients_of(X))
        return self

    def fit_transform(
        self, X: pd.DataFrame | Clients, y: Any = None
    ) -> csr_matrix | npt.NDArray[np.float32]:
        """Learn from training rows, and turn them into features."""
        clients = clients_of(X)
        return self.fit(clients, y).transform(clients)

    def transform(self, X: pd.DataFrame | Clients) -> csr_matrix | npt.NDArray[np.float32]:
        """Turn n clients into features (n, columns), float32, each row independently.

        Given a frame, a `CoterieWarning` names what is not in the training data.
        """
        check_is_fitted(self)
        clients = clients_of(X)
        if clients is not X:
            self._tell(clients)
        return self._make(clients)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:  # noqa: ARG002
        """Give the name of each column, all of them different."""
        return np.array([feature.name for feature in self.features()], dtype=object)

    def features(self) -> list[Feature]:
        """Describe each column."""
        check_is_fitted(self)
        return _numbered(self._features())

    def __sklearn_clone__(self) -> Self:
        """Copy the parameters; an encoder and a cache are shared, for nothing changes them."""
        return type(self)(**self.get_params(deep=False))

    def check(self) -> None:
        """Raise `OptionError` where a parameter is out of bounds."""

    @abstractmethod
    def _learn(self, clients: Clients) -> None:
        """Learn from training rows."""

    def _tell(self, clients: Clients) -> None:
        """Warn of what is not in the training data."""

    @abstractmethod
    def _make(self, clients: Clients) -> csr_matrix | npt.NDArray[np.float32]:
        """Turn clients into features."""

    @abstractmethod
    def _features(self) -> Iterable[Feature]:
        """List the columns."""

    @abstractmethod
    def state(self) -> Saved:
        """Give what was learnt, as JSON and as arrays."""

    @abstractmethod
    def restore(self, state: State, arrays: Arrays) -> None:
        """Take what `state` gave; ValueError where it is not valid."""


def at_least(name: str, value: Any, least: int) -> None:
    """Raise `OptionError` unless a parameter is a whole number from ``least``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise OptionError(f"{name} is {value!r}: give a whole number of at least {least}.")


def texts_of(values: Any) -> list[str]:
    """Read a list of texts that are all different."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("a list of texts is missing")
    if len(set(values)) < len(values):
        raise ValueError("a text is there twice")
    return values


def names_of(state: State) -> dict[str, str]:
    """Read concepts as they are compared, and how they are written."""
    keys, names = texts_of(state["keys"]), texts_of(state["names"])
    return dict(zip(keys, names, strict=True))


def vector_of(values: npt.NDArray[Any], length: int, least: float) -> npt.NDArray[np.float64]:
    """Read a vector (length,) of float64, all of them finite and from ``least``."""
    if values.dtype != np.float64 or values.shape != (length,):
        raise ValueError("an array is of another type or length")
    if not ((values >= least) & (values <= _LARGEST)).all():
        raise ValueError("an array has invalid numbers")
    return values


def _numbered(features: Iterable[Feature]) -> list[Feature]:
    """Give each column a name of its own: a concept may have that of a pair."""
    found: list[Feature] = []
    taken: set[str] = set()
    for feature in features:
        name, count = feature.name, 1
        while name in taken:
            count += 1
            name = f"{feature.name} ({count})"
        taken.add(name)
        found.append(Feature(name, feature.source, feature.concepts))
    return found
