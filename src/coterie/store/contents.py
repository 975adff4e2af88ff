"""What a file is by its first bytes: formats that can carry code are refused under any name."""

from __future__ import annotations

from pathlib import PurePosixPath

__all__ = ["HEAD", "fault_of"]

HEAD = 512
"""Bytes of the beginning of a file that `fault_of` wants to see."""

_REFUSED = {
    "a ZIP archive, as torch and numpy write them": (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"),
    "packed with gzip": (b"\x1f\x8b",),
    "packed with zlib": (b"\x78\x01", b"\x78\x9c", b"\x78\xda"),
    "packed with xz": (b"\xfd7zXZ\x00",),
    "packed with LZ4": (b"\x04\x22\x4d\x18",),
    "packed with Zstandard": (b"\x28\xb5\x2f\xfd",),
    "a numpy file": (b"\x93NUMPY",),
    "an HDF5 file": (b"\x89HDF\r\n\x1a\n",),
}
_PROTOCOLS = range(2, 6)  # of pickle; the two before them have no header
_ARCHIVE = b"PK\x03\x04"
_PARTS = (b".json", b".npy", b".npz")  # of a skops archive
_NAME = 30  # bytes before the first name in an archive; its length stands at 26
_LENGTH = 8  # bytes at the head of a safetensors file


def fault_of(name: str, head: bytes, size: int) -> str | None:
    """Say what a file is where it is not what its name says; None where nothing is wrong.

    Parameters
    ----------
    name
        Of the file; its suffix counts.
    head
        The first `HEAD` bytes, or all of a shorter file.
    size
        Bytes of the whole file.

    Notes
    -----
    A safetensors file begins with the length of its header, which can be any bytes, ``80 02``
    (640) as well as those of a pickle; it is known by a header that fits into the file and begins
    with a brace. A pickle's or an archive's first eight bytes are a length far beyond the file.
    A skops archive is a ZIP of JSON and plain arrays, and known from torch's by the first name in
    it; whoever reads it names the types it may hold.
    """
    if PurePosixPath(name).suffix == ".safetensors":
        length = int.from_bytes(head[:_LENGTH], "little")
        whole = length + _LENGTH <= size and head[_LENGTH : _LENGTH + 1] == b"{"
        return None if whole else "no safetensors file"
    if PurePosixPath(name).suffix == ".skops":
        whole = head.startswith(_ARCHIVE) and _first_name(head).endswith(_PARTS)
        return None if whole else "no skops archive"
    if head[:1] == b"\x80" and len(head) > 1 and head[1] in _PROTOCOLS:
        return "a pickle"
    if head[:3] == b"BZh" and head[4:10] == b"1AY&SY":
        return "packed with bzip2"
    if head[257:262] == b"ustar":
        return "a tar archive"
    return next((what for what, starts in _REFUSED.items() if head.startswith(starts)), None)


def _first_name(head: bytes) -> bytes:
    return head[_NAME : _NAME + int.from_bytes(head[26:28], "little")]
