"""Text into vectors: one encoder per module, one cache."""

from coterie.embed.base import Encoder, Vectors, release
from coterie.embed.cache import CacheInfo, EmbeddingCache
from coterie.embed.compute import embed_texts
from coterie.embed.files import EmbeddingTable, read_embeddings, write_embeddings
from coterie.embed.load import KNOWN_ENCODERS, encoder_folder, learns_from_texts, load_encoder
from coterie.embed.memory import MemoryCache
from coterie.embed.similarity import cosine, similarity
from coterie.embed.tfidf import TfidfEncoder, fit_tfidf

__all__ = [
    "KNOWN_ENCODERS",
    "CacheInfo",
    "EmbeddingCache",
    "EmbeddingTable",
    "Encoder",
    "MemoryCache",
    "TfidfEncoder",
    "Vectors",
    "cosine",
    "embed_texts",
    "encoder_folder",
    "fit_tfidf",
    "learns_from_texts",
    "load_encoder",
    "read_embeddings",
    "release",
    "similarity",
    "write_embeddings",
]
