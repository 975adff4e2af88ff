"""Whether all that was saved is still what was saved."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coterie.errors import StoreError
from coterie.progress import current
from coterie.store.layout import (
    MANIFEST,
    VERSIONS,
    files_below,
    numbers_in,
    read_register,
    version_name,
)
from coterie.store.manifest import Register
from coterie.store.opening import open_version

__all__ = ["FileState", "verify"]


@dataclass(frozen=True, slots=True)
class FileState:
    """Whether one file is still what was saved.

    Attributes
    ----------
    version
        Whose file it is; 0 for what lies among the versions and is not one.
    file
        Relative to the model directory, with ``/`` between parts.
    state
        ``ok``; ``altered``, or in a format that models may not have; ``missing``; ``unlisted``,
        which is there and was not saved.
    detail
        What is wrong, as a sentence; empty where nothing is.
    """

    version: int
    file: str
    state: Literal["ok", "altered", "missing", "unlisted"]
    detail: str = ""


def verify(home: Path | str) -> list[FileState]:
    """Check every file of every version of a model.

    Where a manifest cannot be used, the files of its version are not checked. Time grows with the
    size of all versions: about a second per GB.

    Parameters
    ----------
    home
        The model directory.

    Returns
    -------
    list
        One entry for each file, by version and name.

    Raises
    ------
    StoreError
        When there is no model, its ``model.json`` cannot be used, or a folder cannot be read.
    """
    home = Path(home)
    register = read_register(home)
    try:
        numbers = sorted({*register.versions, *numbers_in(home)})
        states = list(_strays(home))
        with current().stage("Checking versions", len(numbers)) as stage:
            for number in numbers:
                states += _version(home, register, number)
                stage.advance()
    except OSError as error:
        raise StoreError(f"{home} cannot be read ({error}): check its permissions.") from error
    return states


def _strays(home: Path) -> Iterator[FileState]:
    """Find what lies among the versions and can be none of them."""
    known = {Path(version_name(number)).name for number in numbers_in(home)}
    folder = home / VERSIONS
    there = folder.is_dir() and not folder.is_symlink()
    for path in sorted(folder.iterdir()) if there else []:
        if path.name not in known:
            file = f"{VERSIONS}/{_shown(path.name)}"
            yield FileState(0, file, "unlisted", f"{file} is not a version: move it elsewhere.")


def _version(home: Path, register: Register, number: int) -> Iterator[FileState]:
    folder = version_name(number)
    if number not in register.versions:
        detail = f"{folder} is not in model.json: save once more to add it, or delete it."
        yield FileState(number, folder, "unlisted", detail)
        return
    manifest = f"{folder}/{MANIFEST}"
    try:
        files = open_version(home, register, number)
    except StoreError as error:
        yield _damaged(home, number, manifest, error)
        return
    yield FileState(number, manifest, "ok")
    for name in files.names:
        try:
            files.check(name)
            yield FileState(number, f"{folder}/{name}", "ok")
        except StoreError as error:
            yield _damaged(home, number, f"{folder}/{name}", error)
    listed = {MANIFEST, *files.names}
    for name in (_shown(found) for found, _ in files_below(files.path) if found not in listed):
        file = f"{folder}/{name}"
        detail = f"{file} was not saved with the model: delete it."
        yield FileState(number, file, "unlisted", detail)


def _damaged(home: Path, number: int, file: str, error: StoreError) -> FileState:
    state: Literal["altered", "missing"] = "altered" if os.path.lexists(home / file) else "missing"
    return FileState(number, file, state, str(error))


def _shown(name: str) -> str:
    """Write the name of a file, whatever bytes it has."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
