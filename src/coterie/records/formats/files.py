"""Files of any format: which files are tables, in which format, and reading them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from coterie.errors import InputError, OptionError
from coterie.progress import current
from coterie.records.formats.database import read_query
from coterie.records.formats.delimited import read_delimited, read_header
from coterie.records.formats.excel import read_excel, refuse_old
from coterie.records.formats.json import is_one_object, read_json, read_json_lines
from coterie.records.formats.locations import is_url, open_bytes, safe_name
from coterie.records.formats.parquet import read_parquet
from coterie.records.table import Table

__all__ = ["describes_tables", "find_header", "read_file", "tables_in"]

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
    (b"PK\x03\x04", "excel"),
    (b"SQLite format 3\0", "sqlite"),
    (b"\xd0\xcf\x11\xe0", "old excel"),
)


def read_file(
    source: str | Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    query: str | None = None,
    sheet: str | None = None,
    records: str | None = None,
) -> Table:
    """Read a file of any format; see `coterie.records.read_table`."""
    name = safe_name(source)
    with current().stage(f"Reading {name}"), open_bytes(source) as file:
        kind = _kind_of(file, name)
        if kind == "old excel":
            raise refuse_old(file, name)
        if kind == "sqlite" and not is_url(str(source)):
            return read_query(f"sqlite:///{Path(source)}", query)
        if query is not None:
            raise OptionError(f"A query needs a database, and {name} is a file: leave it out.")
        if sheet is not None and kind != "excel":
            raise OptionError(
                f"A sheet needs an Excel workbook, and {name} is not one: leave it out."
            )
        if records is not None and kind not in ("json", "json lines"):
            raise OptionError(
                f"'records' names an array of a JSON document, and {name} is not one: leave it out."
            )
        if kind == "excel":
            table = read_excel(file, sheet=sheet, source=name)
        elif kind == "parquet":
            table = read_parquet(file, source=name)
        elif kind == "json":
            table = read_json(file, encoding=encoding, source=name, records=records)
        elif kind == "json lines":
            table = read_json_lines(file, encoding=encoding, source=name, records=records)
        elif kind == "delimited":
            table = read_delimited(file, delimiter=delimiter, encoding=encoding, source=name)
        else:
            raise InputError(f"{name} is in the {kind} format: save it as .xlsx or .csv.")
    return table if is_url(str(source)) else replace(table, path=Path(source))


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
    return Path(name.lower().removesuffix(".gz")).suffix


def _kind_of(file: BinaryIO, name: str) -> str:
    """Tell the format of a file by its first bytes, then by its name."""
    head = file.read(16)
    file.seek(0)
    by_bytes = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if known := by_bytes or _KINDS.get(_suffix(name)):
        return known
    return "json" if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") else "delimited"
