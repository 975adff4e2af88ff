"""Tables from where they are: files, folders, databases, object stores and memory."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from coterie.errors import CoterieWarning, InputError, OptionError
from coterie.progress import current
from coterie.records.formats.arrow import Frame, read_frame
from coterie.records.formats.database import read_query
from coterie.records.formats.files import describes_tables, read_file, tables_in
from coterie.records.formats.locations import is_database, is_url
from coterie.records.join import join_around, join_tables
from coterie.records.table import Table

__all__ = ["Source", "find_beside", "read_table"]

Source: TypeAlias = str | Path | Frame
"""Where a table is: a path, a URL, or a table in memory."""

_NAMED_DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def read_table(
    source: Source | Table,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    query: str | None = None,
    sheet: str | None = None,
    records: str | None = None,
    join: Sequence[Source] = (),
) -> Table:
    """Read a table from a file, a folder, a database, an object store or memory.

    Parameters
    ----------
    source
        A path or an fsspec URL (``s3://bucket/key.csv``) of a CSV file with any delimiter, a JSON
        document, a JSON Lines file, a Parquet file or an .xlsx workbook, also gzipped; a folder of
        such files, which are joined by the columns they share, and where a JSON document of one
        object is left out beside tables; a SQLAlchemy URL; a table in memory of pandas, Polars,
        Arrow or anything else that gives an Arrow C stream; or a `Table` that was read before.
        The format of a file is found by its first bytes, then by its name. JSON records with
        ``BadgeId`` and ``SessionInfo`` become one row for each session
        (`coterie.records.formats.badges.unfold_badges`).
    delimiter
        One character or ``"tab"``; found among ``, ; tab |`` when None.
    encoding
        Found when None: UTF-8, UTF-16 and UTF-32, with BOM or without, else guessed, with a
        warning.
    query
        SQL, for a database.
    sheet
        Name of the sheet of a workbook.
    records
        Path of the array of a JSON document that holds the rows, as ``"result.tickets"``, where it
        has several.
    join
        Other sources, whose columns are added by the columns they share; a bare file name is also
        looked for beside ``source``.

    Returns
    -------
    Table
        Rows that could not be read are in its ``rejects``, by number and with the reason.

    Raises
    ------
    InputError
        When there is no such table, or it is damaged; `TextEncodingError` when it is not text.
    OptionError
        When an option does not fit the source.
    MissingExtraError
        When a driver or file system is not installed.
    """
    delimiter = _one_character(delimiter)
    if isinstance(source, Table):
        table = source
    elif not isinstance(source, str | Path):
        table = read_frame(source)
    elif is_database(str(source)):
        with current().stage("Reading from the database"):
            table = read_query(str(source), query)
    elif not is_url(str(source)) and Path(source).is_dir():
        table = _read_folder(Path(source), delimiter, encoding)
    else:
        table = read_file(
            source,
            delimiter=delimiter,
            encoding=encoding,
            query=query,
            sheet=sheet,
            records=records,
        )
    if table is not source:
        for note in table.notes:
            warnings.warn(note, CoterieWarning, stacklevel=2)
    return join_tables(table, [read_table(find_beside(other, source)) for other in join])


def _read_folder(folder: Path, delimiter: str | None, encoding: str | None) -> Table:
    files = tables_in(folder)
    if not files:
        raise InputError(
            f"There is no table in the folder {folder.name}: it needs a file such as .csv, .json, "
            ".parquet or .xlsx."
        )
    files = [file for file in files if not describes_tables(file)] or files
    tables = [read_file(file, delimiter=delimiter, encoding=encoding) for file in files]
    return replace(join_around(tables, f"the folder {folder.name}"), path=None)


def find_beside(other: Source, source: Source | Table) -> Source:
    """Look for a bare file name beside the source too."""
    if isinstance(source, Table) and source.path is not None:
        source = source.path
    if not (isinstance(other, str | Path) and isinstance(source, str | Path)):
        return other
    if is_url(str(other)) or is_url(str(source)) or Path(other).exists():
        return other
    home = Path(source) if Path(source).is_dir() else Path(source).parent
    return home / other


def _one_character(delimiter: str | None) -> str | None:
    if delimiter is None:
        return None
    character = _NAMED_DELIMITERS.get(delimiter, delimiter)
    if len(character) != 1 or character in '"\r\n':
        raise OptionError(
            f"The delimiter '{delimiter}' is not one character: give ',' ';' '|' or 'tab'."
        )
    return character
