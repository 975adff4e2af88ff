"""Temporary folders that are deleted in the end, even if the process that made them is killed."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path

from coterie.locks import lock_file

__all__ = ["ScratchFolder"]

_PREFIX, _LOCK = "coterie-scratch-", ".lock"
_LOCKS = importlib.util.find_spec("fcntl") is not None  # not on Windows: there nothing is swept


class ScratchFolder:
    """A temporary folder, deleted by `close`, when nothing refers to it, or as the process ends.

    What a process that was killed has left behind is deleted when the same user makes the next one.

    Attributes
    ----------
    path
        The folder.

    Raises
    ------
    OSError
        When no temporary folder can be made.
    """

    def __init__(self) -> None:
        home = _home()
        guard = lock_file(home / _LOCK, wait=True)  # a folder is made and locked in one step
        try:
            if _LOCKS:
                _delete_left(home)
            self.path = Path(tempfile.mkdtemp(dir=home))
            lock = lock_file(self.path) if _LOCKS else None
        finally:
            os.close(guard)
        self._finalizer = weakref.finalize(self, _delete, self.path, lock)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()

    def keep_for(self, owner: object) -> Path:
        """Delete the folder when nothing refers to ``owner`` any more; gives the folder."""
        weakref.finalize(owner, self.close)  # holds this object until then
        return self.path

    def close(self) -> None:
        """Delete the folder now."""
        self._finalizer()


def _home() -> Path:
    """Give the folder of this user's temporary folders, which no other user can write to."""
    name = f"{_PREFIX}{os.getuid()}" if hasattr(os, "getuid") else _PREFIX.rstrip("-")
    home = Path(tempfile.gettempdir()) / name
    with suppress(FileExistsError):
        home.mkdir(mode=0o700)
    found = home.lstat()
    if home.is_symlink() or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
        return _own_home()
    return home


def _own_home() -> Path:
    """Give a folder for this process alone, where another user has taken the usual name."""
    home = Path(tempfile.mkdtemp(prefix=_PREFIX))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


def _delete_left(home: Path) -> None:
    for folder in home.iterdir():
        if folder.name == _LOCK or folder.is_symlink():
            continue
        with suppress(OSError):  # BlockingIOError: its process is at work
            handle = lock_file(folder)
            _delete(folder, handle)


def _delete(folder: Path, lock: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)
