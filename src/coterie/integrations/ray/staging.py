"""Records that this process read of any source, as Parquet files for the workers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from coterie.errors import OptionError
from coterie.files import replacing
from coterie.integrations.ray.blocks import Block, HowToRead, Piece
from coterie.records import Records

__all__ = ["stage_records"]


def stage_records(records: Records, folder: Path, block_rows: int) -> tuple[list[Block], HowToRead]:
    """Write a file for each block of rows: those kept as records, and those set aside.

    Parameters
    ----------
    records
        Of single rows: none were rolled up. Labels and times are left out.
    folder
        Where the files are written.
    block_rows
        Rows in a block.

    Raises
    ------
    OptionError
        When a column of the context has cells of several types.
    """
    folder.mkdir(parents=True, exist_ok=True)
    whole = _table_of(records)
    blocks = []
    for number, start in enumerate(range(0, len(whole), block_rows)):
        part = whole.slice(start, block_rows)
        path = folder / f"records-{number:06d}.parquet"
        with replacing(path) as fresh:
            pq.write_table(part, fresh)
        first = part["row"][0].as_py()
        blocks.append(Block(number, first, len(part), (Piece(str(path), 0, 0, len(part)),)))
    how = HowToRead(
        records.source,
        context=[str(name) for name in records.context.columns],
        types=[str(dtype) for dtype in records.context.dtypes],
        id_column=records.id_column,
    )
    return blocks, how


def _table_of(records: Records) -> pa.Table:
    rejects = records.rejects
    none = [None] * len(rejects)
    columns: dict[str, Any] = {
        "row": pa.array([*records.rows.tolist(), *rejects["row"].tolist()], pa.int64()),
        "id": _texts([*records.ids, *rejects["id"]]),
        "text": _texts([*records.texts, *rejects["text"]]),
        "reason": _texts([*[None] * len(records), *rejects["reason"]]),
    }
    for place, name in enumerate(records.context.columns):
        cells = _cells(records.context.iloc[:, place], str(name))
        columns[f"context {place}"] = pa.concat_arrays([cells, pa.array(none, cells.type)])
    return pa.table(columns).take(np.argsort(columns["row"].to_numpy(), kind="stable"))


def _texts(cells: Sequence[Any]) -> pa.Array:
    return pa.array([None if pd.isna(cell) else str(cell) for cell in cells], pa.large_string())


def _cells(column: pd.Series[Any], name: str) -> pa.Array:
    try:
        cells = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise OptionError(
            f"The column '{name}' has cells of several types, which Ray's workers cannot be "
            "given: make it text in the table, or leave --engine ray (engine='ray') out."
        ) from error
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
