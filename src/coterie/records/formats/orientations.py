"""Where the rows of a JSON document are: the shapes that programs write tables in."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, TypeAlias

from coterie.errors import InputError, OptionError
from coterie.formatting import counted
from coterie.records.table import unique_names

__all__ = ["holds_table", "rows_of"]

Rows: TypeAlias = tuple[list[Any], list[str]]
"""Entries, which are rows where they are objects, and notes on how they were found."""

_DEEPEST = 5  # levels of objects in which arrays are looked for; a judgement, not measured
_SHOWN = 12  # arrays in an error
_FEWEST = 3  # objects with different keys that are taken for rows; a judgement, not measured
_NAMES, _DATA = ("columns", "fields", "header"), ("data", "rows", "values")
_HEADED = {"range", "majorDimension"}  # of Google Sheets, whose first row is the header


def rows_of(document: object, source: str, path: str | None = None) -> Rows:
    """Find the rows of a JSON document.

    They are an array of objects; arrays, one for each row or, in an object, one for each column; an
    object of objects, as pandas writes it by columns or by index; columns and data apart
    (``split``); a schema with data (``table``); or the only array of objects in an object. `path`
    names one of several arrays, as ``result.tickets``.
    """
    if path is not None:
        return rows_of(_at(document, path, source), source)
    if isinstance(document, list):
        return _rows_of_array(document, source)
    if not isinstance(document, dict):
        raise InputError(
            f"{source} does not hold a table: give an array of objects, or an object with such an "
            "array."
        )
    if (found := _by_shape(document, source)) is not None:
        return found
    arrays = _arrays(document, 1) or _arrays(document, _DEEPEST)
    if len(arrays) > 1:
        raise InputError(
            f"{source} holds several arrays of objects, {_listed(_arrays(document, _DEEPEST))}: "
            f"name one, such as --records {next(iter(arrays))} (records=)."
        )
    if not arrays:
        return [document], []
    return _without_index(next(iter(arrays.values())), document), []


def holds_table(document: object) -> bool:
    """Whether a document clearly is a table; one object that only describes something is not."""
    if not isinstance(document, dict):
        return isinstance(document, list)
    if _arrays(document, 1) or _split(document) or _columns_of(document):
        return True
    objects = list(document.values())
    if not objects or not all(isinstance(each, dict) for each in objects):
        return False
    return _are_numbers(document) or all(each and _are_numbers(each) for each in objects)


def _by_shape(document: dict[str, Any], source: str) -> Rows | None:
    if split := _split(document):
        names, data, labels = split
        rows, notes = _named(names, data), list[str]()
        if labels is not None and len(labels) == len(data):
            rows = _with_index(rows, labels)
        return rows, notes
    if columns := _columns_of(document):
        cells = zip(*columns.values(), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in cells], []
    grid = document.get("values")
    if _HEADED & document.keys() and isinstance(grid, list) and _is_grid(grid):
        return _named(list(map(str, grid[0])), grid[1:]), []
    return _oriented(document, source)


def _rows_of_array(entries: list[Any], source: str) -> Rows:
    """Name the cells of arrays, by the first where it is a header; other arrays are as they are."""
    if not _is_grid(entries):
        return entries, []
    first, rest = entries[0], entries[1:]
    if _is_header(first, rest):
        return _named(first, rest), []
    width = max(map(len, entries))
    if not width:
        return entries, []
    names = [f"column {place}" for place in range(1, width + 1)]
    last = f" to '{names[-1]}'" if width > 1 else ""
    return _named(names, entries), [
        f"The arrays of {source} have no names: their {counted(width, 'column')} became "
        f"'{names[0]}'{last}."
    ]


def _is_grid(entries: list[Any]) -> bool:
    return bool(entries) and all(isinstance(entry, list) for entry in entries)


def _is_header(first: list[Any], rest: list[list[Any]]) -> bool:
    """Whether the first of the arrays has names alone, and a column below one is not of texts."""
    if not all(isinstance(name, str) and name.strip() for name in first):
        return False
    if len(set(first)) < len(first):
        return False
    kinds = (type(cell) for row in rest for cell in row[: len(first)] if cell is not None)
    return any(kind is not str for kind in kinds)


def _split(
    document: Mapping[str, Any],
) -> tuple[list[str], list[list[Any]], list[Any] | None] | None:
    """Names, data and labels of rows, where columns and data are apart."""
    at = next((key for key in _NAMES if isinstance(document.get(key), list)), None)
    of = next((key for key in _DATA if key in document), None)
    if at is None or of is None:
        return None
    names = [each.get("name") if isinstance(each, dict) else each for each in document[at]]
    names = [".".join(map(str, each)) if isinstance(each, list) else each for each in names]
    data, labels = document[of], document.get("index")
    rows = isinstance(data, list) and all(isinstance(row, list) for row in data)
    if not rows or any(name is None or isinstance(name, dict) for name in names):
        return None
    if not all(len(row) == len(names) for row in data):
        return None
    return list(map(str, names)), data, labels if isinstance(labels, list) else None


def _columns_of(document: dict[str, Any]) -> dict[str, list[Any]]:
    """Give the columns of an object of equally long arrays; none where it is no such object."""
    arrays = list(document.values())
    if not arrays or not all(isinstance(each, list) for each in arrays):
        return {}
    if len(set(map(len, arrays))) > 1 or all(map(_has_objects, arrays)):
        return {}
    return document


def _oriented(document: dict[str, Any], source: str) -> Rows | None:
    """Read an object of objects: by columns or by index, as its keys and their number tell."""
    objects = list(document.values())
    if not objects or not all(isinstance(each, dict) for each in objects):
        return None
    inner = objects[0].keys()
    alike = all(each.keys() == inner for each in objects)
    if alike and inner and _are_numbers(inner):
        return _with_index(_turned(document), list(inner)), []
    if _are_numbers(document):
        return _with_index(objects, list(document)), []
    common = set(inner).intersection(*objects)
    if len(objects) < (2 if alike else _FEWEST) or not common:
        return None
    turned = _turned(document) if alike else []
    by_row, by_column = _are_mixed(objects), _are_mixed(turned)
    by_key = not alike or (by_row if by_row != by_column else len(objects) >= len(inner))
    labels = list(document) if by_key else list(inner)
    rows = objects if by_key else turned
    note = f"{source} was read with a row for each of its {len(labels):,} keys, such as "
    return _with_index(rows, labels), [f"{note}'{labels[0]}'; they are the column 'index'."]


def _are_mixed(objects: list[dict[str, Any]]) -> bool:
    """Whether an object holds texts and numbers, as a row does and a column does not."""
    kinds = (
        {isinstance(cell, str) for cell in each.values() if cell is not None} for each in objects
    )
    return any(len(found) > 1 for found in kinds)


def _turned(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {name: column[key] for name, column in document.items()}
        for key in next(iter(document.values()))
    ]


def _are_numbers(keys: Mapping[str, Any] | Any) -> bool:
    return bool(keys) and all(key.isdecimal() for key in keys)


def _with_index(rows: list[Any], labels: list[Any]) -> list[Any]:
    """Put the labels of rows before them, but for those that only count them."""
    if [str(label) for label in labels] == [str(at) for at in range(len(rows))]:
        return rows
    name = "index"
    while any(name in row for row in rows if isinstance(row, dict)):
        name += "_"
    return [{name: label, **row} for label, row in zip(labels, rows, strict=True)]


def _without_index(rows: list[Any], document: Mapping[str, Any]) -> list[Any]:
    """Leave out the index of a table with a schema, where it only counts the rows."""
    schema = document.get("schema")
    if not isinstance(schema, dict) or schema.get("primaryKey") != ["index"]:
        return rows
    if [row.get("index") if isinstance(row, dict) else None for row in rows] != [*range(len(rows))]:
        return rows
    return [{name: cell for name, cell in row.items() if name != "index"} for row in rows]


def _named(names: list[str], rows: list[list[Any]]) -> list[Any]:
    """Give each row its names; a row that is longer than these stays an array."""
    unique, _ = unique_names(names)
    return [
        dict(zip(unique, [*row, *[None] * (len(unique) - len(row))], strict=True))
        if len(row) <= len(unique)
        else row
        for row in rows
    ]


def _has_objects(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(entry, dict) for entry in value)


def _arrays(document: Mapping[str, Any], depth: int) -> dict[str, list[Any]]:
    """Find arrays of objects by their paths, to a depth, not within arrays."""
    found: dict[str, list[Any]] = {}
    for name, value in document.items():
        if _has_objects(value):
            found[name] = value
        elif isinstance(value, dict) and depth > 1:
            found |= {f"{name}.{path}": a for path, a in _arrays(value, depth - 1).items()}
    return found


def _listed(arrays: Mapping[str, list[Any]]) -> str:
    shown = [f"'{path}' ({len(array):,})" for path, array in arrays.items()][:_SHOWN]
    more = len(arrays) - len(shown)
    return ", ".join([*shown, *([f"and {more:,} more"] if more else [])])


def _at(document: object, path: str, source: str) -> object:
    if not isinstance(document, dict):
        raise OptionError(
            f"'records' names an array within a JSON object, and {source} is not one: leave it out."
        )
    found = _follow(document, path)
    if isinstance(found, list | dict):
        return found
    arrays = _arrays(document, _DEEPEST)
    near = difflib.get_close_matches(path, list(arrays), n=1)
    if not arrays:
        raise OptionError(f"There is no array '{path}' in {source}, nor any other: leave it out.")
    hint = f"the nearest is '{near[0]}'." if near else f"it has {_listed(arrays)}."
    raise OptionError(f"There is no array '{path}' in {source}: {hint}")


def _follow(document: object, path: str) -> object:
    """Follow a path of keys with dots between them; a key may hold dots itself."""
    if not isinstance(document, dict):
        return None
    if path in document:
        return document[path]
    parts = path.split(".")
    for at in range(len(parts) - 1, 0, -1):
        head = ".".join(parts[:at])
        if head in document and (found := _follow(document[head], ".".join(parts[at:]))):
            return found
    return None
