"""What is to be moved: the files and folders below a path, here or on a server."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from coterie.errors import TransferError
from coterie.transfer.connection import Session
from coterie.transfer.names import check_name, is_part, shown
from coterie.transfer.requests import telling

if TYPE_CHECKING:
    from asyncssh import SFTPClient

__all__ = ["Entry", "Tree", "local_tree", "remote_tree"]

_DEEPEST = 100  # folders within folders; a server could otherwise go on for ever


@dataclass(frozen=True)
class Entry:
    """A file to move.

    Attributes
    ----------
    name
        Its path below the folder that is moved, with slashes; empty for a file moved alone.
    source
        Where its bytes are: its own path, or that of the file that a link leads to.
    size
        In bytes, when it was listed.
    """

    name: str
    source: str
    size: int


@dataclass
class Tree:
    """What is below a path.

    Attributes
    ----------
    files
        Sorted by name.
    folders
        Paths of the folders, with slashes, each after the one that it is in.
    left_out
        Paths of what is no file and no folder, or a link that leads out or to a folder.
    """

    files: list[Entry] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def local_tree(root: Path) -> Tree:
    """List what is below a path of this machine; unfinished files of transfers are not.

    Raises
    ------
    TransferError
        When it is neither file nor folder, or cannot be read.
    """
    try:
        about = root.stat()
        if stat.S_ISREG(about.st_mode):
            return Tree([Entry("", str(root.resolve()), about.st_size)])
        tree = Tree()
        _list_here(root.resolve(), "", tree)
    except OSError as error:
        raise TransferError(
            f"Cannot read {error.filename or root}: {error.strerror}; check path and rights."
        ) from None
    tree.files.sort(key=lambda entry: entry.name)
    return tree


def _list_here(root: Path, below: str, tree: Tree) -> None:
    if not (root / below).is_dir():
        raise TransferError(f"{root} is neither a file nor a folder: name one of these.")
    with os.scandir(root / below) as found:
        each_found = sorted(found, key=lambda each: each.name)
    for each in each_found:
        name = f"{below}/{each.name}" if below else each.name
        if is_part(each.name):
            continue
        if each.is_symlink():
            target = Path(each.path).resolve()
            if target.is_relative_to(root) and target.is_file():
                tree.files.append(Entry(name, str(target), target.stat().st_size))
            else:
                tree.left_out.append(name)
        elif each.is_dir():
            tree.folders.append(name)
            _list_here(root, name, tree)
        elif each.is_file():
            tree.files.append(Entry(name, each.path, each.stat().st_size))
        else:
            tree.left_out.append(name)


async def remote_tree(session: Session, root: str) -> Tree:
    """List what is below a path of a server; unfinished files of transfers are not.

    Raises
    ------
    TransferError
        When it is neither file nor folder, cannot be read, or holds a name that is none.
    """
    server = session.address.server

    async def look(sftp: SFTPClient) -> tuple[str, int, int]:
        with telling(server, "read", root):
            about = await sftp.stat(root)
            return await sftp.realpath(root), about.permissions or 0, about.size or 0

    real, mode, size = await session.attempt(look)
    if stat.S_ISREG(mode):
        return Tree([Entry("", root, size)])
    if not stat.S_ISDIR(mode):
        raise TransferError(f"{shown(root)} on {server} is neither a file nor a folder.")
    tree = Tree()
    waiting = [""]
    while waiting:
        below = waiting.pop()
        if below.count("/") >= _DEEPEST:
            raise TransferError(
                f"{server} lists more than {_DEEPEST} folders within each other: nothing was "
                "fetched; name a folder further down."
            )
        files, folders, left_out = await session.attempt(
            lambda sftp, below=below: _list_there(sftp, server, real, below)  # type: ignore[misc]
        )
        session.progressed()
        tree.files += files
        tree.folders += folders
        tree.left_out += left_out
        waiting += folders
    tree.files.sort(key=lambda entry: entry.name)
    tree.folders.sort(key=lambda name: name.split("/"))
    return tree


async def _list_there(
    sftp: SFTPClient, server: str, root: str, below: str
) -> tuple[list[Entry], list[str], list[str]]:
    files, folders, left_out = list[Entry](), list[str](), list[str]()
    with telling(server, "read", f"{root}/{below}".rstrip("/")):
        async for each in sftp.scandir(f"{root}/{below}" if below else root):
            own = str(each.filename)
            if own in (".", "..") or is_part(own):
                continue
            check_name(own, server)
            name = f"{below}/{own}" if below else own
            path, mode = f"{root}/{name}", each.attrs.permissions or 0
            if stat.S_ISDIR(mode):
                folders.append(name)
            elif stat.S_ISREG(mode):
                files.append(Entry(name, path, each.attrs.size or 0))
            elif stat.S_ISLNK(mode) and (linked := await _followed(sftp, root, name)):
                files.append(linked)
            else:
                left_out.append(name)
    return files, folders, left_out


async def _followed(sftp: SFTPClient, root: str, name: str) -> Entry | None:
    """Find the file that a link leads to, where it is below the same folder."""
    from asyncssh import SFTPConnectionLost, SFTPError, SFTPNoConnection

    try:
        target = await sftp.realpath(f"{root}/{name}")
        about = await sftp.lstat(target)
    except (SFTPConnectionLost, SFTPNoConnection):
        raise
    except SFTPError:  # it leads nowhere
        return None
    inside = PurePosixPath(target).is_relative_to(root) and ".." not in target.split("/")
    if not inside or not stat.S_ISREG(about.permissions or 0):
        return None
    return Entry(name, target, about.size or 0)
