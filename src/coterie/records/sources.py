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
from coterie.records.formats.files import describes_tables, read_files, tables_in
from coterie.records.formats.json_cells import unfold_json_cells
from coterie.records.formats.locations import is_database, is_url, safe_name
from coterie.records.headers import set_aside_headers
from coterie.records.join import join_around, join_tables
from coterie.records.parts import put_parts_together
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
    header: bool = True,
    join: Sequence[Source] = (),
    limit: int | None = None,
) -> Table:
    """Read a table from a file, a folder, a database, an object store or memory.

    Parameters
    ----------
    source
        A path or an fsspec URL (``s3://bucket/key.csv``) of a CSV file with any delimiter, a JSON
        document, a JSON Lines file, a Parquet file or an .xlsx workbook, also compressed with gzip,
        bzip2, xz or Zstandard; ``-`` or a pipe; a folder or a zip archive of such files: those with
        the same columns are one table, others are joined by the columns they share, and a JSON
        document of one object is left out beside tables; a SQLAlchemy URL; a table in memory of
        pandas, Polars, Arrow or anything else that gives an Arrow C stream; or a `Table` that was
        read before.
        The format of a file is found by its first bytes, then by its name. JSON records with
        ``BadgeId`` and ``SessionInfo`` become one row for each session
        (`coterie.records.formats.badges.unfold_badges`). A column of texts that are JSON objects
        becomes one column for each of their fields, ``column.field``
        (`coterie.records.formats.json_cells.unfold_json_cells`).
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
    header
        Whether a line of a delimited file names its columns; they are ``column 1``, ``column 2``
        and so on where none does.
    join
        Other sources, whose columns are added by the columns they share; a bare file name is also
        looked for beside ``source``.
    limit
        How many rows to read at most, from the first on; all when None. A large file is not read to
        its end, so that a text file may give fewer: those in its first 8 MiB. Tables that are
        joined are read whole.

    Returns
    -------
    Table
        Rows that could not be read, and further header rows of survey exports, are in its
        ``rejects``, by number and with the reason.

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
        table = set_aside_headers(read_frame(source))
    elif is_database(str(source)):
        with current().stage("Reading from the database"):
            table = read_query(str(source), query, limit=limit)
    else:
        files: Sequence[str | Path] = [source]
        name = safe_name(source)
        if not is_url(str(source)) and Path(source).is_dir():
            files, name = _files_of(Path(source)), f"the folder {name}"
            query = sheet = records = None

        def read(limit: int | None) -> Sequence[Table]:
            tables = [
                table
                for file in files
                for table in read_files(
                    file,
                    delimiter=delimiter,
                    encoding=encoding,
                    query=query,
                    sheet=sheet,
                    records=records,
                    header=header,
                    limit=limit,
                )
            ]
            return put_parts_together(tables, name)

        tables = read(limit)
        if limit is not None and len(tables) > 1:
            tables = read(None)  # the rows that belong together are not all at the beginning
        table = join_around(tables, name)
        table = table if len(files) == 1 else replace(table, path=None)
    if limit is not None:
        table = table.first(limit)
    if not isinstance(source, Table):
        table = unfold_json_cells(table)
        for note in table.notes:
            warnings.warn(note, CoterieWarning, stacklevel=2)
    return join_tables(table, [read_table(find_beside(other, source)) for other in join])


def _files_of(folder: Path) -> Sequence[Path]:
    """List the files of a folder that hold tables; empty ones and descriptions are left out."""
    if (folder / "_delta_log").is_dir():
        raise InputError(
            f"The folder {folder.name} is a Delta table, some of whose files are deleted rows: "
            "write it as Parquet first."
        )
    files = tables_in(folder)
    if not files:
        raise InputError(
            f"There is no table in the folder {folder.name}: it needs a file such as .csv, .json, "
            ".parquet or .xlsx."
        )
    files = [file for file in files if file.stat().st_size] or files
    return [file for file in files if not describes_tables(file)] or files


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
