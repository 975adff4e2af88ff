"""What may be in the folder of an index, and what is removed from it."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from pathlib import Path

from coterie.errors import OptionError, StoreError
from coterie.search.storage.layout import (
    CODES,
    DELETED,
    DRAFT,
    ENCODERS,
    LOCK,
    PARTS,
    SCHEMAS,
    VERSIONS,
    Version,
    place_of,
    read_version,
    version_numbers,
)

__all__ = ["check_folder", "prune"]

_KEPT = 3  # versions, the newest among them
_OURS = re.compile(r"\d{8}(\.json|\.i64|\.faiss)?", re.ASCII)
_FOLDERS = (CODES, DELETED, ENCODERS, PARTS, SCHEMAS, VERSIONS)


def check_folder(home: Path) -> None:
    """Refuse a folder that holds anything but an index.

    Raises
    ------
    OptionError
        When there is something else.
    """
    if home.exists() and not home.is_dir():
        raise OptionError(f"{home} is a file: name a folder with --out.")
    for path in home.iterdir() if home.exists() else ():
        known = path.name in (DRAFT, LOCK) or path.name in _FOLDERS
        if not known or (path.name in _FOLDERS and not _holds_ours(path)):
            raise OptionError(
                f"{home} holds other things, such as '{path.name}': name a folder for the index "
                "alone with --out."
            )


def _holds_ours(folder: Path) -> bool:
    return folder.is_dir() and all(_OURS.fullmatch(each.name) for each in folder.iterdir())


def prune(home: Path) -> None:
    """Remove versions that are too old, and what only they need. Damaged newer ones stay."""
    kept: list[Version] = []
    damaged: set[str] = set()
    for number in version_numbers(home):
        if len(kept) == _KEPT:
            with suppress(OSError):
                (home / place_of(VERSIONS, number, ".json")).unlink()
            continue
        try:
            kept.append(read_version(home, number))
        except StoreError:
            damaged.add(f"{number:08d}")
    names = damaged | {f"{version.version:08d}" for version in kept}
    parts = damaged | {part.name for version in kept for part in version.parts}
    codes = damaged | {v.codes.name.partition(".")[0] for v in kept if v.codes is not None}
    needed = {PARTS: parts, CODES: codes, DELETED: names, SCHEMAS: names}
    needed[ENCODERS] = damaged | {version.own_encoder for version in kept}
    for folder, wanted in needed.items():
        for path in (home / folder).glob("*"):
            if _OURS.fullmatch(path.name) and path.stem not in wanted:
                _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
