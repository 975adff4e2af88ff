"""The files of one version, each checked against its hash before anything reads it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any, TypeAlias

import numpy.typing as npt

from coterie.errors import IntegrityError, StoreError
from coterie.store.contents import HEAD, fault_of
from coterie.store.layout import files_below, mend_of, open_plain
from coterie.store.manifest import Manifest

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
            When it is absent, or in a format that can carry code.
        """
        return self._checked(name, whole=True)

    def json(self, name: str) -> Any:
        """Read a JSON file; errors as for `bytes`, and StoreError where it is not JSON."""
        content = self.bytes(name)
        try:
            return json.loads(content.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise StoreError(f"{self.path / name} is not JSON ({error}): train again.") from error

    def arrays(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """Read a safetensors file; errors as for `bytes`, and StoreError where it is not one."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        content = self.bytes(name)
        try:
            return load(content)
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise StoreError(
                f"{self.path / name} does not hold arrays for numpy ({error}): train again."
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
        try:
            stray = next((path for at, path in files_below(part.path) if at not in listed), None)
        except OSError as error:
            raise StoreError(
                f"{part.path} cannot be read ({error}): check its permissions."
            ) from error
        if stray is not None:
            raise IntegrityError(
                f"{stray} was not saved with the model: delete it, {mend_of(self.home)}."
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
                f"{self.path} has no folder {prefix!r}, as models of this kind have: train again."
            )
        return part

    def check(self, name: str) -> None:
        """Check a file without keeping it in memory; errors as for `bytes`."""
        self._checked(name, whole=False)

    def _checked(self, name: str, *, whole: bool) -> Bytes:
        """Check a file against its entry; return all that was hashed, or only its head."""
        path = self.path / name
        entry = self.manifest.files.get(f"{self.prefix}{name}")
        if entry is None:
            raise StoreError(
                f"{self.path} has no file {name!r}, as models of this kind have: train again."
            )
        base = self.path.parents[self.prefix.count("/") - 1] if self.prefix else self.path
        content, digest = b"", ""
        try:
            with open_plain(base, f"{self.prefix}{name}") as file:
                if os.fstat(file.fileno()).st_size == entry.bytes:
                    content = file.read() if whole else file.read(HEAD)
                    file.seek(0)
                    hashed = (
                        hashlib.sha256(content) if whole else hashlib.file_digest(file, "sha256")
                    )
                    digest = hashed.hexdigest()
        except FileNotFoundError:
            raise StoreError(f"{path} is missing: restore it, {mend_of(self.home)}.") from None
        if digest != entry.sha256:
            raise IntegrityError(
                f"{path} is not the file that was saved: restore it, {mend_of(self.home)}."
            )
        check_file(path, content[:HEAD], entry.bytes)
        return content


def check_file(path: PurePath, head: bytes, size: int) -> None:
    """Refuse a file whose first bytes are those of a pickle or an archive."""
    fault = fault_of(path.name, head, size)
    if fault is not None:
        raise StoreError(
            f"{path} is {fault}, which is never read from a model: write it as JSON, safetensors "
            "or plain text."
        )
