"""Batches in which no text can change another's vector."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from coterie.encoders.base import Encoder, Vectors

__all__ = ["BatchEncoder", "Batches", "IntArray", "batches_of", "distinct", "same_length"]

IntArray = npt.NDArray[np.int64]
Batches = Iterator[tuple[IntArray, Vectors]]

_ROWS = 256  # texts at a time for encoders without batches of their own: a judgement


@runtime_checkable
class BatchEncoder(Encoder, Protocol):
    """An encoder that hands over vectors batch by batch, so that each can be kept at once."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    def batches(self, texts: Sequence[str]) -> Batches:
        """Yield the rows (int64) and their vectors (float32) as they are ready, in any order."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, each distinct one once; see `coterie.encoders.base.Encoder`."""
        unique, inverse = distinct(texts)
        vectors = np.empty((len(unique), self.dim), dtype=np.float32)
        for rows, part in self.batches(unique):
            vectors[rows] = part
        return vectors[inverse]


def batches_of(encoder: Encoder, texts: Sequence[str]) -> Batches:
    """Embed texts batch by batch, with any encoder."""
    if isinstance(encoder, BatchEncoder):
        yield from encoder.batches(texts)
        return
    for start in range(0, len(texts), _ROWS):
        part = texts[start : start + _ROWS]
        yield np.arange(start, start + len(part)), encoder.encode(part)


def distinct(texts: Sequence[str]) -> tuple[list[str], IntArray]:
    """Return each text once, in order of first sight, and the place of every row's own."""
    seen: dict[str, int] = {}
    inverse = np.fromiter(
        (seen.setdefault(text, len(seen)) for text in texts), dtype=np.int64, count=len(texts)
    )
    return list(seen), inverse


def same_length(lengths: Sequence[int], budget: int) -> Iterator[IntArray]:
    """Cut rows into batches of one length each, the longest first.

    A batch needs no padding, so a row goes through the same arithmetic whatever else is in
    the call. It has as many tokens as the budget allows, and at least one row.
    """
    order = np.argsort(np.asarray(lengths, dtype=np.int64), kind="stable")[::-1]
    sizes = np.asarray(lengths, dtype=np.int64)[order]
    for group in np.split(order, np.flatnonzero(np.diff(sizes)) + 1):
        if len(group) == 0:
            continue
        rows = max(1, budget // max(int(lengths[group[0]]), 1))
        for start in range(0, len(group), rows):
            yield group[start : start + rows]
