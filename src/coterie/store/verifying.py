"""Whether all that was saved is still what was saved."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coterie.errors import StoreError
from coterie.progress import current
from coterie.store.files import ModelFiles
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

__all__ = ["Finding", "verify"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one file.

    Attributes
    ----------
    version
        Whose file it is; 0 for what lies among the versions and is none.
    file
        Relative to the model directory, with ``/`` between parts.
    state
        ``ok``; ``altered``, or of a form that models may not have; ``missing``; ``unlisted``,
        which is there and was not saved.
    detail
        What is wrong, as a sentence; empty where nothing is.
    """

    version: int
    file: str
    state: Literal["ok", "altered", "missing", "unlisted"]
    detail: str = ""


def verify(home: Path | str) -> list[Finding]:
    """Check every file of every version of a model.

    Where a manifest cannot be used, its version's files are not judged: nothing says what they
    should be. Time grows with the size of all versions: about a second per GB.

    Parameters
    ----------
    home
        The model directory.

    Returns
    -------
    list
        One finding for each file, by version and name.

    Raises
    ------
    StoreError
        When there is no model, its ``model.json`` cannot be used, or a folder cannot be read.
    """
    home = Path(home)
    register = read_register(home)
    try:
        numbers = sorted({*register.versions, *numbers_in(home)})
        findings = list(_strays(home))
        with current().stage("Checking versions", len(numbers)) as stage:
            for number in numbers:
                findings += _version(home, register, number)
                stage.advance()
    except OSError as error:
        raise StoreError(f"{home} cannot be read ({error}): see to it that it can.") from error
    return findings


def _strays(home: Path) -> Iterator[Finding]:
    """Find what lies among the versions and can be none of them."""
    known = {Path(version_name(number)).name for number in numbers_in(home)}
    folder = home / VERSIONS
    there = folder.is_dir() and not folder.is_symlink()
    for path in sorted(folder.iterdir()) if there else []:
        if path.name not in known:
            file = f"{VERSIONS}/{_shown(path.name)}"
            yield Finding(0, file, "unlisted", f"{file} is no version: move it elsewhere.")


def _version(home: Path, register: Register, number: int) -> Iterator[Finding]:
    folder = version_name(number)
    if number not in register.versions:
        yield Finding(
            number,
            folder,
            "unlisted",
            f"{folder} is not in model.json: save once more to enter it, or delete it.",
        )
        return
    try:
        files = open_version(home, register, number)
    except StoreError as error:
        there = os.path.lexists(home / folder / MANIFEST)
        state: Literal["altered", "missing"] = "altered" if there else "missing"
        yield Finding(number, f"{folder}/{MANIFEST}", state, str(error))
        return
    yield Finding(number, f"{folder}/{MANIFEST}", "ok")
    yield from (_file(files, folder, name) for name in files.names)
    listed = {MANIFEST, *files.names}
    for name in (_shown(found) for found, _ in files_below(files.path) if found not in listed):
        file = f"{folder}/{name}"
        yield Finding(number, file, "unlisted", f"{file} was not saved with the model: delete it.")


def _file(files: ModelFiles, folder: str, name: str) -> Finding:
    number, file = files.manifest.version, f"{folder}/{name}"
    try:
        files.check(name)
    except StoreError as error:
        there = os.path.lexists(files.path / name)
        return Finding(number, file, "altered" if there else "missing", str(error))
    return Finding(number, file, "ok")


def _shown(name: str) -> str:
    """Write a name that a stranger gave to a file, whatever bytes it has."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
