"""Blocks: consecutive rows of a source, which one worker takes at a time."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from coterie.errors import CoterieWarning, NoRowsError, StoreError
from coterie.options import ReadOptions, TableOptions
from coterie.records import (
    Records,
    Settled,
    SourceRows,
    Table,
    read_source,
    rejects_frame,
)
from coterie.records.compose import template_columns
from coterie.records.formats.arrow import frame_of
from coterie.records.formats.cells import plain_table

__all__ = ["Block", "HowToRead", "Piece", "read_block", "table_of"]

_STANDING = "coterie: no row of the table"  # id of a row that is put in and taken out again


class Piece(NamedTuple):
    """Rows ``start`` to ``stop``, from 0, of a row group of a Parquet file."""

    file: str
    group: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of a source.

    Attributes
    ----------
    number
        From 0, in the order of the source.
    first
        Number of its first row in the source, from 1 without the header.
    rows
        How many rows it has, those that will be set aside among them.
    pieces
        Where the rows are.
    """

    number: int
    first: int
    rows: int
    pieces: tuple[Piece, ...]

    def to_json(self) -> str:
        """Write it for a worker."""
        return json.dumps(asdict(self) | {"pieces": [list(piece) for piece in self.pieces]})

    @classmethod
    def from_json(cls, written: str) -> Self:
        """Read what `to_json` wrote."""
        said = json.loads(written)
        return cls(**said | {"pieces": tuple(Piece(*piece) for piece in said["pieces"])})


@dataclass(frozen=True, slots=True)
class HowToRead:
    """How a worker makes records of a block, as JSON takes it.

    Attributes
    ----------
    source
        Where the rows are from, as a person would name it.
    options
        `coterie.options.ReadOptions` that differ from the defaults; None where the rows were read
        before, and the blocks hold records, see `coterie.integrations.ray.staging`.
    settled
        How dates and numbers are written, see `coterie.records.Settled`.
    objects
        Columns of whole numbers or truth values some cells of which are missing: their type is
        that of the whole table in each block.
    context, types
        Columns of the context of records that were read before, and their types in pandas.
    id_column
        Of those records.
    """

    source: str
    options: Mapping[str, Any] | None = None
    settled: Mapping[str, Any] | None = None
    objects: Sequence[str] = ()
    context: Sequence[str] = ()
    types: Sequence[str] = ()
    id_column: str | None = None

    @classmethod
    def rows(
        cls, source: str, options: TableOptions, settled: Settled, objects: Sequence[str] = ()
    ) -> Self:
        """Read the rows in each block."""
        given = options.part(ReadOptions).given()
        return cls(source, given, settled.to_dict(), objects)


def read_block(block: Block, how: HowToRead) -> Records:
    """Make records of a block, as of the same rows in the whole table.

    Raises
    ------
    StoreError
        When a file cannot be read any more.
    """
    if how.options is None:
        return _staged(_arrow_of(block), how)
    options = ReadOptions(**how.options)
    numbers = np.arange(block.first, block.first + block.rows)
    table = table_of(_arrow_of(block), numbers, how)
    usual = Settled.from_dict(how.settled or {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)  # said before, of rows of all blocks
        try:
            return read_source(table, options, usual=usual).records
        except NoRowsError:
            return _all_set_aside(table, options, usual)


def table_of(rows: pa.Table, numbers: npt.NDArray[np.int64], how: HowToRead) -> Table:
    """Make a table of some rows of a source, with their numbers in it."""
    frame = frame_of(rows)
    for name in how.objects:
        if name in frame and isinstance(frame[name].dtype, np.dtype):  # others know missing cells
            frame[name] = frame[name].astype(object)
    return replace(plain_table(frame, how.source), rows=numbers)


def _all_set_aside(table: Table, options: ReadOptions, usual: Settled) -> Records:
    """Read a block of which no row is kept: with one more row, which is left out again."""
    frame = table.frame.astype(object)
    row = dict.fromkeys(table.columns)
    texts = [] if options.text is None else template_columns(options.text, table.columns)
    row |= {table.find(name) or name: "a text" for name in texts}
    if options.id is not None:
        row[table.find(options.id) or options.id] = _STANDING
    more = pd.concat([frame, pd.DataFrame([row], dtype=object)], ignore_index=True)
    numbers = np.append(table.rows, table.rows[-1] + 1)
    index = pd.RangeIndex(len(more))
    records = read_source(
        replace(table, frame=more, rows=numbers, index=index), options, usual=usual
    ).records
    none = np.empty(0, dtype=np.int64)
    rejects, name = records.rejects, records.id_column
    apart = SourceRows.of(none, none, records.ids[none], rejects, id_column=name)
    return replace(records.take(none), rejects=rejects, source_rows=apart)


def _staged(table: pa.Table, how: HowToRead) -> Records:
    """Take records that were read before."""
    kept = table.filter(pc.is_null(table["reason"]))
    apart = table.filter(pc.is_valid(table["reason"]))
    places = range(len(how.context))
    context = frame_of(kept.select([f"context {place}" for place in places]))
    context = context.set_axis(list(how.context), axis=1)
    context = context.astype(dict(zip(how.context, how.types, strict=True)))
    columns = (apart[name].to_pylist() for name in ("row", "id", "reason", "text"))
    return Records(
        ids=_strings(kept["id"]),
        texts=_strings(kept["text"]),
        sizes=np.ones(len(kept), dtype=np.int64),
        rows=kept["row"].to_numpy(),
        context=context if how.context else pd.DataFrame(),
        rejects=rejects_frame(zip(*columns, strict=True)),
        source=how.source,
        id_column=how.id_column,
    )


def _strings(column: pa.ChunkedArray) -> Any:
    cells = np.empty(len(column), dtype=object)
    cells[:] = column.to_pylist()
    return cells


def _arrow_of(block: Block) -> pa.Table:
    parts = []
    for piece in block.pieces:
        try:
            group = _row_group(piece.file, piece.group)
        except (pa.ArrowException, OSError) as error:
            raise StoreError(
                f"{piece.file} cannot be read ({type(error).__name__}): it must be at this place "
                "on all machines, and stay as it is until the end."
            ) from error
        parts.append(group.slice(piece.start, piece.stop - piece.start))
    return pa.concat_tables(parts)


@lru_cache(maxsize=1)
def _row_group(file: str, group: int) -> pa.Table:
    """Read a row group; the last one is kept, as the next block is often of it too."""
    return pq.ParquetFile(file).read_row_group(group, use_threads=False)
