"""Excel workbooks."""

from __future__ import annotations

import warnings
from typing import Any, BinaryIO

import pandas as pd

from coterie.errors import InputError
from coterie.records.formats.locations import scrub
from coterie.records.table import Table

__all__ = ["read_excel"]


def read_excel(file: BinaryIO, *, sheet: str | None, source: str) -> Table:
    """Read one sheet of an .xlsx workbook, its first row the header.

    Without a name it is the first sheet, with a warning where there are others.
    """
    from zipfile import BadZipFile

    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of styles and validations we do not use
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            names = book.sheetnames
            name = names[0] if sheet is None else sheet
            rows = list(book[name].iter_rows(values_only=True)) if name in names else None
        except (BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
            raise InputError(
                f"{source} is not a whole Excel workbook ({scrub(str(error))}): save it again "
                "as .xlsx."
            ) from None
    if rows is None:
        listed = ", ".join(f"'{each}'" for each in names)
        raise InputError(f"There is no sheet '{name}' in {source}: it has {listed}.")
    table = _table(rows, name, source)
    if sheet is not None or len(names) == 1:
        return table
    return table.noting(
        f"{source} has {len(names)} sheets and '{name}' was read: name the sheet to read another."
    )


def _table(rows: list[tuple[Any, ...]], sheet: str, source: str) -> Table:
    frame = pd.DataFrame(rows, dtype=object)
    frame = frame.where(frame != "", None).dropna(how="all").dropna(how="all", axis=1)
    if frame.empty:
        raise InputError(f"The sheet '{sheet}' of {source} is empty: name another one.")
    header = ["" if pd.isna(name) else str(name) for name in frame.iloc[0]]
    body = frame.iloc[1:].set_axis(header, axis=1)
    return Table.of(body, rows=(body.index - frame.index[0]).to_numpy(), source=source)
