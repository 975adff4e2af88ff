"""A page as JSON: the very sections that the HTML shows, for a program to draw."""

from __future__ import annotations

from typing import Any

from coterie.report.colours import settle_colours
from coterie.report.page import Page

__all__ = ["page_to_dict"]


def page_to_dict(page: Page) -> dict[str, Any]:
    """Give a page with all that it shows, so that ``json.dumps(..., allow_nan=False)`` takes it.

    Parameters
    ----------
    page
        Any page.

    Returns
    -------
    dict
        What `Page.to_dict` gives, and ``colours``: for each partition of a map the colour slot
        of every group, which other blocks that name the partition share.
    """
    blocks = [block for section in page.sections for block in section.blocks]
    return {**page.to_dict(), "colours": settle_colours(blocks)}
