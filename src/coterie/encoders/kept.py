"""Folders that are made once and kept beside the embedding cache."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

from coterie.errors import CoterieWarning
from coterie.places import cache_folder
from coterie.scratch import ScratchFolder

__all__ = ["kept_folder"]


def kept_folder(name: str, make: Callable[[Path], None]) -> Path:
    """Give the folder ``name`` beside the cache; made by ``make`` where it is not there yet.

    It is there whole or not at all, also where several processes make it at once. Where nothing
    can be kept, it is made in a temporary folder for this process, with a warning.
    """
    home = cache_folder() / name
    if home.is_dir():
        return home
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=home.name, dir=home.parent))
    except OSError as error:
        return _for_now(home, make, error)
    try:
        make(draft)
        draft.rename(home)
    except OSError as error:
        if not home.is_dir():  # another process may have finished first
            return _for_now(home, make, error)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return home


def _for_now(home: Path, make: Callable[[Path], None], error: OSError) -> Path:
    """Make it for this process, once."""
    warnings.warn(
        f"{home.name} cannot be kept in {home.parent} ({error.strerror or error}), so it is made "
        "again each time: set COTERIE_CACHE to another folder.",
        CoterieWarning,
        stacklevel=4,
    )
    folder = _for_this_process().path / home.parent.name / home.name
    if not folder.is_dir():
        folder.mkdir(parents=True)
        make(folder)
    return folder


@cache
def _for_this_process() -> ScratchFolder:
    """Make a folder that is deleted when the process ends."""
    return ScratchFolder()
