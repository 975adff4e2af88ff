"""One file to a server: written beside its place, read back, compared, and only then named."""

from __future__ import annotations

import asyncio
import hashlib
import posixpath
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from coterie.errors import IntegrityError, TransferError
from coterie.transfer.connection import Session
from coterie.transfer.contents import BLOCK, Content, changed, open_source, read_content, state_of
from coterie.transfer.meter import Meter
from coterie.transfer.names import part_name, shown
from coterie.transfer.requests import (
    close_file,
    full,
    look_at,
    open_file,
    read_block,
    reading,
    refusals,
    telling,
    write_block,
)

if TYPE_CHECKING:
    from asyncssh import SFTPAttrs, SFTPClient, SFTPClientFile

__all__ = ["Sending"]

_TRIES = 3  # times a block is written before its server is given up
_TAG = 16  # hexadecimal digits of the SHA-256 in the name of a part


class Sending:
    """A file on its way to a server.

    The unfinished file is named by what it will hold, so that two transfers of one file write the
    same bytes to the same places, and transfers of different ones write to different files.
    Whatever comes to its place was read back and compared by the process that puts it there.

    Parameters
    ----------
    session
        The connection.
    source
        The file.
    target
        Its path on the server.
    overwrite
        Whether it may take the place of another.
    meter
        Told of each byte that is written, and that is read back.
    """

    def __init__(
        self, session: Session, source: Path, target: str, *, overwrite: bool, meter: Meter
    ) -> None:
        self._session, self._source, self._target = session, source, target
        self._server, self._overwrite, self._meter = session.address.server, overwrite, meter
        self._content: Content | None = None
        self._alike = 0  # bytes of the target found to be the same
        self._known: bool | None = None  # whether the beginning of a part was looked at
        self._written = self._checked = 0
        self.continued_at = 0

    @property
    def sha256(self) -> str | None:
        """Of the file, once it was read."""
        return self._content.sha256 if self._content else None

    async def there(self, *, checksum: bool) -> bool:
        """Whether the same file is there already.

        Raises
        ------
        TransferError
            When something else than a file is.
        FileExistsError
            When another file is, and must not be replaced.
        """
        about = await self._session.attempt(self._look)
        if about is None:
            return False
        if not stat.S_ISREG(about.permissions or 0):
            raise TransferError(
                f"{shown(self._target)} on {self._server} is not a file, so nothing can take its "
                "place: name another path, with a slash at its end for a folder."
            )
        own = self._source.stat()
        if about.size == own.st_size:
            if not checksum and about.mtime == int(own.st_mtime):
                return True
            if await self._session.attempt(self._same):
                return True
        if not self._overwrite:
            raise FileExistsError(self._target)
        return False

    async def send(self) -> None:
        """Send the file.

        Raises
        ------
        TransferError
            When the server does not take it, another file came to its place, or the file changed.
        IntegrityError
            When the server gives back other bytes than were sent.
        """
        await self._read()
        await self._session.attempt(self._attempt)
        self._meter.reach(2 * self._source_content.size)

    @property
    def _source_content(self) -> Content:
        assert self._content is not None
        return self._content

    async def _read(self) -> Content:
        if self._content is None:
            self._content = await asyncio.to_thread(read_content, self._source)
        return self._content

    async def _look(self, sftp: SFTPClient) -> SFTPAttrs | None:
        return await look_at(sftp, self._server, self._target)

    async def _same(self, sftp: SFTPClient) -> bool:
        """Compare the target with the file, up to the first difference."""
        content = await self._read()
        about = await self._look(sftp)
        if about is None or about.size != content.size:
            return False
        with telling(self._server, "read", self._target):
            async with reading(sftp, self._target) as file:
                for offset, length, digest in content.blocks(self._alike):
                    block = await read_block(file, length, offset)
                    if hashlib.sha256(block).digest() != digest:
                        return False
                    self._alike = offset + length
                    self._session.progressed()
        return True

    async def _attempt(self, sftp: SFTPClient) -> None:
        content = self._source_content
        folder, name = posixpath.split(self._target)
        part = posixpath.join(folder, part_name(name, content.sha256[:_TAG]))
        if self._checked == content.size and self._known and await self._same(sftp):
            return  # the answer to the last request was lost
        with telling(self._server, "write", self._target):
            file = await self._open(sftp, part)
            try:
                await self._fill(sftp, file, part)
                await _flush(file)
            finally:
                await close_file(file)
            await self._unchanged(sftp, part)
            await _stamp(sftp, part, content)
            try:
                await self._place(sftp, part)
            except FileExistsError:
                self._alike = 0
                if not await self._same(sftp):
                    raise TransferError(
                        f"Another file came to {shown(self._target)} on {self._server} meanwhile: "
                        "run the same command again with --overwrite to replace it."
                    ) from None
                with suppress(*refusals()):
                    await sftp.remove(part)

    async def _open(self, sftp: SFTPClient, part: str) -> SFTPClientFile:
        """Open the part, and find out how much of it is right."""
        import asyncssh
        from asyncssh import FXF_CREAT, FXF_EXCL, FXF_READ, FXF_WRITE

        content = self._source_content
        about = await look_at(sftp, self._server, part)
        if about is not None and not stat.S_ISREG(about.permissions or 0):
            raise TransferError(
                f"{shown(part)} on {self._server} is not the unfinished file that its name says: "
                "remove it and run the same command again."
            )
        if about is not None and (about.size or 0) > content.size:
            await sftp.remove(part)
            about = None
        if about is None:
            self._known, self._written, self._checked = True, 0, 0
            mode = content.mode & 0o666 | 0o600
            flags = FXF_READ | FXF_WRITE | FXF_CREAT | FXF_EXCL
            with suppress(asyncssh.SFTPFailure, asyncssh.SFTPFileAlreadyExists):
                return await open_file(sftp, part, flags, mode)
            about = await look_at(sftp, self._server, part)  # another transfer was faster
            if about is None:
                return await open_file(sftp, part, flags, mode)
        file = await open_file(sftp, part, FXF_READ | FXF_WRITE)
        try:
            whole = min(about.size or 0, content.size) // BLOCK * BLOCK
            if not self._known:
                whole = content.size if about.size == content.size else whole
                self.continued_at = await self._compare(file, whole)
                self._written, self._known = self.continued_at, True
            elif self._written > (about.size or 0):
                self._written, self._checked = whole, min(self._checked, whole)
        except BaseException:
            await close_file(file)
            raise
        return file

    async def _fill(self, sftp: SFTPClient, file: SFTPClientFile, part: str) -> None:
        """Write what is missing and read back what was not compared yet."""
        size = self._source_content.size
        for _ in range(_TRIES):
            await self._write(sftp, file)
            if await self._compare(file, size) == size:
                return
            self._written = self._checked
        raise IntegrityError(
            f"{self._server} gives back other bytes of {shown(part)} than were sent, {_TRIES} "
            "times: its disk may be failing, or another program writes to the file."
        )

    async def _write(self, sftp: SFTPClient, file: SFTPClientFile) -> None:
        import asyncssh

        content = self._source_content
        with open_source(self._source) as source:
            source.seek(self._written)
            for offset, length, digest in content.blocks(self._written):
                block = source.read(length)
                if hashlib.sha256(block).digest() != digest:
                    raise changed(self._source)
                try:
                    await write_block(file, block, offset)
                except asyncssh.SFTPFailure:
                    if await _is_full(sftp, self._target):
                        raise TransferError(full(self._target, self._server)) from None
                    raise
                self._written = offset + length
                self._moved()

    async def _compare(self, file: SFTPClientFile, end: int) -> int:
        """Read the part back up to ``end`` or the first difference; give how far it is right."""
        for offset, length, digest in self._source_content.blocks(self._checked):
            if offset + length > end:
                break
            if hashlib.sha256(await read_block(file, length, offset)).digest() != digest:
                break
            self._checked = offset + length
            self._moved()
        return self._checked

    def _moved(self) -> None:
        self._session.progressed()
        self._meter.reach(max(self._written, self._checked) + self._checked)

    async def _unchanged(self, sftp: SFTPClient, part: str) -> None:
        with open_source(self._source) as source:
            if state_of(source) == self._source_content.state:
                return
        with suppress(*refusals()):
            await sftp.remove(part)  # nobody wants what was there in between
        raise changed(self._source)

    async def _place(self, sftp: SFTPClient, part: str) -> None:
        """Give the part its name, in one step.

        Raises
        ------
        FileExistsError
            When a file has the name, and must not be replaced.
        """
        import asyncssh

        if self._overwrite:
            try:
                await sftp.posix_rename(part, self._target)
            except asyncssh.SFTPOpUnsupported:
                await self._replace(sftp, part)
            except asyncssh.SFTPNoSuchFile:
                raise FileExistsError(self._target) from None
            return
        if await self._look(sftp) is not None:
            raise FileExistsError(self._target)
        try:
            await sftp.rename(part, self._target)  # which replaces nothing, as SFTP has it
        except (
            asyncssh.SFTPFailure,
            asyncssh.SFTPFileAlreadyExists,
            asyncssh.SFTPNoSuchFile,  # another transfer of the same file named it
        ):
            if await self._look(sftp) is None:
                raise
            raise FileExistsError(self._target) from None

    async def _replace(self, sftp: SFTPClient, part: str) -> None:
        """Replace a file on a server that cannot in one step: the old one steps aside first."""
        aside = f"{part.removesuffix('.part')}.old"
        there = await self._look(sftp) is not None
        if there:
            with suppress(*refusals()):
                await sftp.remove(aside)
            await sftp.rename(self._target, aside)
        try:
            await sftp.rename(part, self._target)
        except BaseException:
            if there:
                await sftp.rename(aside, self._target)
            raise
        if there:
            with suppress(*refusals()):
                await sftp.remove(aside)


async def _flush(file: SFTPClientFile) -> None:
    """Have the server write the file to its disk, where it can be asked to."""
    from asyncssh import SFTPOpUnsupported

    with suppress(SFTPOpUnsupported):
        await file.fsync()


async def _stamp(sftp: SFTPClient, part: str, content: Content) -> None:
    """Carry the time of the file over, where the server allows it."""
    from asyncssh import SFTPAttrs

    time = content.carried()
    with suppress(*refusals()):
        await sftp.setstat(part, SFTPAttrs(atime=time, mtime=time))


async def _is_full(sftp: SFTPClient, path: str) -> bool:
    """Whether the disk of a path has no room for another block."""
    from asyncssh import SFTPError

    try:
        disk = await sftp.statvfs(posixpath.dirname(path) or ".")
    except SFTPError:
        return False
    return (disk.bavail or 0) * (disk.frsize or 0) < BLOCK
