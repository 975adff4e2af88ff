"""Parquet files and Excel workbooks."""

from __future__ import annotations

import warnings
from typing import Any, BinaryIO

import pandas as pd

from coterie.errors import CoterieWarning, InputError
from coterie.records.arrow import frame_of
from coterie.records.source import scrub
from coterie.records.table import Table

__all__ = ["read_excel", "read_parquet"]

_NAMELESS = "Could not open Parquet input source '<Buffer>': "  # the buffer is ours


def read_parquet(file: BinaryIO, *, source: str) -> Table:
    """Read a Parquet file; whole numbers stay whole where cells are missing.

    Raises
    ------
    InputError
        When the file is cut short or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        why = scrub(str(error)).removeprefix(_NAMELESS).partition(". ")[0]
        raise InputError(
            f"{source} is not a whole Parquet file ({why}): copy or write it again."
        ) from None
    return Table.of(frame_of(table), source=source)


def read_excel(file: BinaryIO, *, sheet: str | None, source: str) -> Table:
    """Read one sheet of an .xlsx workbook, its first row the header.

    Parameters
    ----------
    file
        Open for reading bytes.
    sheet
        Name of the sheet; None for the first, with a warning where there are others.
    source
        Name of the file in messages.

    Raises
    ------
    InputError
        When the workbook is damaged, or the sheet is absent or empty.
    """
    from zipfile import BadZipFile

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of styles and validations we do not use
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            name = _sheet_name(book.sheetnames, sheet, source)
            rows = [list(row) for row in book[name].iter_rows(values_only=True)]
        except (BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"{source} is not a whole Excel workbook ({scrub(str(error))}): save it again "
                "as .xlsx."
            ) from None
    if sheet is None and len(book.sheetnames) > 1:
        warnings.warn(
            f"{source} has {len(book.sheetnames)} sheets and '{name}' was read: "
            "name the sheet to read another.",
            CoterieWarning,
            stacklevel=2,
        )
    return _table(rows, name, source)


def _sheet_name(names: list[str], sheet: str | None, source: str) -> str:
    if sheet is None:
        return names[0]
    if sheet not in names:
        listed = ", ".join(f"'{name}'" for name in names)
        raise InputError(f"There is no sheet '{sheet}' in {source}: it has {listed}.")
    return sheet


def _table(rows: list[list[Any]], sheet: str, source: str) -> Table:
    filled = [at for at, row in enumerate(rows) if any(cell not in (None, "") for cell in row)]
    if not filled:
        raise InputError(f"The sheet '{sheet}' of {source} is empty: name another one.")
    head, *below = filled
    used = [at for at in range(len(rows[head])) if any(_cell(rows[row], at) for row in filled)]
    header = ["" if (name := _cell(rows[head], at)) is None else str(name) for at in used]
    cells = [[_cell(rows[row], at) for at in used] for row in below]
    frame = pd.DataFrame(cells, columns=pd.Index(header), dtype=object)
    return Table.of(frame, rows=[row - head for row in below], source=source)


def _cell(row: list[Any], at: int) -> Any:
    value = row[at] if at < len(row) else None
    return None if value == "" else value
