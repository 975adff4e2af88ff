"""Words and figures: tiles, prose, notes, tables, and blocks side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
from markupsafe import Markup

from coterie.report.markup import format_number, template
from coterie.report.page import Block, Sheet

__all__ = ["Grid", "Note", "Plain", "Prose", "Table", "Tile", "Tiles"]


class Plain:
    """A block that has nothing to tell the others."""

    __slots__ = ()

    def prepare(self, _sheet: Sheet) -> None:
        """Tell nothing."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A headline figure.

    Attributes
    ----------
    label
        What the figure counts: ``"groups found"``.
    value
        A number, which is written with thousands separators, or a text: ``"98.6%"``.
    note
        What to compare it with, in a few words.
    """

    label: str
    value: float | str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tiles(Plain):
    """A row of headline figures."""

    tiles: Sequence[Tile]

    def render(self, _sheet: Sheet) -> Markup:
        """Write the tiles."""
        return template("tiles.html", tiles=self.tiles)


@dataclass(frozen=True, slots=True)
class Prose(Plain):
    """Paragraphs of text, divided by blank lines."""

    text: str

    def render(self, _sheet: Sheet) -> Markup:
        """Write the paragraphs."""
        paragraphs = [part.strip() for part in self.text.split("\n\n") if part.strip()]
        return template("prose.html", paragraphs=paragraphs)


@dataclass(frozen=True, slots=True)
class Note(Plain):
    """A remark that stands out.

    Attributes
    ----------
    text
        One or two sentences.
    title
        A few words in bold before them.
    kind
        ``"info"``, ``"warning"`` or ``"good"``.
    """

    text: str
    title: str = ""
    kind: Literal["info", "warning", "good"] = "info"

    def render(self, _sheet: Sheet) -> Markup:
        """Write the note."""
        return template("note.html", note=self)


@dataclass(frozen=True, slots=True)
class Grid:
    """Blocks side by side where the page is wide enough, else one under another.

    Attributes
    ----------
    blocks
        What to show.
    columns
        Blocks in a row at most: 2, 3 or 4.
    """

    blocks: Sequence[Block]
    columns: Literal[2, 3, 4] = 2

    def prepare(self, sheet: Sheet) -> None:
        """Pass the sheet on."""
        for block in self.blocks:
            block.prepare(sheet)

    def render(self, sheet: Sheet) -> Markup:
        """Write the blocks in a grid."""
        rendered = [block.render(sheet) for block in self.blocks]
        return template("grid.html", blocks=rendered, columns=self.columns)


@dataclass(frozen=True, slots=True, eq=False)
class Table(Plain):
    """A table that a click on a heading sorts.

    Attributes
    ----------
    frame
        The rows; its index is not shown.
    title, note
        Words above and under the table.
    formats
        Column name to a format specification of Python, such as ``{"share": ".1%"}``.
    limit
        Rows shown at first; a button shows the others. They are all in the file.
    """

    frame: pd.DataFrame
    title: str = ""
    note: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    limit: int = 20

    def render(self, sheet: Sheet) -> Markup:
        """Write the table."""
        columns = [
            {"name": str(name), "numeric": _numeric(self.frame[name])} for name in self.frame
        ]
        specs = [self.formats.get(str(name), "") for name in self.frame]
        rows = [
            [_cell(value, spec) for value, spec in zip(row, specs, strict=True)]
            for row in self.frame.itertuples(index=False, name=None)
        ]
        return template(
            "table.html",
            table=self,
            id=sheet.identity(self.title or "table"),
            columns=columns,
            rows=rows,
        )


def _numeric(column: pd.Series[Any]) -> bool:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return bool(numeric)


def _cell(value: Any, spec: str) -> dict[str, object]:
    if value is None or value is pd.NA or value is pd.NaT:
        return {"text": format_number(None), "sort": None}
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        return {"text": format_number(value, spec), "sort": float(value)}
    return {"text": str(value), "sort": None}
