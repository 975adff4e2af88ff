"""Parquet files."""

from __future__ import annotations

from typing import Any, BinaryIO

from coterie.errors import InputError
from coterie.records.formats.arrow import frame_of
from coterie.records.formats.cells import plain_table
from coterie.records.formats.locations import scrub
from coterie.records.table import Table

__all__ = ["read_parquet"]

_BUFFER = 1 << 20  # bytes of a column at a time
_NAMELESS = "Could not open Parquet input source '<Buffer>': "  # the buffer is ours


def read_parquet(file: BinaryIO, *, source: str, limit: int | None = None) -> Table:
    """Read a Parquet file, or as many of its first rows.

    What becomes of each type, `plain_table` and `frame_of` tell.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file) if limit is None else _first_rows(file, limit)
    except (pa.ArrowException, OSError, ValueError) as error:
        why = scrub(str(error)).removeprefix(_NAMELESS).partition(". ")[0]
        raise InputError(
            f"{source} is not a whole Parquet file ({why}): copy or write it again."
        ) from None
    return plain_table(frame_of(table), source)


def _first_rows(file: BinaryIO, limit: int) -> Any:
    """Read the first rows as an Arrow table, and no more of the file than these need."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    opened = pq.ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)
    batches, rows = [], 0
    for batch in opened.iter_batches(batch_size=limit):
        batches.append(batch)
        if (rows := rows + len(batch)) >= limit:
            break
    return pa.Table.from_batches(batches, opened.schema_arrow).slice(0, limit)
