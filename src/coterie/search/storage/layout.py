"""The files of an index as data, and opening the newest version that is whole."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, TypeAdapter, with_config

from coterie.errors import CoterieWarning, StoreError
from coterie.formatting import counted
from coterie.search.schema import Column
from coterie.store.layout import open_plain
from coterie.store.manifest import FileEntry, pack, unpack

__all__ = [
    "CODES",
    "DELETED",
    "DRAFT",
    "ENCODERS",
    "LOCK",
    "MOST_SCHEMA",
    "PARTS",
    "SCHEMAS",
    "VERSIONS",
    "Codes",
    "Part",
    "SchemaFile",
    "Version",
    "files_of",
    "is_index",
    "newest_version",
    "pack_schema",
    "place_of",
    "read_schema",
    "read_version",
    "version_numbers",
]

VERSIONS, SCHEMAS, PARTS, DELETED, CODES = "versions", "schemas", "parts", "deleted", "codes"
ENCODERS = "encoders"
DRAFT, LOCK = ".draft", ".lock"
FORM: Final = 1
MOST_SCHEMA = 256 << 20  # bytes; a judgement, not measured
_NAME = re.compile(r"(\d{8})\.json", re.ASCII)
_MEND = "go on with an earlier version, or make the index again with coterie index"

_Count = Annotated[int, Field(ge=0)]
_Files = Mapping[str, FileEntry]


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Part:
    """Rows that were added together.

    Attributes
    ----------
    name
        Of its folder.
    rows
        How many rows it has, deleted ones among them.
    terms, postings
        Different words of its texts, and pairs of a word and a row that has it.
    words
        All words of its texts.
    files
        Name in the folder to hash and size.
    """

    name: Annotated[str, Field(pattern=r"^\d{8}$")]
    rows: _Count
    terms: _Count
    postings: _Count
    words: _Count
    files: _Files


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Codes:
    """The vectors of the first rows in 4 bits a dimension.

    Attributes
    ----------
    name
        Of the file.
    rows
        How many rows it holds.
    lists
        In how many lists they lie.
    candidates
        How many rows are compared in float32 for ten hits.
    file
        Its hash and size.
    """

    name: Annotated[str, Field(pattern=r"^\d{8}\.faiss$")]
    rows: _Count
    lists: _Count
    candidates: _Count
    file: FileEntry


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Version:
    """One state of an index.

    Attributes
    ----------
    form
        Format version.
    version
        Counted from 1.
    created
        UTC, ISO 8601.
    change
        What made it: ``"create"``, ``"append"``, ``"update"`` or ``"delete"``.
    rows
        Rows that can be found.
    dim
        Width of the vectors.
    encoder
        Which encoder made them, as `coterie.classifiers.saved.encoder` describes one; empty where
        that is not known.
    reading
        How the rows were read from their table.
    parts
        In the order of their rows.
    deleted
        Hash and size of the file of the rows that are not found any more; None where there are
        none.
    schema
        Hash and size of the file of the columns.
    own_encoder
        Folder with the files of an encoder that was made for this index; "" where its name alone
        brings it back.
    encoder_files
        Name in that folder to hash and size.
    codes
        None where there are too few rows.
    recall
        Shape of a filter to the share of the ten best rows that a search with codes finds, as
        measured when the codes were made.
    closeness
        Kind of a search to how its cosines become percentages, see `coterie.search.closeness`.
    """

    form: Literal[1]
    version: Annotated[int, Field(ge=1)]
    created: str
    change: Literal["create", "append", "update", "delete"]
    rows: _Count
    dim: Annotated[int, Field(ge=1)]
    encoder: Mapping[str, Any]
    reading: Mapping[str, Any]
    parts: tuple[Part, ...]
    deleted: FileEntry | None
    schema: FileEntry
    own_encoder: Annotated[str, Field(pattern=r"^(\d{8})?$")] = ""
    encoder_files: _Files = field(default_factory=dict)
    codes: Codes | None = None
    recall: Mapping[str, float] = field(default_factory=dict)
    closeness: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def places(self) -> int:
        """Rows of all parts, deleted ones among them."""
        return sum(part.rows for part in self.parts)


@dataclass(frozen=True, slots=True)
class SchemaFile:
    """What is known of the columns, as a file holds it."""

    columns: tuple[Column, ...]


_VERSION = TypeAdapter(Version)


def place_of(folder: str, number: int, suffix: str) -> str:
    """Relative path of a file or folder of a version."""
    return f"{folder}/{number:08d}{suffix}"


def is_index(home: Path) -> bool:
    """Whether a folder holds an index, whole or not."""
    return (home / VERSIONS).is_dir() and (home / PARTS).is_dir()


def version_numbers(home: Path) -> list[int]:
    """Numbers of the versions whose file is there, whole or not, the newest first."""
    folder = home / VERSIONS
    if not folder.is_dir() or folder.is_symlink():
        return []
    names = [_NAME.fullmatch(each.name) for each in folder.iterdir()]
    return sorted((int(name[1]) for name in names if name), reverse=True)


def newest_version(home: Path) -> Version:
    """Read the newest version that is whole; where the newest is not, a warning says so.

    Raises
    ------
    StoreError
        When there is none.
    """
    faults: list[str] = []
    for number in version_numbers(home):
        try:
            version = read_version(home, number)
        except StoreError as error:
            faults.append(str(error))
            continue
        if faults:
            warnings.warn(
                f"The newest version of the index {home} is damaged, so version {number} of "
                f"{version.created} is used, with {counted(version.rows, 'row')}: check what came "
                f"after it, and add it again. ({faults[0]})",
                CoterieWarning,
                stacklevel=3,
            )
        return version
    if faults:
        raise StoreError(f"No version of the index {home} can be read: make it again. {faults[0]}")
    raise StoreError(f"There is no index at {home}: make one with coterie index FILE --out {home}.")


def read_version(home: Path, number: int) -> Version:
    """Read a version by its number, and check that its files are there in their size.

    Raises
    ------
    StoreError
        When it is damaged.
    """
    name = place_of(VERSIONS, number, ".json")
    try:
        with open_plain(home, name) as file:
            packed = file.read()
        version: Version = unpack(_VERSION, packed, home / name, _MEND)
        if version.version != number:
            raise StoreError(f"{home / name} is version {version.version} under another name.")
        for path, entry in files_of(version):
            size = (home / path).lstat().st_size
            if size != entry.bytes:
                raise StoreError(
                    f"{home / path} has {size:,} bytes and should have {entry.bytes:,}: {_MEND}."
                )
    except FileNotFoundError as error:
        raise StoreError(f"{error.filename} is not there: {_MEND}.") from None
    return version


def files_of(version: Version) -> list[tuple[str, FileEntry]]:
    """Give all files of a version but its own, by relative path."""
    found = [
        (f"{PARTS}/{part.name}/{name}", entry)
        for part in version.parts
        for name, entry in part.files.items()
    ]
    found.append((place_of(SCHEMAS, version.version, ".json"), version.schema))
    if version.deleted is not None:
        found.append((place_of(DELETED, version.version, ".i64"), version.deleted))
    if version.codes is not None:
        found.append((f"{CODES}/{version.codes.name}", version.codes.file))
    found += [
        (f"{ENCODERS}/{version.own_encoder}/{name}", entry)
        for name, entry in version.encoder_files.items()
    ]
    return found


def pack_schema(columns: tuple[Column, ...]) -> bytes:
    """Write what is known of the columns as checked JSON."""
    return pack(SchemaFile(columns), MOST_SCHEMA)


def read_schema(home: Path, version: Version) -> tuple[Column, ...]:
    """Read what is known of the columns of a version."""
    name = place_of(SCHEMAS, version.version, ".json")
    with open_plain(home, name) as file:
        packed = file.read(MOST_SCHEMA)
    found: SchemaFile = unpack(_SCHEMA, packed, home / name, _MEND)
    return found.columns


_SCHEMA = TypeAdapter(SchemaFile)
