"""Requests to a server, and what it refuses, in one sentence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar, cast

from coterie.errors import TransferError
from coterie.transfer.names import shown

if TYPE_CHECKING:
    from asyncssh import SFTPAttrs, SFTPClient, SFTPClientFile

__all__ = [
    "close_file",
    "full",
    "look_at",
    "open_file",
    "read_block",
    "reading",
    "refusals",
    "telling",
    "write_block",
]

T = TypeVar("T")

_REQUEST = 32_768  # bytes that every server takes, by the draft of SFTP


@contextmanager
def telling(server: str, doing: str, path: str) -> Iterator[None]:
    """Turn what a server answers to a request into a sentence; a lost connection stays one.

    Parameters
    ----------
    server
        Its name.
    doing
        What was asked for: ``"read"`` or ``"write"``.
    path
        Of the file.

    Raises
    ------
    TransferError
        For every other error of SFTP.
    """
    import asyncssh

    try:
        yield
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection):
        raise
    except asyncssh.SFTPError as error:
        where = f"{shown(path)} on {server}"
        if isinstance(error, asyncssh.SFTPNoSuchFile | asyncssh.SFTPNoSuchPath):
            sentence = f"There is no {where}: check the path."
        elif isinstance(error, asyncssh.SFTPPermissionDenied | asyncssh.SFTPWriteProtect):
            sentence = f"You may not {doing} {where}: ask for the right, or name another path."
        elif isinstance(error, asyncssh.SFTPNoSpaceOnFilesystem | asyncssh.SFTPQuotaExceeded):
            sentence = full(path, server)
        else:
            reason = shown(error.reason).rstrip(".") or type(error).__name__
            sentence = f"{server} could not {doing} {shown(path)} ({reason}): try again."
        raise TransferError(sentence) from error


def full(path: str, server: str) -> str:
    """Say that there is no room for a file on a server."""
    return (
        f"There is no room for {shown(path)} on {server}: make room and run the same command "
        "again, which continues where it was."
    )


def refusals() -> tuple[type[Exception], ...]:
    """Errors of one request, after which the connection goes on."""
    from asyncssh import SFTPFailure, SFTPNoSuchFile, SFTPOpUnsupported, SFTPPermissionDenied

    return SFTPFailure, SFTPNoSuchFile, SFTPOpUnsupported, SFTPPermissionDenied


async def look_at(
    sftp: SFTPClient, server: str, path: str, *, follow: bool = False
) -> SFTPAttrs | None:
    """Look at what is at a path, or where a link there leads; None for nothing."""
    from asyncssh import SFTPNoSuchFile, SFTPNoSuchPath

    with telling(server, "read", path):
        try:
            return await (sftp.stat(path) if follow else sftp.lstat(path))
        except (SFTPNoSuchFile, SFTPNoSuchPath):
            return None


async def open_file(
    sftp: SFTPClient, path: str, flags: int, mode: int | None = None
) -> SFTPClientFile:
    """Open a file of bytes; ``mode`` are the rights of one that is made."""
    from asyncssh import SFTPAttrs

    attributes = SFTPAttrs() if mode is None else SFTPAttrs(permissions=mode)
    # without blocks: requests that the library makes at once are left behind by a lost connection
    return await sftp.open(path, flags, attributes, encoding=None, block_size=0)


@asynccontextmanager
async def reading(sftp: SFTPClient, path: str) -> AsyncIterator[SFTPClientFile]:
    """Open a file to read it, and close it."""
    from asyncssh import FXF_READ

    file = await open_file(sftp, path, FXF_READ)
    try:
        yield file
    finally:
        await close_file(file)


async def read_block(file: SFTPClientFile, length: int, offset: int) -> bytes:
    """Read bytes of a file, in several requests at once; fewer at its end."""

    async def read(start: int, size: int) -> bytes:
        got = b""
        while len(got) < size:
            some = cast("bytes", await file.read(size - len(got), start + len(got)))
            if not some:
                break
            got += some[: size - len(got)]
        return got

    return b"".join(await _together(read, _pieces(length, offset)))


async def write_block(file: SFTPClientFile, block: bytes, offset: int) -> None:
    """Write bytes of a file, in several requests at once."""

    async def write(start: int, size: int) -> None:
        await file.write(block[start - offset : start - offset + size], start)

    await _together(write, _pieces(len(block), offset))


def _pieces(length: int, offset: int) -> list[tuple[int, int]]:
    """Divide a range into requests: offset and length of each."""
    end = offset + length
    return [(start, min(_REQUEST, end - start)) for start in range(offset, end, _REQUEST)]


async def _together(
    request: Callable[[int, int], Coroutine[Any, Any, T]], pieces: list[tuple[int, int]]
) -> list[T]:
    """Make requests at once; after an error none is left behind."""
    tasks = [asyncio.create_task(request(*piece)) for piece in pieces]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def close_file(file: SFTPClientFile) -> None:
    """Close a file, whatever became of the connection."""
    from asyncssh import Error

    with suppress(Error, OSError):
        await file.close()
