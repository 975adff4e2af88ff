"""What tables are packed in: compressed files and zip archives."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, TypeAlias, cast

import pyarrow as pa

from coterie.errors import InputError

__all__ = ["PACKED", "Members", "members", "spooled", "unpacked"]

#: Ends of names that say how a file is packed, behind the end that says what is in it.
PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")

Members: TypeAlias = list[tuple[str, Callable[[], Any]]]
"""Name of each file of an archive, and a context manager that opens it."""

_IN_MEMORY = 64 << 20  # bytes before a temporary file is used; a judgement, not measured
_CHUNK = 1 << 20
# What unpacks to this many bytes and to so many times its size is no table; a judgement, not
# measured: texts shrink to a tenth, and tables that repeat themselves to a hundredth.
_MOST_BYTES, _MOST_TIMES = 2 << 30, 200
_FAULTS = (
    OSError,
    EOFError,
    NotImplementedError,  # zipfile's, for a compression that it does not know
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    pa.ArrowException,
)


def _zstd(file: BinaryIO) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")


_OPENERS: tuple[tuple[bytes, Callable[[BinaryIO], Any]], ...] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file, mode="rb")),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\0", lzma.LZMAFile),
    (b"\x28\xb5\x2f\xfd", _zstd),
)
_BZ2_BLOCKS = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")  # a text may begin with "BZh" too


def _opener(file: BinaryIO) -> Callable[[BinaryIO], Any] | None:
    head = file.read(16)
    file.seek(0)
    opener = next((opener for magic, opener in _OPENERS if head.startswith(magic)), None)
    if opener is bz2.BZ2File and not head[4:].startswith(_BZ2_BLOCKS):
        return None
    return opener


@contextmanager
def unpacked(file: BinaryIO, name: str) -> Iterator[BinaryIO]:
    """Unpack a compressed file; others are given as they are.

    Raises
    ------
    InputError
        When it is damaged, or unpacks to far more than a table can.
    """
    opener = _opener(file)
    if opener is None:
        yield file
        return
    size = file.seek(0, 2)
    file.seek(0)
    with spooled(lambda: opener(file), name, size) as copy:
        yield copy


@contextmanager
def spooled(
    open_stream: Callable[[], Any], name: str, size: int | None = None
) -> Iterator[BinaryIO]:
    """Copy a stream to memory, or beyond 64 MiB to a temporary file that is deleted at the end.

    Parameters
    ----------
    open_stream
        Gives the stream; damage may show here already.
    name
        Of the source, for people.
    size
        Bytes that it is packed in, where it is.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
        try:
            _copy(open_stream(), copy, name, size)
        except _FAULTS as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise InputError(f"{name} is damaged or cut short ({reason}): copy it again.") from None
        copy.seek(0)
        yield cast("BinaryIO", copy)


def _copy(stream: Any, copy: IO[bytes], name: str, size: int | None) -> None:
    written = 0
    while chunk := stream.read(_CHUNK):
        written += copy.write(chunk)
        if size is not None and written > max(_MOST_BYTES, _MOST_TIMES * size):
            raise InputError(
                f"{name} unpacks to more than {_MOST_TIMES} times its size, which no table does: "
                "unpack it yourself if you trust it, and give the file."
            )


def members(file: BinaryIO, name: str) -> Members:
    """List the files of a zip archive, by name; those that a system hides are left out.

    Raises
    ------
    InputError
        When the archive is damaged or encrypted.
    """
    try:
        archive = zipfile.ZipFile(file)
    except _FAULTS as error:
        raise InputError(f"{name} is damaged or cut short ({error}): copy it again.") from None
    listed = [info for info in archive.infolist() if not info.is_dir() and not _hidden(info)]
    if any(info.flag_bits & 1 for info in listed):
        raise InputError(f"{name} is encrypted: unpack it, and give the folder.")
    return [
        (info.filename, _member(archive, info, name))
        for info in sorted(listed, key=lambda info: info.filename)
    ]


def _hidden(info: zipfile.ZipInfo) -> bool:
    return any(part.startswith((".", "__MACOSX", "~$")) for part in info.filename.split("/"))


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Callable[[], Any]:
    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        with (
            spooled(lambda: archive.open(info), name, info.compress_size) as copy,
            unpacked(copy, name) as file,
        ):
            yield file

    return opened
