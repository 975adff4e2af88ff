"""Vectors in 4 bits a dimension, so that a million of them are compared in milliseconds.

Product quantisation (Jégou, Douze and Schmid, 2011) with 16 values for every four dimensions, as
FAISS scans it with the registers of the processor. All codes are compared, under the exact mask of
a filter, and the best of them again in float32.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.extras import require

__all__ = ["MOST_SCANNED", "RowCodes", "lists_for", "make_codes", "trained_on"]

Vectors = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

MOST_SCANNED = 2_000_000
"""Rows whose codes are compared for a search in at most 10 ms: 4 to 5 ms a million were measured on
two cores with 384 dimensions; see docs/decisions/look-alike-search.md."""

_DIMENSIONS = 4  # in a code of 4 bits: 16 values for each four dimensions; measured, as above
_TRAINED = 100_000  # rows that codes are learnt from; more gained nothing
_ROWS_A_LIST = 16_384
_FEWEST_LISTS = 16


def lists_for(rows: int) -> int:
    """Give how many lists the codes of so many rows lie in."""
    return max(_FEWEST_LISTS, rows // _ROWS_A_LIST)


@dataclass(eq=False)
class RowCodes:
    """The codes of the first rows of an index.

    Parameters
    ----------
    index
        Of FAISS.
    dim
        Width of the vectors.
    """

    index: Any
    dim: int

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return int(self.index.ntotal)

    @property
    def lists(self) -> int:
        """In how many lists they lie."""
        return int(self.index.nlist)

    def add(self, vectors: Vectors) -> None:
        """Add rows after those that are there."""
        self.index.add(_padded(vectors))

    def nearest(
        self,
        vector: Vectors,
        count: int,
        passing: npt.NDArray[np.bool_] | None = None,
        lists: int | None = None,
    ) -> Places:
        """Find the rows whose codes are nearest to a vector.

        Parameters
        ----------
        vector
            Shape (dim,), unit length.
        count
            How many.
        passing
            Shape (rows,): the only rows that are compared; all when None.
        lists
            In how many lists to look, those with the nearest centres; all when None.

        Returns
        -------
        ndarray of shape (<= count,), int64
        """
        faiss = _library()
        options: dict[str, Any] = {"nprobe": min(lists or self.lists, self.lists)}
        if passing is not None:
            bits = np.packbits(passing, bitorder="little")
            options["sel"] = faiss.IDSelectorBitmap(bits)
        found = self.index.search(
            _padded(vector[None]),
            min(count, self.rows),
            params=faiss.SearchParametersIVF(**options),
        )[1][0]
        places: Places = found[found >= 0]
        return places

    def to_bytes(self) -> bytes:
        """Write it as FAISS does."""
        return bytes(_library().serialize_index(self.index).tobytes())

    @classmethod
    def from_bytes(cls, packed: npt.NDArray[np.uint8], dim: int) -> RowCodes:
        """Read what `to_bytes` gave; its hash must have been checked before."""
        return cls(_library().deserialize_index(packed), dim)


def make_codes(sample: Vectors, rows: int, blocks: Iterable[Vectors], dim: int) -> RowCodes:
    """Make the codes of all rows, learnt from some of them.

    Parameters
    ----------
    sample
        Rows to learn from.
    rows
        How many rows there will be.
    blocks
        All rows, some at a time.
    dim
        Width of the vectors.
    """
    faiss = _library()
    padded = _padded(sample)
    width = padded.shape[1]
    index = faiss.index_factory(
        width, f"IVF{lists_for(rows)},PQ{width // _DIMENSIONS}x4fs", faiss.METRIC_INNER_PRODUCT
    )
    index.cp.max_points_per_centroid = max(256, _TRAINED // lists_for(rows))
    index.train(padded)
    codes = RowCodes(index, dim)
    for block in blocks:
        codes.add(block)
    return codes


def trained_on(rows: int, seed: int = 0) -> Places:
    """Choose the rows that codes are learnt from, ascending."""
    if rows <= _TRAINED:
        return np.arange(rows)
    chosen = np.random.default_rng(seed).choice(rows, _TRAINED, replace=False)
    return np.sort(chosen).astype(np.int64)


def _padded(vectors: Vectors) -> Vectors:
    """Fill rows up with zeros to a width that codes divide."""
    rest = -vectors.shape[1] % (2 * _DIMENSIONS)
    whole = np.ascontiguousarray(vectors, dtype=np.float32)
    return whole if not rest else np.pad(whole, ((0, 0), (0, rest)))


def _library() -> Any:
    return require("faiss", extra="search", purpose="A search among many rows")
