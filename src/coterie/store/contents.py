"""What a file is by its first bytes: formats that can carry code are refused under any name."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

__all__ = ["HEAD", "fault_of"]

HEAD = 512
"""Bytes of the beginning of a file that `fault_of` wants to see."""

_REFUSED = {
    "a pickle": rb"\x80[\x02-\x05]",  # of the protocols that have a header
    "a ZIP archive, as torch and numpy write them": rb"PK(\x03\x04|\x05\x06|\x07\x08)",
    "packed with gzip": rb"\x1f\x8b",
    "packed with zlib": rb"\x78[\x01\x9c\xda]",
    "packed with bzip2": rb"BZh.1AY&SY",
    "packed with xz": rb"\xfd7zXZ\x00",
    "packed with LZ4": rb"\x04\x22\x4d\x18",
    "packed with Zstandard": rb"\x28\xb5\x2f\xfd",
    "a numpy file": rb"\x93NUMPY",
    "an HDF5 file": rb"\x89HDF\r\n\x1a\n",
    "a tar archive": rb".{257}ustar",
}
_SKOPS_PARTS = (b".json", b".npy", b".npz")
_LENGTH = 8  # bytes at the head of a safetensors file


def fault_of(name: str, head: bytes, size: int) -> str | None:
    """Say what a file is where it is not what its name says; None where nothing is wrong.

    `head` holds its first `HEAD` bytes, or all of a shorter file, and `size` is that of the whole.

    A safetensors file begins with the length of its header, which can be any bytes, those of a
    pickle too; it is known by a header that fits into the file and begins with a brace. A skops
    archive is a ZIP of JSON and plain arrays, and known from torch's by the first name in it;
    whoever reads it names the types it may hold.
    """
    suffix = PurePosixPath(name).suffix
    if suffix == ".safetensors":
        length = int.from_bytes(head[:_LENGTH], "little")
        whole = length + _LENGTH <= size and head[_LENGTH : _LENGTH + 1] == b"{"
        return None if whole else "not a safetensors file"
    if suffix == ".skops":
        first = head[30 : 30 + int.from_bytes(head[26:28], "little")]  # name; its length is at 26
        whole = head.startswith(b"PK\x03\x04") and first.endswith(_SKOPS_PARTS)
        return None if whole else "not a skops archive"
    return next(
        (what for what, start in _REFUSED.items() if re.match(start, head, re.DOTALL)), None
    )
