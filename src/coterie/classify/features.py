"""Rows into features: the text's vector, and beside it the block of the context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from coterie.classify.context import ContextEncoder
from coterie.classify.inputs import Inputs
from coterie.embed import EmbeddingCache, Encoder, Vectors, embed_texts
from coterie.errors import EncoderError

__all__ = ["Pooling", "embed_rows", "join_features"]

Pooling = Literal["text", "lines"]

_ROUNDED = 0.1  # vectors computed in bfloat16 are that close to unit length


def embed_rows(
    texts: Sequence[str], encoder: Encoder, pooling: Pooling, cache: EmbeddingCache | None
) -> Vectors:
    """Embed texts whole, or line by line.

    Parameters
    ----------
    texts
        n texts.
    encoder
        The encoder.
    pooling
        ``"text"`` embeds each text whole, as far as the encoder reads; ``"lines"`` embeds each
        line, such as a turn of a conversation or a session of a badge, and takes the mean.
    cache
        Where vectors are kept; None keeps none.

    Returns
    -------
    ndarray of shape (n, dim), float32
        Unit length.

    Raises
    ------
    EncoderError
        When the encoder gives vectors of another length, or none that are finite.
    """
    if pooling == "text":
        return _embed(texts, encoder, cache)
    lines: list[str] = []
    owners: list[int] = []
    for place, text in enumerate(texts):
        own = [line for line in text.splitlines() if line.strip()] or [text]
        lines += own
        owners += [place] * len(own)
    vectors = _embed(lines, encoder, cache)
    starts = np.searchsorted(owners, np.arange(len(texts)))
    if not len(texts):
        return vectors
    sums = np.add.reduceat(vectors.astype(np.float64), starts, axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    # lines that cancel each other out have no mean direction: the first one stands for all
    sums = np.where(lengths > 1e-6, sums, vectors[starts])
    unit: Vectors = (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _embed(texts: Sequence[str], encoder: Encoder, cache: EmbeddingCache | None) -> Vectors:
    vectors = embed_texts(texts, encoder, cache=cache)
    squares = np.einsum("ij,ij->i", vectors, vectors)
    broken = int((np.abs(squares - 1) > _ROUNDED).sum())
    if broken:
        raise EncoderError(
            f"{encoder.name} gave vectors that are not of unit length for {broken:,} of "
            f"{len(texts):,} texts: divide each by its length, or name another encoder."
        )
    return vectors


def join_features(
    vectors: Vectors, context: ContextEncoder | None, inputs: Inputs
) -> npt.NDArray[np.float32]:
    """Put the block of the context beside the vectors: (n, dim + width) float32."""
    if context is None:
        return vectors
    return np.hstack([vectors, context.transform(inputs.context, len(inputs))])
