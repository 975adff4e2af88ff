"""What a file holds: which files are tables, and in which format."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from coterie.records.objects import is_one_object
from coterie.records.source import open_bytes

__all__ = ["describes_tables", "is_delimited", "kind_of", "tables_in"]

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


def kind_of(file: BinaryIO, name: str) -> str:
    """Tell the format of a file by its first bytes, then by its name."""
    head = file.read(16)
    file.seek(0)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    suffix = Path(name.lower().removesuffix(".gz")).suffix
    if suffix in _KINDS:
        return _KINDS[suffix]
    return "json" if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{") else "delimited"


def tables_in(folder: Path) -> list[Path]:
    """List the files of a folder that hold tables by their names, in the order of these."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.name.lower().removesuffix(".gz").endswith(tuple(_KINDS))
        and not path.name.startswith((".", "~$"))
        and path.is_file()
    )


def describes_tables(path: Path) -> bool:
    """Whether a file tells about the tables beside it, and is none itself."""
    with open_bytes(path) as file:
        return kind_of(file, path.name) == "json" and is_one_object(file)


def is_delimited(path: Path) -> bool:
    """Tell whether a file is one of columns by its name."""
    return path.name.lower().removesuffix(".gz").endswith(_DELIMITED)
