"""CSV and its relatives: no row is lost, and a broken one does not spoil those around it."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, TextIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coterie.errors import CoterieWarning, InputError
from coterie.formatting import counted, named, shorten
from coterie.records.formats.beginning import BEGINNING, beginning
from coterie.records.formats.dialects import SAMPLE_CHARS, Found, find_dialect
from coterie.records.formats.encoding import (
    SURROGATE,
    Encoding,
    decoded,
    find_encoding,
    warn_of_mended,
)
from coterie.records.formats.fields import Dialect, Feed, FieldsOrReason, read_fields
from coterie.records.headers import looks_like_data
from coterie.records.table import Reject, Table, unique_names

__all__ = ["read_delimited", "read_header"]

_CHUNK_ROWS = 50_000  # held as Python's str at a time; a judgement, not measured
_SHOWN, _SHOWN_CHARS = 3, 60  # lines above the header in a note
_ESCAPED = re.compile("[\udc80-\udcff]")
_CODE = re.compile(r"\s*(?:\d.*|\S*\d\S*\s*)", re.DOTALL)  # an id, a number, a date
_MOST_CODES = 0.8  # of the first cells where the first column has ids; a judgement, not measured


def read_delimited(
    file: BinaryIO,
    *,
    delimiter: str | None,
    encoding: str | None,
    source: str,
    header: bool = True,
    limit: int | None = None,
) -> Table:
    """Read a delimited file, with a header or without; or as many rows of its beginning.

    Quotes are ``"``, doubled inside a quoted field (RFC 4180), or what `find_dialect` finds on the
    first lines: apostrophes, backslashes before quotes, a line ``sep=;``, lines above the header.
    Where rows break the rules of quoting, the whole file decides about backslashes: it is read
    again, and the reading that leaves fewer rows broken is kept.

    A line that opens a quote which never closes properly is set aside by itself, and reading goes
    on with the next line. Rows with too many fields, rows with bytes outside the encoding, and
    lines that repeat the header are set aside too. A row without its last cells is kept where it
    has at least two fields and half of all, and does not read like one piece of a row that a line
    break tore apart; else it is set aside. Blank lines are no rows, but in a table of one column.
    Time grows with the size of the file; memory is that of the columns as Arrow strings. With a
    `limit` reading ends after as many rows, or after the row that ends beyond the first 8 MiB.
    """
    csv.field_size_limit(2**31 - 1)  # long texts are judged later, by number of characters
    most = None if limit is None else BEGINNING
    with decoded(file, encoding, source, most=most) as (text, written):
        found = find_dialect(text.read(SAMPLE_CHARS), delimiter, header=header)
        reading = _read(text, found.dialect, found, written, header, limit)
        if reading.broken and reading.escaped:
            other = replace(found.dialect, escape=not found.dialect.escape)
            again = _read(text, other, found, written, header, limit)
            reading = min(reading, again, key=lambda each: (each.unreadable, each.broken))
        return reading.table(found, source)


def read_header(file: BinaryIO) -> list[str]:
    """Name the columns of a delimited file by its first bytes alone, without warnings."""
    start = file.read(SAMPLE_CHARS)
    head = io.BytesIO(start.rpartition(b"\n")[0] or start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        found = find_encoding(head, None, "the header")
    return unique_names(find_dialect(head.read().decode(found.name, "replace")).header)[0]


@dataclass(frozen=True, slots=True)
class _Short:
    """A row without its last cells, until the next row tells whether it is whole."""

    row: int
    fields: list[str]
    reject: Reject
    ended: bool  # by a line break


def _read(
    text: TextIO,
    dialect: Dialect,
    found: Found,
    written: Encoding,
    header: bool,
    limit: int | None,
) -> _Reading:
    text.seek(0)
    feed = Feed(iter(text) if limit is None else beginning(text, 2 * BEGINNING), dialect)
    feed.skip(found.skip)
    records = read_fields(feed)
    names = next(records, None) if header else [""] * found.width
    if names is None or isinstance(names, str):
        return _Reading(names, feed)
    reading = _Reading(names, feed)
    width = len(names)
    coded = _has_codes(found, width)
    careful = written.errors == "surrogateescape"
    short: _Short | None = None
    torn = False  # the row before is a piece of one
    for row, fields in enumerate(_some(records, reading, limit), 1):
        if short is not None:
            torn = _goes_on(short.fields, fields, width, coded)
            reading.settle(short, whole=not torn)
            short = None
        if isinstance(fields, str):
            reason = fields
        elif len(fields) < width or any(fields[width:]):
            reason = f"{len(fields)} fields where the {'header' if header else 'table'} has {width}"
        elif careful and any(map(_ESCAPED.search, fields)):
            reason = f"bytes that are not {written.name}"
        elif header and width > 1 and fields[:width] == names:
            reason = "repeats the header"
        else:
            reading.columns.add(row, fields[:width] if len(fields) > width else fields)
            torn = False
            continue
        at = feed.line - len(feed.record) + 1
        raw = _printable("".join(feed.record)).rstrip("\r\n")
        reject = (row, None, f"{reason} (line {at})", raw)
        if not torn and _may_be_padded(fields, width) and not any(map(_ESCAPED.search, fields)):
            ended = feed.record[-1].endswith(("\n", "\r"))
            short = _Short(row, list(fields), reject, ended)
            continue
        reading.rejects.append(reject)
        torn = isinstance(fields, str) or len(fields) < width
    if short is not None:
        reading.settle(short, whole=short.ended)  # a file that was cut short ends amid a line
    return reading


def _some(
    records: Iterator[FieldsOrReason], reading: _Reading, limit: int | None
) -> Iterator[FieldsOrReason]:
    """Give all records; or, with a limit, those of the beginning that suffice."""
    read = 0
    for fields in records:
        yield fields
        if limit is not None:
            read += sum(map(len, reading.feed.record))
            if read >= BEGINNING or len(reading.columns.rows) >= limit:
                return


def _has_codes(found: Found, width: int) -> bool:
    """Whether the first column holds ids, numbers or dates."""
    first = [fields[0] for fields in found.rows if len(fields) == width and fields[0].strip()]
    codes = sum(_CODE.fullmatch(cell) is not None for cell in first)
    return bool(first) and codes >= _MOST_CODES * len(first)


def _may_be_padded(fields: FieldsOrReason, width: int) -> bool:
    if isinstance(fields, str):
        return False
    return 2 <= len(fields) < width <= 2 * len(fields)


def _goes_on(short: list[str], after: FieldsOrReason, width: int, coded: bool) -> bool:
    """Whether the row after a short one reads like the rest of it, behind a line break."""
    if isinstance(after, str) or (len(after) < width and not _may_be_padded(after, width)):
        return True
    if coded:
        return _CODE.fullmatch(after[0]) is None
    return len(after) < width and len(short) + len(after) == width + 1


def _printable(text: str) -> str:
    r"""Write bytes that could not be decoded as ``\xe9``, so that they are not lost."""
    return SURROGATE.sub(
        lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}" if _ESCAPED.match(match[0]) else "\ufffd",
        text,
    )


class _Reading:
    """A file as one dialect reads it: columns, rows that were set aside, and what was noticed."""

    def __init__(self, names: FieldsOrReason | None, feed: Feed) -> None:
        self.names = names
        self.columns = _Columns(0 if isinstance(names, str | None) else len(names))
        self.rejects: list[Reject] = []
        self._padded: list[int] = []
        self.feed = feed

    @property
    def unreadable(self) -> bool:
        """Whether there is no header."""
        return self.names is None or isinstance(self.names, str)

    @property
    def broken(self) -> int:
        """How many rows broke the rules of quoting or do not fit the header."""
        return self.feed.broken + len(self._padded) + len(self.rejects)

    @property
    def escaped(self) -> bool:
        """Whether a backslash stands before a quote somewhere."""
        return self.feed.escaped

    def settle(self, short: _Short, *, whole: bool) -> None:
        """Keep a row without its last cells, or set it aside."""
        if not whole:
            self.rejects.append(short.reject)
            return
        self._padded.append(short.row)
        missing = [""] * (self.columns.width - len(short.fields))
        self.columns.add(short.row, short.fields + missing)

    def table(self, found: Found, source: str) -> Table:
        """Make the table, with what a person should know of it."""
        if self.names is None or isinstance(self.names, str):
            why = self.names
            what = "is empty" if why is None else f"has a header that cannot be read ({why})"
            raise InputError(f"{source} {what}: its first line must name the columns.")
        if not found.header and not self.columns.rows and not self.rejects:
            raise InputError(f"{source} is empty: give a file with rows.")
        frame = self.columns.frame(self.names)
        if self.columns.mended:
            warn_of_mended(self.columns.mended)
        table = Table.of(frame, rows=self.columns.rows, rejects=self.rejects, source=source)
        return replace(table, untyped=frozenset(table.columns)).noting(*self._notes(found, source))

    def _notes(self, found: Found, source: str) -> list[str]:
        notes = []
        if found.above:
            shown = named([shorten(line, _SHOWN_CHARS) for line in found.above], _SHOWN)
            notes.append(
                f"{source} has {counted(found.skip, 'line')} above the names of its columns, which "
                f"were left out: {shown}."
            )
        if found.header and looks_like_data(found.header, found.rows):
            notes.append(
                f"The first line of {source} looks like data and was taken for the names of the "
                "columns: add --no-header (header=False) if the file has none."
            )
        if self._padded:
            has = "has" if len(self._padded) == 1 else "have"
            notes.append(
                f"{counted(len(self._padded), 'row')} of {source} {has} fewer cells than the "
                f"header, row {self._padded[0]} the first: the last cells were taken as empty."
            )
        return notes


class _Columns:
    """Columns that grow by chunks of Arrow strings, a quarter of the memory of Python's."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.rows: list[int] = []
        self.mended = 0
        self._pending: list[list[str]] = []
        self._chunks: list[list[pa.Array]] = [[] for _ in range(width)]

    def add(self, row: int, fields: list[str]) -> None:
        self.rows.append(row)
        self._pending.append(fields)
        if len(self._pending) >= _CHUNK_ROWS:
            self._flush()

    def _flush(self) -> None:
        for chunks, cells in zip(self._chunks, zip(*self._pending, strict=True), strict=False):
            chunks.append(self._strings(cells))
        self._pending.clear()

    def frame(self, names: list[str]) -> pd.DataFrame:
        self._flush()
        arrays = [pa.chunked_array(chunks, pa.large_string()) for chunks in self._chunks]
        table = pa.table(arrays, names=[str(place) for place in range(len(names))])
        frame: pd.DataFrame = table.to_pandas()
        return frame.set_axis(names, axis=1)

    def _strings(self, cells: tuple[str, ...]) -> pa.Array:
        """Arrow strings, empty ones as null; half a surrogate pair becomes U+FFFD."""
        try:
            array = pa.array(cells, pa.large_string())
        except UnicodeEncodeError:
            mended = [SURROGATE.sub("\ufffd", cell) for cell in cells]
            self.mended += sum(old != new for old, new in zip(cells, mended, strict=True))
            array = pa.array(mended, pa.large_string())
        return pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.large_string()), array)
