"""The texts of a page without personal data: the one place where all that is quoted goes through.

Names, such as those of groups and labels, and ids stay apart: each address in them has a number,
``[e-mail 2]``, which is the same wherever the address stands on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import singledispatch
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coterie.personal import Kind, excerpt, has_mask, replace_personal
from coterie.report.blocks import Links, Note, Section, Table, walk
from coterie.report.cards import Card, Cards
from coterie.report.charts import Bars, Line, Lines, Scatter
from coterie.report.groups import Group, Groups
from coterie.report.heatmap import HeatMap
from coterie.report.map import TEXT_WIDTH, Map, Partition

__all__ = ["Masker"]

_NAMES: Mapping[type, Sequence[str]] = {
    Bars: ("labels",),
    Card: ("title",),
    Group: ("name", "parent"),
    HeatMap: ("rows", "columns"),
    Line: ("name",),
    Partition: ("names",),
}
"""Fields that hold names, which have to stay apart."""

_IDS = ("id", "ids")
"""Columns of tables and cards that hold ids."""

_NOTE = (
    "E-mail addresses, phone, card, account and IP numbers, keys and passwords are replaced on "
    "this page. Use --show-personal (show_personal=True) to show them."
)


@dataclass(slots=True)
class Masker:
    """What masks the texts of one page.

    Attributes
    ----------
    found
        Whether there is a mask on the page.
    """

    found: bool = False
    _names: dict[str, str] = field(default_factory=dict)
    _numbers: dict[str, dict[str, int]] = field(default_factory=dict)

    def sections(self, sections: Sequence[Section]) -> list[Section]:
        """Mask all that sections show, and say so at the end of the first where there is a mask."""
        for section in sections:
            for block in walk(section.blocks):
                for name in _names_of(block):
                    self.name(name)
        shown = [_masked(section, self) for section in sections]
        if self.found and shown:
            note = Note(_NOTE, title="Personal data is masked.")
            shown[0] = replace(shown[0], blocks=[*shown[0].blocks, note])
        return shown

    def text(self, text: str) -> str:
        """Mask a text, or give a name as it is called on this page."""
        return self._noted(self._names.get(text) or self._hidden(text))

    def start(self, text: str, width: int) -> str:
        """Mask a text and cut it."""
        return self._noted(self._names.get(text) or excerpt(text, width, self._hidden))

    def name(self, name: str) -> str:
        """Mask what is certainly personal data in a name or an id, and number it."""
        if name not in self._names:
            self._names[name] = replace_personal(name, self._numbered)
        return self._noted(self._names[name])

    def _hidden(self, text: str) -> str:
        return replace_personal(text, self._mask)

    def _mask(self, kind: Kind, piece: str) -> str:
        number = self._numbers.get(kind.mark, {}).get(piece)
        return f"[{kind.mark}]" if number is None else f"[{kind.mark} {number}]"

    def _numbered(self, kind: Kind, piece: str) -> str:
        if not kind.certain(piece):
            return piece
        known = self._numbers.setdefault(kind.mark, {})
        return f"[{kind.mark} {known.setdefault(piece, len(known) + 1)}]"

    def _noted(self, text: str) -> str:
        self.found = self.found or has_mask(text)
        return text


def _names_of(block: Any) -> Iterator[str]:
    """Names on a block, those of the parts of it among them."""
    for name in _NAMES.get(type(block), ()):
        held = getattr(block, name)
        yield from [held] if isinstance(held, str) else map(str, held)
    if isinstance(block, Groups):
        yield from (name for group in block.groups for name in _names_of(group))
    elif isinstance(block, Cards):
        yield from (name for card in block.cards for name in _names_of(card))
    elif isinstance(block, Card):
        yield from (name for pair in block.categories for name in pair)
        yield from (block.facts[name] for name in _IDS if name in block.facts)
    elif isinstance(block, Lines):
        yield from (name for line in block.lines for name in _names_of(line))
    elif isinstance(block, Map):
        yield from (name for each in block.partitions for name in _names_of(each))
        yield from () if block.ids is None else (str(block.ids[row]) for row in block.drawn)
    elif isinstance(block, Scatter):
        yield from (str(block.names[at]) for at in block.drawn) if len(block.names) else ()
    elif isinstance(block, Table):
        yield from map(str, block.frame.columns)
        for name in _IDS:
            if name in block.frame:
                yield from (each for each in block.frame[name] if isinstance(each, str))


@singledispatch
def _masked(value: Any, masker: Masker) -> Any:
    """Mask all texts in a value: in its fields, items and cells."""
    if not is_dataclass(value) or isinstance(value, type):
        return value
    return replace(value, **_fields(value, masker))


def _fields(value: Any, masker: Masker, *without: str) -> dict[str, Any]:
    """Mask the fields of a dataclass, but those named."""
    names = [each.name for each in fields(value) if each.name not in without]
    return {name: _masked(getattr(value, name), masker) for name in names}


@_masked.register
def _masked_text(text: str, masker: Masker) -> str:
    return masker.text(text)


@_masked.register(list)
@_masked.register(tuple)
def _masked_items(items: Sequence[Any], masker: Masker) -> list[Any]:
    return [_masked(each, masker) for each in items]


@_masked.register(Mapping)
def _masked_mapping(mapping: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    return {masker.name(str(name)): _masked(each, masker) for name, each in mapping.items()}


@_masked.register
def _masked_links(block: Links, masker: Masker) -> Links:
    return replace(block, links=[(masker.text(text), path) for text, path in block.links])


@_masked.register
def _masked_table(block: Table, masker: Masker) -> Table:
    columns = {}
    for place, name in enumerate(map(str, block.frame)):
        column = block.frame.iloc[:, place]
        if not pd.api.types.is_numeric_dtype(column):
            width = None if name in block.excerpts else block.cut.get(name)
            cells = [_cell(each, width, masker) for each in column]
            column = pd.Series(cells, index=column.index, dtype=object)
        columns[place] = column
    frame = pd.DataFrame(columns, index=block.frame.index)
    frame.columns = pd.Index([masker.name(str(name)) for name in block.frame])
    return replace(block, frame=frame, **_fields(block, masker, "frame"))


def _cell(value: Any, width: int | None, masker: Masker) -> Any:
    if not isinstance(value, str):
        return value
    return masker.text(value) if width is None else masker.start(value, width)


@_masked.register
def _masked_map(block: Map, masker: Masker) -> Map:
    rows = block.drawn.tolist()
    texts = [""] * len(block.texts)
    for row in rows:
        texts[row] = masker.start(str(block.texts[row]), TEXT_WIDTH)
    ids = None if block.ids is None else _names_at(block.ids, rows, masker)
    told = {status: masker.text(status) for status in set(block.statuses or ())}
    statuses = None if block.statuses is None else [told[status] for status in block.statuses]
    rest = _fields(block, masker, "texts", "ids", "statuses")
    return replace(block, texts=texts, ids=ids, statuses=statuses, **rest)


@_masked.register
def _masked_scatter(block: Scatter, masker: Masker) -> Scatter:
    names = _names_at(block.names, block.drawn.tolist(), masker) if len(block.names) else ()
    return replace(block, names=names, **_fields(block, masker, "names"))


def _names_at(
    names: Sequence[str] | npt.NDArray[np.object_], rows: Sequence[int], masker: Masker
) -> list[str]:
    """Mask the names of some rows; those of the others are not drawn."""
    shown = [""] * len(names)
    for row in rows:
        shown[row] = masker.name(str(names[row]))
    return shown
