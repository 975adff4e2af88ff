"""Texts and lists as an assistant gets them: short, without hidden characters or paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from coterie.formatting import shorten

__all__ = ["LONG", "SHORT", "fitting", "part", "plain", "plain_cells", "without_paths"]

SHORT, LONG = 200, 600
"""Characters of a name or cell, and of a text in a list: judgements, not measured."""

_MOST = 24_000  # characters of a list in one answer, some 6,000 tokens; a judgement
_MOST_CELLS = 30  # columns of a row that are shown; a judgement
_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but for tabs and line breaks
    "\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks of direction
    "\U000e0000-\U000e007f"  # tags, which spell out text that nobody sees
    "]"
)
_PATH = re.compile(r"(?<![\w:/.])(?:/[^\s/'\":,;()]+){2,}/?|\b[A-Za-z]:\\[^\s'\":,;()]+")
Item = TypeVar("Item", bound=BaseModel)


def plain(text: str, most: int = SHORT) -> str:
    """Leave out what a person would not see, and cut to ``most`` characters."""
    shown = _HIDDEN.sub("", text)
    return shown if len(shown) <= most else shorten(shown, most)


def plain_cells(
    cells: Mapping[str, Any], hide: Callable[[str], str], most: int = SHORT
) -> dict[str, Any]:
    """Give the first columns of a row as `plain` gives texts, after ``hide`` masked them."""

    def shown(cell: Any) -> Any:
        if isinstance(cell, str):
            return plain(hide(cell), most)
        return [shown(each) for each in cell[:_MOST_CELLS]] if isinstance(cell, list) else cell

    return {plain(name): shown(cells[name]) for name in list(cells)[:_MOST_CELLS]}


def fitting(items: Sequence[Item]) -> list[Item]:
    """Give the first of the items, as many as an answer can hold, and at least one."""
    kept: list[Item] = []
    size = 0
    for each in items:
        size += len(each.model_dump_json())
        if kept and size > _MOST:
            break
        kept.append(each)
    return kept


def part(total: int, offset: int, count: int) -> dict[str, Any]:
    """Say which part of a list ``count`` items from ``offset`` are, see `Page`."""
    end = offset + count
    more = max(total - end, 0)
    return {
        "total": total,
        "offset": offset,
        "more": more,
        "next_offset": end if more and count else None,
    }


def without_paths(sentence: str, home: Path) -> str:
    """Name files in a sentence without the folders that they lie in."""
    for place in sorted({str(home), str(home.absolute()), str(home.resolve())}, key=len)[::-1]:
        if len(place) > 1:
            sentence = sentence.replace(place, home.resolve().name)
    return _PATH.sub(lambda match: re.split(r"[/\\]", match[0].rstrip("/\\"))[-1], sentence)
