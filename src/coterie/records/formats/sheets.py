"""The cells of one Excel sheet: merged ranges filled, and the header found below titles."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = ["SEARCHED", "Grid", "Layout", "Range", "lay_out"]

Range: TypeAlias = tuple[int, int, int, int]
"""First row, first column, last row and last column of a merged range, from 1 on."""

SEARCHED = 50
"""Rows in which the header is looked for: a judgement, not measured."""


@dataclass(slots=True)
class Grid:
    """Rows of a sheet that have a cell, by their numbers from 1 on; cells of one width.

    `merged` are the ranges of cells shown as one, whose value is in the first.
    """

    numbers: list[int] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    merged: Sequence[Range] = ()

    @property
    def width(self) -> int:
        """Cells of a row."""
        return len(self.rows[0]) if self.rows else 0


@dataclass(frozen=True, slots=True)
class Layout:
    """Names of the columns, rows with their numbers from the header on, and titles left out.

    `header` is the number of the row of the header in the sheet, the last where it has two.
    """

    names: list[str]
    rows: list[list[Any]]
    numbers: list[int]
    titles: int
    header: int
    header_rows: int


def lay_out(grid: Grid) -> Layout:
    """Find the header of a sheet and the rows below it.

    Titles are rows above it of which no more than half the columns are filled, where a row follows
    that holds names alone. A header with a cell merged over several columns takes the row below it
    too, if that holds names alone: ``Customer.Name``. The value of a merged range below the header
    belongs to each of its cells whose column has a name of its own. Time is linear.
    """
    used = [at for at in range(grid.width) if any(row[at] is not None for row in grid.rows)]
    top = _header_place(grid, used)
    names, own, below = _names(grid, top)
    _fill(grid, below, own)
    rows, numbers = grid.rows[below:], grid.numbers[below:]
    last = grid.numbers[below - 1]
    kept = [at for at in used if names[at] or any(row[at] is not None for row in rows)]
    kept = [at for at in kept if own[at] or any(row[at] is not None for row in rows)]
    return Layout(
        _unlike([names[at] for at in kept], [own[at] for at in kept]),
        [[row[at] for at in kept] for row in rows],
        [number - last for number in numbers],
        top,
        last,
        below - top,
    )


def _header_place(grid: Grid, used: Sequence[int]) -> int:
    """Place of the header among the rows: the first that is no title, if it holds names alone."""
    for place, row in enumerate(grid.rows[:SEARCHED]):
        filled = [at for at in used if row[at] is not None]
        spans = [(left, right) for left, right in _spans(grid, place) if row[left] is not None]
        covered = len(filled) + sum(right - left for left, right in spans)
        unnamed_first = len(used) == 2 and filled == [used[1]]  # an index without a name
        if (len(filled) > 1 and 2 * covered > len(used)) or len(used) == 1 or unnamed_first:
            return place if place == 0 or _are_names(row) else 0
    return 0


def _spans(grid: Grid, place: int) -> list[tuple[int, int]]:
    """First and last column, from 0 on, of the wide ranges that begin in a row."""
    number, last = grid.numbers[place], grid.width - 1
    return [
        (left - 1, min(right - 1, last))
        for top, left, _, right in grid.merged
        if top == number and right > left and left - 1 <= last
    ]


def _are_names(row: Sequence[Any]) -> bool:
    names = [cell for cell in row if cell is not None]
    return bool(names) and all(isinstance(name, str) for name in names)


def _names(grid: Grid, top: int) -> tuple[list[str], list[bool], int]:
    """Names of the columns, which of them are a column's own, and the place of the first row."""
    names = ["" if cell is None else str(cell).strip() for cell in grid.rows[top]]
    own = [bool(name) for name in names]
    spans = _spans(grid, top)
    for left, right in spans:
        names[left + 1 : right + 1] = [names[left]] * (right - left)
    second = top + 1
    if not spans or second >= len(grid.rows) or not _are_names(grid.rows[second]):
        return names, own, second
    parts = grid.rows[second]
    inside = {at for left, right in spans for at in range(left, right + 1)}
    under = {at for at, part in enumerate(parts) if part is not None}
    below = {at for at in under - inside if names[at]}
    if below or sum(at in under for at in inside) < 2:
        return names, own, second
    joined = [".".join(filter(None, (n, p or ""))) for n, p in zip(names, parts, strict=True)]
    return joined, [bool(name) for name in joined], second + 1


def _unlike(names: list[str], own: list[bool]) -> list[str]:
    """Put a number after the names that a column shares with the first of a merged header."""
    seen: dict[str, int] = {}
    unlike = []
    for name, is_own in zip(names, own, strict=True):
        seen[name] = seen.get(name, 0) + 1
        unlike.append(name if is_own or not name else f"{name} {seen[name]}")
    return unlike


def _fill(grid: Grid, below: int, own: Sequence[bool]) -> None:
    """Give the value of each merged range below the header to its other cells."""
    for top, left, bottom, right in grid.merged:
        start, end = bisect_left(grid.numbers, top, below), bisect_right(grid.numbers, bottom)
        if start >= end or grid.numbers[start] != top or left > grid.width:
            continue
        value = grid.rows[start][left - 1]
        columns = [at for at in range(left - 1, min(right, grid.width)) if own[at]]
        for row in grid.rows[start:end]:
            for at in {left - 1, *columns}:
                row[at] = value
