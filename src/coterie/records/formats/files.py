"""Files of any format: which files are tables, in which format, and reading them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, TypedDict

from coterie.errors import InputError, OptionError
from coterie.progress import current
from coterie.records.formats.containers import PACKED, Members, members
from coterie.records.formats.database import read_query
from coterie.records.formats.delimited import read_delimited, read_header
from coterie.records.formats.excel import read_excel, refuse_old
from coterie.records.formats.json import is_one_object, read_json, read_json_lines
from coterie.records.formats.locations import local_file, open_bytes, safe_name
from coterie.records.formats.parquet import read_parquet
from coterie.records.headers import set_aside_headers
from coterie.records.table import Table

__all__ = ["describes_tables", "find_header", "read_files", "tables_in"]

_DELIMITED = (".csv", ".tsv", ".tab", ".psv")
_KINDS = {
    **dict.fromkeys(_DELIMITED, "delimited"),
    ".json": "json",
    ".jsonl": "json lines",
    ".ndjson": "json lines",
    ".parquet": "parquet",
    ".xlsx": "excel",
}
_MAGIC = (
    (b"PAR1", "parquet"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),  # of no files
    (b"SQLite format 3\0", "sqlite"),
    (b"\xd0\xcf\x11\xe0", "old excel"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
)
_TAR, _TAR_AT = b"ustar", 257
_HOME = {"xl/workbook.": "excel", "word/document.": "Word", "mimetype": "OpenDocument"}


def read_files(
    source: str | Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    query: str | None = None,
    sheet: str | None = None,
    records: str | None = None,
    header: bool = True,
    limit: int | None = None,
) -> list[Table]:
    """Read a file of any format, or all tables of a zip archive; see `coterie.records.read_table`.

    Of an archive these are the files whose names say that they are tables, without those that
    describe others; or its only file.
    """
    name = safe_name(source)
    local = local_file(source)
    options: _FileOptions = {
        "delimiter": delimiter,
        "encoding": encoding,
        "sheet": sheet,
        "records": records,
        "header": header,
        "limit": limit,
    }
    with current().stage(f"Reading {name}"), open_bytes(source) as file:
        kind = _kind_of(file, name)
        if kind == "sqlite" and local is not None and getattr(file, "name", None) == str(source):
            return [read_query(f"sqlite:///{local}", query, limit=limit)]
        if query is not None:
            raise OptionError(f"A query needs a database, and {name} is a file: leave it out.")
        if kind != "zip":
            return [replace(_read(file, kind, name, options), path=local)]
        tables = []
        for part, opened in _tables_within(file, name):
            with opened() as inner:
                tables.append(_read(inner, _kind_of(inner, part), part, options))
        return [replace(table, path=local) for table in tables]


class _FileOptions(TypedDict):
    delimiter: str | None
    encoding: str | None
    sheet: str | None
    records: str | None
    header: bool
    limit: int | None


def _read(file: BinaryIO, kind: str, name: str, options: _FileOptions) -> Table:
    """Read one table."""
    encoding, records, limit = options["encoding"], options["records"], options["limit"]
    if kind == "old excel":
        raise refuse_old(file, name)
    if options["sheet"] is not None and kind != "excel":
        raise OptionError(f"A sheet needs an Excel workbook, and {name} is not one: leave it out.")
    if records is not None and kind not in ("json", "json lines"):
        raise OptionError(
            f"'records' names an array of a JSON document, and {name} is not one: leave it out."
        )
    if not options["header"] and kind != "delimited":
        raise OptionError(
            f"Only a delimited file, such as .csv, can be without a header, and {name} is none: "
            "leave --no-header (header=False) out."
        )
    if kind == "excel":
        read = read_excel(file, sheet=options["sheet"], source=name, limit=limit)
        return set_aside_headers(read)
    if kind == "parquet":
        return read_parquet(file, source=name, limit=limit)
    if kind == "json":
        return read_json(file, encoding=encoding, source=name, records=records, limit=limit)
    if kind == "json lines":
        return read_json_lines(file, encoding=encoding, source=name, records=records, limit=limit)
    if kind == "delimited":
        table = read_delimited(
            file,
            delimiter=options["delimiter"],
            encoding=encoding,
            source=name,
            header=options["header"],
            limit=limit,
        )
        return set_aside_headers(table) if options["header"] else table
    if kind in ("zip", "7z", "rar", "tar"):
        raise InputError(
            f"{name} is an archive of the kind {kind}: unpack it, and give the folder."
        )
    raise InputError(f"{name} is in the {kind} format: save it as .xlsx or .csv.")


def _tables_within(file: BinaryIO, name: str) -> Members:
    """List the tables of a zip archive."""
    listed = members(file, name)
    tables = [each for each in listed if _suffix(each[0]) in _KINDS]
    if not tables and len(listed) == 1:
        tables = listed
    if not tables:
        raise InputError(
            f"There is no table in {name}: it needs a file such as .csv, .json, .parquet or .xlsx."
        )
    return [each for each in tables if not _describes(*each)] or tables


def _describes(name: str, opened: Callable[[], Any]) -> bool:
    if _suffix(name) != ".json":
        return False
    with opened() as file:
        return is_one_object(file)


def tables_in(folder: Path) -> list[Path]:
    """List the files of a folder that hold tables by their names, in the order of these."""
    return sorted(
        path
        for path in folder.iterdir()
        if _suffix(path.name) in _KINDS and not path.name.startswith((".", "~$")) and path.is_file()
    )


def describes_tables(path: Path) -> bool:
    """Whether a file is a JSON document about the tables beside it, and not a table itself."""
    with open_bytes(path) as file:
        return _kind_of(file, path.name) == "json" and is_one_object(file)


def find_header(path: Path) -> list[str]:
    """Name the columns of a delimited file by its first bytes; none where it is not such a file."""
    if _suffix(path.name) not in _DELIMITED:
        return []
    try:
        with open_bytes(path) as file:
            return read_header(file)
    except InputError:
        return []


def _suffix(name: str) -> str:
    """End of a name that says what is in the file, however it is packed."""
    path = Path(name.lower())
    return Path(path.stem).suffix if path.suffix in PACKED else path.suffix


def _kind_of(file: BinaryIO, name: str) -> str:
    """Tell the format of a file by its first bytes, then by its name."""
    head = file.read(_TAR_AT + len(_TAR))
    file.seek(0)
    by_bytes = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if head[_TAR_AT:] == _TAR:
        by_bytes = "tar"
    if by_bytes == "zip":
        by_bytes = _kind_of_zip(file, name)
    if known := by_bytes or _KINDS.get(_suffix(name)):
        return known
    return "json" if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") else "delimited"


def _kind_of_zip(file: BinaryIO, name: str) -> str:
    """Tell a document that is packed as zip, such as a workbook, from an archive of files."""
    if _suffix(name) == ".xlsx" and not name.lower().endswith(".zip"):
        return "excel"
    first = [each for each, _ in members(file, name)]
    file.seek(0)
    documents = (kind for start, kind in _HOME.items() if any(n.startswith(start) for n in first))
    return next(documents, "zip") if first else "zip"
