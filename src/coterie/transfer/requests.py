"""Requests to a server, and what it refuses, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, cast

from coterie.errors import TransferError
from coterie.transfer.names import shown

if TYPE_CHECKING:
    from asyncssh import SFTPAttrs, SFTPClient, SFTPClientFile

__all__ = ["close_file", "full", "look_at", "read_block", "refusals", "telling"]


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


async def read_block(file: SFTPClientFile, length: int, offset: int) -> bytes:
    """Read bytes of a file; fewer at its end."""
    return cast("bytes", await file.read(length, offset))


async def close_file(file: SFTPClientFile) -> None:
    """Close a file, whatever became of the connection."""
    from asyncssh import Error

    with suppress(Error, OSError):
        await file.close()
