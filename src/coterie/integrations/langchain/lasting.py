"""An index as a vector store: it lasts, and writers that are killed leave it whole."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from coterie.encoders import GivenVectors, Vectors
from coterie.errors import InputError, OptionError
from coterie.integrations.langchain.embeddings import (
    AnyEmbeddings,
    CoterieEmbeddings,
    as_embeddings,
    check_origin,
    embed_documents,
)
from coterie.integrations.langchain.metadata import (
    Filter,
    condition_of,
    metadata_columns,
    metadata_of_cells,
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
from coterie.scratch import ScratchFolder
from coterie.search.schema import Column
from coterie.search.searching import Query, search_index
from coterie.search.storage.layout import version_numbers
from coterie.search.storage.parts import NewRows
from coterie.search.storage.reader import IndexReader
from coterie.search.writing import create_index, delete_rows, update_rows
from coterie.verbs.searching import Index
from coterie.workflows.searching.encoder import copy_encoder, index_encoder
from coterie.workflows.searching.index import measure_words

__all__ = ["CoterieVectorStore", "documents_of", "metadata_of"]

Places = npt.NDArray[np.int64]

_KEPT = "metadata"  # name of the texts beside the rows, see `NewRows.kept`


class CoterieVectorStore(DocumentStore):
    """A vector store in a folder, an index of Coterie.

    It is there after a restart. A writer that is killed at any moment leaves the store as it was;
    several processes can read and write it. Metadata comes back exactly as it was given, as JSON
    holds it, and all of it can be filtered by. ``coterie search`` and `CoterieRetriever` search the
    folder by words and meaning together.

    Parameters
    ----------
    folder
        Where it is, or will be when the first documents are added; a temporary folder when None. An
        index that ``coterie index`` made has its columns as metadata.
    embedding
        Embeddings of LangChain, or an encoder of Coterie or its name; that of the index when None.

    Raises
    ------
    OptionError
        When there is no index yet, and no embeddings are given.
    EncoderMismatchError
        When the vectors of the index were made by another encoder of Coterie.

    Examples
    --------
    >>> store = CoterieVectorStore("notes", "minilm")  # doctest: +SKIP
    >>> store.add_texts(["My card was lost."], [{"page": 3}])  # doctest: +SKIP
    >>> store.similarity_search("stolen card", k=1, filter="page >= 2")  # doctest: +SKIP
    """

    def __init__(
        self, folder: str | Path | None = None, embedding: AnyEmbeddings | None = None
    ) -> None:
        self.folder = ScratchFolder().keep_for(self) if folder is None else Path(folder)
        self._embedding = None if embedding is None else as_embeddings(embedding)
        self._lock = threading.RLock()
        self._reader: IndexReader | None = None
        self._newest = 0
        if self.open() is None and embedding is None:
            raise OptionError(
                f"There is no index at {self.folder} yet: give embeddings, such as "
                "embedding='minilm'."
            )

    @property
    def embeddings(self) -> Embeddings:
        """What makes the vectors."""
        with self._lock:
            if self._embedding is None:
                reader = self.open()
                assert reader is not None
                encoder = index_encoder(self.folder, reader.version)
                self._embedding = CoterieEmbeddings(encoder)
            return self._embedding

    @property
    def index(self) -> Index:
        """The index, to search as `coterie.index` gives it, or to save elsewhere.

        Raises
        ------
        StoreError
            When no documents were added yet.
        """
        return Index(self.folder)

    def __len__(self) -> int:
        reader = self.open()
        return 0 if reader is None else len(reader)

    def __bool__(self) -> bool:
        """Be true even when it is empty, as other stores are."""
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Give the documents with some ids; ids that are not there are left out."""
        reader = self.open()
        if reader is None:
            return []
        places = reader.find(list(dict.fromkeys(map(sound, ids))))
        return documents_of(reader, places[places >= 0])

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:  # noqa: ARG002
        """Delete documents by their ids, all when None; ids that are not there do not matter."""
        reader = self.open()
        if reader is None:
            return True
        gone = reader.ids(np.flatnonzero(reader.alive)) if ids is None else map(sound, ids)
        delete_rows(self.folder, list(gone))
        return True

    def _filled(self) -> bool:
        return self.open() is not None

    def open(self) -> IndexReader | None:
        """Open the rows as they are now; None where none were added yet."""
        with self._lock:
            numbers = version_numbers(self.folder)
            if not numbers:
                return None
            if self._reader is None or numbers[0] != self._newest:
                reader = IndexReader(self.folder)
                if self._embedding is not None and self._reader is None:
                    known = VectorOrigin.from_dict(reader.version.encoder)
                    check_origin(self._embedding, known, str(self.folder))
                self._reader, self._newest = reader, numbers[0]
            return self._reader

    def _put(self, new: NewDocuments) -> None:
        vectors = embed_documents(self.embeddings, new.texts)
        with self._lock:
            while True:
                reader = self.open()
                try:
                    if reader is None:
                        self._create(new, vectors)
                    else:
                        update_rows(self.folder, _rows(new, vectors, tuple(reader.schema)))
                except (InputError, OptionError):
                    if self.open() is reader:
                        raise
                    continue  # another process was first: its columns have their kinds now
                return

    def _create(self, new: NewDocuments, vectors: Vectors) -> None:
        closeness: Mapping[str, tuple[float, ...]] = {}
        embedding = self.embeddings
        if isinstance(embedding, CoterieEmbeddings):
            held = copy_encoder(embedding.asked, embedding.encoder)
            closeness = measure_words(new.texts, embedding.encoder, vectors)
        else:
            name = type(embedding).__name__
            held = copy_encoder(name, GivenVectors(name, vectors.shape[1]))
        create_index(
            self.folder,
            _rows(new, vectors),
            encoder=held.facts,
            reading={},
            closeness=closeness,
            encoder_files=held.files,
        )

    def _nearest(self, vector: Vectors, k: int, where: Filter) -> Found | None:
        reader = self.open()
        if reader is None:
            return None
        check_width(vector, reader.version.dim, str(self.folder))
        condition = condition_of(where, reader.schema)
        hits = search_index(reader, Query(vector=vector, where=condition, k=k)).hits
        places = np.array([hit.place for hit in hits], dtype=np.int64)
        cosines = [hit.cosine or 0.0 for hit in hits]
        return Found(documents_of(reader, places), cosines, lambda: reader.vectors(places))


def _rows(new: NewDocuments, vectors: Vectors, known: Sequence[Column] = ()) -> NewRows:
    typed = metadata_columns(new.metadata, known)
    kept = {_KEPT: pa.array(new.metadata, pa.large_string())}
    return NewRows(new.ids, new.texts, vectors, typed.arrays, typed.columns, typed.written, kept)


def documents_of(reader: IndexReader, places: Places) -> list[Document]:
    """Give the rows at some places of an index as documents."""
    rows = zip(reader.ids(places), reader.texts(places), metadata_of(reader, places), strict=True)
    return [document(key, text, metadata) for key, text, metadata in rows]


def metadata_of(reader: IndexReader, places: Places) -> list[dict[str, Any]]:
    """Give the metadata of rows: as it was given, or the columns where a table was indexed."""
    kept = reader.kept(_KEPT, places)
    found = [{} if written is None else unpack_metadata(written) for written in kept]
    rows = [row for row, written in enumerate(kept) if written is None]
    if not rows:
        return found
    some = places[rows]
    texts = reader.texts(some)
    columns = {}
    for column in reader.schema:
        read = reader.cells(column.name, some)
        written = reader.cells(column.name, some, as_written=True)
        pairs = zip(read, written, strict=True)
        columns[column.name] = [text if cell is None else cell for cell, text in pairs]
    for at, row in enumerate(rows):
        cells = {name: cells[at] for name, cells in columns.items() if cells[at] != texts[at]}
        found[row] = metadata_of_cells(cells)
    return found
