"""Vectors that were given with records, in place of those that an encoder would make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["RowVectors", "VectorOrigin"]


@dataclass(frozen=True, slots=True)
class VectorOrigin:
    """Which encoder made vectors; all of it "" where that is not known.

    Attributes
    ----------
    name
        Its name.
    fingerprint, weights
        As of `coterie.encoders.Encoder`; one ``weights`` can compute in several precisions.
    """

    name: str = ""
    fingerprint: str = ""
    weights: str = ""

    @classmethod
    def of(cls, encoder: Any) -> VectorOrigin:
        """Describe an encoder."""
        weights = getattr(encoder, "weights", encoder.fingerprint)
        return cls(encoder.name, encoder.fingerprint, str(weights))

    @classmethod
    def from_dict(cls, written: Any) -> VectorOrigin:
        """Read what `to_dict` gave; unknown where it is something else."""
        if not isinstance(written, Mapping):
            return cls()
        return cls(**{name: str(written.get(name) or "") for name in cls.__slots__})

    def to_dict(self) -> dict[str, str]:
        """Give it as JSON takes it."""
        return asdict(self)

    def __bool__(self) -> bool:
        return bool(self.fingerprint)

    def agrees(self, other: VectorOrigin) -> bool:
        """Whether both may be one encoder: they are, or one of them is not known."""
        if not self or not other:
            return True
        same_weights = bool(self.weights) and self.weights == other.weights
        return self.fingerprint == other.fingerprint or same_weights


@dataclass(frozen=True, slots=True, eq=False)
class RowVectors:
    """The vectors of n records.

    Attributes
    ----------
    values
        Shape (n, dim), float32, finite, unit length.
    origin
        The encoder that made them.
    source
        Where they came from, as a person would name it.
    from_file
        Whether that is a file, which could say which encoder made them.
    """

    values: npt.NDArray[np.float32]
    origin: VectorOrigin = VectorOrigin()
    source: str = "the vectors"
    from_file: bool = False

    def __len__(self) -> int:
        return len(self.values)

    @property
    def dim(self) -> int:
        """Width of the vectors."""
        return int(self.values.shape[1])

    def take(self, rows: npt.NDArray[np.integer[Any]]) -> RowVectors:
        """Give the vectors of some of the records."""
        return replace(self, values=self.values[rows])
