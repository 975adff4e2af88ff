"""Embeddings of concepts and texts as features."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from coterie.classifiers.features.base import Arrays, Feature, FeatureBlock, Saved, State, texts_of
from coterie.classifiers.features.clients import Clients
from coterie.classifiers.features.texts import embed_rows
from coterie.encoders import EmbeddingCache, Encoder

__all__ = ["ConceptEmbeddings", "TextEmbeddings", "VectorBlock"]

_ROWS = 4096
_KEPT = 20_000  # concepts whose vectors are saved with the block: a judgement


class VectorBlock(FeatureBlock):
    """Base of the blocks that embed. The encoder is not a part of their state."""

    encoder: str | Encoder
    encoder_: Encoder
    cache: EmbeddingCache | None
    called: ClassVar[str] = ""

    def _learn(self, clients: Clients) -> None:
        self.encoder_ = clients.encoder(self.encoder)

    def _cache_for(self, clients: Clients) -> EmbeddingCache | None:
        return self.cache if clients.cache is None else clients.cache

    def _features(self) -> Iterable[Feature]:
        for place in range(self.encoder_.dim):
            yield Feature(f"{self.called} {place}", "")


@dataclass(eq=False, repr=False)
class ConceptEmbeddings(VectorBlock):
    """The mean of the vectors of a client's distinct concepts; zeros without any.

    Each concept is embedded once for all clients, as it is compared: in lower case. The vectors of
    the 20,000 commonest concepts of the training rows are saved with the block.

    Parameters
    ----------
    encoder
        A name that `coterie.encoders.load_encoder` knows, or an encoder.
    cache
        Where vectors are kept; the user's own cache when None.
    concepts
        The column of concepts.

    Attributes
    ----------
    encoder_
        The encoder.
    keys_ : dict of str to int
        The concepts whose vectors are saved, as they are compared, and their rows in ``vectors_``.
    vectors_ : ndarray of shape (keys, dim), float32
        The vectors.
    """

    kind, called = "embeddings", "embedding"

    encoder: str | Encoder = "minilm"
    cache: EmbeddingCache | None = None
    concepts: str = "concepts"

    def _learn(self, clients: Clients) -> None:
        mentions = clients.mentions(self.concepts)
        super()._learn(clients)
        commonest = np.argsort(-mentions.clients_per_concept(), kind="stable")[:_KEPT]
        keys = [mentions.keys[each] for each in np.sort(commonest).tolist()]
        vectors = embed_rows(keys, self.encoder_, "text", self.cache)
        self.keys_, self.vectors_ = {key: row for row, key in enumerate(keys)}, vectors

    def _make(self, clients: Clients) -> npt.NDArray[np.float32]:
        mentions = clients.mentions(self.concepts)
        means = np.zeros((len(clients), self.encoder_.dim), dtype=np.float32)
        if not mentions.keys:
            return means
        vectors = self._vectors_of(mentions.keys, self._cache_for(clients)).astype(np.float64)
        held = mentions.held.astype(np.float64)
        sizes = np.maximum(np.diff(held.indptr), 1)[:, None]
        for start in range(0, len(clients), _ROWS):
            rows = slice(start, start + _ROWS)
            means[rows] = (held[rows] @ vectors) / sizes[rows]
        return means

    def _vectors_of(
        self, keys: Sequence[str], cache: EmbeddingCache | None
    ) -> npt.NDArray[np.float32]:
        """Vectors of concepts, (keys, dim): saved ones, and the others embedded."""
        rows = np.array([self.keys_.get(key, -1) for key in keys], dtype=np.int64)
        kept, others = rows >= 0, np.flatnonzero(rows < 0).tolist()
        vectors = np.empty((len(keys), self.encoder_.dim), dtype=np.float32)
        vectors[kept] = self.vectors_[rows[kept]]
        if others:
            wanted = [keys[each] for each in others]
            vectors[others] = embed_rows(wanted, self.encoder_, "text", cache)
        return vectors

    def state(self) -> Saved:
        """See `FeatureBlock`."""
        return {"keys": list(self.keys_)}, {"vectors": self.vectors_}

    def restore(self, state: State, arrays: Arrays) -> None:
        """See `FeatureBlock`."""
        keys, vectors = texts_of(state["keys"]), arrays["vectors"]
        sound = vectors.dtype == np.float32 and vectors.shape == (len(keys), self.encoder_.dim)
        if not sound or not np.isfinite(vectors).all():
            raise ValueError("the vectors do not fit the concepts and the encoder")
        self.keys_, self.vectors_ = {key: row for row, key in enumerate(keys)}, vectors


@dataclass(eq=False, repr=False)
class TextEmbeddings(VectorBlock):
    """The vector of a text; zeros where it is missing or blank.

    Parameters
    ----------
    text
        The column of texts.
    encoder
        A name that `coterie.encoders.load_encoder` knows, or an encoder.
    cache
        Where vectors are kept; the user's own cache when None.

    Attributes
    ----------
    encoder_
        The encoder.
    """

    kind, called = "text", "text"

    text: str = "text"
    encoder: str | Encoder = "minilm"
    cache: EmbeddingCache | None = None

    def _learn(self, clients: Clients) -> None:
        clients.column(self.text)
        super()._learn(clients)

    def _make(self, clients: Clients) -> npt.NDArray[np.float32]:
        column = clients.column(self.text)
        given = column.notna().to_numpy(dtype=bool)
        texts = [
            str(text) if there else "" for text, there in zip(column.tolist(), given, strict=True)
        ]
        rows = [row for row, text in enumerate(texts) if text.strip()]
        vectors = np.zeros((len(texts), self.encoder_.dim), dtype=np.float32)
        if rows:
            said = [texts[row] for row in rows]
            vectors[rows] = embed_rows(said, self.encoder_, "text", self._cache_for(clients))
        return vectors

    def state(self) -> Saved:
        """See `FeatureBlock`."""
        return {}, {}

    def restore(self, state: State, arrays: Arrays) -> None:
        """See `FeatureBlock`."""
