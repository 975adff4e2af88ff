"""Documents in memory, searched by FAISS; saved as a FAISS file and JSON, without pickle."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from pydantic import ConfigDict, Field, TypeAdapter, with_config

from coterie.encoders import Vectors
from coterie.errors import EncoderMismatchError, IntegrityError, OptionError, StoreError
from coterie.extras import require
from coterie.files import replacing
from coterie.integrations.langchain.embeddings import (
    AnyEmbeddings,
    CoterieEmbeddings,
    as_embeddings,
    check_origin,
    embed_documents,
    origin_of,
)
from coterie.integrations.langchain.lasting import metadata_of
from coterie.integrations.langchain.metadata import (
    Filter,
    condition_of,
    metadata_columns,
    pack_metadata,
    unpack_metadata,
)
from coterie.integrations.langchain.stores import (
    DocumentStore,
    Found,
    NewDocuments,
    check_width,
    document,
    sound,
)
from coterie.records.vectors import VectorOrigin
from coterie.search.columns import TypedColumns
from coterie.search.filters import passing
from coterie.search.schema import Schema
from coterie.search.storage.reader import IndexReader
from coterie.store.manifest import FileEntry, pack, unpack
from coterie.verbs.searching import Index
from coterie.workflows.searching.encoder import index_encoder

__all__ = ["FaissVectorStore", "Method", "faiss_store"]

Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]
Method: TypeAlias = Literal["flat", "hnsw"]

_DOCUMENTS = "documents.json"
_MOST_BYTES = 4 << 30  # of it; a judgement, not measured
_MEND = "make the store again, or take it from a copy"
_NEIGHBOURS, _BUILT, _LOOKED_AT = (
    32,
    128,
    128,
)  # of HNSW: usual values, in FAISS's order M, efC, efS
_MOST_DELETED = 0.25  # share of all rows, after which the index is built anew


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class _Saved:
    """A store as its JSON file holds it; ``metadata`` is JSON in text, one for each document."""

    form: Literal[1]
    method: Method
    name: str
    fingerprint: str
    weights: str
    dim: Annotated[int, Field(ge=0)]
    vectors: FileEntry | None
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    metadata: tuple[str, ...]

    @property
    def file(self) -> str:
        """Name of the file of the vectors."""
        assert self.vectors is not None
        return f"vectors-{self.vectors.sha256[:16]}.faiss"


_SAVED = TypeAdapter(_Saved)


class FaissVectorStore(DocumentStore):
    """A vector store in memory.

    Parameters
    ----------
    embedding
        Embeddings of LangChain, or an encoder of Coterie or its name.
    method
        ``"flat"`` compares all vectors, in a time that grows with them, and misses none.
        ``"hnsw"`` walks a graph (Malkov and Yashunin, 2018), which is faster with more than some
        100,000 documents, takes longer to build and may miss some. Both keep filters exactly.

    Raises
    ------
    MissingExtraError
        When FAISS is not installed.

    Examples
    --------
    >>> store = FaissVectorStore.from_texts(["My card was lost."], "minilm")  # doctest: +SKIP
    >>> store.save("cards")  # doctest: +SKIP
    >>> FaissVectorStore.load("cards", "minilm")  # doctest: +SKIP
    """

    def __init__(self, embedding: AnyEmbeddings, *, method: Method = "flat") -> None:
        if method not in ("flat", "hnsw"):
            raise OptionError(f"There is no method {method!r}: give 'flat' or 'hnsw'.")
        _library()
        self.method: Method = method
        self._embedding = as_embeddings(embedding)
        self._lock = threading.RLock()
        self._clear()

    def _clear(self) -> None:
        self._index: Any = None
        self._ids: list[str | None] = []  # None where a row was deleted
        self._texts: list[str] = []
        self._metadata: list[str] = []
        self._rows: dict[str, int] = {}
        self._changed()

    def _changed(self) -> None:
        """Forget what was derived from the rows."""
        self._mask: Bools | None = None
        self._typed: TypedColumns | None = None

    @property
    def embeddings(self) -> Embeddings:
        """What makes the vectors."""
        return self._embedding

    def __len__(self) -> int:
        return len(self._rows)

    def __bool__(self) -> bool:
        """Be true even when it is empty, as other stores are."""
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Give the documents with some ids; ids that are not there are left out."""
        with self._lock:
            wanted = dict.fromkeys(map(sound, ids))
            rows = [self._rows[key] for key in wanted if key in self._rows]
            return self._documents(rows)

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:  # noqa: ARG002
        """Delete documents by their ids, all when None; ids that are not there do not matter."""
        with self._lock:
            if ids is None:
                self._clear()
            else:
                self._drop([sound(key) for key in ids])
                self._tidy(_MOST_DELETED)
        return True

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write the store into a folder: a FAISS file, and the documents as JSON with hashes.

        The store that was there stays until the new one is whole.

        Raises
        ------
        OptionError
            When there is a store, and ``overwrite`` is not given.
        """
        home = Path(folder)
        place = home / _DOCUMENTS
        if place.exists() and not overwrite:
            raise OptionError(
                f"There is a store at {home}: name another folder, or replace it with "
                "overwrite=True."
            )
        with self._lock:
            self._tidy(0.0)
            saved, packed = self._packed()
        text = pack(saved, _MOST_BYTES)
        if saved.vectors is not None:
            with replacing(home / saved.file) as fresh:
                fresh.write_bytes(packed)
        with replacing(place) as fresh:
            fresh.write_bytes(text)
        for other in home.glob("vectors-*.faiss"):
            if saved.vectors is None or other.name != saved.file:
                other.unlink()
        return home

    @classmethod
    def load(cls, folder: str | Path, embedding: AnyEmbeddings) -> FaissVectorStore:
        """Read a store that `save` wrote.

        Raises
        ------
        StoreError
            When there is none, or it is damaged.
        IntegrityError
            When a file is not as it was written.
        EncoderMismatchError
            When its vectors were made by another encoder of Coterie.
        """
        home = Path(folder)
        try:
            text = (home / _DOCUMENTS).read_bytes()
            saved: _Saved = unpack(_SAVED, text, home / _DOCUMENTS, _MEND)
            packed = b"" if saved.vectors is None else (home / saved.file).read_bytes()
        except FileNotFoundError as error:
            raise StoreError(
                f"{error.filename} is not there: name the folder of a store."
            ) from None
        if saved.vectors and hashlib.sha256(packed).hexdigest() != saved.vectors.sha256:
            raise IntegrityError(f"{home / saved.file} was altered after it was written: {_MEND}.")
        store = cls(embedding, method=saved.method)
        known = VectorOrigin(saved.name, saved.fingerprint, saved.weights)
        check_origin(store.embeddings, known, str(home))
        if saved.vectors is not None:
            index = _library().deserialize_index(np.frombuffer(packed, dtype=np.uint8))
            counts = {len(saved.ids), len(saved.texts), len(saved.metadata), int(index.ntotal)}
            if len(counts) > 1 or index.d != saved.dim:
                raise StoreError(f"The files in {home} do not belong together: {_MEND}.")
            store._keep(NewDocuments(saved.ids, saved.texts, saved.metadata))
            store._index = index
        return store

    def _packed(self) -> tuple[_Saved, bytes]:
        packed, entry = b"", None
        if self._index is not None:
            packed = _library().serialize_index(self._index).tobytes()
            entry = FileEntry(hashlib.sha256(packed).hexdigest(), len(packed))
        origin = origin_of(self._embedding)
        saved = _Saved(
            form=1,
            method=self.method,
            **origin.to_dict(),
            dim=0 if self._index is None else int(self._index.d),
            vectors=entry,
            ids=tuple(self._rows),
            texts=tuple(self._texts),
            metadata=tuple(self._metadata),
        )
        return saved, packed

    def _filled(self) -> bool:
        return bool(self._rows)

    def _put(self, new: NewDocuments) -> None:
        self._put_vectors(new, embed_documents(self._embedding, new.texts))

    def _put_vectors(self, new: NewDocuments, vectors: Vectors) -> None:
        with self._lock:
            if self._index is None:
                self._index = _new_index(self.method, vectors.shape[1])
            elif vectors.shape[1] != self._index.d:
                raise EncoderMismatchError(
                    f"The vectors have width {vectors.shape[1]}, and those of the store have "
                    f"{self._index.d}: use the embeddings that the store was made with."
                )
            self._drop(new.ids)
            self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))
            self._keep(new)
            self._tidy(_MOST_DELETED)

    def _keep(self, new: NewDocuments) -> None:
        start = len(self._ids)
        self._ids += new.ids
        self._texts += new.texts
        self._metadata += new.metadata
        self._rows |= {key: row for row, key in enumerate(new.ids, start)}
        self._changed()

    def _drop(self, ids: Sequence[str]) -> None:
        for key in ids:
            row = self._rows.pop(key, None)
            if row is not None:
                self._ids[row] = None
        self._changed()

    def _tidy(self, most: float) -> None:
        """Build the index anew where a greater share of its rows was deleted."""
        if len(self._ids) - len(self._rows) <= most * len(self._ids):
            return
        if not self._rows:
            self._clear()
            return
        rows = np.flatnonzero(self._alive())
        vectors = self._vectors(rows)
        kept = NewDocuments(
            [key for key in self._ids if key is not None],
            [self._texts[row] for row in rows.tolist()],
            [self._metadata[row] for row in rows.tolist()],
        )
        self._clear()
        self._index = _new_index(self.method, vectors.shape[1])
        self._index.add(vectors)
        self._keep(kept)

    def _alive(self) -> Bools:
        """Tell which rows were not deleted."""
        if self._mask is None:
            self._mask = np.array([key is not None for key in self._ids], dtype=np.bool_)
        return self._mask

    def _vectors(self, rows: Places) -> Vectors:
        found: Vectors = self._index.reconstruct_batch(rows)
        return found

    def _documents(self, rows: Sequence[int]) -> list[Document]:
        return [
            document(str(self._ids[row]), self._texts[row], unpack_metadata(self._metadata[row]))
            for row in rows
        ]

    def _nearest(self, vector: Vectors, k: int, where: Filter) -> Found | None:
        with self._lock:
            if not self._rows:
                return None
            check_width(vector, self._index.d, "the store")
            mask = self._passing(where)
            rows, cosines = self._compare(vector, min(k, int(mask.sum())), mask)
            vectors = self._vectors(rows)
            return Found(self._documents(rows.tolist()), cosines.tolist(), lambda: vectors)

    def _passing(self, where: Filter) -> Bools:
        mask = self._alive()
        if where:
            if self._typed is None:
                shown = [text if mask[row] else "{}" for row, text in enumerate(self._metadata)]
                self._typed = metadata_columns(shown)
            schema = Schema(self._typed.columns, "the store")
            condition = condition_of(where, schema)
            if condition is not None:
                mask = mask & passing(condition, self._typed.arrays, schema)
        return mask

    def _compare(
        self, vector: Vectors, count: int, mask: Bools
    ) -> tuple[Places, npt.NDArray[np.float64]]:
        """Find the nearest of the rows that pass, and their cosines."""
        if not count:
            return np.empty(0, dtype=np.int64), np.empty(0)
        faiss = _library()
        bits = np.packbits(mask, bitorder="little")
        chosen = None if mask.all() else faiss.IDSelectorBitmap(bits)
        if self.method == "flat":
            options = faiss.SearchParameters(sel=chosen)
        else:
            options = faiss.SearchParametersHNSW(sel=chosen, efSearch=max(_LOOKED_AT, 2 * count))
        cosines, rows = self._index.search(vector[None], count, params=options)
        if (
            rows[0] < 0
        ).any():  # the graph led to too few rows that pass: all of these are compared
            some = np.flatnonzero(mask)
            exact = self._vectors(some) @ vector
            order = np.argsort(-exact, kind="stable")[:count]
            return some[order], exact[order].astype(np.float64)
        return rows[0], cosines[0].astype(np.float64)


def faiss_store(
    index: Index | str | Path,
    embedding: AnyEmbeddings | None = None,
    *,
    method: Method = "flat",
) -> FaissVectorStore:
    """Read an index of Coterie into memory, as a vector store that FAISS searches.

    Nothing is embedded anew. Later changes of the index do not count.

    Parameters
    ----------
    index
        The index, or its folder.
    embedding
        What embeds queries; the encoder of the index when None.
    method
        As of `FaissVectorStore`.

    Raises
    ------
    EncoderMismatchError
        When the vectors were made by another encoder of Coterie, or no embeddings are given and
        they were made by none.
    """
    reader = index.reader if isinstance(index, Index) else IndexReader(Path(index))
    facts = reader.version.encoder
    if embedding is None:
        embedding = CoterieEmbeddings(index_encoder(reader.home, reader.version))
    store = FaissVectorStore(embedding, method=method)
    check_origin(store.embeddings, VectorOrigin.from_dict(facts), str(reader.home))
    places = np.flatnonzero(reader.alive)
    if len(places):
        metadata = [pack_metadata(each) for each in metadata_of(reader, places)]
        new = NewDocuments(reader.ids(places), reader.texts(places), metadata)
        store._put_vectors(new, reader.vectors(places))
    return store


def _new_index(method: Method, dim: int) -> Any:
    faiss = _library()
    if method == "flat":
        return faiss.IndexFlatIP(dim)
    index = faiss.IndexHNSWFlat(dim, _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _BUILT
    return index


def _library() -> Any:
    return require("faiss", extra="langchain", purpose="FaissVectorStore")
