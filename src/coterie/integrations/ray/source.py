"""A source as blocks: Parquet files are read by the workers, anything else by this process."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np

from coterie.errors import CoterieWarning, OptionError
from coterie.integrations.ray.blocks import Block, HowToRead
from coterie.integrations.ray.row_files import row_files
from coterie.integrations.ray.staging import stage_records
from coterie.options import ReadOptions, TableOptions
from coterie.records import Reading, Records, Settled, Source, Table, read_source

__all__ = ["Asked", "Check", "ReadWhole", "RowBlocks", "divide"]

Asked: TypeAlias = Callable[[Table], tuple[TableOptions, Settled]]
"""From some rows of a table to the options to make records of all, and how rows are written."""

ReadWhole: TypeAlias = Callable[[], Reading]
"""Reads the whole source in this process."""

Check: TypeAlias = Callable[[Reading], None]
"""Refuses or warns of what some rows lack."""

_TOGETHER = ("group", "order", "speaker", "first", "join", "side", "concept", "concepts")
_GROUPS, _LOOKED_AT = (
    10,
    2_000,
)  # row groups, and rows of them, that are looked at first: judgements


@dataclass(frozen=True, slots=True)
class RowBlocks:
    """The rows of a source, divided.

    Attributes
    ----------
    blocks
        In the order of the rows.
    how
        How a worker makes records of one.
    some
        Records of some rows from all over the source, to check them before the work.
    identity
        What changes when the rows do.
    table
        All rows, where this process read them.
    """

    blocks: Sequence[Block]
    how: HowToRead
    some: Records
    identity: str
    table: Table | None = None

    @property
    def rows(self) -> int:
        """Rows of the source, those that will be set aside among them."""
        return sum(block.rows for block in self.blocks)


def divide(
    source: Source,
    asked: Asked,
    whole: ReadWhole,
    *,
    folder: Path,
    block_rows: int,
    check: Check = lambda _: None,
) -> RowBlocks:
    """Divide the rows of a source into blocks, each of which gives what the whole table gives.

    Workers read Parquet files themselves, where a row can be read without the others: typed
    columns without nested cells, ids that differ, and nothing that joins rows or looks at all of
    them. Of anything else this process makes records, in memory, and writes them for the workers.

    Parameters
    ----------
    source
        Of the table.
    asked
        Gives the options; it is called with some rows.
    whole
        Reads all rows in this process.
    folder
        Where records are written for the workers.
    block_rows
        Rows in a block.
    check
        Called with what was read of some rows, where the workers read the others.

    Raises
    ------
    OptionError
        When rows are to be rolled up.
    """
    files = row_files(source)
    if files is not None:
        options, settled = asked(files.look())
        _check(options)
        if files.read_alone(options):
            how = HowToRead.rows(files.name, options, settled, files.objects)
            blocks = files.blocks(block_rows)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", CoterieWarning)  # they would count these rows only
                read = read_source(files.look(), options.part(ReadOptions), usual=settled)
            check(read)
            return RowBlocks(blocks, how, read.records, files.identity)
    reading = whole()
    _check(reading.options)
    records = reading.records
    blocks, how = stage_records(records, folder, block_rows)
    places = np.unique(np.linspace(0, len(records) - 1, _LOOKED_AT).round().astype(np.int64))
    return RowBlocks(blocks, how, records.take(places), _digest_of(blocks), reading.table)


def _check(options: TableOptions) -> None:
    if options.group is not None:
        raise OptionError(
            "--engine ray (engine='ray') works on single rows, and --group rolls rows up: leave "
            "one of them out."
        )


def _digest_of(blocks: Sequence[Block]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        for piece in block.pieces:
            digest.update(Path(piece.file).read_bytes())
    return digest.hexdigest()
