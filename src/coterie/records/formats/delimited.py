"""CSV and its relatives: no row is lost, and a broken one does not spoil those around it."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from coterie.errors import CoterieWarning, InputError
from coterie.records.formats.encoding import (
    SURROGATE,
    Encoding,
    decoded,
    find_encoding,
    warn_of_mended,
)
from coterie.records.table import Reject, Table, unique_names

__all__ = ["read_delimited", "read_header"]

_DELIMITERS = ",;\t|"
_NONE = "\x1f"  # for a table of one column: nothing to split by
_SNIFF_CHARS, _SNIFF_ROWS = 1 << 18, 200  # to find the delimiter; a judgement, not measured
_CHUNK_ROWS = 50_000  # held as Python's str at a time; a judgement, not measured
_ESCAPED = re.compile("[\udc80-\udcff]")
_UNCLOSED = "a quote is opened and not closed"

_FieldsOrReason = list[str] | str


class _Feed:
    """Lines of a file that can be taken back, with those of the current record."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self.record: list[str] = []
        self.line = 0

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        self.record.append(line)
        self.line += 1
        return line

    def take_back(self, lines: list[str]) -> None:
        self._back.extendleft(reversed(lines))
        self.line -= len(lines)


def read_delimited(
    file: BinaryIO, *, delimiter: str | None, encoding: str | None, source: str
) -> Table:
    """Read a delimited file with a header.

    Quotes are ``"``, doubled inside a quoted field (RFC 4180). A line that opens a quote which
    never closes properly is set aside by itself, and reading goes on with the next line. Rows with
    too many or too few fields, and rows with bytes outside the encoding, are set aside too. Blank
    lines are no rows, but in a table of one column. Time grows with the size of the file; memory
    is that of the columns as Arrow strings.
    """
    csv.field_size_limit(2**31 - 1)  # long texts are judged later, by number of characters
    with decoded(file, encoding, source) as (text, found):
        delimiter = delimiter or _find_delimiter(text.read(_SNIFF_CHARS))
        text.seek(0)
        return _read(_Feed(iter(text)), delimiter, found, source)


def read_header(file: BinaryIO) -> list[str]:
    """Name the columns of a delimited file by its first bytes alone, without warnings."""
    start = file.read(_SNIFF_CHARS)
    head = io.BytesIO(start.rpartition(b"\n")[0] or start)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        found = find_encoding(head, None, "the header")
    text = head.read().decode(found.name, "replace")
    fields = next(_records(_Feed(iter(io.StringIO(text, newline=""))), _find_delimiter(text)), [])
    return [] if isinstance(fields, str) else unique_names(fields)[0]


def _read(feed: _Feed, delimiter: str, found: Encoding, source: str) -> Table:
    records = _records(feed, delimiter)
    header = next(records, None)
    if header is None or isinstance(header, str):
        what = "is empty" if header is None else f"has a header that cannot be read ({header})"
        raise InputError(f"{source} {what}: its first line must name the columns.")
    width = len(header)
    columns = _Columns(width)
    rejects: list[Reject] = []
    careful = found.errors == "surrogateescape"
    for row, fields in enumerate(records, 1):
        if isinstance(fields, str):
            reason = fields
        elif len(fields) < width or any(fields[width:]):
            reason = f"{len(fields)} fields where the header has {width}"
        elif careful and any(map(_ESCAPED.search, fields)):
            reason = f"bytes that are not {found.name}"
        else:
            columns.add(row, fields[:width] if len(fields) > width else fields)
            continue
        at = feed.line - len(feed.record) + 1
        raw = _printable("".join(feed.record)).rstrip("\r\n")
        rejects.append((row, None, f"{reason} (line {at})", raw))
    frame = columns.frame(header)
    if columns.mended:
        warn_of_mended(columns.mended)
    table = Table.of(frame, rows=columns.rows, rejects=rejects, source=source)
    return replace(table, untyped=frozenset(table.columns))


def _records(feed: _Feed, delimiter: str) -> Iterator[_FieldsOrReason]:
    """Yield the fields of each record, or the reason why it has none.

    Where a record over several lines breaks the rules of quoting, its first line is bad, and the
    others are read again. A single line that breaks them is read leniently.
    """
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.record.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            first, *rest = feed.record
            feed.take_back(rest)
            del feed.record[1:]
            yield _lenient(first, delimiter)
            continue
        if fields or delimiter == _NONE:
            yield fields or [""]


def _lenient(line: str, delimiter: str) -> _FieldsOrReason:
    """Read one line with misplaced quotes, unless one of them stays open."""
    fields, *after = csv.reader([line, "end"], delimiter=delimiter)
    return fields if after == [["end"]] else _UNCLOSED


def _find_delimiter(sample: str) -> str:
    """Find the delimiter under which most rows have as many fields as the header."""
    if len(sample) == _SNIFF_CHARS:
        sample = sample[: sample.rfind("\n") + 1] or sample
    best, best_score = _NONE, (0.0, 1)
    for delimiter in _DELIMITERS:
        records = _records(_Feed(iter(io.StringIO(sample, newline=""))), delimiter)
        head = [fields for fields, _ in zip(records, range(_SNIFF_ROWS), strict=False)]
        widths = [len(fields) if isinstance(fields, list) else 0 for fields in head]
        if not widths:
            break
        widths[0] = widths[0] or sample.lstrip().partition("\n")[0].count(delimiter) + 1
        if widths[0] < 2:
            continue
        score = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _printable(text: str) -> str:
    r"""Write bytes that could not be decoded as ``\xe9``, so that they are not lost."""
    return SURROGATE.sub(
        lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}" if _ESCAPED.match(match[0]) else "\ufffd",
        text,
    )


class _Columns:
    """Columns that grow by chunks of Arrow strings, a quarter of the memory of Python's."""

    def __init__(self, width: int) -> None:
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
