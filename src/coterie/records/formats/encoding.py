"""The encoding of a file: found, named or guessed."""

from __future__ import annotations

import codecs
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO

from coterie.errors import CoterieWarning, TextEncodingError

__all__ = ["SURROGATE", "Encoding", "decoded", "find_encoding", "warn_of_mended"]

#: Half of a surrogate pair, which no text may hold.
SURROGATE = re.compile("[\ud800-\udfff]")

_BOMS = (  # the longer first: UTF-32-LE starts with the BOM of UTF-16-LE
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20  # bytes
_SAMPLE = 1 << 16  # bytes; like the shares below a judgement, not measured
_MANY_NULS, _FEW_NULS = 0.33, 0.05  # of every second byte: at least a third of the text is ASCII
_CONTROLS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1b"})
_BINARY = 0.02  # of control characters: pictures and archives have a tenth, text hardly one
_DENSE = 0.4  # accents are on one letter in ten in Latin scripts; others have hardly any ASCII


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding, by its name in Python, and what to do with bytes that are not of it.

    `errors` is ``"surrogateescape"`` where some rows hold such bytes: they come out as U+DC80 to
    U+DCFF, by which the rows are known. It is ``"surrogatepass"`` for UTF-16 and UTF-32, which may
    hold half a pair.
    """

    name: str
    errors: str = "strict"


@contextmanager
def decoded(
    file: BinaryIO, named: str | None, source: str, *, most: int | None = None
) -> Iterator[tuple[io.TextIOWrapper, Encoding]]:
    """Read a file as text, its line breaks as they are; `find_encoding` finds the encoding."""
    found = find_encoding(file, named, source, most=most)
    text = io.TextIOWrapper(file, encoding=found.name, errors=found.errors, newline="")
    try:
        yield text, found
    except UnicodeError as error:
        raise TextEncodingError(
            f"{source} is cut short or is not text in {found.name} ({error}): name its encoding."
        ) from error
    finally:
        text.detach()


def find_encoding(
    file: BinaryIO, named: str | None, source: str, *, most: int | None = None
) -> Encoding:
    """Find the encoding of a file by its BOM, its NUL bytes, its validity as UTF-8, or a guess.

    Reads the file once, in pieces, and leaves it at its start. A file that is UTF-8 but for a few
    rows is UTF-8. What is not UTF-8 is guessed, with a warning: Windows-1252 where most letters are
    ASCII, else what charset-normalizer finds. Where one is `named`, it is checked alone. Of a file
    of more than `most` bytes, only these are looked at: others may be of another encoding.
    """
    if most is not None and file.seek(0, io.SEEK_END) > most:
        found = _found(file, named, source, most)
        return replace(found, errors="surrogateescape") if found.errors == "strict" else found
    return _found(file, named, source, None)


def _found(file: BinaryIO, named: str | None, source: str, most: int | None) -> Encoding:
    file.seek(0)
    try:
        if named is not None:
            return _checked(file, named, source, most)
        head = file.read(_SAMPLE)
        marked = next((name for bom, name in _BOMS if head.startswith(bom)), None)
        wide = marked or _wide_by_nuls(head)
        if wide is not None and wide != "utf-8-sig":
            return Encoding(wide, "surrogatepass")
        name = marked or "utf-8"
        if _decode_error(file, name, most) is None:
            return Encoding(name)
        return _mostly_utf8_or_legacy(file, name, source, most)
    finally:
        file.seek(0)


def _checked(file: BinaryIO, named: str, source: str, most: int | None) -> Encoding:
    try:
        name = codecs.lookup(named).name
        codecs.getincrementaldecoder(name)
    except LookupError:
        raise TextEncodingError(
            f"'{named}' is not an encoding of Python: use a name such as utf-8, utf-16, cp1252 or "
            "shift_jis, or leave it out to have it found."
        ) from None
    if name == "utf-8" and file.read(3) == codecs.BOM_UTF8:
        name = "utf-8-sig"
    error = _decode_error(file, name, most)
    if error is not None:
        raise TextEncodingError(
            f"{source} is not text in {named} ({error}): leave the encoding out to have it found."
        )
    return Encoding(name)


def _decode_error(file: BinaryIO, name: str, most: int | None) -> str | None:
    """Decode the whole file, or the beginning, and throw it away; say what was wrong."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(name)()
    try:
        while (most is None or file.tell() < most) and (chunk := file.read(_CHUNK)):
            decoder.decode(chunk)
        decoder.decode(b"", final=most is None)
    except UnicodeError as error:
        return getattr(error, "reason", str(error))
    return None


def _wide_by_nuls(head: bytes) -> str | None:
    """Tell UTF-16 without BOM by where its NUL bytes are."""
    pairs = len(head) // 2
    if pairs < 2:
        return None
    even, odd = (head[start : 2 * pairs : 2].count(0) / pairs for start in (0, 1))
    if odd > _MANY_NULS and even < _FEW_NULS:
        return "utf-16-le"
    return "utf-16-be" if even > _MANY_NULS and odd < _FEW_NULS else None


def _mostly_utf8_or_legacy(file: BinaryIO, name: str, source: str, most: int | None) -> Encoding:
    file.seek(0)
    good = bad = read = 0
    sample = bytearray()
    for line in file:
        read += len(line)
        if most is not None and read > most:
            break
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            good += 1
        except UnicodeDecodeError:
            bad += 1
            if len(sample) < _SAMPLE:
                sample += line
    if good > bad or name == "utf-8-sig":
        return Encoding(name, "surrogateescape")
    if len(sample) - len(sample.translate(None, _CONTROLS)) > _BINARY * len(sample):
        raise TextEncodingError(
            f"{source} is not text, such as a picture or a document: save the table as CSV, Excel "
            "or JSON, and name it so."
        )
    guess = _guess(bytes(sample))
    warnings.warn(
        f"{source} is not UTF-8 and was read as {guess}: name the encoding if letters look wrong.",
        CoterieWarning,
        stacklevel=2,
    )
    return Encoding(guess, "surrogateescape")


def _guess(sample: bytes) -> str:
    """Use statistics where another script is likely; short texts do not tell Latin encodings."""
    from charset_normalizer import from_bytes

    high = sum(byte >= 128 for byte in sample)
    low = sum(chr(byte).isalpha() for byte in sample if byte < 128)
    best = from_bytes(sample).best() if high > _DENSE * (high + low) else None
    return "cp1252" if best is None else str(best.encoding)


def warn_of_mended(count: int) -> None:
    """Tell in how many texts NUL was dropped or half a surrogate pair replaced."""
    warnings.warn(
        f"{count:,} {'text' if count == 1 else 'texts'} held NUL characters or halves of surrogate "
        "pairs: NUL was dropped, the halves were replaced by U+FFFD.",
        CoterieWarning,
        stacklevel=2,
    )
