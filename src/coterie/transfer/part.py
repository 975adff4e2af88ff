"""A file that is being fetched: its bytes so far, and digests that tell which of them are right."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from coterie.errors import IntegrityError, TransferError
from coterie.locks import lock_file
from coterie.transfer.contents import BLOCK
from coterie.transfer.names import part_name

__all__ = ["Original", "Part"]


@dataclass(frozen=True)
class Original:
    """The file on the server, by what shows that it has changed.

    Attributes
    ----------
    size
        In bytes.
    mtime
        In whole seconds.
    settled
        Whether it had been at rest when it was first looked at.
    """

    size: int
    mtime: int
    settled: bool


class Part:
    """A file on its way from a server: ``.NAME.part``, with its log ``.NAME.part.log``.

    The log has a line that says what is fetched, and then one digest for each block. So what an
    earlier process left can be checked without asking the server.

    Parameters
    ----------
    target
        Path that the file will have.
    mode
        Rights of the original; nobody gets more than these.

    Raises
    ------
    TransferError
        On entering, when another process fetches the same file.
    """

    def __init__(self, target: Path, mode: int) -> None:
        self._target, self._mode = target, mode
        self._path = target.with_name(part_name(target.name))
        self._log = self._path.with_name(f"{self._path.name}.log")
        self._whole = hashlib.sha256()

    def __enter__(self) -> Self:
        self._handle = self._locked()
        self._file = os.fdopen(self._handle, "r+b")
        if hasattr(os, "fchmod"):
            allowed = os.fstat(self._handle).st_mode & (self._mode & 0o666 | 0o600)
            os.fchmod(self._handle, allowed & 0o777)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # a full disk may refuse what is still to be written
            self._file.close()

    def resume(self, original: Original) -> int:
        """Keep the blocks that are right, and give their size in bytes; 0 for another original."""
        self._whole = hashlib.sha256()
        right, lines = 0, list[bytes]()
        known, digests = self._read_log()
        if known == original and original.settled:
            self._file.seek(0)
            for digest in digests:
                block = self._file.read(min(BLOCK, original.size - right))
                if not block or hashlib.sha256(block).hexdigest() != digest:
                    break
                self._whole.update(block)
                right += len(block)
                lines.append(digest.encode())
        self._file.seek(right)
        self._file.truncate()
        fresh = self._log.with_name(f"{self._log.name}.new")
        header = json.dumps(asdict(original)).encode()
        fresh.unlink(missing_ok=True)
        fresh.write_bytes(b"".join(line + b"\n" for line in (header, *lines)))
        fresh.replace(self._log)
        return right

    def add(self, block: bytes) -> None:
        """Write the next block, and then its digest."""
        self._file.write(block)
        self._file.flush()
        self._whole.update(block)
        with self._log.open("ab") as log:
            log.write(hashlib.sha256(block).hexdigest().encode() + b"\n")

    def finish(self, time: int, *, overwrite: bool) -> str:
        """Check the whole file on the disk and give it its name; return its SHA-256.

        Raises
        ------
        IntegrityError
            When the disk gives back other bytes than came.
        FileExistsError
            When a file has the name, and must not be replaced.
        """
        os.fsync(self._handle)
        self._file.seek(0)
        found = hashlib.file_digest(self._file, "sha256").hexdigest()
        if found != self._whole.hexdigest():
            self._log.unlink(missing_ok=True)
            raise IntegrityError(
                f"{self._path} does not hold what came from the server: run the same command "
                "again, and check the disk if that happens twice."
            )
        os.utime(self._path, (time, time))
        if os.name == "nt":
            self._file.close()  # an open file keeps its name there
        _place(self._path, self._target, overwrite=overwrite)
        self._log.unlink(missing_ok=True)
        return found

    def discard(self) -> None:
        """Remove what was fetched."""
        self._path.unlink(missing_ok=True)
        self._log.unlink(missing_ok=True)

    def _locked(self) -> int:
        """Lock the part; not one that got its name, or is linked to it, before it was locked."""
        while True:
            try:
                handle = lock_file(self._path)
            except BlockingIOError:
                raise TransferError(
                    f"Another transfer fetches {self._target} right now: wait until it is done."
                ) from None
            about = os.fstat(handle)
            with suppress(FileNotFoundError):
                if about.st_nlink > 1:
                    self._path.unlink()
                elif os.path.samestat(about, self._path.lstat()):
                    return handle
            os.close(handle)

    def _read_log(self) -> tuple[Original | None, list[str]]:
        try:
            lines = list(_lines(self._log))
            return Original(**json.loads(lines[0])), lines[1:]
        except (OSError, ValueError, TypeError, IndexError):
            return None, []


def _lines(path: Path) -> Iterator[str]:
    """Give the whole lines of a log: the last may have been cut."""
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            yield line.rstrip("\n")


def _place(path: Path, target: Path, *, overwrite: bool) -> None:
    if overwrite or os.name == "nt":
        (path.replace if overwrite else path.rename)(target)
        return
    try:
        os.link(path, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        path.rename(target)
    else:
        path.unlink()
