"""What every encoder offers, and what every stage may ask of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

__all__ = ["Encoder", "Vectors", "as_unit", "mean_rows", "release", "row_keys", "unit_rows"]

Vectors = npt.NDArray[np.float32]

# of a squared length: a vector as near to unit length stays as it is, so that vectors read from a
# file give what the encoder's own give, to the digit; some encoders compute in bfloat16
_UNIT = 0.01


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


def as_unit(vectors: npt.NDArray[Any]) -> Vectors:
    """Scale rows (n, dim) that are not 0 to unit length, but those that are all but there."""
    squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)[:, None]
    off = np.abs(squares - 1) > _UNIT
    if not off.any():
        return vectors.astype(np.float32, copy=False)
    return np.where(off, vectors / np.sqrt(squares), vectors).astype(np.float32)


def row_keys(vectors: Vectors) -> list[str]:
    """Give each row (n, dim) a key that only an equal row has."""
    rows = np.ascontiguousarray(vectors)
    return [hashlib.blake2b(row, digest_size=16).hexdigest() for row in rows]


def mean_rows(vectors: Vectors, owners: npt.NDArray[np.int64], n: int) -> Vectors:
    """Take the mean of each owner's vectors, scaled to unit length: (n, dim).

    `owners` (m,) are 0 to n - 1, and each has a vector at least.
    """
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], np.arange(n))
    sums = np.add.reduceat(vectors[order].astype(np.float64), starts, axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    # vectors that cancel each other out have no mean direction: the first one stands for all
    sums = np.where(lengths > 1e-6, sums, vectors[order][starts])
    unit: Vectors = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
    return unit
