"""Text into vectors: one encoder per module, one cache."""

from coterie.encoders.base import Encoder, Vectors, as_unit, mean_rows, release, row_keys
from coterie.encoders.cache import CacheInfo, EmbeddingCache, NoCache
from coterie.encoders.compute import embed_texts
from coterie.encoders.cosine_similarity import cosine, similarity
from coterie.encoders.files import (
    EmbeddingTable,
    embedding_files,
    read_embeddings,
    write_embeddings,
)
from coterie.encoders.given import UNKNOWN_ENCODER, GivenVectors, check_given
from coterie.encoders.load import KNOWN_ENCODERS, encoder_folder, learns_from_texts, load_encoder
from coterie.encoders.memory import MemoryCache
from coterie.encoders.readability import READABLE, Readability, judge_readability, read_shares
from coterie.encoders.tfidf import TfidfEncoder, fit_tfidf

__all__ = [
    "KNOWN_ENCODERS",
    "READABLE",
    "UNKNOWN_ENCODER",
    "CacheInfo",
    "EmbeddingCache",
    "EmbeddingTable",
    "Encoder",
    "GivenVectors",
    "MemoryCache",
    "NoCache",
    "Readability",
    "TfidfEncoder",
    "Vectors",
    "as_unit",
    "check_given",
    "cosine",
    "embed_texts",
    "embedding_files",
    "encoder_folder",
    "fit_tfidf",
    "judge_readability",
    "learns_from_texts",
    "load_encoder",
    "mean_rows",
    "read_embeddings",
    "read_shares",
    "release",
    "row_keys",
    "similarity",
    "write_embeddings",
]
