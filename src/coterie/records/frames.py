"""Data frames of any library: pandas as it is, others through the Arrow C stream."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias, runtime_checkable

import pandas as pd

__all__ = ["ArrowStream", "Frame", "as_frame", "is_frame"]


@runtime_checkable
class ArrowStream(Protocol):
    """A table that can be read as a stream of Arrow batches: Polars, pyarrow, DuckDB and others.

    See https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html.
    """

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export the table."""
        ...


Frame: TypeAlias = pd.DataFrame | ArrowStream


def is_frame(source: object) -> bool:
    """Whether a source is a table in memory, and not a path or a URL."""
    return isinstance(source, pd.DataFrame | ArrowStream)


def as_frame(source: Frame) -> pd.DataFrame:
    """Give a table as a pandas frame.

    Whole numbers stay whole, and dictionaries become their values; a missing value is None or NaN.
    """
    if isinstance(source, pd.DataFrame):
        return source
    import pyarrow as pa

    table = pa.table(source)
    for place, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type):
            plain = table.column(place).cast(column.type.value_type)
            table = table.set_column(place, column.name, plain)
    # columns are taken one by one, since two of them may have one name
    columns: list[Any] = [
        column.to_pandas(integer_object_nulls=True).reset_index(drop=True)
        for column in table.columns
    ]
    if not columns:
        return pd.DataFrame(index=pd.RangeIndex(table.num_rows))
    frame: pd.DataFrame = pd.concat(columns, axis=1)
    return frame.set_axis(table.column_names, axis=1)
