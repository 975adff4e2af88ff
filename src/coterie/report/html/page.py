"""A page written as one HTML file that opens offline and trusts no text."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from markupsafe import Markup

from coterie.report.blocks import Section
from coterie.report.colours import settle_colours, settle_values
from coterie.report.html.markup import asset, template
from coterie.report.html.sheet import Sheet, draw
from coterie.report.palette import style_sheet

__all__ = ["render_html"]


def render_html(
    title: str, subtitle: str, sections: Sequence[Section], *, footer: str = "", lang: str = "en"
) -> str:
    """Write a page, see `coterie.report.Page`, as a string of HTML.

    Everything is inlined; a Content-Security-Policy allows the page's own scripts and styles by
    their hash and nothing else, so no text on it can run or fetch anything.
    """
    every = [block for section in sections for block in section.blocks]
    colours = settle_colours(every)
    sheet = Sheet(colours, settle_values(every, colours))
    drawn = [
        {
            "id": sheet.identity(section.title),
            "title": section.title,
            "intro": section.intro,
            "blocks": [draw(block, sheet) for block in section.blocks],
        }
        for section in sections
    ]
    style = asset("page.css") + style_sheet()
    script = "\n".join(asset(name) for name in sheet.scripts)
    written = template(
        "page.html",
        title=title,
        subtitle=subtitle,
        footer=footer,
        lang=lang,
        sections=drawn,
        style=Markup(style),  # noqa: S704 - the package's own files
        script=Markup(script),  # noqa: S704
        style_hash=_hash(style),
        script_hash=_hash(script),
    )
    return str(written)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
