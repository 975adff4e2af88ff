"""A first look at a table: its columns, some of its rows, and which column seems to be which."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coterie.errors import CoterieWarning
from coterie.formatting import counted
from coterie.records import Table, read_table
from coterie.records.compose import as_strings
from coterie.records.roles import Column, Guess, Kind, describe_columns, guess_columns

__all__ = ["ColumnPreview", "Guess", "Preview", "guess_columns", "preview_table"]

_EXAMPLES = 5
_LONGEST = 1000  # characters of a cell that is shown
_DECIMALS = 4
_SURROGATE = re.compile("[\ud800-\udfff]")
_HEARING = threading.Lock()  # who hears warnings changes what hears them in all threads


@dataclass(frozen=True, slots=True)
class ColumnPreview:
    """A column by the rows that were looked at.

    Attributes
    ----------
    name
        As in the table.
    kind
        What it holds.
    distinct
        Number of different values.
    missing
        Share of the rows without a value.
    examples
        Its most frequent values, at most five; the first ones where none comes back.
    """

    name: str
    kind: Kind
    distinct: int
    missing: float
    examples: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the column as JSON takes it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "distinct": self.distinct,
            "missing": self.missing,
            "examples": list(self.examples),
        }


@dataclass(frozen=True, slots=True)
class Preview:
    """What the beginning of a table shows.

    Attributes
    ----------
    columns
        In the order of the table.
    guess
        Which of them seem to be the text, the id, the labels, the time and the person.
    rows
        The first rows: one text for each column, None where a cell is missing.
    read
        How many rows were looked at.
    sheets
        Names of the sheets of a workbook.
    notes
        What a person should know of how it was read, one sentence each.
    """

    columns: tuple[ColumnPreview, ...]
    guess: Guess
    rows: tuple[tuple[str | None, ...], ...]
    read: int
    sheets: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the preview as JSON takes it."""
        return {
            "columns": [column.to_dict() for column in self.columns],
            "guess": self.guess.to_dict(),
            "rows": [list(row) for row in self.rows],
            "read": self.read,
            "sheets": list(self.sheets),
            "notes": list(self.notes),
        }


def preview_table(
    source: str | Path, *, sheet: str | None = None, rows: int = 20, looked_at: int = 5000
) -> Preview:
    """Look at the beginning of a table, however large its file is.

    Parameters
    ----------
    source
        As for `coterie.records.read_table`.
    sheet
        Name of the sheet of a workbook; the first when None.
    rows
        How many rows to show.
    looked_at
        How many rows to read at most. The kinds of the columns and the guess are by these alone.

    Returns
    -------
    Preview
        Cells as they are written, those of more than 1,000 characters shortened.

    Raises
    ------
    InputError
        As `coterie.records.read_table`.
    """
    with _HEARING, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", CoterieWarning)
        table = read_table(source, sheet=sheet, limit=looked_at)
    columns = describe_columns(table)
    told = [str(each.message) for each in heard if issubclass(each.category, CoterieWarning)]
    return Preview(
        columns=tuple(map(_shown_column, columns)),
        guess=guess_columns(table, columns),
        rows=_shown_rows(table, rows),
        read=len(table),
        sheets=table.sheets,
        notes=tuple(dict.fromkeys([*told, *_notes(table)])),
    )


def _shown_column(column: Column) -> ColumnPreview:
    return ColumnPreview(
        name=column.name,
        kind=column.kind,
        distinct=column.distinct,
        missing=round(column.missing, _DECIMALS),
        examples=tuple(_shown(value) for value, _ in column.counts.most_common(_EXAMPLES)),
    )


def _shown_rows(table: Table, count: int) -> tuple[tuple[str | None, ...], ...]:
    head = table.frame.iloc[:count]
    cells = [as_strings(head.iloc[:, place]) for place in range(head.shape[1])]
    return tuple(
        tuple(None if cell is None else _shown(cell) for cell in row)
        for row in zip(*cells, strict=True)
    )


def _shown(text: str) -> str:
    """Write a cell as a page can show it: of moderate length, and without halves of characters."""
    shown = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return _SURROGATE.sub("\ufffd", shown)


def _notes(table: Table) -> Sequence[str]:
    notes = []
    if not len(table):
        notes.append(f"{table.source} names columns and has no rows.")
    if len(table.rejects):
        first = table.rejects.iloc[0]
        notes.append(
            f"{counted(len(table.rejects), 'row')} among the first cannot be used, row "
            f"{first['row']} the first: {first['reason']}."
        )
    return notes
