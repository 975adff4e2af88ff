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
    "Block",
    "Feature",
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

_LARGEST = 1e30


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of features.

    Attributes
    ----------
    name
        As a person reads it: ``"concept: price sensitive"``.
    source
        What it is of: a concept, a pair, a term, a statistic or a context column; empty for one
        number of a vector, which is of all of them.
    concepts
        The concepts it is of: one, the two of a pair, or none.
    """

    name: str
    source: str
    concepts: tuple[str, ...] = ()


class Block(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Base of the feature blocks: scikit-learn's contract, over a frame or `Clients`.

    What a block learns can be taken out as JSON and arrays, and put back.
    """

    kind: ClassVar[str] = ""

    def fit(self, X: pd.DataFrame | Clients, y: Any = None) -> Self:  # noqa: ARG002
        """Learn from training rows; ``y`` is not looked at.

        Raises
        ------
        ColumnError
            When a column is not in the frame.
        InputError
            When a column does not hold what it should.
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
        """Turn n clients into features (n, columns), float32; each row on its own.

        Warns
        -----
        CoterieWarning
            Names what training has not seen, where a frame was given.
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
        """Say what each column is of."""
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
        """Warn of what training has not seen."""

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
        """Take what `state` gave; ValueError where training gives no such thing."""


def at_least(name: str, value: Any, least: int) -> None:
    """Raise `OptionError` unless a parameter is a whole number from ``least``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise OptionError(f"{name} is {value!r}: give a whole number of at least {least}.")


def texts_of(values: Any) -> list[str]:
    """Read a list of texts that are all different."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("there is no list of texts where one should be")
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
        raise ValueError("an array holds numbers that training does not give")
    return values


def _numbered(features: Iterable[Feature]) -> list[Feature]:
    """Tell apart columns of one name: a concept may be called as a pair of others is."""
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
