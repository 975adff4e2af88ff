"""What every encoder offers, and what every stage may ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

__all__ = ["Encoder", "Vectors", "release", "unit_rows"]

Vectors = npt.NDArray[np.float32]


@runtime_checkable
class Encoder(Protocol):
    """Text into vectors of unit length.

    Attributes
    ----------
    name
        The name a user types: ``"minilm"``, ``"static"``, ``"nomic-ai/nomic-embed-text-v1"``.
    dim
        Width of the vectors.
    fingerprint
        Hex digest over everything that changes the vectors: weights, tokeniser, pooling, numeric
        precision, prefixes. Two encoders with one fingerprint give the same vectors.
    """

    name: str
    dim: int
    fingerprint: str

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts.

        Parameters
        ----------
        texts
            Any number of texts, empty ones among them.

        Returns
        -------
        ndarray of shape (n, dim), float32
            Rows of unit length, in the order of ``texts``. A row does not depend on the other
            texts of the call.
        """
        ...


def release(encoder: Encoder) -> None:
    """Give back the memory of an encoder's model, where it can; the next use reads it again."""
    give_back = getattr(encoder, "release", None)
    if give_back is not None:
        give_back()


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale rows (n, dim) to unit length; a zero row becomes the constant 1/sqrt(dim)."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    dim = vectors.shape[1]
    constant = np.float32(1 / np.sqrt(max(dim, 1)))
    safe = np.where(norms > 0, norms, 1)
    return np.where(norms > 0, vectors / safe, constant).astype(np.float32, copy=False)
