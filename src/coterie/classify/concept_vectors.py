"""What concepts and texts mean, as vectors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from coterie.classify.blocks import Arrays, Block, Feature, Saved, State
from coterie.classify.clients import Clients
from coterie.classify.features import embed_rows
from coterie.embed import EmbeddingCache, Encoder

__all__ = ["ConceptEmbeddings", "TextEmbeddings", "VectorBlock"]

_ROWS = 4096


class VectorBlock(Block):
    """Base of the blocks that embed. The encoder is no part of their state."""

    encoder: str | Encoder
    encoder_: Encoder
    called: ClassVar[str] = ""

    def _learn(self, clients: Clients) -> None:
        self.encoder_ = clients.encoder(self.encoder)

    def _features(self) -> Iterable[Feature]:
        for place in range(self.encoder_.dim):
            yield Feature(f"{self.called} {place}", "")

    def state(self) -> Saved:
        """See `Block`."""
        return {}, {}

    def restore(self, state: State, arrays: Arrays) -> None:
        """See `Block`."""


class ConceptEmbeddings(VectorBlock):
    """The mean of the vectors of a client's distinct concepts; zeros without any.

    Each concept is embedded once for all clients, as it is compared: without regard to case. So
    are concepts that training has not seen. Time grows with the number of distinct concepts that
    the cache does not know, and with mentions times width.

    Parameters
    ----------
    encoder
        A name that `coterie.embed.load_encoder` knows, or an encoder.
    cache
        Where vectors are kept; None keeps none.
    concepts
        The column of concepts.

    Attributes
    ----------
    encoder_
        The encoder.
    """

    kind, called = "embeddings", "embedding"

    def __init__(
        self,
        encoder: str | Encoder = "minilm",
        cache: EmbeddingCache | None = None,
        concepts: str = "concepts",
    ) -> None:
        self.encoder = encoder
        self.cache = cache
        self.concepts = concepts

    def _learn(self, clients: Clients) -> None:
        clients.mentions(self.concepts)
        super()._learn(clients)

    def _make(self, clients: Clients) -> npt.NDArray[np.float32]:
        mentions = clients.mentions(self.concepts)
        means = np.zeros((len(clients), self.encoder_.dim), dtype=np.float32)
        if not mentions.keys:
            return means
        vectors = embed_rows(mentions.keys, self.encoder_, "text", self.cache).astype(np.float64)
        held = mentions.held.astype(np.float64)
        sizes = np.maximum(np.diff(held.indptr), 1)[:, None]
        for start in range(0, len(clients), _ROWS):
            rows = slice(start, start + _ROWS)
            means[rows] = (held[rows] @ vectors) / sizes[rows]
        return means


class TextEmbeddings(VectorBlock):
    """The vector of a text; zeros where it is missing or blank.

    Parameters
    ----------
    text
        The column of texts.
    encoder
        A name that `coterie.embed.load_encoder` knows, or an encoder.
    cache
        Where vectors are kept; None keeps none.

    Attributes
    ----------
    encoder_
        The encoder.
    """

    kind, called = "text", "text"

    def __init__(
        self,
        text: str = "text",
        encoder: str | Encoder = "minilm",
        cache: EmbeddingCache | None = None,
    ) -> None:
        self.text = text
        self.encoder = encoder
        self.cache = cache

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
            vectors[rows] = embed_rows(said, self.encoder_, "text", self.cache)
        return vectors
