"""A page: sections of blocks, with a title."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

from coterie.files import replacing
from coterie.report.blocks import Section
from coterie.report.colours import all_colours
from coterie.report.masking import Masker

__all__ = ["Page"]


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """Sections of blocks under a title, which become one self-contained HTML file.

    Personal data in whatever it shows is masked, see `coterie.personal`, unless it is to be shown.

    Attributes
    ----------
    title
        Heading of the page and title of the browser's tab.
    subtitle
        A line under the heading: the source and its size.
    footer
        A line at the end: versions, settings, date.
    lang
        Language of the page's own words and of hyphenation, as a BCP 47 tag.
    sections
        What the page shows, from top to bottom.
    show_personal
        Whether to show personal data.

    Examples
    --------
    >>> page = Page("Who is writing to us", subtitle="bitext_27k.csv, 26,872 messages")
    >>> page.add(Section("Overview", [Tiles([Tile("groups", 27)])]))
    >>> page.write("report.html")
    """

    title: str
    subtitle: str = ""
    footer: str = field(default="", kw_only=True)
    lang: str = field(default="en", kw_only=True)
    sections: list[Section] = field(default_factory=list, kw_only=True)
    show_personal: bool = field(default=False, kw_only=True)

    form: ClassVar[int] = 1  #: of what `to_dict` gives; it grows when that changes

    def add(self, section: Section) -> None:
        """Put a section at the end of the page."""
        self.sections.append(section)

    def to_dict(self) -> dict[str, Any]:
        """Give the page with all that it shows, as JSON takes it: no NaN, and six digits.

        Returns
        -------
        dict
            The ``form`` of this layout, the texts of the page, its ``sections``, and ``colours``:
            for each partition of a map the colour slot of every group, which other blocks that
            name the partition share, and for each column on cards that of every value.
        """
        shown = self._shown()
        blocks = [block for section in shown.sections for block in section.blocks]
        return {
            "form": self.form,
            "title": shown.title,
            "subtitle": shown.subtitle,
            "footer": shown.footer,
            "lang": self.lang,
            "sections": [section.to_dict() for section in shown.sections],
            "colours": all_colours(blocks),
        }

    def render(self) -> str:
        """Write the page as a string of HTML."""
        from coterie.report.html import render_html

        shown = self._shown()
        return render_html(
            shown.title, shown.subtitle, shown.sections, footer=shown.footer, lang=self.lang
        )

    def _shown(self) -> Page:
        """Give the page as it may be shown."""
        if self.show_personal:
            return self
        masker = Masker()
        return replace(
            self,
            title=masker.name(self.title),
            subtitle=masker.name(self.subtitle),
            footer=masker.name(self.footer),
            sections=masker.sections(self.sections),
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
        # a lone surrogate cannot be written as UTF-8: it becomes a question mark
        content = self.render().encode("utf-8", errors="replace")
        with replacing(Path(path)) as fresh:
            fresh.write_bytes(content)
        return Path(path)
