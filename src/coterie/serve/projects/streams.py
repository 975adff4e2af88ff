"""Columns of all rows as an Arrow IPC stream, one record batch at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["BATCH", "as_stream", "batches_of"]

BATCH = 65_536
"""Rows of a record batch."""


def as_stream(
    about: Mapping[str, Any], schema: pa.Schema, batches: Iterator[pa.RecordBatch]
) -> Iterator[bytes]:
    """Write record batches as an Arrow IPC stream, with ``about`` as JSON in the metadata."""
    schema = schema.with_metadata({"coterie": json.dumps(about)})
    sink = _Sink()
    with pa.ipc.new_stream(pa.PythonFile(sink, mode="w"), schema) as writer:
        for batch in batches:
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))
            yield sink.take()
    yield sink.take()


class _Sink:
    """Collects what is written, and gives it away."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        packed = bytes(data)
        self._parts.append(packed)
        return len(packed)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing to close."""

    def take(self) -> bytes:
        found = b"".join(self._parts)
        self._parts.clear()
        return found


def batches_of(
    columns: Mapping[str, npt.NDArray[Any]],
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Give columns of n rows, name to an array of shape (n,), as a schema and record batches."""
    schema = pa.schema({name: pa.from_numpy_dtype(each.dtype) for name, each in columns.items()})
    rows = len(next(iter(columns.values())))

    def made() -> Iterator[pa.RecordBatch]:
        for start in range(0, rows, BATCH):
            part = slice(start, start + BATCH)
            arrays = [pa.array(np.ascontiguousarray(each[part])) for each in columns.values()]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    return schema, made()
