"""Locks on files, which end with the process that holds them."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["lock_file"]


def lock_file(path: Path, *, wait: bool = False, make: bool = True) -> int:
    """Lock a file or a folder; return the handle that holds the lock until it is closed.

    Windows has no such locks: there nothing is locked.

    Raises
    ------
    BlockingIOError
        When another handle has the lock, and ``wait`` is False.
    OSError
        When the file cannot be opened or made.
    """
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR | (os.O_CREAT if make else 0)
    handle = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError:
        return handle
    try:
        flock(handle, LOCK_EX if wait else LOCK_EX | LOCK_NB)
    except BaseException:
        os.close(handle)
        raise
    return handle
