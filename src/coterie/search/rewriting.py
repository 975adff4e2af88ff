"""Rows taken out of an index, to be written anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from coterie.search.columns import as_texts, describe, nulls_of
from coterie.search.schema import Column
from coterie.search.storage.parts import NewRows
from coterie.search.storage.reader import IndexReader

__all__ = ["rows_of"]

Places = npt.NDArray[np.int64]

_BLOCK = 65_536  # vectors that are copied at once


def rows_of(reader: IndexReader, places: Places, columns: Sequence[Column], draft: Path) -> NewRows:
    """Take rows out of an index, to write them anew; their vectors lie in a file of the draft."""
    arrays, written = {}, {}
    made: list[Column] = []
    for column in columns:
        array = _taken(reader, places, column, written=False)
        arrays[column.name] = array
        made.append(describe(column.name, column.kind, array, column.levels))
        if any(column.name in part.written for part in reader.parts):
            written[column.name] = _taken(reader, places, column, written=True)
    kept = {
        name: pa.array(reader.kept(name, places), pa.large_string())
        for name in dict.fromkeys(name for part in reader.parts for name in part.kept)
    }
    shape = (len(places), reader.version.dim)
    vectors: npt.NDArray[np.float32] = np.empty((0, shape[1]), dtype=np.float32)
    if len(places):
        vectors = np.memmap(draft / "vectors", dtype=np.float32, mode="w+", shape=shape)
    for start in range(0, len(places), _BLOCK):
        vectors[start : start + _BLOCK] = reader.vectors(places[start : start + _BLOCK])
    return NewRows(reader.ids(places), reader.texts(places), vectors, arrays, made, written, kept)


def _taken(reader: IndexReader, places: Places, column: Column, *, written: bool) -> pa.Array:
    """Put the cells of a column together from all parts."""
    pieces: list[pa.Array] = []
    for part, _, rows in reader.parts_of(places):
        source = reader.column(part, column.name)
        if written and column.name in part.written:
            source = part.written[column.name]
        piece = source.take(pa.array(rows))
        pieces.append(as_texts(piece) if written else piece)
    if not pieces:  # all rows were deleted
        return pa.array([], pa.large_string()) if written else nulls_of(column.kind, 0)
    kind = pieces[0].type
    if kind in (pa.int64(), pa.float64()):
        known = {piece.type for piece in pieces if piece.null_count < len(piece)}
        kind = pa.int64() if known == {pa.int64()} else pa.float64()
    filled = [piece.cast(kind) for piece in pieces]
    return pa.chunked_array(filled).combine_chunks() if len(filled) > 1 else filled[0]
