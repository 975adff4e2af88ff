"""What a file holds, by digests of its blocks, so that any part of it can be compared."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from coterie.errors import TransferError

__all__ = [
    "BLOCK",
    "Content",
    "carried_time",
    "changed",
    "is_settled",
    "open_source",
    "read_content",
    "state_of",
]

BLOCK = 2 << 20
"""Bytes that are moved and compared at once: they are in flight together."""

_AT_REST = 60.0  # seconds; more than the clocks of two machines mostly differ by
_LAST = (1 << 32) - 1  # SFTP has 32 bits for the seconds of a time


@dataclass(frozen=True)
class Content:
    """What a file of this machine holds.

    Attributes
    ----------
    size
        In bytes.
    mtime
        When it was written, in whole seconds, as SFTP has it.
    settled
        Whether it had been at rest when it was read, so that the time tells its content.
    sha256
        Of the whole.
    digests
        SHA-256 of each block of `BLOCK` bytes.
    state
        What changes when the file is written to.
    mode
        Its kind and rights.
    """

    size: int
    mtime: int
    settled: bool
    sha256: str
    digests: tuple[bytes, ...]
    state: tuple[int, int, int]
    mode: int

    def blocks(self, first: int = 0) -> Iterator[tuple[int, int, bytes]]:
        """Give offset, length and digest of each block from an offset on."""
        for offset in range(first, self.size, BLOCK):
            yield offset, min(BLOCK, self.size - offset), self.digests[offset // BLOCK]

    def carried(self) -> int:
        """When the copy says that it was written."""
        return carried_time(self.mtime, settled=self.settled)


def is_settled(mtime: int) -> bool:
    """Whether a file has been at rest, so that its next change will show in its time."""
    return 0 < mtime <= min(time.time() - _AT_REST, _LAST)


def carried_time(mtime: int, *, settled: bool) -> int:
    """When a copy says that it was written; a second less where the time does not tell the content.

    A later change of the original cannot have that time, so that the next transfer compares.
    """
    return max(0, min(mtime, _LAST) - (not settled))


def open_source(path: Path) -> BinaryIO:
    """Open a file to send; a link or pipe that has taken its place is refused.

    Raises
    ------
    TransferError
        When it is no file any more, or cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        file = os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb")
    except OSError as error:
        raise TransferError(
            f"Cannot read {path}: {error.strerror}; check its rights, and try again."
        ) from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise TransferError(f"{path} is no file any more: run the same command again.")
    return file


def state_of(file: BinaryIO) -> tuple[int, int, int]:
    """Tell what changes when a file is written to or replaced."""
    about = os.fstat(file.fileno())
    return about.st_ino, about.st_size, about.st_mtime_ns


def read_content(path: Path) -> Content:
    """Read a file to its end.

    Raises
    ------
    TransferError
        When it cannot be read, or changes meanwhile.
    """
    whole, digests, size = hashlib.sha256(), list[bytes](), 0
    with open_source(path) as file:
        state, mode = state_of(file), os.fstat(file.fileno()).st_mode
        mtime = int(os.fstat(file.fileno()).st_mtime)
        settled = is_settled(mtime)
        while block := file.read(BLOCK):
            whole.update(block)
            digests.append(hashlib.sha256(block).digest())
            size += len(block)
        if state_of(file) != state or size != state[1]:
            raise changed(path)
    return Content(size, mtime, settled, whole.hexdigest(), tuple(digests), state, mode)


def changed(path: Path | str) -> TransferError:
    """Say that a file was written to while it was moved."""
    return TransferError(
        f"{path} was changed while it was read: run the same command again when nothing writes to "
        "it."
    )
