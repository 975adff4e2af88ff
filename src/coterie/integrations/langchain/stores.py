"""What both vector stores share: ids, scores, and hits that differ from each other."""

from __future__ import annotations

import uuid
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from coterie.encoders import Vectors
from coterie.errors import EncoderMismatchError, InputError
from coterie.integrations.langchain.embeddings import as_vector, embed_query
from coterie.integrations.langchain.metadata import Filter, pack_metadata

__all__ = [
    "DocumentStore",
    "Found",
    "NewDocuments",
    "check_width",
    "document",
    "most_different",
    "sound",
]


@dataclass(frozen=True, slots=True, eq=False)
class NewDocuments:
    """n documents to put into a store; their ids are unique.

    Attributes
    ----------
    ids, texts
        Shape (n,), str; without half surrogate pairs, which Unicode does not allow.
    metadata
        Shape (n,), str: as `pack_metadata` writes it.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    metadata: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Documents that are nearest to a vector, the nearest first.

    Attributes
    ----------
    documents, cosines
        n of them.
    vectors
        Gives their vectors, shape (n, dim).
    """

    documents: Sequence[Document]
    cosines: Sequence[float]
    vectors: Callable[[], Vectors]


class DocumentStore(VectorStore):
    """A vector store by cosine, whose documents are replaced by others with their ids.

    Filters count before documents are compared, so there are always ``k`` hits where so many
    documents pass. A filter is an expression, such as ``"page >= 3 AND source = 'a.pdf'"``, or a
    mapping of keys to values, such as ``{"source": "a.pdf"}``.
    """

    @property
    @abstractmethod
    def embeddings(self) -> Embeddings:
        """What makes the vectors."""

    @abstractmethod
    def _put(self, new: NewDocuments) -> None:
        """Put documents in, in the place of those with their ids."""

    @abstractmethod
    def _nearest(self, vector: Vectors, k: int, where: Filter) -> Found | None:
        """Find the documents nearest to a unit vector (dim,); None where there are none at all."""

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Make a store of texts.

        Parameters
        ----------
        texts, metadatas, ids
            As for `add_texts`.
        embedding
            Embeddings of LangChain, or an encoder of Coterie or its name.
        **kwargs
            For the store, such as ``folder``.
        """
        store = cls(embedding=embedding, **kwargs)  # type: ignore[call-arg]  # both take it
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **kwargs: Any,  # noqa: ARG002 - LangChain passes options of other stores
    ) -> list[str]:
        """Add texts, in the place of those with their ids.

        Parameters
        ----------
        texts
            The texts.
        metadatas
            One mapping for each; what JSON holds.
        ids
            One for each; made where None. Of several texts with one id the last one stays.

        Returns
        -------
        list of str
            The ids, in the order of ``texts``.

        Raises
        ------
        InputError
            When there are not as many metadata or ids as texts, or JSON does not hold them.
        """
        given = [sound(text) for text in texts]
        held = [{} for _ in given] if metadatas is None else list(metadatas)
        keys = [None] * len(given) if ids is None else list(ids)
        for what, count in (("metadata", len(held)), ("ids", len(keys))):
            if count != len(given):
                raise InputError(
                    f"There are {len(given):,} texts and {count:,} {what}: give one for each text."
                )
        named = [str(uuid.uuid4()) if key is None else sound(str(key)) for key in keys]
        packed = [pack_metadata(each or {}) for each in held]
        last = sorted({key: row for row, key in enumerate(named)}.values())
        if last:
            some = [[rows[row] for row in last] for rows in (named, given, packed)]
            self._put(NewDocuments(*some))
        return named

    def similarity_search(
        self,
        query: str,
        k: int = 4,
        filter: Filter = None,  # noqa: A002 - as LangChain names it
        **kwargs: Any,
    ) -> list[Document]:
        """Find the documents nearest to a query.

        Parameters
        ----------
        query
            In words.
        k
            How many.
        filter
            What they must be, see the class.
        """
        found = self.similarity_search_with_score(query, k, filter=filter, **kwargs)
        return [document for document, _ in found]

    def similarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        filter: Filter = None,  # noqa: A002 - as LangChain names it
        **kwargs: Any,  # noqa: ARG002
    ) -> list[tuple[Document, float]]:
        """Find the documents nearest to a query, with their cosines: the greater, the nearer."""
        return _pairs(self._search(query, k, filter))

    def similarity_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        filter: Filter = None,  # noqa: A002 - as LangChain names it
        **kwargs: Any,  # noqa: ARG002
    ) -> list[Document]:
        """Find the documents nearest to a vector of the embeddings; other options as before."""
        found = self._nearest(as_vector(embedding), k, filter) if k > 0 else None
        return [document for document, _ in _pairs(found)]

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter = None,  # noqa: A002 - as LangChain names it
        **kwargs: Any,  # noqa: ARG002
    ) -> list[Document]:
        """Find documents that are near to a query and differ from each other.

        Parameters
        ----------
        query, k, filter
            As for `similarity_search`.
        fetch_k
            How many of the nearest they are chosen from.
        lambda_mult
            Weight of nearness, 0 to 1; the rest is that of difference.
        """
        return _spread(self._search(query, max(fetch_k, k), filter), k, lambda_mult)

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Filter = None,  # noqa: A002 - as LangChain names it
        **kwargs: Any,  # noqa: ARG002
    ) -> list[Document]:
        """Find documents near to a vector that differ from each other; options as before."""
        found = self._nearest(as_vector(embedding), max(fetch_k, k), filter) if k > 0 else None
        return _spread(found, k, lambda_mult)

    def _search(self, query: str, k: int, where: Filter) -> Found | None:
        if k < 1 or not self._filled():
            return None  # an empty store embeds nothing
        return self._nearest(embed_query(self.embeddings, query), k, where)

    @abstractmethod
    def _filled(self) -> bool:
        """Whether the width of the vectors is known."""

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return _relevance


def _relevance(cosine: float) -> float:
    return min(max(cosine, 0.0), 1.0)


def _pairs(found: Found | None) -> list[tuple[Document, float]]:
    if found is None:
        return []
    return list(zip(found.documents, map(float, found.cosines), strict=True))


def _spread(found: Found | None, k: int, weight: float) -> list[Document]:
    if found is None or k < 1:
        return []
    cosines = np.asarray(found.cosines, dtype=np.float64)
    chosen = most_different(cosines, found.vectors(), k, weight)
    return [found.documents[at] for at in chosen]


def most_different(
    cosines: npt.NDArray[np.float64], vectors: Vectors, k: int, weight: float
) -> list[int]:
    """Choose hits by maximal marginal relevance (Carbonell and Goldstein, 1998).

    Parameters
    ----------
    cosines
        Shape (n,): of each hit with the query.
    vectors
        Shape (n, dim), unit length.
    k
        How many are chosen.
    weight
        Of the cosine with the query; the rest is that of the greatest cosine with a hit that is
        chosen already.

    Returns
    -------
    list of int
        In the order in which they were chosen.
    """
    chosen: list[int] = []
    nearest = np.full(len(cosines), -np.inf)
    free = np.ones(len(cosines), dtype=np.bool_)
    for _ in range(min(k, len(cosines))):
        scores = weight * cosines - (1 - weight) * nearest if chosen else cosines
        best = int(np.argmax(np.where(free, scores, -np.inf)))
        chosen.append(best)
        free[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return chosen


def document(key: str, text: str, metadata: dict[str, Any]) -> Document:
    """Make a document."""
    return Document(id=key, page_content=text, metadata=metadata)


def check_width(vector: Vectors, dim: int, place: str) -> None:
    """Refuse a vector of another width than those of a store."""
    if len(vector) != dim:
        raise EncoderMismatchError(
            f"The vector has width {len(vector)}, and those of {place} have {dim}: use the "
            "embeddings that the store was made with."
        )


def sound(text: str) -> str:
    """Replace halves of surrogate pairs, which cannot be written as UTF-8."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
