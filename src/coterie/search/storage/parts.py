"""Rows that were added together: written once, then memory-mapped."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from coterie.errors import StoreError
from coterie.search.schema import Column
from coterie.search.storage.layout import Part
from coterie.search.words import Postings, build_postings
from coterie.store.draft import sync
from coterie.store.manifest import FileEntry

__all__ = ["NewRows", "OpenPart", "entry_of", "write_part"]

Vectors = npt.NDArray[np.float32]

_ROWS, _COLUMNS, _VECTORS, _TERMS = "rows.arrow", "columns.arrow", "vectors.f32", "terms.arrow"
_WRITTEN, _KEPT = "=", "+"  # before the names of columns in rows.arrow
_POSTINGS = {"starts": "i64", "rows": "i32", "counts": "i32", "lengths": "i32"}
_TYPES = {"f32": "<f4", "i32": "<i4", "i64": "<i8"}
_BLOCK = 16_384  # vectors that are written at once
_PAGE = 4_096  # bytes, of most systems


@dataclass(frozen=True, slots=True, eq=False)
class NewRows:
    """Rows to add to an index.

    Attributes
    ----------
    ids
        Shape (n,), str, unique.
    texts
        Shape (n,), str: as they are shown.
    vectors
        Shape (n, dim), float32, unit length.
    arrays, columns, written
        As `coterie.search.columns.TypedColumns` has them.
    kept
        Name to n texts, or nulls, that come back as they are: they are neither filtered by nor
        searched.
    """

    ids: Sequence[str]
    texts: Sequence[str]
    vectors: Vectors
    arrays: Mapping[str, pa.Array] = field(default_factory=dict)
    columns: Sequence[Column] = ()
    written: Mapping[str, pa.Array] = field(default_factory=dict)
    kept: Mapping[str, pa.Array] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def words(self) -> Iterator[str]:
        """Give what full-text search reads of each row: its text, and its cells of text."""
        cells = [
            self.written.get(column.name, self.arrays[column.name]).to_pylist()
            for column in self.columns
            if column.kind in ("text", "tags")
        ]
        for row, text in enumerate(self.texts):
            parts = [text]
            for column in cells:
                value = column[row]
                more = value if isinstance(value, list) else [value]
                # a value that the text has already would only count twice
                parts += [each for each in more if each and each not in text]
            yield "\n".join(parts)


def write_part(folder: Path, name: str, rows: NewRows) -> Part:
    """Write rows into a new folder and sync it to the disk."""
    folder.mkdir(parents=True)
    postings = build_postings(rows.words())
    about = {"id": pa.array(rows.ids, pa.large_string())}
    about["text"] = pa.array(rows.texts, pa.large_string())
    about |= {f"{_WRITTEN}{name}": array for name, array in rows.written.items()}
    about |= {f"{_KEPT}{name}": array for name, array in rows.kept.items()}
    _write_arrow(folder / _ROWS, about)
    _write_arrow(folder / _COLUMNS, rows.arrays)
    _write_arrow(folder / _TERMS, {"term": postings.terms})
    with (folder / _VECTORS).open("xb") as file:
        for start in range(0, len(rows), _BLOCK):
            block = np.ascontiguousarray(rows.vectors[start : start + _BLOCK], dtype="<f4")
            file.write(block.tobytes())
    for field_name, kind in _POSTINGS.items():
        values = np.ascontiguousarray(getattr(postings, field_name), dtype=_TYPES[kind])
        (folder / f"{field_name}.{kind}").write_bytes(values.tobytes())
    files = {}
    for path in sorted(folder.iterdir()):
        sync(path)
        files[path.name] = entry_of(path)
    sync(folder)
    return Part(
        name,
        len(rows),
        len(postings.terms),
        len(postings.rows),
        int(postings.lengths.sum(dtype=np.int64)),
        files,
    )


def entry_of(path: Path) -> FileEntry:
    """Give the hash and the size of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FileEntry(digest, os.fstat(file.fileno()).st_size)


def _write_arrow(path: Path, columns: Mapping[str, pa.Array]) -> None:
    schema = pa.schema([pa.field(name, array.type) for name, array in columns.items()])
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        writer.write_batch(pa.record_batch([*columns.values()], schema=schema))


class OpenPart:
    """A part, memory-mapped: nothing is read before it is used.

    Parameters
    ----------
    folder
        Where it is.
    part
        What the version says of it.
    dim
        Width of the vectors.

    Raises
    ------
    StoreError
        When a file cannot be mapped.
    """

    def __init__(self, folder: Path, part: Part, dim: int) -> None:
        self.part, self.dim, self.folder = part, dim, folder
        try:
            self._rows = _open_arrow(folder / _ROWS)
            self._columns = _open_arrow(folder / _COLUMNS)
            self._terms = _open_arrow(folder / _TERMS)
            self.vectors: Vectors = self._map(_VECTORS, (part.rows, dim))
            sizes = {"starts": part.terms + 1, "rows": part.postings, "counts": part.postings}
            self._postings = {
                name: self._map(f"{name}.{kind}", (sizes.get(name, part.rows),))
                for name, kind in _POSTINGS.items()
            }
        except (OSError, ValueError, pa.ArrowException) as error:
            raise StoreError(
                f"The part {folder} of the index is damaged ({error}): make the index again."
            ) from error

    def __len__(self) -> int:
        return self.part.rows

    def _map(self, name: str, shape: tuple[int, ...]) -> Any:
        kind = _TYPES[name.rpartition(".")[2]]
        if not all(shape):  # an empty file cannot be mapped
            return np.empty(shape, dtype=kind)
        return np.memmap(self.folder / name, dtype=kind, mode="r", shape=shape)

    def warm(self) -> None:
        """Touch every page of the vectors."""
        if len(self):
            _ = self.vectors.reshape(-1).view(np.uint8)[::_PAGE].max()

    @property
    def ids(self) -> pa.Array:
        """The ids, large_string."""
        return self._rows["id"]

    @property
    def texts(self) -> pa.Array:
        """The texts, large_string."""
        return self._rows["text"]

    @cached_property
    def columns(self) -> Mapping[str, pa.Array]:
        """Name to the cells of a column, typed."""
        return dict(zip(self._columns.schema.names, self._columns.columns, strict=True))

    @cached_property
    def written(self) -> Mapping[str, pa.Array]:
        """Name to the cells of a column as they were written, where some could not be read."""
        return self._marked(_WRITTEN)

    @cached_property
    def kept(self) -> Mapping[str, pa.Array]:
        """Name to texts that come back as they were given, see `NewRows.kept`."""
        return self._marked(_KEPT)

    def _marked(self, mark: str) -> Mapping[str, pa.Array]:
        names = [name for name in self._rows.schema.names if name.startswith(mark)]
        return {name.removeprefix(mark): self._rows[name] for name in names}

    @cached_property
    def postings(self) -> Postings:
        """The words of the texts."""
        return Postings(self._terms["term"], **self._postings)


def _open_arrow(path: Path) -> pa.RecordBatch:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).get_batch(0)
