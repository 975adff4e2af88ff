"""The page that a whole recipe opens with: what came out, and where to read on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coterie.report import Block, Links, Note, Page, Prose, Section, Tile, Tiles

__all__ = ["Chapter", "index_page"]


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one stage did.

    Attributes
    ----------
    title
        What it answers: ``"Who they are"``.
    text
        The answer in a few sentences; blank lines divide paragraphs.
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


def index_page(title: str, subtitle: str, chapters: Sequence[Chapter], footer: str = "") -> Page:
    """Lay out what the stages of a recipe did, in their order."""
    page = Page(title, subtitle=subtitle, footer=footer)
    for chapter in chapters:
        blocks: list[Block] = [
            *([Tiles(chapter.tiles)] if chapter.tiles else []),
            *(Note(remark) for remark in chapter.remarks),
            *([Prose(chapter.text)] if chapter.text else []),
            *([Links(chapter.links)] if chapter.links else []),
        ]
        page.add(Section(chapter.title, blocks))
    return page
