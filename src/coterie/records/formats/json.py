"""JSON documents and JSON Lines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

import pandas as pd

from coterie.errors import InputError, OptionError
from coterie.formatting import counted
from coterie.records.formats.badges import are_badges, unfold_badges
from coterie.records.formats.beginning import BEGINNING, beginning, without_end
from coterie.records.formats.encoding import decoded
from coterie.records.formats.nested import unfold
from coterie.records.formats.orientations import holds_table, rows_of
from coterie.records.table import Reject, Table

__all__ = ["is_one_object", "read_json", "read_json_lines"]

_KINDS = {list: "an array", str: "a string", bool: "a truth value", type(None): "null"}


@dataclass(frozen=True, slots=True)
class _NotJSON:
    """A line that could not be parsed."""

    reason: str
    line: str


def read_json(
    file: BinaryIO,
    *,
    encoding: str | None,
    source: str,
    records: str | None = None,
    limit: int | None = None,
) -> Table:
    """Read one JSON document, all of it in memory; or as many rows of its beginning.

    Where its rows are, `coterie.records.formats.orientations.rows_of` finds, or `records` tells.
    Several objects on lines of their own are read as JSON Lines. Entries that are not objects are
    set aside. Nested objects become columns, see `coterie.records.formats.nested.unfold`. With a
    `limit`, a document of more than 8 MiB is read to its end only where its rows are not one after
    another in an array.
    """
    with decoded(file, encoding, source, most=None if limit is None else BEGINNING) as (opened, _):
        text = opened.read(BEGINNING if limit is not None else -1)
        if limit is not None and (rest := opened.read(1)):
            text = without_end(text) or text + rest + opened.read()
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return _read_lines(io.StringIO(text), source, records, limit)
        raise InputError(
            f"{source} is not JSON, or is cut short: {error.msg} at line {error.lineno}, "
            f"column {error.colno}."
        ) from None
    except RecursionError:
        raise InputError(f"{source} is nested too deeply: give an array of flat objects.") from None
    if records is None and isinstance(document, dict) and are_badges([document]):
        return _table([document], source)
    entries, notes = rows_of(document, source, records)
    return _table(entries[:limit], source).noting(*notes)


def is_one_object(file: BinaryIO) -> bool:
    """Whether a JSON document is one object that holds no rows: it describes, and is no table.

    A document that cannot be parsed is not one. Reads the whole of it where it begins as an object,
    and leaves the file at its beginning.
    """
    head = file.read(16).lstrip(b"\xef\xbb\xbf \t\r\n")
    file.seek(0)
    if not head.startswith(b"{"):
        return False
    try:
        document = json.loads(file.read())
        return not holds_table(document) and not are_badges([document])
    except (ValueError, RecursionError):
        return False
    finally:
        file.seek(0)


def read_json_lines(
    file: BinaryIO,
    *,
    encoding: str | None,
    source: str,
    records: str | None = None,
    limit: int | None = None,
) -> Table:
    """Read a JSON object from each line that is not blank; other lines are set aside.

    Lines that are all arrays are rows too, the first of them a header where it holds names. With a
    `limit` reading ends after as many lines, or after the line that ends beyond the first 8 MiB.
    """
    with decoded(file, encoding, source, most=None if limit is None else BEGINNING) as (lines, _):
        return _read_lines(lines, source, records, limit)


def _read_lines(lines: Iterable[str], source: str, records: str | None, limit: int | None) -> Table:
    """Read JSON Lines that were decoded."""
    if records is not None:
        raise OptionError(
            f"'records' names an array within one JSON document, and {source} has one on each "
            "line: leave it out."
        )
    if limit is not None:
        lines = beginning(lines, BEGINNING)
    entries, notes = rows_of(list(islice(_lines(lines), limit)), source)
    return _table(entries, source).noting(*notes)


def _lines(lines: Iterable[str]) -> Iterator[Any]:
    for line in filter(str.strip, lines):
        try:
            yield json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            yield _NotJSON(f"not JSON: {error}", line.strip())


def _table(entries: Iterable[Any], source: str) -> Table:
    listed, without = list(entries), 0
    if are_badges(listed):
        listed, without = unfold_badges(listed)
    objects: dict[int, dict[str, Any]] = {}
    rejects: list[Reject] = []
    for row, entry in enumerate(listed, 1):
        if isinstance(entry, dict):
            objects[row] = entry
        elif isinstance(entry, _NotJSON):
            rejects.append((row, None, entry.reason, entry.line))
        else:
            kind = _KINDS.get(type(entry), "a number")
            text = json.dumps(entry, ensure_ascii=False)
            rejects.append((row, None, f"not an object but {kind}", text))
    names = list(dict.fromkeys(name for entry in objects.values() for name in entry))
    columns = {name: [entry.get(name) for entry in objects.values()] for name in names}
    unfolded, notes = unfold(columns.items())
    cells = {at: values for at, (_, values) in enumerate(unfolded)}
    frame = pd.DataFrame(cells, index=range(len(objects)), dtype=object)
    frame = frame.set_axis([name for name, _ in unfolded], axis=1)
    if without:
        notes.append(
            f"{counted(without, 'badge')} without a session: AggregatedInfo was taken for the text "
            "of the session."
        )
    return Table.of(frame, rows=list(objects), rejects=rejects, source=source).noting(*notes)
