"""Blocks are data: tiles, prose, notes, links, tables, grids, and sections of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from coterie.errors import OptionError
from coterie.formatting import format_number, shorten
from coterie.jsonable import as_plain

__all__ = [
    "Block",
    "Cell",
    "Grid",
    "Links",
    "Note",
    "Prose",
    "Section",
    "Table",
    "Tile",
    "Tiles",
    "listed_fields",
    "walk",
]


class Block:
    """One thing on a page: plain data, which a renderer turns into HTML or JSON."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Give what the block shows, as JSON takes it.

        Returns
        -------
        dict
            ``kind``, the name of the block's class in lower case (``"heat_map"``), and what is
            shown: figures without NaN, arrays as lists, and texts.
        """
        kind = re.sub(r"\B(?=[A-Z])", "_", type(self).__name__).lower()
        return {"kind": kind, **as_plain(self._shown())}

    def _shown(self) -> dict[str, Any]:
        """Give what is shown; by default every attribute."""
        return listed_fields(self)


def listed_fields(value: Any, *without: str) -> dict[str, Any]:
    """Give the attributes of a dataclass, but those named, with arrays and columns as lists."""
    names = [each.name for each in fields(value) if each.name not in without]
    return {name: _listed(getattr(value, name)) for name in names}


def _listed(value: Any) -> Any:
    """Turn arrays and columns into lists, and dataclasses within a block into dictionaries."""
    if isinstance(value, Block):
        return value.to_dict()
    if is_dataclass(value):
        return listed_fields(value)
    if isinstance(value, np.ndarray | np.generic | pd.Series | pd.Index):
        return value.tolist()
    if isinstance(value, Mapping):
        return {name: _listed(each) for name, each in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_listed(each) for each in value]
    return value


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
class Tiles(Block):
    """A row of headline figures."""

    tiles: Sequence[Tile]

    def _shown(self) -> dict[str, Any]:
        return {
            "tiles": [
                {**listed_fields(tile), "text": format_number(tile.value)} for tile in self.tiles
            ]
        }


@dataclass(frozen=True, slots=True)
class Prose(Block):
    """Paragraphs of text, divided by blank lines."""

    text: str

    @property
    def paragraphs(self) -> list[str]:
        """The paragraphs, without the blank lines."""
        return [part.strip() for part in self.text.split("\n\n") if part.strip()]

    def _shown(self) -> dict[str, Any]:
        return {"paragraphs": self.paragraphs}


@dataclass(frozen=True, slots=True)
class Note(Block):
    """A remark that stands out.

    Attributes
    ----------
    text
        One or two sentences.
    title
        A few words in bold before them.
    kind
        ``"info"``, ``"warning"`` or ``"good"``; in JSON it is the ``tone``.
    """

    text: str
    title: str = ""
    kind: Literal["info", "warning", "good"] = "info"

    def _shown(self) -> dict[str, Any]:
        return {"text": self.text, "title": self.title, "tone": self.kind}


@dataclass(frozen=True, slots=True)
class Links(Block):
    """Links to files beside the page.

    Attributes
    ----------
    links
        Words, and the relative path of the file that they lead to.

    Raises
    ------
    OptionError
        When a path is not relative.
    """

    links: Sequence[tuple[str, str]]

    def __post_init__(self) -> None:
        for _, path in self.links:
            if ":" in path or path.startswith(("/", "\\")):
                raise OptionError(
                    f"The link {path!r} does not lead to a file beside the page: give a "
                    "relative path."
                )

    def _shown(self) -> dict[str, Any]:
        return {"links": [{"text": text, "path": path} for text, path in self.links]}


@dataclass(frozen=True, slots=True)
class Grid(Block):
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


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    text
        What is shown.
    value
        The number it is sorted by, or None where it is no number.
    note
        A few words in small print under it.
    whole
        All of a text of which ``text`` is a part; a click opens it.
    """

    text: str
    value: float | None = None
    note: str = ""
    whole: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Table(Block):
    """A table that a click on a heading sorts.

    Attributes
    ----------
    frame
        The rows; its index is not shown.
    title, note
        Words above and under the table.
    formats
        Column name to a format specification of Python, such as ``{"share": ".1%"}``.
    cut
        Column name to how many characters of its texts are shown. Texts are cut here and not
        before, so that no half of an address that was to be masked is left.
    limit
        Rows shown at first; a button shows the others. They are all in the file.
    notes
        Column name to a few words in small print under each cell, such as an interval.
    excerpts
        Column name to the part of each text that is shown, ``cut`` as ever. Where it is not the
        whole, a click opens the text.
    """

    frame: pd.DataFrame
    title: str = ""
    note: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    limit: int = 20
    cut: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    excerpts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """The name of each column, and whether it is of numbers."""
        return [(str(name), _numeric(self.frame[name])) for name in self.frame]

    @property
    def rows(self) -> list[list[Cell]]:
        """The cells of each row."""
        names = [str(name) for name in self.frame]
        how = [(self.formats.get(name, ""), self.cut.get(name)) for name in names]
        cells = [
            [_cell(value, *each) for value, each in zip(row, how, strict=True)]
            for row in self.frame.itertuples(index=False, name=None)
        ]
        for place, name in enumerate(names):
            for row, note in zip(cells, self.notes.get(name, ()), strict=False):
                row[place] = replace(row[place], note=note)
            for at, part in enumerate(self.excerpts.get(name, ())):
                whole, shown = str(self.frame.iloc[at, place]), _cell(part, "", self.cut.get(name))
                cells[at][place] = replace(shown, whole="" if shown.text == whole else whole)
        return cells

    def _shown(self) -> dict[str, Any]:
        columns = []
        cells = zip(*self.rows, strict=True) if len(self.frame) else [()] * len(self.columns)
        for (name, numeric), column in zip(self.columns, cells, strict=True):
            shown = {"name": name, "numeric": numeric, "texts": [cell.text for cell in column]}
            if any(cell.value is not None for cell in column):
                shown["values"] = [cell.value for cell in column]
            for more, each in (("notes", "note"), ("wholes", "whole")):
                if any(getattr(cell, each) for cell in column):
                    shown[more] = [getattr(cell, each) for cell in column]
            columns.append(shown)
        without = ("frame", "formats", "cut", "notes", "excerpts")
        return {**listed_fields(self, *without), "columns": columns}


def _numeric(column: pd.Series[Any]) -> bool:
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return bool(numeric)


def _cell(value: Any, spec: str, width: int | None) -> Cell:
    if value is None or value is pd.NA or value is pd.NaT:
        return Cell(format_number(None))
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        whole = isinstance(value, (int, np.integer))
        return Cell(format_number(value, spec), int(value) if whole else float(value))
    return Cell(str(value) if width is None else shorten(str(value), width))


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of a page, named in its table of contents.

    Attributes
    ----------
    title
        Heading and name in the table of contents.
    blocks
        What the section shows, from top to bottom.
    intro
        A sentence or two under the heading.
    """

    title: str
    blocks: Sequence[Block]
    intro: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Give the section as JSON takes it."""
        return listed_fields(self)


def walk(blocks: Iterable[Block]) -> Iterator[Block]:
    """Give the blocks one by one, those of a grid among them."""
    for block in blocks:
        yield block
        if isinstance(block, Grid):
            yield from walk(block.blocks)
