"""Text into vectors: one encoder per module, one cache."""

from coterie.embed.base import Encoder, Vectors
from coterie.embed.cache import CacheInfo, EmbeddingCache
from coterie.embed.compute import embed_texts
from coterie.embed.load import load_encoder

__all__ = ["CacheInfo", "EmbeddingCache", "Encoder", "Vectors", "embed_texts", "load_encoder"]
