"""Tables in memory: pandas, Polars, Arrow, and others that give an Arrow C stream."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from coterie.errors import InputError
from coterie.records.formats.cells import plain_table
from coterie.records.formats.locations import scrub
from coterie.records.table import Table

__all__ = ["ArrowStream", "Frame", "LazyFrame", "as_pandas", "frame_of", "read_frame"]

Rows: TypeAlias = "Sequence[Any] | npt.NDArray[Any] | pd.Series[Any] | pd.DataFrame"

_VIEWED = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}


@runtime_checkable
class ArrowStream(Protocol):
    """A table that gives itself as an Arrow C stream: of Polars, pyarrow, DuckDB and others."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give a capsule with the stream."""
        ...


@runtime_checkable
class LazyFrame(Protocol):
    """A table that is not computed yet, such as Polars' ``LazyFrame``."""

    def collect_schema(self) -> Any:
        """Tell the types of the columns."""
        ...

    def collect(self) -> Any:
        """Compute the table."""
        ...


Frame: TypeAlias = pd.DataFrame | ArrowStream | LazyFrame
"""A table in memory."""


def read_frame(source: Frame) -> Table:
    """Take a table in memory.

    The index of a pandas data frame is kept in `Table.index`. Others come over the Arrow C stream,
    without a dependency on what made them: whole numbers and truth values stay what they are where
    cells are missing, dictionaries and enums become categories, dates and decimals Python's. What
    becomes of bytes and of nested cells, `coterie.records.formats.cells.plain_table` tells.
    """
    if isinstance(source, LazyFrame) and not isinstance(source, ArrowStream):
        source = source.collect()
    if isinstance(source, pd.DataFrame):
        return plain_table(_without_arrow(source), "the data frame")
    if not isinstance(source, ArrowStream):
        raise InputError(
            f"A {type(source).__name__} is not a table: give a data frame, a path or a URL."
        )
    try:
        return plain_table(frame_of(pa.table(source)), "the data frame")
    except (pa.ArrowException, TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"The {type(source).__name__} cannot be read as a table ({scrub(str(error))}): give a "
            "data frame."
        ) from None


def as_pandas(rows: Any) -> Rows:
    """Make a pandas data frame of another frame, and a list of Arrow's column; others stay.

    Raises
    ------
    InputError
        When a frame cannot be read, or can be read only once.
    """
    if isinstance(rows, pa.Array | pa.ChunkedArray):
        return list(rows.to_pylist())
    if isinstance(rows, pa.RecordBatchReader):
        raise InputError(
            "A RecordBatchReader can be read only once: give the table that read_all() returns."
        )
    if isinstance(rows, LazyFrame):
        return read_frame(rows).frame
    others = isinstance(rows, pd.DataFrame | pd.Series | np.ndarray) or not _is_stream(rows)
    found: Rows = rows if others else read_frame(rows).frame
    return found


def _is_stream(rows: Any) -> bool:
    """Whether something is a frame, and no column, of which only the Arrow stream is known."""
    column = isinstance(rows, Iterable) and not hasattr(rows, "columns")
    return isinstance(rows, ArrowStream) and not column


def frame_of(table: pa.Table) -> pd.DataFrame:
    """Make a pandas data frame of an Arrow table, with the index that pandas put into it, if any.

    Whole numbers stay whole where cells are missing, lists are Python's, and maps are mappings.
    """
    schema = pa.schema([each.with_type(_plain(each.type)) for each in table.schema])
    if not schema.equals(table.schema):
        table = table.cast(schema.with_metadata(table.schema.metadata))
    frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
    for place, name in enumerate(map(str, frame.columns)):
        at = table.schema.get_field_index(name)  # -1 where two have this name
        if at >= 0 and pa.types.is_nested(table.schema.types[at]):
            frame.isetitem(place, _nested(table.column(at)).array)
    return _without_arrow(frame)


def _nested(column: pa.ChunkedArray) -> pd.Series[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a map with one key twice: the last counts
        return pd.Series(column.to_pylist(maps_as_pydicts="lossy"), dtype=object)


def _without_arrow(frame: pd.DataFrame) -> pd.DataFrame:
    """Replace pandas' columns of Arrow types, which not every function of pandas takes."""
    places = [at for at, kind in enumerate(frame.dtypes) if isinstance(kind, pd.ArrowDtype)]
    if places:
        frame = frame.copy(deep=False)
    for place in places:
        column = pa.chunked_array(pa.array(frame.iloc[:, place].array))
        frame.isetitem(place, frame_of(pa.table([column], names=["0"])).iloc[:, 0].array)
    return frame


def _plain(kind: pa.DataType) -> pa.DataType:
    """Replace types of views, which pandas does not take in every place, by what they view."""
    if kind in _VIEWED:
        return _VIEWED[kind]
    if pa.types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, _plain(kind.value_type), kind.ordered)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.large_list(_plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([each.with_type(_plain(each.type)) for each in kind])
    return kind
