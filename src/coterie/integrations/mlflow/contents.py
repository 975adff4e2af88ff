"""The files of a logged model: Coterie's own, copied, with a hash of each.

::

    contents.json    what it is, and hash and size of each file
    content/...      a version of a model, an encoder, an index, or what a service needs of a run

All hashes are checked before any file is read for what it holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter, with_config

from coterie.encoders.tfidf import is_tfidf_folder
from coterie.errors import IntegrityError, StoreError
from coterie.search.storage.layout import VERSIONS as INDEX_VERSIONS
from coterie.search.storage.layout import files_of, is_index, newest_version, place_of
from coterie.search.storage.reader import IndexReader
from coterie.store import open_model
from coterie.store.contents import HEAD, fault_of
from coterie.store.layout import (
    MANIFEST,
    REGISTER,
    files_below,
    open_plain,
    version_name,
)
from coterie.store.manifest import FileEntry, pack, unpack
from coterie.workflows.service import SERVICE, load_service

__all__ = ["Contents", "Kind", "open_contents", "read_contents", "write_contents"]

Kind: TypeAlias = Literal["model", "encoder", "index", "run"]

_ABOUT, _CONTENT = "contents.json", "content"
_MOST = 64 << 20  # bytes of contents.json; a judgement, not measured
_ENCODER = frozenset({".json", ".model", ".safetensors", ".txt"})  # none of them can hold code
_BLOCK = 1 << 20
_MEND = "log the model again"


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Contents:
    """What a logged model is.

    Attributes
    ----------
    form
        Format version.
    kind
        What lies in ``content/``.
    name
        Of the folder that was logged.
    version
        Of the model or index; None where there is none.
    files
        Relative name, with ``/`` between parts, to hash and size.
    """

    form: Literal[1]
    kind: Kind
    name: str
    version: int | None
    files: Annotated[Mapping[str, FileEntry], Field(min_length=1)]

    @property
    def sha256(self) -> str:
        """Of all hashes: two models with one digest have the same files."""
        named = {name: entry.sha256 for name, entry in self.files.items()}
        return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


_CONTENTS: Final = TypeAdapter(Contents)


def write_contents(source: Path, out: Path, *, version: int | None = None) -> Contents:
    """Copy what makes a model into a folder, and write the hashes of it.

    Parameters
    ----------
    source
        A model directory or one of its versions, the folder of an encoder or of an index, or the
        folder of a run with models.
    out
        An existing empty folder.
    version
        Of a model directory; the active one when None.

    Raises
    ------
    StoreError
        When the folder is none of these, or a file in it may not be logged.
    IntegrityError
        When a file of a model or an index is not the one that was saved.
    """
    kind, number, files = _plan(source, version)
    made: dict[str, FileEntry] = {}
    for name, what in files:
        target = out / _CONTENT / name
        target.parent.mkdir(parents=True, exist_ok=True)
        made[name] = _write(target, what) if isinstance(what, bytes) else _copy(what, target)
    found = Contents(1, kind, source.resolve().name, number, made)
    (out / _ABOUT).write_bytes(pack(found, _MOST))
    return found


def read_contents(source: Path, *, version: int | None = None) -> Contents:
    """Give what `write_contents` would write, without writing; parameters and errors as there."""
    kind, number, files = _plan(source, version)
    made = {}
    for name, what in files:
        if isinstance(what, bytes):
            made[name] = _entry(what)
        else:
            made[name] = FileEntry(*_digest(what.parent, what.name))
    return Contents(1, kind, source.resolve().name, number, made)


def open_contents(folder: Path) -> tuple[Contents, Path]:
    """Check every file of a logged model; give what it is, and the folder of its content.

    Raises
    ------
    StoreError
        When it is no logged model of Coterie.
    IntegrityError
        When a file is missing, altered, or was not logged.
    """
    try:
        with open_plain(folder, _ABOUT) as file:
            found: Contents = unpack(_CONTENTS, file.read(_MOST), folder / _ABOUT, _MEND)
    except FileNotFoundError:
        raise StoreError(
            f"{folder} holds no model of Coterie: name one that log_model or save_model wrote."
        ) from None
    home = folder / _CONTENT
    for name, entry in found.files.items():
        try:
            digest, size = _digest(home, name)
        except FileNotFoundError:
            raise IntegrityError(f"{home / name} is missing: {_MEND}.") from None
        if (digest, size) != (entry.sha256, entry.bytes):
            raise IntegrityError(f"{home / name} is not the file that was logged: {_MEND}.")
    for name, path in files_below(home):
        if name not in found.files:
            raise IntegrityError(f"{path} was not logged with the model: delete it.")
    return found, home


_Files: TypeAlias = "list[tuple[str, Path | bytes]]"


def _plan(source: Path, version: int | None) -> tuple[Kind, int | None, _Files]:
    """Tell what a folder holds, and which of its files are logged."""
    if (source / REGISTER).is_file() or (source / MANIFEST).is_file():
        return _model(source, version)
    if version is not None:
        raise StoreError(f"{source} is no model directory, so it has no versions: leave it out.")
    if (source / SERVICE).is_file():
        return "run", None, list(_run(source))
    if is_index(source):
        return "index", *_index(source)
    if is_tfidf_folder(source) or (source / "config.json").is_file():
        return "encoder", None, list(_encoder(source))
    raise StoreError(
        f"{source} is none of a model directory, an encoder, an index and a run with models: name "
        "one of these."
    )


def _model(home: Path, version: int | None) -> tuple[Kind, int, _Files]:
    """Name the files of one version, which is a model without its directory too."""
    files = open_model(home, version)
    for name in files.names:
        files.check(name)
    names = [MANIFEST, *files.names]
    return "model", files.manifest.version, [(name, files.path / name) for name in names]


def _index(home: Path) -> tuple[int, _Files]:
    IndexReader(home).verify()
    found = newest_version(home)
    names = [place_of(INDEX_VERSIONS, found.version, ".json"), *(n for n, _ in files_of(found))]
    return found.version, [(name, home / name) for name in dict.fromkeys(names)]


def _encoder(home: Path) -> Iterator[tuple[str, Path]]:
    for name, path in files_below(home):
        if path.suffix in _ENCODER and not any(part.startswith(".") for part in Path(name).parts):
            yield name, path


def _run(home: Path) -> Iterator[tuple[str, Path | bytes]]:
    """Name the active versions of a run's models, its index and its rules."""
    service = replace(load_service(home), segments=None)
    said = json.dumps(service.to_dict(), ensure_ascii=False, indent=2)
    yield SERVICE, said.encode("utf-8", "backslashreplace")
    for folder in service.models.values():
        at = folder.relative_to(home).as_posix()
        yield f"{at}/{REGISTER}", folder / REGISTER
        _, number, files = _model(folder, None)
        yield from ((f"{at}/{version_name(number)}/{name}", path) for name, path in files)
    if service.index is not None:
        at = service.index.relative_to(home).as_posix()
        yield from ((f"{at}/{name}", path) for name, path in _index(service.index)[1])
    if service.rules is not None:
        yield service.rules.relative_to(home).as_posix(), service.rules


def _write(target: Path, content: bytes) -> FileEntry:
    target.write_bytes(content)
    return _entry(content)


def _entry(content: bytes) -> FileEntry:
    return FileEntry(hashlib.sha256(content).hexdigest(), len(content))


def _copy(source: Path, target: Path) -> FileEntry:
    """Copy a file that is what its name says, and hash what was copied."""
    digest, size = hashlib.sha256(), source.stat().st_size
    with open_plain(source.parent, source.name) as file, target.open("xb") as fresh:
        block = file.read(_BLOCK)
        if fault := fault_of(source.name, block[:HEAD], size):
            raise StoreError(f"{source} is {fault}, which is not logged: leave it out.")
        while block:
            digest.update(block)
            fresh.write(block)
            block = file.read(_BLOCK)
    return FileEntry(digest.hexdigest(), target.stat().st_size)


def _digest(home: Path, name: str) -> tuple[str, int]:
    with open_plain(home, name) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()
