"""Names of files: those that a server may send, those of parts, and how they are shown."""

from __future__ import annotations

import hashlib
import os
import re

from coterie.errors import TransferError

__all__ = ["check_name", "is_part", "part_name", "shown"]

_PART = re.compile(r"\..+\.part(\.log)?", re.DOTALL)
_LONGEST = 255  # bytes of a name in the file systems of Linux, macOS and Windows
_ADDED = len("..0123456789abcdef.part.log")


def check_name(name: str, server: str) -> None:
    """Refuse a name that would lead out of the folder that it is said to be in.

    Raises
    ------
    TransferError
        When it is none of a file: empty, of dots, or with a separator or NUL.
    """
    parts = {"/", "\0", os.sep, os.altsep or "/"} | ({":"} if os.name == "nt" else set())
    if name in ("", ".", "..") or any(part in name for part in parts):
        raise TransferError(
            f"{server} lists a file as '{shown(name)}', which is no name: nothing was fetched; ask "
            "who runs the server."
        )


def part_name(name: str, tag: str = "") -> str:
    """Name the file beside ``name`` that holds what has come of it."""
    if len(name.encode("utf-8", "surrogateescape")) + _ADDED > _LONGEST:
        name = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return f".{name}.{tag}.part" if tag else f".{name}.part"


def is_part(name: str) -> bool:
    """Whether a name is that of an unfinished file of ours."""
    return _PART.fullmatch(name) is not None


def shown(name: str) -> str:
    """Write a name so that it moves no cursor and starts no line."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in name
    )
