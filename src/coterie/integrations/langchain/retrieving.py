"""An index as a retriever: by words and meaning together, with conditions that a query states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, model_validator

from coterie.encoders import Encoder, Vectors
from coterie.integrations.langchain.embeddings import as_embeddings, check_origin, embed_query
from coterie.integrations.langchain.lasting import CoterieVectorStore, documents_of
from coterie.integrations.langchain.stores import check_width
from coterie.options import SearchOptions
from coterie.records.vectors import VectorOrigin
from coterie.search.searching import By
from coterie.verbs.searching import Index
from coterie.workflows.searching.search import search

__all__ = ["CoterieRetriever"]

_ADDED = ("match", "cosine", "found_by", "why")


class CoterieRetriever(BaseRetriever):
    """Searches an index as ``coterie search`` does.

    Rows are found by words (BM25) and meaning (cosine) together. Conditions that a query states
    about known columns, such as "high budget", become filters.

    To the metadata of each document are added ``match`` (0 to 1: how close it is for this index,
    None where that is not known), ``cosine``, ``found_by`` (meaning, words, both or filter) and
    ``why``. A key of the document that has such a name is given as ``match (column)`` and so on.

    Attributes
    ----------
    index
        `coterie.Index`, `CoterieVectorStore`, or the folder of an index. Of a folder and of a
        store the newest rows are searched.
    embedding
        What embeds queries: embeddings of LangChain, or an encoder of Coterie or its name. Needed
        only where the vectors of the index were not made by an encoder of Coterie.
    k
        How many documents.
    where
        Filter that all of them pass: ``"page >= 3"``.
    by
        What is compared: ``"both"``, ``"meaning"`` or ``"words"``.
    filters
        Whether conditions that a query states become filters.
    """

    index: Any
    embedding: Any = None
    k: int = Field(default=4, ge=1)
    where: str | None = None
    by: By = "both"
    filters: bool = True

    model_config = ConfigDict(arbitrary_types_allowed=True)

    @model_validator(mode="after")
    def _open(self) -> Self:
        if self.embedding is not None:
            self.embedding = as_embeddings(self.embedding)
        if not isinstance(self.index, Index | CoterieVectorStore):
            self.index = CoterieVectorStore(self.index, self.embedding)
        elif isinstance(self.index, Index) and self.embedding is not None:
            known = VectorOrigin.from_dict(self.index.reader.version.encoder)
            check_origin(self.embedding, known, str(self.index.home))
        return self

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002
        **kwargs: Any,
    ) -> list[Document]:
        reader = self.index.reader if isinstance(self.index, Index) else self.index.open()
        if reader is None:
            return []
        asked = {"k": self.k, "where": self.where, "by": self.by, "filters": self.filters}
        options = SearchOptions(**{**asked, **kwargs})
        if not query.strip() and options.where is None:
            return []
        by_meaning = query.strip() and options.by != "words"
        encoder = self._encoder(reader.version.dim) if by_meaning else None
        result = search(reader, query.strip(), options, encoder)
        documents = documents_of(reader, reader.places_of(result.table["id"].tolist()))
        added = result.table[list(_ADDED)].astype(object)
        added = added.where(added.notna(), None)
        rows = zip(*(added[name] for name in _ADDED), strict=True)
        return [
            _with(document, dict(zip(_ADDED, row, strict=True)))
            for document, row in zip(documents, rows, strict=True)
        ]

    def _encoder(self, dim: int) -> Encoder:
        if self.embedding is not None:
            return _Queries(self.embedding, dim)
        if isinstance(self.index, CoterieVectorStore):
            return _Queries(self.index.embeddings, dim)
        encoder: Encoder = self.index.encoder
        return encoder


class _Queries:
    """Embeds queries, as an encoder does."""

    def __init__(self, embedding: Embeddings, dim: int) -> None:
        self.embedding, self.dim = embedding, dim
        self.name, self.fingerprint = type(embedding).__name__, ""

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.stack([embed_query(self.embedding, text) for text in texts])
        check_width(vectors[0], self.dim, "the index")
        return vectors


def _with(document: Document, added: dict[str, Any]) -> Document:
    own = {
        f"{key} (column)" if key in added else key: value
        for key, value in document.metadata.items()
    }
    metadata = {**own, **added}
    return Document(id=document.id, page_content=document.page_content, metadata=metadata)
