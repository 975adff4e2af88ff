"""The files of one version, each checked against its hash before anything reads it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path, PurePath
from typing import Any, TypeAlias

import numpy.typing as npt

from coterie.errors import IntegrityError, StoreError
from coterie.store.contents import HEAD, fault_of
from coterie.store.layout import files_below, mend_of, open_plain
from coterie.store.manifest import FileEntry, Manifest

__all__ = ["ModelFiles", "check_file"]

Bytes: TypeAlias = bytes  # the method of that name hides the type


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What a version of a model holds, or the part of it below one folder.

    Attributes
    ----------
    home
        The model directory.
    path
        Folder of the version, or of the part.
    manifest
        Of the whole version.
    prefix
        What the names of a part begin with in the manifest; ends in ``/``, or is empty.
    """

    home: Path
    path: Path
    manifest: Manifest
    prefix: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Relative names of all files, sorted."""
        start = len(self.prefix)
        return tuple(
            sorted(name[start:] for name in self.manifest.files if name.startswith(self.prefix))
        )

    def bytes(self, name: str) -> Bytes:
        """Read a file whole; what is returned is what was hashed.

        Raises
        ------
        IntegrityError
            When it is not the file that was saved.
        StoreError
            When it is absent, or a form that can carry code.
        """
        entry = self._entry(name)
        with self._opened(name) as file:
            _check_size(file, entry, self._altered(name))
            content = file.read()
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise self._altered(name)
        check_file(self.path / name, content[:HEAD], len(content))
        return content

    def json(self, name: str) -> Any:
        """Read a JSON file; errors as for `bytes`, and StoreError where it is no JSON."""
        content = self.bytes(name)
        try:
            return json.loads(content.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise StoreError(f"{self.path / name} is no JSON ({error}): train again.") from error

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """Read a safetensors file; errors as for `bytes`, and StoreError where it is none."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        content = self.bytes(name)
        try:
            return load(content)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise StoreError(
                f"{self.path / name} holds no arrays that numpy can have ({error}): train again."
            ) from error

    def folder(self, name: str) -> Path:
        """Check every file below a folder and return its path, for what reads folders itself.

        Time grows with the size of the files: about a second per GB.

        Raises
        ------
        IntegrityError
            When a file is not the one that was saved, or one is there that was not.
        StoreError
            When there is no such folder or a file is absent.
        """
        part = self.within(name)
        for each in part.names:
            part.check(each)
        listed = set(part.names)
        for found, path in _listing(part.path):
            if found not in listed:
                raise IntegrityError(
                    f"{path} was not saved with the model: delete it, {mend_of(self.home)}."
                )
        return part.path

    def within(self, prefix: str) -> ModelFiles:
        """Return the part below a folder, with names relative to it.

        Raises
        ------
        StoreError
            When no file is below it.
        """
        part = replace(self, path=self.path / prefix, prefix=f"{self.prefix}{prefix}/")
        if not part.names:
            raise StoreError(
                f"{self.path} has no folder {prefix!r}: it was written by another kind of model, "
                "so train again."
            )
        return part

    def check(self, name: str) -> None:
        """Check a file without keeping it in memory; errors as for `bytes`."""
        entry = self._entry(name)
        with self._opened(name) as file:
            _check_size(file, entry, self._altered(name))
            head = file.read(HEAD)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != entry.sha256:
            raise self._altered(name)
        check_file(self.path / name, head, entry.bytes)

    def _entry(self, name: str) -> FileEntry:
        entry = self.manifest.files.get(f"{self.prefix}{name}")
        if entry is None:
            raise StoreError(
                f"{self.path} has no file {name!r}: it was written by another kind of model, so "
                "train again."
            )
        return entry

    @contextmanager
    def _opened(self, name: str) -> Iterator[BufferedReader]:
        whole = f"{self.prefix}{name}"
        base = self.path.parents[self.prefix.count("/") - 1] if self.prefix else self.path
        try:
            with open_plain(base, whole) as file:
                yield file
        except FileNotFoundError:
            raise StoreError(
                f"{base / whole} is missing: put it back, {mend_of(self.home)}."
            ) from None

    def _altered(self, name: str) -> IntegrityError:
        return IntegrityError(
            f"{self.path / name} is not the file that was saved: put that one back, "
            f"{mend_of(self.home)}."
        )


def check_file(path: PurePath, head: bytes, size: int) -> None:
    """Refuse a file that is not what its name says.

    Raises
    ------
    StoreError
        When its first bytes are those of a pickle or an archive.
    """
    fault = fault_of(path.name, head, size)
    if fault is not None:
        raise StoreError(
            f"{path} is {fault}, which is never read from a model: write it as JSON, safetensors "
            "or plain text."
        )


def _check_size(file: BufferedReader, entry: FileEntry, error: IntegrityError) -> None:
    if os.fstat(file.fileno()).st_size != entry.bytes:
        raise error


def _listing(folder: Path) -> list[tuple[str, Path]]:
    try:
        return list(files_below(folder))
    except OSError as error:
        raise StoreError(f"{folder} cannot be read ({error}): see to it that it can.") from error
