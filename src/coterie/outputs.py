"""The gate before every output: nobody's work is written over, and no two runs write together.

A file ``.coterie.json`` beside the outputs says which files Coterie wrote, by which verb, and what
was in them. A file that it does not name, or that was changed since, is a person's.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from coterie.errors import OptionError, StoreError
from coterie.files import write_json
from coterie.formatting import counted
from coterie.locks import lock_file

__all__ = ["MARKER", "Claim", "claim_file", "claim_folder", "is_edited"]

MARKER = ".coterie.json"
_LOCK, _FORM = ".coterie.lock", 1
_INSTEAD = "name another folder with --out, or replace it with --overwrite (overwrite=True)"


@dataclass(frozen=True, slots=True)
class _Written:
    """A file that Coterie wrote: by which verb, and what it was."""

    by: str
    sha256: str
    bytes: int
    changed: int  # nanoseconds; where they are the same, the file is not read again

    @classmethod
    def of(cls, path: Path, by: str) -> _Written:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            state = os.fstat(file.fileno())
        return cls(by, digest, state.st_size, state.st_mtime_ns)

    def still(self, path: Path) -> bool:
        if path.stat().st_size != self.bytes:
            return False
        return self.untouched(path) or _Written.of(path, self.by).sha256 == self.sha256

    def untouched(self, path: Path) -> bool:
        state = path.stat()
        return (state.st_size, state.st_mtime_ns) == (self.bytes, self.changed)


@dataclass(slots=True)
class _Marker:
    """What ``.coterie.json`` holds."""

    files: dict[str, _Written] = field(default_factory=dict)
    edits: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> _Marker:
        """Read the marker of a folder; one that is absent or cannot be read names no file."""
        try:
            said = json.loads((folder / MARKER).read_text("utf-8"))
            files = {name: _Written(**each) for name, each in said["files"].items()}
            return cls(files, list(said["edits"]))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def write(self, folder: Path) -> None:
        files = {name: asdict(each) for name, each in sorted(self.files.items())}
        write_json(folder / MARKER, {"form": _FORM, "files": files, "edits": self.edits})


@dataclass(slots=True)
class Claim:
    """The right to write some files of a folder.

    Attributes
    ----------
    folder
        Where they are.
    writes
        Names, or patterns of names, of all files and folders that may be written.
    by
        The verb.
    edits
        The edits that a person made of what is being written, in their order; None leaves those of
        the folder as they are.
    editing
        Whether it is the files of another verb that are edited.
    """

    folder: Path
    writes: Sequence[str]
    by: str
    edits: Sequence[str] | None = None
    editing: bool = False

    def add_edits(self, edits: Sequence[str]) -> None:
        """Note edits that were made of what is in the folder."""
        self.edits = [*_Marker.read(self.folder).edits, *edits]

    def record(self) -> None:
        """Write down which files are there now, so that a later run knows them."""
        handle = lock_file(self.folder, wait=True)
        try:
            marker = _Marker.read(self.folder)
            kept = {n: each for n, each in marker.files.items() if (self.folder / n).is_file()}
            written = dict(_matching(self.folder, self.writes))
            owner = {name: each.by for name, each in kept.items()} if self.editing else {}
            for name, path in written.items():
                by = owner.get(name, self.by)
                if name not in kept or kept[name].by != by or not kept[name].untouched(path):
                    kept[name] = _Written.of(path, by)
            marker.files = kept
            if self.edits is not None:
                marker.edits = list(self.edits)
            if marker.files or (self.folder / MARKER).exists():
                marker.write(self.folder)
        finally:
            os.close(handle)


_HELD: ContextVar[tuple[Claim, ...]] = ContextVar("coterie_claims", default=())


@contextmanager
def claim_folder(
    out: str | Path,
    *,
    by: str,
    writes: Sequence[str],
    inputs: Iterable[Any] = (),
    edits: Sequence[str] | None = (),
    overwrite: bool = False,
    lock: bool = True,
) -> Iterator[Claim]:
    """Claim a folder before any work, and keep it for this run until the end.

    Parameters
    ----------
    out
        The folder; made when absent, and removed again where nothing is written.
    by
        The verb that writes.
    writes
        Names, or patterns of names, of all that it may write.
    inputs
        What the run reads: those that are paths of this machine are protected, with ``overwrite``
        too.
    edits
        The edits that the result to be written has. A folder whose own edits are the first of them
        may be replaced. None says that the folder itself is being edited.
    overwrite
        Whether to replace what a person made.
    lock
        Whether nobody else may write to the folder meanwhile. False for model directories, where
        several versions can be trained at once.

    Yields
    ------
    Claim
        Within it, a claim of the same folder by the same verb is free.

    Raises
    ------
    OptionError
        When a file to be written is an input, was not written by this verb, was changed since, or
        holds edits.
    StoreError
        When the folder cannot be written to, or another run holds it.
    """
    folder = Path(out)
    held = next(
        (each for each in _HELD.get() if each.by == by and _same(each.folder, folder)), None
    )
    if held is not None:
        held.edits = edits
        yield held
        held.record()  # what is whole is known, also where the run is killed later
        return
    _refuse_inputs(folder, writes, inputs, whole=True)
    with (
        _made(folder),
        _locked(folder / _LOCK if lock else None, by, folder),
        _holding(Claim(folder, writes, by, edits, editing=edits is None)) as claim,
    ):
        if not overwrite:
            marker = _Marker.read(folder)
            _refuse_foreign(marker, folder, writes, None if edits is None else by)
            if edits is not None and list(edits[: len(marker.edits)]) != marker.edits:
                raise OptionError(
                    f"{folder} holds segments that were edited by hand "
                    f"({counted(len(marker.edits), 'edit')}): {_INSTEAD}."
                )
        yield claim
        claim.record()


@contextmanager
def claim_file(
    path: str | Path,
    *,
    by: str,
    beside: Sequence[str] = (),
    inputs: Iterable[Any] = (),
    overwrite: bool = False,
) -> Iterator[Path]:
    """Claim a file before any work, and others of these names ``beside`` it.

    Parameters and errors are those of `claim_folder`.
    """
    path = Path(path)
    folder, writes = path.parent, (path.name, *beside)
    _refuse_inputs(folder, writes, inputs, whole=False)
    if path.is_dir():
        raise OptionError(f"{path} is a folder: name a file with --out.")
    lock = folder / f".{path.name}.lock"
    with _made(folder), _locked(lock, by, path):
        if not overwrite:
            _refuse_foreign(_Marker.read(folder), folder, writes, by)
        yield path
        Claim(folder, writes, by).record()


def is_edited(path: Path) -> bool:
    """Tell whether a file is there that Coterie did not write, or that was changed since."""
    known = _Marker.read(path.parent).files.get(path.name)
    return path.is_file() and (known is None or not known.still(path))


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _matching(folder: Path, writes: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Files of a folder that match one of the patterns, or are below a folder that does."""
    for pattern in writes:
        for path in folder.glob(pattern):
            below = path.rglob("*") if path.is_dir() and not path.is_symlink() else [path]
            for file in below:
                if file.is_file():
                    yield file.relative_to(folder).as_posix(), file


def _refuse_inputs(
    folder: Path, writes: Sequence[str], inputs: Iterable[Any], *, whole: bool
) -> None:
    """Refuse to write over what is read; ``whole`` refuses to write into a folder that is read."""
    there = {path.resolve() for _, path in _matching(folder, writes)}
    for each in inputs:
        path = _local(each)
        if path is None:
            continue
        if path.resolve() in there:
            raise OptionError(
                f"{each} is an input and would be written over: name another place with --out."
            )
        if whole and path.is_dir() and _same(path, folder):
            raise OptionError(f"{each} is an input itself: name another folder with --out.")


def _local(source: Any) -> Path | None:
    if not isinstance(source, str | Path):
        return None
    try:
        path = Path(source)
        return path if path.exists() else None
    except (OSError, ValueError):  # too long for a path, or not one
        return None


def _refuse_foreign(marker: _Marker, folder: Path, writes: Sequence[str], by: str | None) -> None:
    """Refuse to replace what a person made, or another verb; None for an edit of what is there."""
    for name, path in _matching(folder, writes):
        known = marker.files.get(name)
        if known is None:
            if by is None:  # edits follow what is there, which can be older than markers
                continue
            raise OptionError(f"{path} was not written by Coterie: {_INSTEAD}.")
        if by not in (None, known.by):
            raise OptionError(f"{path} was written by coterie {known.by}: {_INSTEAD}.")
        if not known.still(path):
            raise OptionError(f"{path} was changed after Coterie wrote it: {_INSTEAD}.")


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder; remove what was made where it is empty in the end."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield
    finally:
        for each in missing:
            try:
                each.rmdir()
            except OSError:  # not empty
                break


@contextmanager
def _holding(claim: Claim) -> Iterator[Claim]:
    token = _HELD.set((*_HELD.get(), claim))
    try:
        yield claim
    finally:
        _HELD.reset(token)


@contextmanager
def _locked(path: Path | None, by: str, out: Path) -> Iterator[None]:
    """Hold a lock file, which says who holds it; it is gone in the end."""
    if path is None:
        yield
        return
    handle = _take(path, out)
    try:
        who = {"by": by, "process": os.getpid(), "machine": socket.gethostname()}
        os.truncate(handle, 0)
        os.write(
            handle, json.dumps({**who, "since": f"{datetime.now():%Y-%m-%d %H:%M:%S}"}).encode()
        )
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _take(path: Path, out: Path) -> int:
    while True:
        try:
            handle = lock_file(path)
        except BlockingIOError:
            raise StoreError(
                f"Another run is writing to {out}{_holder(path)}: wait until it has ended, or name "
                "another place with --out."
            ) from None
        except OSError as error:
            raise _unwritable(path.parent, error) from error
        try:
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)  # it was removed by who held it before


def _holder(path: Path) -> str:
    try:
        who: Mapping[str, Any] = json.loads(path.read_text("utf-8"))
        return (
            f" (coterie {who['by']}, process {who['process']} on {who['machine']}, since "
            f"{who['since']})"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _unwritable(folder: Path, error: OSError) -> StoreError:
    return StoreError(
        f"Cannot write to {folder}: {error.strerror or error}; name another folder, or change its "
        "permissions."
    )
