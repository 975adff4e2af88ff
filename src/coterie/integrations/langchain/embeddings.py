"""Encoders of Coterie as embeddings of LangChain, and any embeddings as unit vectors."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from langchain_core.embeddings import Embeddings

from coterie.encoders import (
    UNKNOWN_ENCODER,
    EmbeddingCache,
    Encoder,
    Vectors,
    embed_texts,
    load_encoder,
)
from coterie.encoders.base import unit_rows
from coterie.errors import CoterieWarning, EncoderError, EncoderMismatchError
from coterie.records.vectors import VectorOrigin

__all__ = [
    "AnyEmbeddings",
    "CoterieEmbeddings",
    "as_embeddings",
    "check_origin",
    "embed_documents",
    "embed_query",
    "origin_of",
]


class CoterieEmbeddings(Embeddings):
    """An encoder of Coterie, as LangChain asks for one. Vectors have unit length.

    Vectors of documents are kept in the user's cache, so that no text is embedded twice. Those of
    queries are not kept.

    Parameters
    ----------
    encoder
        Name of an encoder, as `coterie.load_encoder` takes it, or an encoder.
    cache
        Where vectors are kept; the user's own cache when None, nowhere with
        `coterie.encoders.NoCache`.
    **options
        Further ones of `coterie.load_encoder`, such as ``device`` or ``max_length``.

    Raises
    ------
    EncoderError
        When there is no such encoder.

    Examples
    --------
    >>> embeddings = CoterieEmbeddings("minilm")  # doctest: +SKIP
    >>> len(embeddings.embed_query("a lost card"))  # doctest: +SKIP
    384
    """

    def __init__(
        self,
        encoder: str | Encoder = "minilm",
        *,
        cache: EmbeddingCache | None = None,
        **options: Any,
    ) -> None:
        named = isinstance(encoder, str)
        self.encoder: Encoder = load_encoder(encoder, **options) if named else encoder  # type: ignore[arg-type, assignment]
        self.asked = encoder if isinstance(encoder, str) else encoder.name
        self.cache = cache
        self._lock = threading.Lock()  # LangChain calls from several threads

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed documents: an array of shape (n, dim), float32."""
        with self._lock:
            return embed_texts(texts, self.encoder, cache=self.cache)

    def encode_query(self, text: str) -> Vectors:
        """Embed a query: an array of shape (1, dim), float32."""
        with self._lock:
            return self.encoder.encode([text])

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed documents."""
        vectors: list[list[float]] = self.encode(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """Embed a query."""
        vector: list[float] = self.encode_query(text)[0].tolist()
        return vector

    def __repr__(self) -> str:
        return f"CoterieEmbeddings({self.encoder.name!r})"


AnyEmbeddings: TypeAlias = Embeddings | Encoder | str
"""Embeddings of LangChain, or an encoder of Coterie or its name."""


def as_embeddings(embedding: AnyEmbeddings) -> Embeddings:
    """Take embeddings as they are, and wrap an encoder of Coterie."""
    return embedding if isinstance(embedding, Embeddings) else CoterieEmbeddings(embedding)


def embed_documents(embedding: Embeddings, texts: Sequence[str]) -> Vectors:
    """Embed one text or more: unit vectors of shape (n, dim), float32.

    Raises
    ------
    EncoderError
        When the embeddings are not one vector for each text, of one width and finite.
    """
    if isinstance(embedding, CoterieEmbeddings):
        return embedding.encode(texts)
    return _as_vectors(embedding.embed_documents(list(texts)), len(texts), embedding)


def embed_query(embedding: Embeddings, text: str) -> Vectors:
    """Embed a query: a unit vector of shape (dim,), float32; errors as for `embed_documents`."""
    if isinstance(embedding, CoterieEmbeddings):
        vector: Vectors = embedding.encode_query(text)[0]
        return vector
    return as_vector(embedding.embed_query(text), type(embedding).__name__)


def as_vector(given: Sequence[float], source: str = "The query") -> Vectors:
    """Take a vector that was given as one of unit length."""
    vector: Vectors = _checked([given], 1, source)[0]
    return vector


def _as_vectors(given: Sequence[Sequence[float]], count: int, embedding: Embeddings) -> Vectors:
    return _checked(given, count, type(embedding).__name__)


def _checked(given: Sequence[Sequence[float]], count: int, source: str) -> Vectors:
    try:
        vectors = np.asarray(given, dtype=np.float32)
    except (TypeError, ValueError):
        vectors = np.empty(0, dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != count or not vectors.shape[1]:
        raise EncoderError(
            f"{source} gave no vectors of one width, one for each text: use other embeddings."
        )
    if not np.isfinite(vectors).all():
        raise EncoderError(f"{source} gave vectors that are not finite: use other embeddings.")
    return unit_rows(vectors)


def origin_of(embedding: Embeddings) -> VectorOrigin:
    """Tell which encoder makes the vectors; of embeddings of LangChain only the class is known."""
    if isinstance(embedding, CoterieEmbeddings):
        return VectorOrigin.of(embedding.encoder)
    return VectorOrigin(type(embedding).__name__)


def check_origin(embedding: Embeddings, known: VectorOrigin, place: str) -> None:
    """Refuse embeddings that are surely not those of a store; warn where that is not known.

    Raises
    ------
    EncoderMismatchError
        When an encoder of Coterie made the vectors of the store, and this is another one.
    """
    own = origin_of(embedding)
    if known.name in ("", UNKNOWN_ENCODER) or (own and known and own.agrees(known)):
        return
    if known:
        raise EncoderMismatchError(
            f"The vectors of {place} were made by {known.name}, and not by {own.name}: give "
            f"CoterieEmbeddings({known.name!r})."
        )
    if own.name != known.name:
        warnings.warn(
            f"The vectors of {place} were made by {known.name}, and {own.name} is given: unless "
            "both give the same vectors, what is found means nothing.",
            CoterieWarning,
            stacklevel=3,
        )
