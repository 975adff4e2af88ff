"""One file from a server: written beside its place, checked, and only then named."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from coterie.errors import TransferError
from coterie.transfer.connection import Session
from coterie.transfer.contents import (
    BLOCK,
    Content,
    carried_time,
    changed,
    is_settled,
    read_content,
)
from coterie.transfer.meter import Meter
from coterie.transfer.names import shown
from coterie.transfer.part import Original, Part
from coterie.transfer.requests import read_block, reading, telling

if TYPE_CHECKING:
    from asyncssh import SFTPAttrs, SFTPClient

__all__ = ["Fetching"]


class Fetching:
    """A file on its way from a server.

    Parameters
    ----------
    session
        The connection.
    source
        Its path on the server.
    target
        Its path here.
    overwrite
        Whether it may take the place of another.
    meter
        Told of each byte that comes.
    """

    def __init__(
        self, session: Session, source: str, target: Path, *, overwrite: bool, meter: Meter
    ) -> None:
        self._session, self._source, self._target = session, source, target
        self._server, self._overwrite, self._meter = session.address.server, overwrite, meter
        self._content: Content | None = None
        self._alike = 0  # bytes of the target found to be the same
        self._begun = False
        self.continued_at = 0
        self.sha256: str | None = None

    async def there(self, *, checksum: bool) -> bool:
        """Whether the same file is there already.

        Raises
        ------
        TransferError
            When something else than a file is.
        FileExistsError
            When another file is, and must not be replaced.
        """
        if not os.path.lexists(self._target):
            return False
        if not self._target.is_file():
            raise TransferError(
                f"{self._target} is not a file, so nothing can take its place: name another path."
            )
        about, own = await self._session.attempt(self._look), self._target.stat()
        if about.size == own.st_size:
            if not checksum and about.mtime == int(own.st_mtime):
                return True
            if await self._session.attempt(self._same):
                return True
        if not self._overwrite:
            raise FileExistsError(str(self._target))
        return False

    async def fetch(self) -> None:
        """Fetch the file.

        Raises
        ------
        TransferError
            When it cannot be read or written, changes meanwhile, or another came to its place.
        IntegrityError
            When the disk gives back other bytes than came.
        """
        about = await self._session.attempt(self._look)
        try:
            with Part(self._target, about.permissions or 0) as part:
                await self._session.attempt(lambda sftp: self._attempt(sftp, part))
        except OSError as error:
            if isinstance(error, ConnectionError | TimeoutError):
                raise
            raise TransferError(
                f"Cannot write to {self._target}: {error.strerror or error}; make room or name "
                "another path, and run the same command again."
            ) from error

    async def _look(self, sftp: SFTPClient) -> SFTPAttrs:
        with telling(self._server, "read", self._source):
            about = await sftp.stat(self._source)
        if not stat.S_ISREG(about.permissions or 0) or about.size is None or about.mtime is None:
            raise TransferError(
                f"{shown(self._source)} on {self._server} is no file any more: run the same "
                "command again."
            )
        return about

    async def _same(self, sftp: SFTPClient) -> bool:
        """Compare the target with the file, up to the first difference."""
        if self._content is None:
            self._content = await asyncio.to_thread(read_content, self._target.resolve())
        with telling(self._server, "read", self._source):
            async with reading(sftp, self._source) as file:
                for offset, length, digest in self._content.blocks(self._alike):
                    if hashlib.sha256(await read_block(file, length, offset)).digest() != digest:
                        return False
                    self._alike = offset + length
                    self._session.progressed()
        self.sha256 = self._content.sha256
        return True

    async def _attempt(self, sftp: SFTPClient, part: Part) -> None:
        about = await self._look(sftp)
        size, mtime = about.size or 0, about.mtime or 0
        original = Original(size, mtime, is_settled(mtime))
        done = await asyncio.to_thread(part.resume, original)
        if not self._begun:
            self._begun, self.continued_at = True, done
        self._meter.reach(done)
        with telling(self._server, "read", self._source):
            async with reading(sftp, self._source) as file:
                while done < size:
                    block = await read_block(file, min(BLOCK, size - done), done)
                    if len(block) < min(BLOCK, size - done):
                        raise changed(shown(self._source))
                    part.add(block)
                    done += len(block)
                    self._session.progressed()
                    self._meter.reach(done)
        now = await self._look(sftp)
        if (now.size, now.mtime) != (about.size, about.mtime):
            part.discard()
            raise changed(shown(self._source))
        time = carried_time(mtime, settled=original.settled)
        try:
            self.sha256 = await asyncio.to_thread(part.finish, time, overwrite=self._overwrite)
        except FileExistsError:
            self._content, self._alike = None, 0
            if not await self._same(sftp):
                raise TransferError(
                    f"Another file came to {self._target} meanwhile: run the same command again "
                    "with --overwrite to replace it."
                ) from None
            part.discard()
