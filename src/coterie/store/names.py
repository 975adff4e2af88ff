"""Names of models and of the files in them: plain relative names, and nothing else."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from coterie.errors import StoreError

__all__ = ["SUFFIXES", "check_file_name", "check_name", "model_path"]

SUFFIXES = frozenset(
    {".cbm", ".csv", ".html", ".json", ".model", ".onnx", ".safetensors", ".skops", ".txt"}
)
"""What a file of a model may end in: formats that are read without running any code in them."""

_PART = re.compile(r"\w[\w .+=@-]*")  # no separator, colon, percent sign or NUL; no leading dot
_MOST_BYTES = 200  # of a part; file systems take 255
_MOST_PARTS = 8  # a judgement, not measured


def check_name(name: str) -> str:
    """Return a name that stays where it belongs: parts of plain characters, with ``/`` between.

    A part begins with a letter, a digit or ``_`` and goes on with these and ``. - + = @`` and
    space. So there is no ``..``, no absolute path or drive, no backslash, no percent-encoding.
    """
    parts = name.split("/")
    if len(parts) > _MOST_PARTS or not all(map(_is_plain, parts)):
        raise StoreError(
            f"{_short(name)} cannot be a name in a model: use letters, digits and . _ - in names, "
            "and / between folders."
        )
    return name


def check_file_name(name: str) -> str:
    """Return a name that `check_name` takes and that ends in one of `SUFFIXES`."""
    if PurePosixPath(check_name(name)).suffix not in SUFFIXES:
        raise StoreError(
            f"{_short(name)} cannot be in a model: its files end in "
            f"{', '.join(sorted(SUFFIXES))}, so write it in one of these formats or leave it out."
        )
    return name


def model_path(folder: Path | str, name: str) -> Path:
    """Path of a model by its name in a trusted folder of models, for names that are not trusted.

    Raises
    ------
    StoreError
        When a model cannot have the name, or it is a symbolic link.
    """
    if not _is_plain(name):
        raise StoreError(
            f"{_short(name)} is not a model's name: name a folder as coterie models list shows it."
        )
    path = Path(folder) / name
    if path.is_symlink():
        raise StoreError(f"{path} is a symbolic link: put the model itself there.")
    return path


def _is_plain(part: str) -> bool:
    return (
        _PART.fullmatch(part) is not None
        and part[-1] not in ". "
        and len(os.fsencode(part)) <= _MOST_BYTES
    )


def _short(name: str) -> str:
    return repr(name if len(name) <= 80 else f"{name[:80]}…")
