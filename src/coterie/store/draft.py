"""A version while it is being written, before it is part of its model."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from coterie.errors import StoreError
from coterie.locks import lock_file
from coterie.store.contents import HEAD
from coterie.store.files import check_file
from coterie.store.layout import MANIFEST, files_below, open_plain
from coterie.store.manifest import FileEntry
from coterie.store.names import check_file_name, check_name

__all__ = ["Draft", "drafting", "locked", "sync", "write_synced"]

_DRAFTS, _FILES, _IN_USE, _LOCK = ".draft-*", "files", "in-use", ".lock"


@dataclass(frozen=True, slots=True)
class Draft:
    """The files of a version that is being written.

    Names are relative, with ``/`` between folders, and end in one of `coterie.store.SUFFIXES`.
    All files below `path` are checked again when the version is put in its place.

    Attributes
    ----------
    path
        The folder that the files go to.
    """

    path: Path

    def write_json(self, name: str, content: Any) -> None:
        """Write JSON.

        Raises
        ------
        StoreError
            When a file of a model cannot have the name, it was written before, or the content is
            not JSON's, such as NaN and infinity.
        """
        try:
            text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise StoreError(
                f"{name} cannot be written as JSON ({error}): give plain text, finite numbers, "
                "lists and mappings."
            ) from error
        self.write_bytes(name, text.encode("utf-8", "backslashreplace") + b"\n")

    def write_arrays(self, name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Write arrays of numbers or truth values as safetensors, of any values.

        Raises
        ------
        StoreError
            When a file of a model cannot have the name, or an array is of another kind.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import save

        held = {key: np.asarray(array, order="C") for key, array in arrays.items()}
        for key, array in held.items():
            if key == "__metadata__" or array.dtype.kind not in "biuf":  # it would not come back
                raise StoreError(
                    f"{name} cannot hold {key!r} of type {array.dtype}: give arrays of numbers."
                )
        try:
            packed = save(held)
        except (SafetensorError, TypeError) as error:
            raise StoreError(
                f"{name} cannot be written as safetensors ({error}): give arrays of numbers."
            ) from error
        self.write_bytes(name, packed)

    def write_bytes(self, name: str, content: bytes) -> None:
        """Write a file as it is; errors as for `write_json`."""
        with self._fresh(name) as file:
            file.write(content)

    def copy_folder(self, source: Path, name: str, *, keep: Sequence[str] = ("*",)) -> None:
        """Copy a folder with all that is below it, such as an encoder's.

        Parameters
        ----------
        source
            Its files may be symbolic links, as in the hub's cache; its folders may not.
        name
            Folder to copy to.
        keep
            Patterns of relative names to copy, as ``"*.json"``; ``*`` goes across folders.

        Raises
        ------
        StoreError
            When there is no such folder, nothing to copy in it, or a file that is not allowed.
        """
        check_name(name)
        try:
            there = [found for found, _ in files_below(source)]
        except OSError as error:
            raise StoreError(f"{source} cannot be read ({error}): name another folder.") from error
        names = [each for each in there if any(fnmatchcase(each, pattern) for pattern in keep)]
        if not names:
            raise StoreError(f"There is nothing to copy in {source}: name another folder.")
        for found in names:
            if not (source / found).is_file():
                raise StoreError(f"{source / found} is not a file: copy a folder of plain files.")
            with self._fresh(f"{name}/{found}") as file, (source / found).open("rb") as original:
                shutil.copyfileobj(original, file, 1 << 20)

    @contextmanager
    def _fresh(self, name: str) -> Iterator[BinaryIO]:
        _check_own_name(name)
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = path.open("xb")
        except FileExistsError:
            raise StoreError(f"{name} is written twice: choose another name.") from None
        with file:
            yield file

    def seal(self) -> dict[str, FileEntry]:
        """Check and hash every file, and sync it to the disk."""
        entries = {}
        for name, _ in files_below(self.path):
            _check_own_name(name)
            with open_plain(self.path, name) as file:
                head = file.read(HEAD)
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = os.fstat(file.fileno()).st_size
            sync(self.path / name)
            check_file(PurePosixPath(name), head, size)
            entries[name] = FileEntry(digest, size)
        return entries


def _check_own_name(name: str) -> None:
    if check_file_name(name) == MANIFEST:
        raise StoreError(f"{MANIFEST} is written by the store: choose another name.")


@contextmanager
def drafting(home: Path) -> Iterator[Draft]:
    """Give a draft in a model directory, which is removed in the end if it is still there.

    A writer locks a file in its draft as long as it lives, so drafts without a lock were left by
    writers that were killed, and are removed. Both happen under the model's lock.
    """
    place = home / f".draft-{secrets.token_hex(4)}"
    with locked(home):
        for other in home.glob(_DRAFTS):
            if not other.is_symlink() and _is_left(other):
                shutil.rmtree(other, ignore_errors=True)
        held = _hold(place)
    try:
        yield Draft(place / _FILES)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(held)


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Be the only one that changes a model directory; wait for others to end."""
    home.mkdir(parents=True, exist_ok=True)
    lock = lock_file(home / _LOCK, wait=True)
    try:
        yield
    finally:
        os.close(lock)


def _hold(place: Path) -> int:
    """Make a draft and lock it; return the handle to close in the end."""
    try:
        (place / _FILES).mkdir(parents=True)
        return lock_file(place / _IN_USE)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise


def _is_left(draft: Path) -> bool:
    try:
        os.close(lock_file(draft / _IN_USE, make=False))
    except FileNotFoundError:
        return True  # killed before it could lock it, or about to be gone
    except OSError:
        return False
    return True


def write_synced(path: Path, content: bytes) -> None:
    """Write a new file and sync it to the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Sync a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
