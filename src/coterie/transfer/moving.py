"""Whole transfers: nothing is moved if a file that is there already differs."""

from __future__ import annotations

import asyncio
import logging
import os
import posixpath
import stat
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from coterie.errors import CoterieWarning, InputError, TransferError
from coterie.formatting import counted, named
from coterie.options import TransferOptions
from coterie.progress import current
from coterie.transfer.address import Address, parse_address
from coterie.transfer.connection import Session
from coterie.transfer.fetching import Fetching
from coterie.transfer.meter import Meter, Overall
from coterie.transfer.names import shown
from coterie.transfer.requests import look_at, telling
from coterie.transfer.results import Moved, Transfer
from coterie.transfer.sending import Sending
from coterie.transfer.walking import Entry, Tree, local_tree, remote_tree

if TYPE_CHECKING:
    from asyncssh import SFTPClient

__all__ = ["pull_files", "push_files"]

T = TypeVar("T")
R = TypeVar("R")


def push_files(local: Path, url: str, options: TransferOptions) -> Transfer:
    """Send a file, or a folder with all that is in it, to a server.

    Parameters
    ----------
    local
        The file or folder.
    url
        ``sftp://user@host:port/path``. A folder becomes the folder at that path. A file gets that
        path, or its own name in the folder there where the URL ends in a slash.
    options
        Key, known servers, and what may be replaced.

    Raises
    ------
    TransferError
        When the server cannot be reached or trusted, or does not take a file.
    InputError
        When there is no such file.
    """
    address = parse_address(url)
    if not os.path.lexists(local):
        raise InputError(f"There is no file or folder {local}: check the path.")
    return _run(_push(local, address, options))


def pull_files(url: str, local: Path, options: TransferOptions) -> Transfer:
    """Fetch a file, or a folder with all that is in it, from a server.

    Parameters
    ----------
    url
        ``sftp://user@host:port/path``.
    local
        A folder becomes the folder at that path. A file gets that path, or its own name in the
        folder there, if there is one.
    options
        Key, known servers, and what may be replaced.

    Raises
    ------
    TransferError
        When the server cannot be reached or trusted, or a file cannot be read or written.
    """
    return _run(_pull(parse_address(url), local, options))


async def _push(local: Path, address: Address, options: TransferOptions) -> Transfer:
    tree = await asyncio.to_thread(local_tree, local)
    async with Session(address, options) as session:
        if address.folder and not local.is_dir():
            address = address.within(local.resolve().name)
        if tree.files and not tree.files[0].name:
            tree.folders = []
        parents = await session.attempt(lambda sftp: _missing(sftp, session, address, local))

        def one(entry: Entry, meter: Meter) -> Sending:
            target = posixpath.join(address.path, entry.name) if entry.name else address.path
            return Sending(
                session, Path(entry.source), target, overwrite=options.overwrite, meter=meter
            )

        async def make_folders() -> None:
            for folder in [*parents, *(posixpath.join(address.path, f) for f in tree.folders)]:
                await session.attempt(lambda sftp, folder=folder: _make(sftp, session, folder))  # type: ignore[misc]

        files = await _move(
            tree, one, options, make_folders, title="Sending and reading back (kB)", times=2
        )
    return _told(local, address, tree, files, alone=local.name)


async def _pull(address: Address, local: Path, options: TransferOptions) -> Transfer:
    async with Session(address, options) as session:
        tree = await remote_tree(session, address.path)
        alone = bool(tree.files) and not tree.files[0].name
        if alone and local.is_dir():
            local = local / posixpath.basename(address.path)
        elif not alone and os.path.lexists(local) and not local.is_dir():
            raise TransferError(
                f"{local} is a file and {address} a folder: name a folder, or a path where nothing "
                "is yet."
            )

        def one(entry: Entry, meter: Meter) -> Fetching:
            target = local / entry.name if entry.name else local
            return Fetching(session, entry.source, target, overwrite=options.overwrite, meter=meter)

        async def make_folders() -> None:
            try:
                (local.parent if alone else local).mkdir(parents=True, exist_ok=True)
                for folder in tree.folders:
                    (local / folder).mkdir(exist_ok=True)
            except OSError as error:
                raise TransferError(
                    f"Cannot make the folder {error.filename}: {error.strerror}; name another path."
                ) from None

        files = await _move(tree, one, options, make_folders, title="Fetching (kB)", times=1)
    return _told(local, address, tree, files, alone=posixpath.basename(address.path))


async def _move(
    tree: Tree,
    one: Callable[[Entry, Meter], Sending | Fetching],
    options: TransferOptions,
    make_folders: Callable[[], Awaitable[None]],
    *,
    title: str,
    times: int,
) -> list[Moved]:
    if tree.left_out:
        warnings.warn(
            f"{counted(len(tree.left_out), 'link')} that lead out of the folder or to a folder, "
            f"pipes and the like were left out: {named([shown(n) for n in tree.left_out], 5)}.",
            CoterieWarning,
            stacklevel=2,
        )
    overall = Overall()
    jobs = [(entry, one(entry, Meter(overall))) for entry in tree.files]
    differing = list[str]()

    async def look(job: tuple[Entry, Sending | Fetching]) -> bool:
        try:
            return await job[1].there(checksum=options.checksum)
        except FileExistsError as error:
            differing.append(str(error))
            return False

    with current().stage("Comparing with what is there", len(jobs)) as stage:
        there = await _each(jobs, look, options.parallel, stage.advance)
    if differing:
        raise TransferError(
            f"{counted(len(differing), 'file')} with other content stand in the way, and nothing "
            f"was moved: {named([shown(name) for name in sorted(differing)], 5)}; name another "
            "folder, or replace them with --overwrite (overwrite=True)."
        )
    await make_folders()

    async def move(job: tuple[tuple[Entry, Sending | Fetching], bool]) -> Moved:
        (entry, moving), is_there = job
        if not is_there:
            await (moving.send() if isinstance(moving, Sending) else moving.fetch())
        state: Any = "there" if is_there else "moved"
        return Moved(entry.name, entry.size, state, moving.continued_at, moving.sha256)

    todo = sum(each.size for (each, _), found in zip(jobs, there, strict=True) if not found)
    with current().stage(title, times * todo // 1000 or None) as stage:
        overall.report_to(stage)
        return await _each(list(zip(jobs, there, strict=True)), move, options.parallel)


async def _each(
    items: Sequence[T],
    work: Callable[[T], Awaitable[R]],
    parallel: int,
    advance: Callable[[], None] = lambda: None,
) -> list[R]:
    """Work on several at once, until one fails; give the results in order."""
    results: dict[int, R] = {}
    waiting = iter(enumerate(items))

    async def worker() -> None:
        for number, item in waiting:
            results[number] = await work(item)
            advance()

    workers = [asyncio.create_task(worker()) for _ in range(min(parallel, len(items)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for each in workers:
            each.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return [results[number] for number in range(len(items))]


def _told(local: Path, address: Address, tree: Tree, files: list[Moved], alone: str) -> Transfer:
    files = [
        each if each.name else Moved(alone, each.bytes, each.state, each.continued_at, each.sha256)
        for each in files
    ]
    return Transfer(local, str(address), tuple(files), tuple(tree.left_out))


async def _missing(sftp: SFTPClient, session: Session, address: Address, local: Path) -> list[str]:
    """Find the folders that have to be made on the server, from the outermost on."""
    server = session.address.server
    path = address.path if local.is_dir() else posixpath.dirname(address.path)
    missing = list[str]()
    while path not in ("", ".", "/"):
        about = await look_at(sftp, server, path, follow=True)
        if about is not None:
            if not stat.S_ISDIR(about.permissions or 0):
                raise TransferError(
                    f"{shown(path)} on {server} is not a folder: name another path."
                )
            break
        missing.insert(0, path)
        path = posixpath.dirname(path)
    return missing


async def _make(sftp: SFTPClient, session: Session, folder: str) -> None:
    import asyncssh

    with telling(session.address.server, "write", folder):
        about = await look_at(sftp, session.address.server, folder, follow=True)
        if about is None:
            try:
                await sftp.mkdir(folder)
            except (asyncssh.SFTPFailure, asyncssh.SFTPFileAlreadyExists):
                about = await look_at(
                    sftp, session.address.server, folder, follow=True
                )  # made meanwhile
                if about is None:
                    raise
        if about is not None and not stat.S_ISDIR(about.permissions or 0):
            raise TransferError(
                f"{shown(folder)} on {session.address.server} is not a folder: name another path."
            )


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine, also where one runs already, as in a notebook."""
    with _quiet():
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(work)
        context = copy_context()
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(context.run, asyncio.run, work).result()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep from the user that requests went on until the loss of the connection was known."""

    def matters(record: logging.LogRecord) -> bool:
        return record.msg != "socket.send() raised exception."

    logger = logging.getLogger("asyncio")
    logger.addFilter(matters)
    try:
        yield
    finally:
        logger.removeFilter(matters)
