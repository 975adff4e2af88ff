"""How a delimited file is written, found on its first lines."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from coterie.records.formats.fields import (
    NO_DELIMITER,
    Dialect,
    Feed,
    FieldsOrReason,
    read_fields,
)
from coterie.records.headers import is_value

__all__ = ["SAMPLE_CHARS", "Found", "find_dialect"]

SAMPLE_CHARS = 1 << 18  # like all figures here a judgement, not measured
_SAMPLE_ROWS = 200
_DELIMITERS = ",;\t|"
_DECLARED = re.compile(r"\"?sep=([^\r\n])\"?[^\S\r\n]*(?:\r\n|\r|\n)", re.IGNORECASE)
_MOST_ABOVE = 30  # records above the header
_LONGEST_NAME = 200  # characters of a name below a preamble
_REGULAR = 0.9  # of rows have as many fields as the header: below a preamble, with apostrophes


@dataclass(frozen=True, slots=True)
class Found:
    """What the first lines of a file tell.

    Attributes
    ----------
    dialect
        How fields are written.
    skip
        Lines above the header, or above the first row where there is none.
    above
        The texts of those of them that say something, for people.
    header
        Fields of the header as they are written; empty where the file has none, or it is broken.
    width
        Number of columns.
    rows
        The first rows that could be read.
    """

    dialect: Dialect
    skip: int
    above: tuple[str, ...]
    header: list[str]
    width: int
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class _Record:
    line: int  # of its first line
    fields: FieldsOrReason
    lines: int

    @property
    def width(self) -> int:
        return 0 if isinstance(self.fields, str) else len(self.fields)

    @property
    def filled(self) -> int:
        return 0 if isinstance(self.fields, str) else sum(map(bool, map(str.strip, self.fields)))


def find_dialect(sample: str, delimiter: str | None = None, *, header: bool = True) -> Found:
    """Find how a file is written, by what leaves most rows whole.

    Parameters
    ----------
    sample
        The first `SAMPLE_CHARS` characters of the file, or all of it.
    delimiter
        Where it is known.
    header
        Whether a line names the columns.
    """
    cut = len(sample) >= SAMPLE_CHARS
    declared = _DECLARED.match(sample)
    if declared:
        sample, delimiter = sample[declared.end() :], delimiter or declared[1]
    if cut:
        sample = sample[: sample.rfind("\n") + 1] or sample
    found, best = None, (0.0, -_MOST_ABOVE, 1, 0)
    for each in _candidates(sample, delimiter):
        records, broken = _records(sample, each)
        if not records:
            break
        start = _first_line(records) if header else 0
        width = _width(records, sample, each) if header and not start else _common(records[start:])
        whole = sum(record.width == width for record in records[start:])
        rows = records[start + header :]
        odd = _wrapped(rows) or (not each.escape and _escaped(rows, each.quote))
        score = (max(0, whole - broken) / len(records[start:]), -start, width, -odd)
        if each.quote == "'" and score[0] < _REGULAR:
            continue  # apostrophes in texts, which swallow what is between them
        if (delimiter and found is None) or (width > 1 and score > best):
            found, best = (each, records, start, width), score
    if found is None:
        each = Dialect(delimiter or NO_DELIMITER)
        records, _ = _records(sample, each)
        found = each, records, 0, _common(records) or 1
    dialect, records, start, width = found
    named = records[start].fields if header and records else []
    return Found(
        dialect,
        (records[start].line - 1 if start else 0) + bool(declared),
        tuple(_text(record.fields) for record in records[:start] if record.filled),
        [] if isinstance(named, str) else named,
        width,
        [each.fields for each in records[start + header :] if isinstance(each.fields, list)],
    )


def _candidates(sample: str, delimiter: str | None) -> Iterator[Dialect]:
    """Dialects to try, the usual ones first."""
    delimiters = _DELIMITERS if delimiter is None else delimiter
    for each, quote in product(delimiters, "\"'"):
        if each == quote or (quote == "'" and not _opens(sample, each)):
            continue
        yield Dialect(each, quote)
        if each != "\\" and (f"\\{quote}" in sample or f"\\{each}" in sample):
            yield Dialect(each, quote, escape=True)


def _records(sample: str, dialect: Dialect) -> tuple[list[_Record], int]:
    """Read the first records of a sample, and how many of them break the rules of quoting."""
    feed = Feed(iter(io.StringIO(sample, newline="")), dialect)
    records = []
    for fields in read_fields(feed):
        records.append(_Record(feed.line - len(feed.record) + 1, fields, len(feed.record)))
        if len(records) == _SAMPLE_ROWS:
            break
    return records, feed.broken


def _opens(sample: str, delimiter: str) -> bool:
    """Whether a field begins with an apostrophe."""
    return re.search(rf"(?:^|{re.escape(delimiter)})'", sample, re.MULTILINE) is not None


def _wrapped(records: Sequence[_Record]) -> bool:
    """Whether each row has a field in apostrophes, which quote it then."""
    rows = [record.fields for record in records if isinstance(record.fields, list)]
    return len(rows) > 1 and all(
        any(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in fields) for fields in rows
    )


def _escaped(records: Sequence[_Record], quote: str) -> bool:
    """Whether all quotes within fields stand after a backslash, which is none of the text then."""
    cells = [cell for each in records if isinstance(each.fields, list) for cell in each.fields]
    quotes = sum(cell.count(quote) for cell in cells)
    return 0 < quotes == sum(cell.count(f"\\{quote}") for cell in cells)


def _width(records: Sequence[_Record], sample: str, dialect: Dialect) -> int:
    """Count the columns that the first record names, also where a quote of it stays open."""
    first = sample.lstrip().partition("\n")[0]
    return records[0].width or first.count(dialect.delimiter) + 1


def _common(records: Sequence[_Record]) -> int:
    """Count the fields that most records have."""
    widths = Counter(record.width for record in records)
    return max(widths, key=lambda width: (widths[width], width), default=0)


def _first_line(records: Sequence[_Record]) -> int:
    """Find the record that is the header: the first one, or one below a preamble.

    Lines of a preamble have fewer fields than the table below them, or most of theirs empty. What
    stands below one is a header only where it reads like names, nearly all rows below it have as
    many fields, and either a blank line or several lines are above it, or it stands over numbers
    or dates.
    """
    width = _common(records)
    if width < 2:
        return 0
    start = 0
    while start < min(len(records), _MOST_ABOVE) and _is_above(records[start], width):
        start += 1
    if not 0 < start < len(records) - 1:
        return 0
    header, body = records[start], [each.fields for each in records[start + 1 :]]
    whole = [fields for fields in body if isinstance(fields, list) and len(fields) == width]
    if len(whole) < _REGULAR * len(body) or not _are_names(header.fields, width):
        return 0
    last = records[start - 1]
    apart = not last.filled or header.line > last.line + last.lines
    typed = any(
        len(cells) > 1 and all(map(is_value, cells))
        for cells in ([cell for cell in column if cell] for column in zip(*whole, strict=True))
    )
    return start if apart or typed or start > 1 else 0


def _is_above(record: _Record, width: int) -> bool:
    fields = record.fields
    if isinstance(fields, str) or len(fields) > width:
        return False
    if not record.filled:
        return True
    return bool(fields[0].strip()) and (len(fields) < width or record.filled <= max(1, width // 2))


def _are_names(fields: FieldsOrReason, width: int) -> bool:
    if isinstance(fields, str) or len(fields) != width or len(set(fields)) < width:
        return False
    return all(
        name.strip() and name[0] != " " and len(name) <= _LONGEST_NAME and not is_value(name)
        for name in fields
    )


def _text(fields: FieldsOrReason) -> str:
    return fields if isinstance(fields, str) else " ".join(filter(None, map(str.strip, fields)))
