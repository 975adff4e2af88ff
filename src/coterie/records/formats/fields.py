"""From the lines of a delimited file to the fields of its records."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["NO_DELIMITER", "Dialect", "Feed", "FieldsOrReason", "read_fields"]

NO_DELIMITER = "\x1f"  # for a table of one column: nothing to split by

FieldsOrReason = list[str] | str

_UNCLOSED = "a quote is opened and not closed"


@dataclass(frozen=True, slots=True)
class Dialect:
    r"""How the fields of a record are written.

    Attributes
    ----------
    delimiter
        Between the fields.
    quote
        Around a field that holds the delimiter or a line break; doubled inside it.
    escape
        Whether a quote, a delimiter or a backslash can stand after a backslash too. Other
        backslashes are themselves, as in ``C:\temp``.
    """

    delimiter: str
    quote: str = '"'
    escape: bool = False

    def split(self, lines: Any, *, strict: bool) -> Iterator[list[str]]:
        """Split lines into fields; a `csv.Error` where they break the rules, if strict."""
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar="\\" if self.escape else None,
            strict=strict,
        )


class Feed:
    """Lines of a file that can be taken back, with those of the current record.

    Attributes
    ----------
    record
        Lines of the current record, as they are in the file.
    line
        Number of the last line that was read, from 1.
    broken
        How many records broke the rules of quoting so far.
    escaped
        Whether a line held a backslash before a quote so far.
    """

    def __init__(self, lines: Iterator[str], dialect: Dialect) -> None:
        self.dialect = dialect
        self.record: list[str] = []
        self.line = 0
        self.broken = 0
        self.escaped = False
        self._lines = lines
        self._back: deque[str] = deque()
        self._mark = f"\\{dialect.quote}"
        # A backslash that escapes nothing is doubled: the reader would drop it.
        escapable = re.escape(f"\\{dialect.quote}{dialect.delimiter}")
        self._backslash = re.compile(rf"\\([{escapable}])|\\") if dialect.escape else None

    def __iter__(self) -> Feed:
        return self

    def __next__(self) -> str:
        line = self._back.popleft() if self._back else next(self._lines)
        self.record.append(line)
        self.line += 1
        if not self.escaped and self._mark in line:
            self.escaped = True
        return line if self._backslash is None else self.protected(line)

    def protected(self, line: str) -> str:
        """Write a line for the reader of fields."""
        if self._backslash is None or "\\" not in line:
            return line
        return self._backslash.sub(lambda match: match[0] if match[1] else r"\\", line)

    def skip(self, lines: int) -> None:
        """Leave lines out."""
        for _ in range(lines):
            next(self, None)

    def take_back(self, lines: list[str]) -> None:
        """Give lines again."""
        self._back.extendleft(reversed(lines))
        self.line -= len(lines)


def read_fields(feed: Feed) -> Iterator[FieldsOrReason]:
    """Yield the fields of each record, or the reason why it has none.

    Where a record over several lines breaks the rules of quoting, its first line is bad, and the
    others are read again. A single line that breaks them is read leniently. Blank lines are no
    records, but in a table of one column.
    """
    dialect = feed.dialect
    reader = dialect.split(feed, strict=True)
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
            feed.broken += 1
            yield _lenient(feed.protected(first), dialect)
            continue
        if fields or dialect.delimiter == NO_DELIMITER:
            yield fields or [""]


def _lenient(line: str, dialect: Dialect) -> FieldsOrReason:
    """Read one line with misplaced quotes, unless one of them stays open."""
    fields, *after = dialect.split([line, "end"], strict=False)
    return fields if after == [["end"]] else _UNCLOSED
