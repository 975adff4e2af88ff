"""Paths and URLs: their names without secrets, and their bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit, urlunsplit

from coterie.errors import InputError
from coterie.records.formats.containers import spooled, unpacked
from coterie.records.formats.remote import fetch

__all__ = ["is_database", "is_url", "local_file", "open_bytes", "safe_name", "scrub"]

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.\-]*)://")
_STDIN = ("-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")
_PIPE = re.compile(r"/(?:dev|proc/\w+)/fd/\d+")  # what a shell makes of <(command)


def is_url(source: str) -> bool:
    """Whether a source is a URL rather than a path."""
    return _SCHEME.match(source) is not None


def is_database(source: str) -> bool:
    """Whether a URL is SQLAlchemy's: its scheme is none of fsspec's."""
    from fsspec import available_protocols

    match = _SCHEME.match(source)
    return match is not None and match[1] not in available_protocols()


def safe_name(source: str | Path) -> str:
    """Name a source for people: the file name of a path, a URL without user, password and query."""
    text = str(source)
    if text in _STDIN or _PIPE.fullmatch(text):
        return "standard input" if text in _STDIN else "the pipe"
    if not is_url(text):
        return Path(text).name or text
    parts = urlsplit(text)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def scrub(message: str, *secrets: str | None) -> str:
    """Remove secrets from the error message of a library, and make one line of it."""
    for secret in filter(None, secrets):
        message = message.replace(secret, "***")
    return " ".join(message.split()).rstrip(".")


def local_file(source: str | Path) -> Path | None:
    """Give the path of a source that is a file of this computer, with other files beside it."""
    text = str(source)
    if is_url(text) or text in _STDIN or _PIPE.fullmatch(text):
        return None
    return Path(source) if Path(source).is_file() else None


@contextmanager
def open_bytes(source: str | Path) -> Iterator[BinaryIO]:
    """Open a local or remote file for reading, uncompressed and seekable; ``-`` is standard input.

    What is compressed is known by its first bytes. Remote and compressed files and pipes are copied
    once, to memory or, beyond 64 MiB, to a temporary file that is deleted at the end.
    """
    name = safe_name(source)
    with ExitStack() as stack:
        raw = stack.enter_context(_open(source))
        pipe = not raw.seekable()
        whole = stack.enter_context(spooled(lambda: raw, name)) if pipe else raw
        yield stack.enter_context(unpacked(whole, name))


def _open(source: str | Path) -> BinaryIO:
    name = safe_name(source)
    if is_url(str(source)):
        return fetch(str(source), name)
    try:
        if str(source) == "-":
            return open(0, "rb", closefd=False)
        return Path(source).open("rb")
    except FileNotFoundError:
        raise InputError(f"There is no file {name}: check the path.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its path is not valid"
        raise InputError(f"{name} cannot be opened ({reason}): check its permissions.") from None
