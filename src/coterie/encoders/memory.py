"""Vectors kept in memory, for a process that answers again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

from coterie.encoders.base import Encoder, Vectors
from coterie.encoders.cache import CacheInfo, EmbeddingCache, Shelf
from coterie.errors import OptionError

__all__ = ["MemoryCache"]

_MOST = 50_000  # 75 MiB of MiniLM vectors: a judgement, not measured


class MemoryCache(EmbeddingCache):
    """Vectors by encoder and text, in this process's memory; of many those used last.

    Nothing is written to disk, and the texts themselves are kept. Several threads may share one.

    Parameters
    ----------
    most
        Vectors to keep, of all encoders together; one of MiniLM takes 1.5 KiB and its text.
    """

    def __init__(self, most: int = _MOST) -> None:
        if most < 1:
            raise OptionError(f"most is {most}: give 1 vector or more.")
        self.most = most
        self._vectors: OrderedDict[tuple[str, str], Vectors] = OrderedDict()
        self._names: dict[str, str] = {}
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"MemoryCache({self.most})"

    def __len__(self) -> int:
        return len(self._vectors)

    @property
    def discoveries(self) -> Path | None:
        """No folder: what is kept is in memory."""
        return None

    @property
    def nbytes(self) -> int:
        """Bytes of the vectors that are kept."""
        with self._lock:
            return sum(vector.nbytes for vector in self._vectors.values())

    @contextmanager
    def open(self, encoder: Encoder) -> Iterator[Shelf]:
        """Give what is kept of one encoder."""
        self._names[encoder.fingerprint] = encoder.name
        yield _MemoryShelf(self, encoder.fingerprint)

    def info(self) -> list[CacheInfo]:
        """Say what is kept, encoder by encoder; bytes are those of the vectors."""
        with self._lock:
            kept = [(key[0], vector) for key, vector in self._vectors.items()]
        found = []
        for fingerprint in dict.fromkeys(name for name, _ in kept):
            vectors = [vector for name, vector in kept if name == fingerprint]
            size, name = sum(vector.nbytes for vector in vectors), self._names[fingerprint]
            found.append(CacheInfo(name, fingerprint, len(vectors[0]), len(vectors), size))
        return found

    def clear(self, fingerprint: str | None = None) -> int:
        """Forget what is kept of one encoder, or of all; returns the bytes freed."""
        with self._lock:
            gone = [key for key in self._vectors if fingerprint in (None, key[0])]
            return sum(self._vectors.pop(key).nbytes for key in gone)


class _MemoryShelf(Shelf):
    def __init__(self, cache: MemoryCache, fingerprint: str) -> None:
        self._cache, self._fingerprint = cache, fingerprint

    def read(self, texts: Sequence[str], into: Vectors) -> npt.NDArray[np.bool_]:
        cache, keys = self._cache, self._keys(texts)
        with cache._lock:
            found = [cache._vectors.get(key) for key in keys]
            for key, vector in zip(keys, found, strict=True):
                if vector is not None:
                    cache._vectors.move_to_end(key)
        known = np.array([vector is not None for vector in found], dtype=np.bool_)
        if known.any():
            into[known] = np.stack([vector for vector in found if vector is not None])
        return known

    def write(self, texts: Sequence[str], vectors: Vectors) -> None:
        cache = self._cache
        with cache._lock:
            for key, vector in zip(self._keys(texts), vectors, strict=True):
                if np.isfinite(vector).all():
                    cache._vectors[key] = vector.copy()
            while len(cache._vectors) > cache.most:
                cache._vectors.popitem(last=False)

    def close(self) -> None:
        pass

    def _keys(self, texts: Sequence[str]) -> list[tuple[str, str]]:
        return [(self._fingerprint, text) for text in texts]
