"""Read a table from where it is, and make records of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from coterie.errors import InputError, OptionError
from coterie.options import MAX_TEXT_CHARS, ReadOptions, TableOptions
from coterie.progress import current
from coterie.records.build import asked_columns, build_records
from coterie.records.formats.arrow import Frame, read_frame
from coterie.records.formats.database import read_query
from coterie.records.formats.files import describes_tables, find_header, read_file, tables_in
from coterie.records.formats.locations import is_database, is_url
from coterie.records.join import join_around, join_tables
from coterie.records.model import Records
from coterie.records.table import Table, column_error

__all__ = ["Source", "find_beside", "make_records", "read_records", "read_table"]

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
        table = read_file(source, delimiter=delimiter, encoding=encoding, query=query, sheet=sheet)
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


def read_records(
    source: Source | Table,
    *,
    text: str | None = None,
    id: str | None = None,  # noqa: A002 - the field's name
    labels: Sequence[str] = (),
    group: str | None = None,
    order: str | None = None,
    speaker: str | None = None,
    first: int | None = None,
    time: str | None = None,
    context: Sequence[str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    query: str | None = None,
    sheet: str | None = None,
    join: Sequence[Source] = (),
    max_text_chars: int = MAX_TEXT_CHARS,
) -> Records:
    """Read a table and make records of it: compose texts, set bad rows aside, roll up by person.

    Set aside, with row number and reason, are rows that could not be read; without text, or with a
    blank or too long one; without id or group where these are named; and rows whose id an earlier
    row has, be they the same or not (a warning tells of those with another text or label). NUL
    characters and halves of surrogate pairs are mended with a warning.

    Parameters
    ----------
    source, delimiter, encoding, query, sheet, join
        As for `read_table`; or a `Table` that was read before.
    text
        A column, or a template over several: ``"{title}. {description}"``. Missing parts leave no
        stray punctuation. None for a table without texts: `Records.texts` are "" then, and no row
        is set aside for having none.
    id
        Column with a unique id; row numbers when None. With ``group``, rows are checked by it
        before they are rolled up.
    labels
        Columns with labels, which keep their type, see `Records.labels`; blank cells are None. A
        column of a file without types, such as CSV, is of the type whose values read like all of
        its cells: "1" is a number and "007" is text.
    group
        Column by whose value rows are rolled up, such as a person or a conversation: the value is
        the id of the record, its texts are joined by line breaks (once, where all are the same),
        each label is that of most rows (None where they tie, and a warning tells of
        disagreement), and time and context are those of the first row.
    order
        Column by which the rows of a group are ordered, as numbers, dates or text; row order when
        None.
    speaker
        Column that is put before each text of a group: ``"agent: Good morning"``.
    first
        Use only the texts of the first so many steps of each group: distinct values of ``order``,
        or rows where there is none. The other rows still count in ``sizes``.
    time
        Column of dates or times; unreadable ones are NaT, with a warning.
    context
        Other columns to keep; ``["*"]`` for all that are not used otherwise. Columns of numbers
        become numbers. When None, no column is kept beside texts; without texts, all that are not
        used otherwise, but for those that look like ids: a warning names these.
    max_text_chars
        Longer texts are set aside, before and after they are joined.

    Returns
    -------
    Records
        ``rows_in == sizes.sum() + len(rejects)``. Costs memory for the table and the texts once
        each; grows linearly with rows.

    Raises
    ------
    ColumnError
        When a column is missing, with the nearest names or the file beside that has it, or
        doubled.
    NoRowsError
        When no row is left.
    """
    options = ReadOptions(
        text=text,
        id=id,
        labels=labels,
        group=group,
        order=order,
        speaker=speaker,
        first=first,
        time=time,
        context=context,
        max_text_chars=max_text_chars,
    )
    table = read_table(
        source, delimiter=delimiter, encoding=encoding, query=query, sheet=sheet, join=join
    )
    return make_records(table, options)


def make_records(table: Table, options: TableOptions) -> Records:
    """Make records of a table that was read, see `read_records`."""
    for name in asked_columns(table, options):
        if name not in table.frame and (hint := _hint(table, name)):
            raise column_error(name, table.columns, table.source, hint)
    return build_records(table, options)


def _hint(table: Table, name: str) -> str:
    """Name a file beside the table that has the column, and shares another one to join by."""
    if table.path is None:
        return ""
    for file in tables_in(table.path.parent):
        columns = [] if file == table.path else find_header(file)
        shared = [column for column in columns if column in table.frame]
        if name in columns and shared:
            return (
                f"{file.name} beside it has it, and shares '{shared[0]}': add --join {file.name} "
                f"(join=['{file.name}'])."
            )
    return ""
