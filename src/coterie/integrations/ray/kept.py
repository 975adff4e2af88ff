"""Vectors that workers made, in place of the cache of a process that goes on with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from coterie.encoders import Encoder, NoCache, Vectors
from coterie.encoders.cache import Shelf, text_key

__all__ = ["KeptVectors"]

Keys = npt.NDArray[np.uint64]


class KeptVectors(NoCache):
    """Reads the vectors of texts from the files that workers wrote; what is new is not kept.

    Parameters
    ----------
    files
        Parquet files with the columns ``key`` and ``vector``.
    fingerprint
        Of the encoder that made them.
    """

    def __init__(self, files: Sequence[Path], fingerprint: str) -> None:
        self._files, self._fingerprint = files, fingerprint

    @contextmanager
    def open(self, encoder: Encoder) -> Iterator[Shelf]:
        """Give what is there of one encoder."""
        if encoder.fingerprint != self._fingerprint:
            with super().open(encoder) as nothing:
                yield nothing
            return
        yield _FileShelf(self._files)


class _FileShelf(Shelf):
    def __init__(self, files: Sequence[Path]) -> None:
        self._database = None
        self._files = files

    def read(self, texts: Sequence[str], into: Vectors) -> npt.NDArray[np.bool_]:
        """Fill ``into`` file by file, so that memory grows with the texts only."""
        known = np.zeros(len(texts), dtype=np.bool_)
        if not len(texts):
            return known
        asked = _keys(b"".join(map(text_key, texts)))
        order = np.argsort(asked[:, 0], kind="stable")
        first = asked[order, 0]
        for path in self._files:
            table = pq.read_table(path)
            if not len(table):
                continue
            there = _keys(b"".join(table["key"].to_pylist()))
            places = order[np.minimum(np.searchsorted(first, there[:, 0]), len(order) - 1)]
            same = (asked[places] == there).all(axis=1)
            vectors = _matrix(table["vector"])
            into[places[same]] = vectors[same]
            known[places[same]] = True
        return known


def _keys(joined: bytes) -> Keys:
    return np.frombuffer(joined, dtype="<u8").reshape(-1, 2)


def _matrix(column: Any) -> Vectors:
    cells = column.combine_chunks()
    flat: Vectors = cells.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(cells), -1)
