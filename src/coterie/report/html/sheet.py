"""What the blocks of a page share while it is written, and how a block finds its drawing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import singledispatch

from markupsafe import Markup

from coterie.report.blocks import Block
from coterie.report.colours import Colours

__all__ = ["Sheet", "draw"]


@dataclass(slots=True)
class Sheet:
    """What the blocks of one page share while it is written.

    Attributes
    ----------
    colours
        Partition name to group name to colour slot, so that a group keeps its colour from block
        to block.
    values
        Column name to value to colour slot, for the values on cards.
    scripts
        Names of the scripts the page needs, in the order of loading.
    """

    colours: Colours = field(default_factory=dict)
    values: Colours = field(default_factory=dict)
    scripts: list[str] = field(default_factory=lambda: ["page.js"])
    _names: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("content", "theme", "tip"), 1)
    )

    def identity(self, name: str) -> str:
        """Make an id that is unique on the page, readable in a link."""
        word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "part"
        self._names[word] = count = self._names.get(word, 0) + 1
        return word if count == 1 else f"{word}-{count}"

    def need(self, *scripts: str) -> None:
        """Ask for scripts of the package."""
        self.scripts += [name for name in scripts if name not in self.scripts]


@singledispatch
def draw(block: Block, _sheet: Sheet) -> Markup:
    """Write a block as markup, with every text in it escaped."""
    raise TypeError(f"There is no drawing of a {type(block).__name__}.")
