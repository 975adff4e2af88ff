"""A page written as one HTML file that opens offline and trusts no text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Protocol

from markupsafe import Markup

from coterie.report.blocks import Section
from coterie.report.colours import settle_colours
from coterie.report.html.markup import asset, template
from coterie.report.html.sheet import Sheet, draw
from coterie.report.palette import style_sheet

__all__ = ["render_html"]


class _Page(Protocol):
    """What is written of `coterie.report.Page`, which knows this module and not the other way."""

    @property
    def title(self) -> str: ...

    @property
    def subtitle(self) -> str: ...

    @property
    def footer(self) -> str: ...

    @property
    def lang(self) -> str: ...

    @property
    def sections(self) -> Sequence[Section]: ...


def render_html(page: _Page) -> str:
    """Write a page as a string of HTML.

    Everything is inlined; a Content-Security-Policy allows the page's own scripts and styles by
    their hash and nothing else, so no text on it can run or fetch anything.

    Parameters
    ----------
    page
        A `coterie.report.Page`.
    """
    sheet = Sheet(settle_colours(block for section in page.sections for block in section.blocks))
    sections = [
        {
            "id": sheet.identity(section.title),
            "title": section.title,
            "intro": section.intro,
            "blocks": [draw(block, sheet) for block in section.blocks],
        }
        for section in page.sections
    ]
    style = asset("page.css") + style_sheet()
    script = "\n".join(asset(name) for name in sheet.scripts)
    written = template(
        "page.html",
        page=page,
        sections=sections,
        style=Markup(style),  # noqa: S704 - the package's own files
        script=Markup(script),  # noqa: S704
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return str(written)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
