"""Files and folders by SFTP."""

from __future__ import annotations

from pathlib import Path

from coterie.options import TransferOptions
from coterie.transfer import Transfer, pull_files, push_files
from coterie.verbs.options import by_name

__all__ = ["pull", "pull_with", "push", "push_with"]


def push_with(local: Path | str, url: str, options: TransferOptions) -> Transfer:
    """Send a file, or a folder with all that is in it, to another machine by SFTP.

    What is there already is left as it is, and nothing is sent where a file has other content. A
    transfer that was cut goes on where it was. A file gets its name when all of it was read back
    and compared.

    Parameters
    ----------
    local
        The file or folder.
    url
        ``sftp://user@host:port/path``, with ``/~/`` before a path within the home folder. A folder
        becomes the folder at that path. A file gets that path, or its own name in the folder there
        where the URL ends in a slash.
    options
        Declared in `coterie.options.TransferOptions`.

    Returns
    -------
    Transfer
        What was moved and what was there, with `to_dict()`.

    Raises
    ------
    TransferError
        When the server cannot be reached or trusted, does not take a file, or has another one
        there.
    MissingExtraError
        Without ``coterie[sftp]``.
    """
    return push_files(Path(local), url, options)


def pull_with(url: str, local: Path | str, options: TransferOptions) -> Transfer:
    """Fetch a file, or a folder with all that is in it, from another machine by SFTP.

    What is here already is left as it is, and nothing is fetched where a file has other content. A
    transfer that was cut goes on where it was. A file gets its name when all of it has come.

    Parameters
    ----------
    url
        ``sftp://user@host:port/path``, with ``/~/`` before a path within the home folder.
    local
        A folder becomes the folder at that path. A file gets that path, or its own name in the
        folder there, if there is one.
    options
        Declared in `coterie.options.TransferOptions`.

    Returns
    -------
    Transfer
        What was moved and what was here, with `to_dict()`.

    Raises
    ------
    TransferError
        When the server cannot be reached or trusted, a file cannot be read or written, or another
        one is here.
    MissingExtraError
        Without ``coterie[sftp]``.
    """
    return pull_files(url, Path(local), options)


push = by_name(push_with, TransferOptions)
pull = by_name(pull_with, TransferOptions)
