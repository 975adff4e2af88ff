"""A page: sections of blocks, written as one file that opens offline and trusts no text."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from markupsafe import Markup

from coterie.report.markup import asset, template
from coterie.report.palette import style_sheet

__all__ = ["Block", "Page", "Section", "Sheet"]


@dataclass(slots=True)
class Sheet:
    """What the blocks of one page share while it is written.

    Attributes
    ----------
    slots
        Partition name to group name to colour slot, so that a group keeps its colour from block
        to block.
    scripts
        Names of the scripts the page needs, in the order of loading.
    """

    slots: dict[str, dict[str, int]] = field(default_factory=dict)
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


class Block(Protocol):
    """One thing on a page."""

    def prepare(self, sheet: Sheet, /) -> None:
        """Tell the sheet what other blocks should know, before any of them is rendered."""
        ...

    def render(self, sheet: Sheet, /) -> Markup:
        """Write the block as markup, with every text in it escaped."""
        ...


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


class Page:
    """One self-contained HTML file.

    Everything is inlined; a Content-Security-Policy allows the page's own scripts and styles by
    their hash and nothing else, so no text on it can run or fetch anything.

    Parameters
    ----------
    title
        Heading of the page and title of the browser's tab.
    subtitle
        A line under the heading: the source and its size.
    footer
        A line at the end: versions, settings, date.
    lang
        Language of the page's own words and of hyphenation, as a BCP 47 tag.

    Examples
    --------
    >>> page = Page("Who is writing to us", subtitle="bitext_27k.csv, 26,872 messages")
    >>> page.add(Section("Overview", [Tiles([Tile("groups", 27)])]))
    >>> page.write("report.html")
    """

    def __init__(
        self, title: str, subtitle: str = "", *, footer: str = "", lang: str = "en"
    ) -> None:
        self.title = title
        self.subtitle = subtitle
        self.footer = footer
        self.lang = lang
        self.sections: list[Section] = []

    def add(self, section: Section) -> None:
        """Put a section at the end of the page."""
        self.sections.append(section)

    def render(self) -> str:
        """Write the page as a string of HTML."""
        sheet = Sheet()
        for section in self.sections:
            for block in section.blocks:
                block.prepare(sheet)
        sections = [
            {
                "id": sheet.identity(section.title),
                "title": section.title,
                "intro": section.intro,
                "blocks": [block.render(sheet) for block in section.blocks],
            }
            for section in self.sections
        ]
        style = asset("page.css") + style_sheet()
        script = "\n".join(asset(name) for name in sheet.scripts)
        return template(
            "page.html",
            page=self,
            sections=sections,
            style=Markup(style),  # noqa: S704 - the package's own files
            script=Markup(script),  # noqa: S704
            style_hash=_hash(style),
            script_hash=_hash(script),
        )

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whole or not at all.

        Parameters
        ----------
        path
            File to write or replace; its folder is made when absent.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        OSError
            When the file cannot be written; what was there before is left as it was.
        """
        target = Path(path)
        # a lone surrogate cannot be written as UTF-8: it becomes a question mark
        content = self.render().encode("utf-8", errors="replace")
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            Path(draft).chmod(0o644)
            Path(draft).replace(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return target


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
