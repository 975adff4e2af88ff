"""Parquet files."""

from __future__ import annotations

from typing import BinaryIO

from coterie.errors import InputError
from coterie.records.formats.arrow import frame_of
from coterie.records.formats.cells import plain_table
from coterie.records.formats.locations import scrub
from coterie.records.table import Table

__all__ = ["read_parquet"]

_NAMELESS = "Could not open Parquet input source '<Buffer>': "  # the buffer is ours


def read_parquet(file: BinaryIO, *, source: str) -> Table:
    """Read a Parquet file; what becomes of each type, `plain_table` and `frame_of` tell."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        why = scrub(str(error)).removeprefix(_NAMELESS).partition(". ")[0]
        raise InputError(
            f"{source} is not a whole Parquet file ({why}): copy or write it again."
        ) from None
    return plain_table(frame_of(table), source)
