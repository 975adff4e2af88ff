"""Nested cells into plain ones: objects into columns, lists of objects into text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

__all__ = ["Column", "unfold"]

Column: TypeAlias = tuple[str, list[Any]]
"""A name and its cells, None where one is missing."""

_DEEPEST = 6  # levels of objects in objects; deeper ones stay one cell; a judgement, not measured
_WIDEST = 200  # keys of a column of objects; wider ones stay one cell; a judgement, not measured
_BODIES = ("plain_body", "body", "text", "content", "message", "comment", "note", "description")
_AUTHORS = ("author", "author_name", "speaker", "sender", "from", "user", "role", "name")
_NAMES = ("name", "display_name", "full_name", "email", "role", "type")
_KEYS, _VALUES = frozenset(("id", "key", "name", "field")), "value"


def unfold(columns: Iterable[Column]) -> tuple[list[Column], list[str]]:
    """Make plain columns of those whose cells are objects, or lists of objects.

    A column of objects becomes one column for each of their keys, named ``column.key``, to a depth
    of six; a column of more than 200 different keys stays as it is. A list of objects of a key and
    a value, such as custom fields, counts as one object. Other lists of objects, such as the
    comments of a ticket, become one text: the body of each on a line of its own, its author before
    it where the object names one. Lists of plain values, and columns of several kinds, stay what
    they are. Time and memory grow with the cells that come out.

    Returns
    -------
    tuple of columns, notes
        The notes tell which lists became texts.
    """
    notes: list[str] = []
    found = [each for name, cells in columns for each in _unfold(name, cells, 1, notes)]
    return found, notes


def _unfold(name: str, cells: list[Any], depth: int, notes: list[str]) -> Iterator[Column]:
    if _only(cells, list) and _only((item for cell in cells if cell for item in cell), dict):
        if not _are_pairs(cells):
            yield name, _texts(name, cells, notes)
            return
        cells = [None if cell is None else _object_of(cell) for cell in cells]
    if depth <= _DEEPEST and _only(cells, dict):
        keys = list(dict.fromkeys(key for cell in cells if cell for key in cell))
        if 0 < len(keys) <= _WIDEST:
            for key in keys:
                values = [cell.get(key) if cell else None for cell in cells]
                yield from _unfold(f"{name}.{key}", values, depth + 1, notes)
            return
    yield name, cells


def _only(values: Iterable[Any], kind: type) -> bool:
    """Whether there are values, and all but those that are missing are of a kind."""
    kinds = set(map(type, values)) - {type(None)}
    return kinds == {kind}


def _are_pairs(cells: Sequence[list[Any] | None]) -> bool:
    """Whether each object of the lists has a key and a value, and no key is twice in a list."""
    shapes = {tuple(sorted(item)) for cell in cells if cell for item in cell if item}
    if not shapes or not all(len(s) == 2 and _VALUES in s and _KEYS & {*s} for s in shapes):
        return False
    return all(len(_object_of(cell)) == sum(map(bool, cell)) for cell in cells if cell)


def _object_of(pairs: list[Any]) -> dict[str, Any]:
    made = {}
    for pair in filter(None, pairs):
        key = next(name for name in pair if name != _VALUES)
        made[str(pair[key])] = pair[_VALUES]
    return made


def _texts(name: str, cells: list[Any], notes: list[str]) -> list[Any]:
    """Join the bodies of each list of objects; the cells as they are where there are no bodies."""
    items = [item for cell in cells if cell for item in cell if item]
    body = next((key for key in _BODIES if any(_is_text(item.get(key)) for item in items)), None)
    if body is None:
        return cells
    notes.append(f"'{name}' holds lists of objects: the '{body}' of each was joined into one text.")
    return [
        "\n".join(_said(item, body) for item in cell if item and _is_text(item.get(body))) or None
        if cell
        else None
        for cell in cells
    ]


def _said(item: dict[str, Any], body: str) -> str:
    text = item[body].strip()
    authors = (_name_of(item.get(key)) for key in _AUTHORS if key != body)
    author = next(filter(None, authors), None)
    return f"{author}: {text}" if author else text


def _name_of(author: Any) -> str | None:
    if isinstance(author, dict):
        names = (author.get(key) for key in _NAMES)
        author = next((name for name in names if _is_text(name)), None)
    return author.strip() if _is_text(author) else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
