"""Blobs of unit vectors about orthogonal centres, and texts that are each their own."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders import Vectors
from coterie.segments import Discovery, EncoderRef, find_groups

DIM = 32
ENCODER = EncoderRef("blobs", "b" * 64, DIM)
AXES: Vectors = np.linalg.qr(np.random.default_rng(7).normal(size=(DIM, DIM)))[0].astype(np.float32)


def unit(rows: npt.NDArray[np.floating]) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def blobs(
    count: int, each: int, *, spread: float = 0.1, seed: int = 0
) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """Rows about the first ``count`` axes, with a deviation of ``spread`` in each direction."""
    codes = np.repeat(np.arange(count), each)
    rng = np.random.default_rng(seed)
    return unit(AXES[codes] + spread * rng.normal(size=(len(codes), DIM))), codes


def found(vectors: Vectors, texts: list[str] | None = None, **options: Any) -> Discovery:
    own = [f"text {row}" for row in range(len(vectors))]
    given = own if texts is None else texts
    return find_groups(given, vectors, encoder=ENCODER, **{"words": False, **options})
