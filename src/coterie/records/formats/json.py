"""JSON documents and JSON Lines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pandas as pd

from coterie.errors import InputError
from coterie.records.formats.badges import are_badges, unfold_badges
from coterie.records.formats.encoding import decoded
from coterie.records.table import Reject, Table

__all__ = ["is_one_object", "read_json", "read_json_lines"]

_KINDS = {list: "an array", str: "a string", bool: "a truth value", type(None): "null"}


@dataclass(frozen=True, slots=True)
class _NotJSON:
    """A line that could not be parsed."""

    reason: str
    line: str


def read_json(file: BinaryIO, *, encoding: str | None, source: str) -> Table:
    """Read one JSON document, all of it in memory.

    It is an array of objects; an object of equally long arrays, one for each column; or an object
    that holds one array of objects among other things. Several objects on lines of their own are
    read as JSON Lines. Array entries that are not objects are set aside.
    """
    with decoded(file, encoding, source) as (file_of_text, _):
        text = file_of_text.read()
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":
            return _table(_lines(io.StringIO(text)), source)
        raise InputError(
            f"{source} is not JSON, or is cut short: {error.msg} at line {error.lineno}, "
            f"column {error.colno}."
        ) from None
    except RecursionError:
        raise InputError(f"{source} is nested too deeply: give an array of flat objects.") from None
    return _table(_entries(document, source), source)


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
        return _entries(document, "") == [document] and not are_badges([document])
    except (ValueError, RecursionError):
        return False
    finally:
        file.seek(0)


def read_json_lines(file: BinaryIO, *, encoding: str | None, source: str) -> Table:
    """Read a JSON object from each line that is not blank; other lines are set aside."""
    with decoded(file, encoding, source) as (lines, _):
        return _table(_lines(lines), source)


def _lines(lines: Iterable[str]) -> Iterator[Any]:
    for line in filter(str.strip, lines):
        try:
            yield json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            yield _NotJSON(f"not JSON: {error}", line.strip())


def _entries(document: object, source: str) -> Iterable[Any]:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        lists = {name: value for name, value in document.items() if isinstance(value, list)}
        tables = [value for value in lists.values() if any(isinstance(e, dict) for e in value)]
        equal = len(lists) == len(document) and len({len(v) for v in lists.values()}) == 1
        if equal and len(tables) < len(lists):
            return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        if not tables or are_badges([document]):
            return [document]
        if len(tables) == 1:
            return tables[0]
    raise InputError(
        f"{source} does not hold one table: give an array of objects, or an object with one such "
        "array."
    )


def _table(entries: Iterable[Any], source: str) -> Table:
    listed = list(entries)
    if are_badges(listed):
        listed = unfold_badges(listed)
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
    frame = pd.DataFrame(columns, index=range(len(objects)), dtype=object)
    return Table.of(frame, rows=list(objects), rejects=rejects, source=source)
