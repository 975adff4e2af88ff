"""Paths and URLs: their names without secrets, and their bytes."""

from __future__ import annotations

import gzip
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast
from urllib.parse import urlsplit, urlunsplit

from coterie.errors import InputError
from coterie.records.formats.remote import fetch

__all__ = ["is_database", "is_url", "open_bytes", "safe_name", "scrub"]

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.\-]*)://")
_IN_MEMORY = 64 << 20  # bytes before a temporary file is used; a judgement, not measured


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
    if not is_url(text):
        return Path(text).name or text
    parts = urlsplit(text)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def scrub(message: str, *secrets: str | None) -> str:
    """Remove secrets from the error message of a library, and make one line of it."""
    for secret in filter(None, secrets):
        message = message.replace(secret, "***")
    return " ".join(message.split()).rstrip(".")


@contextmanager
def open_bytes(source: str | Path) -> Iterator[BinaryIO]:
    """Open a local or remote file for reading, uncompressed and seekable.

    A gzip file is known by its first bytes. Remote and compressed files are copied once, to memory
    or, beyond 64 MiB, to a temporary file that is deleted at the end.
    """
    with _open(source) as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if not packed:
            yield raw
            return
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
            try:
                shutil.copyfileobj(gzip.GzipFile(fileobj=raw, mode="rb"), copy, 1 << 20)
            except (EOFError, OSError) as error:
                raise InputError(
                    f"{safe_name(source)} is damaged or cut short ({scrub(str(error))}): "
                    "copy it again."
                ) from None
            copy.seek(0)
            yield cast("BinaryIO", copy)


def _open(source: str | Path) -> BinaryIO:
    name = safe_name(source)
    if is_url(str(source)):
        return fetch(str(source), name)
    try:
        return Path(source).open("rb")
    except FileNotFoundError:
        raise InputError(f"There is no file {name}: check the path.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its path is not valid"
        raise InputError(f"{name} cannot be opened ({reason}): check its permissions.") from None
