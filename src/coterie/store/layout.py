"""Where things are in a model directory, and reading them without following links."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path, PurePosixPath

from coterie.errors import StoreError
from coterie.store.manifest import MOST_BYTES, Register, unpack_register

__all__ = [
    "MANIFEST",
    "REGISTER",
    "VERSIONS",
    "files_below",
    "listed",
    "mend_of",
    "numbers_in",
    "open_plain",
    "read_manifest",
    "read_register",
    "version_name",
]

REGISTER, MANIFEST, VERSIONS = "model.json", "manifest.json", "versions"
_NUMBER = re.compile(r"(?!0000$)\d{4}|[1-9]\d{4,8}", re.ASCII)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def version_name(number: int) -> str:
    """Folder of a version, relative to its model directory."""
    return f"{VERSIONS}/{number:04d}"


def numbers_in(home: Path) -> list[int]:
    """Numbers of the version folders that are there, whole or not, the lowest first."""
    folder = home / VERSIONS
    if folder.is_symlink() or not folder.is_dir():
        return []
    return sorted(int(each.name) for each in folder.iterdir() if _NUMBER.fullmatch(each.name))


def listed(numbers: Iterable[int]) -> str:
    """Write version numbers for a sentence."""
    return ", ".join(map(str, sorted(numbers)))


def mend_of(home: Path) -> str:
    """Say what to do where a version is damaged."""
    return f"go back with coterie models rollback {home}, or train again"


def read_register(home: Path) -> Register:
    """Read a model's register; a `StoreError` says why it cannot be used."""
    mend = f"restore the {REGISTER} that was there, or name a folder of its {VERSIONS}/"
    try:
        packed = _read_bounded(home, REGISTER, mend)
    except FileNotFoundError:
        raise StoreError(f"There is no model at {home}: name the folder it was saved to.") from None
    return unpack_register(packed, home / REGISTER, mend)


def read_manifest(base: Path, version: str) -> bytes:
    """Read the manifest of a version in a folder, unchecked; errors as for `open_plain`."""
    return _read_bounded(base, f"{version}/{MANIFEST}", mend_of(base))


def _read_bounded(base: Path, name: str, mend: str) -> bytes:
    with open_plain(base, name) as file:
        packed = file.read(MOST_BYTES + 1)
    if len(packed) > MOST_BYTES:
        raise StoreError(f"{base / name} is larger than {MOST_BYTES:,} bytes: {mend}.")
    return packed


@contextmanager
def open_plain(base: Path, name: str) -> Iterator[BufferedReader]:
    """Open a file below a folder, where neither it nor a folder on the way is a symbolic link.

    Raises
    ------
    FileNotFoundError
        When it is not there.
    StoreError
        When there is a link on the way, it is not a regular file, or it cannot be read.
    """
    here, mode = base, 0
    try:
        for part in PurePosixPath(name).parts:
            here = here / part
            mode = here.lstat().st_mode
            if stat.S_ISLNK(mode):
                raise StoreError(f"{here} is a symbolic link: put the file itself there.")
        if not stat.S_ISREG(mode):  # a pipe would be waited for
            raise StoreError(f"{here} is not a regular file: restore the one that was saved.")
        with os.fdopen(os.open(here, os.O_RDONLY | _NO_LINK), "rb") as file:
            yield file
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"{here} cannot be read ({reason}): check its permissions.") from error


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """List the files below a folder by relative name, with ``/`` between parts, and path.

    Links are listed and not followed.
    """

    def fail(error: OSError) -> None:
        raise error

    for where, folders, files in os.walk(folder, onerror=fail):
        folders.sort()
        links = [name for name in folders if (Path(where) / name).is_symlink()]
        for name in sorted([*files, *links]):
            path = Path(where) / name
            yield path.relative_to(folder).as_posix(), path
