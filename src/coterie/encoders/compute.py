"""Texts into vectors, through the cache."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coterie import progress
from coterie.encoders.base import Encoder, Vectors
from coterie.encoders.batches import batches_of, distinct
from coterie.encoders.cache import EmbeddingCache
from coterie.errors import EncoderError, EncoderMismatchError

__all__ = ["embed_texts"]


def embed_texts(
    texts: Sequence[str], encoder: Encoder, *, cache: EmbeddingCache | None = None
) -> Vectors:
    """Embed texts, each distinct one once, and keep what is new.

    A batch is in the cache as soon as it is ready, so that a run that was killed redoes only the
    batches that were computed then: one, or one more than the fast encoder has streams (three
    on 2 cores, of 2,048 tokens). Time grows with the number of distinct texts that are not cached.

    Parameters
    ----------
    texts
        Any number of texts.
    encoder
        The encoder.
    cache
        Where vectors are looked up and kept; the user's own cache when None. `NoCache` embeds
        everything anew and keeps nothing.

    Returns
    -------
    ndarray of shape (n, dim), float32
        Unit vectors in the order of ``texts``.

    Raises
    ------
    EncoderError
        When the encoder gives vectors that are not finite. The sound ones are kept.
    EncoderMismatchError
        When the cache's file is of another encoder or width, or the encoder's vectors are not as
        wide as it says.
    """
    unique, inverse = distinct(texts)
    vectors = np.empty((len(unique), encoder.dim), dtype=np.float32)
    with (EmbeddingCache() if cache is None else cache).open(encoder) as shelf:
        missing = np.flatnonzero(~shelf.read(unique, vectors))
        if len(missing) == 0:
            return vectors[inverse]
        todo = [unique[row] for row in missing]
        broken = 0
        with progress.current().stage(f"Embedding with {encoder.name}", len(todo)) as stage:
            for rows, part in batches_of(encoder, todo):
                if part.shape[1] != encoder.dim:
                    raise EncoderMismatchError(
                        f"{encoder.name} gave vectors of width {part.shape[1]}, not {encoder.dim}: "
                        "load it again."
                    )
                shelf.write([todo[row] for row in rows], part)
                vectors[missing[rows]] = part
                broken += int((~np.isfinite(part).all(axis=1)).sum())
                stage.advance(len(rows))
    if broken:
        raise EncoderError(
            f"{encoder.name} gave vectors that are not finite for {broken:,} of {len(todo):,} "
            "texts: its weights may be damaged, load it again or use another encoder."
        )
    return vectors[inverse]
