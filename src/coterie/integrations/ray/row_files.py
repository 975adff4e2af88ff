"""Parquet files whose rows workers read themselves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from coterie.integrations.ray.blocks import Block, HowToRead, Piece, table_of
from coterie.options import TableOptions
from coterie.progress import current
from coterie.records import Source, Table, read_numbers
from coterie.records.formats.arrow import frame_of
from coterie.records.formats.json_cells import unfold_json_cells
from coterie.records.values import as_labels

__all__ = ["RowFiles", "row_files"]

_TOGETHER = ("group", "order", "speaker", "first", "join", "side", "concept", "concepts")
_GROUPS, _LOOKED_AT = 10, 2_000  # row groups and rows that are looked at first: judgements


def _parquet_files(source: Source) -> list[Path]:
    """List the files of a source that is a Parquet file of this machine, or a folder of them."""
    if not isinstance(source, str | Path):
        return []
    try:
        place = Path(source)
        if place.is_dir():
            found = sorted(p for p in place.iterdir() if not p.name.startswith((".", "~$", "_")))
        else:
            found = [place] if place.is_file() else []
    except (OSError, ValueError):  # not a path
        return []
    return found if all(path.suffix.lower() == ".parquet" for path in found) else []


def row_files(source: Source) -> RowFiles | None:
    """Open a source as Parquet files whose rows can be read apart; None where it is none."""
    paths = _parquet_files(source)
    try:
        opened = {str(path.resolve()): pq.ParquetFile(path) for path in paths}
    except (pa.ArrowException, OSError):
        return None  # the reader of tables says what is wrong
    schemas = [file.schema_arrow.remove_metadata() for file in opened.values()]
    if not opened or any(schema != schemas[0] for schema in schemas):
        return None
    names = schemas[0].names
    if len(set(names)) < len(names) or not all(map(_is_simple, schemas[0].types)):
        return None
    if not sum(file.metadata.num_rows for file in opened.values()):
        return None
    return RowFiles(opened, schemas[0])


def _is_simple(kind: pa.DataType) -> bool:
    """Whether what becomes of a cell depends on no other cell of its column."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    tests = (
        *(pa.types.is_string, pa.types.is_large_string, pa.types.is_integer, pa.types.is_boolean),
        *(pa.types.is_floating, pa.types.is_timestamp, pa.types.is_date),
    )
    return any(test(kind) for test in tests)


@dataclass(slots=True)
class RowFiles:
    """Parquet files of one schema.

    Attributes
    ----------
    files
        By their paths, in order.
    schema
        Of each of them.
    """

    files: Mapping[str, pq.ParquetFile]
    schema: pa.Schema
    _looked: Table | None = field(default=None)

    @property
    def name(self) -> str:
        """What a person calls them."""
        paths = [Path(path) for path in self.files]
        return paths[0].name if len(paths) == 1 else f"the folder {paths[0].parent.name}"

    @property
    def rows(self) -> int:
        """Of all files."""
        return sum(file.metadata.num_rows for file in self.files.values())

    @property
    def objects(self) -> list[str]:
        """Columns of whole numbers or truth values of which some cell may be missing."""
        whole = [
            place
            for place, kind in enumerate(self.schema.types)
            if pa.types.is_integer(kind) or pa.types.is_boolean(kind)
        ]
        return [self.schema.names[place] for place in whole if self._may_lack(place)]

    def _may_lack(self, place: int) -> bool:
        for file in self.files.values():
            for group in range(file.metadata.num_row_groups):
                told = file.metadata.row_group(group).column(place).statistics
                if told is None or not told.has_null_count or told.null_count:
                    return True
        return False

    @property
    def identity(self) -> str:
        """Where the files are, and when and how large they were written last."""
        states = [(path, Path(path).stat()) for path in self.files]
        said = [(path, state.st_size, state.st_mtime_ns) for path, state in states]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()

    def pieces(self) -> list[Piece]:
        """Give all row groups, in order."""
        return [
            Piece(path, group, 0, file.metadata.row_group(group).num_rows)
            for path, file in self.files.items()
            for group in range(file.metadata.num_row_groups)
        ]

    def blocks(self, block_rows: int) -> list[Block]:
        """Cut the rows into blocks."""
        made, now, left, first = list[Block](), list[Piece](), block_rows, 1
        for whole in self.pieces():
            start = 0
            while start < whole.stop:
                stop = min(whole.stop, start + left)
                now.append(whole._replace(start=start, stop=stop))
                left, start = left - (stop - start), stop
                if not left:
                    made.append(Block(len(made), first, block_rows, tuple(now)))
                    first, now, left = first + block_rows, [], block_rows
        if now:
            made.append(Block(len(made), first, block_rows - left, tuple(now)))
        return made

    def look(self) -> Table:
        """Read some rows, evenly spread over some row groups."""
        if self._looked is None:
            whole = self.pieces()
            ends = np.cumsum([piece.stop for piece in whole])
            taken = np.unique(np.linspace(0, len(whole) - 1, _GROUPS).round().astype(np.int64))
            numbers = [
                np.unique(np.linspace(0, whole[at].stop - 1, _LOOKED_AT // len(taken)).round())
                + ends[at] - whole[at].stop + 1
                for at in taken.tolist()
            ]  # fmt: skip
            self._looked = self.take(np.concatenate(numbers).astype(np.int64))
        return self._looked

    def take(self, numbers: npt.NDArray[np.int64]) -> Table:
        """Read some rows by their numbers, from 1, in ascending order."""
        parts, first = [], 1
        for piece in self.pieces():
            last = first + piece.stop
            low, high = np.searchsorted(numbers, [first, last])
            if low < high:
                group = self.files[piece.file].read_row_group(piece.group)
                parts.append(group.take(numbers[low:high] - first))
            first = last
        how = HowToRead(self.name, objects=self.objects)
        return table_of(pa.concat_tables(parts), numbers, how)

    def column(self, name: str) -> npt.NDArray[np.object_]:
        """Read a column of all rows as labels."""
        found = self.look().find(name) or name
        parts = [
            as_labels(frame_of(pa.Table.from_batches([batch])).iloc[:, 0])
            for path in self.files
            for batch in pq.ParquetFile(path).iter_batches(columns=[found])
        ]
        return np.concatenate(parts)

    def read_alone(self, options: TableOptions) -> bool:
        """Whether each row can be read without the others."""
        looked = self.look()
        if any(getattr(options, name, None) for name in _TOGETHER):
            return False
        if "boilerplate" in options.cleanings and not options.boilerplate:
            return False
        if unfold_json_cells(looked).columns != looked.columns:
            return False
        context = looked.frame[[looked.find(name) or name for name in options.context or ()]]
        words = context.select_dtypes(object).drop(columns=self.objects, errors="ignore")
        read = read_numbers(words)
        if any(dtype != np.dtype(object) for dtype in read.frame.dtypes) or read.decimals:
            return False  # numbers in a column of text: how they are written, all cells tell
        return options.id is None or self._differ(str(looked.column(options.id).name))

    def _differ(self, name: str) -> bool:
        """Whether all ids of a column differ, by hashes of 64 bits of each."""
        hashes = []
        with current().stage("Comparing ids", self.rows) as stage:
            for path in self.files:
                for batch in pq.ParquetFile(path).iter_batches(columns=[name]):
                    ids = as_labels(frame_of(pa.Table.from_batches([batch])).iloc[:, 0])
                    known = ids[[key is not None for key in ids]]
                    hashes.append(pd.util.hash_array(known, categorize=False))
                    stage.advance(len(ids))
        every = np.sort(np.concatenate(hashes))
        return not bool((every[1:] == every[:-1]).any())
