"""The page that a whole recipe opens with: what came out, and where to read on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coterie.report import Block, Links, Note, Page, Prose, Section, Tile, Tiles

__all__ = ["Chapter", "recipe_page"]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one stage did.

    Attributes
    ----------
    title
        What the stage is about.
    text
        What came out, in a few sentences; blank lines divide paragraphs.
    tiles
        Its headline figures.
    links
        Words to the relative path of a file, for reading on.
    remarks
        Sentences that should stand out.
    """

    title: str
    text: str
    tiles: Sequence[Tile] = ()
    links: Sequence[tuple[str, str]] = ()
    remarks: Sequence[str] = ()

    @property
    def section(self) -> Section:
        """The chapter as a section of the page."""
        blocks: list[Block] = [
            *([Tiles(self.tiles)] if self.tiles else []),
            *map(Note, self.remarks),
            *([Prose(self.text)] if self.text else []),
            *([Links(self.links)] if self.links else []),
        ]
        return Section(self.title, blocks)


def recipe_page(title: str, subtitle: str, chapters: Sequence[Chapter], footer: str = "") -> Page:
    """Lay out what the stages of a recipe did, in their order."""
    return Page(title, subtitle, footer=footer, sections=[each.section for each in chapters])
