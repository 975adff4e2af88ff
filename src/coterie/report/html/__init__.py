"""Pages written as HTML: one function for each kind of block, and templates and scripts."""

from __future__ import annotations

from coterie.report.html import blocks, cards, charts, groups, heatmap, map  # noqa: A004, F401
from coterie.report.html.page import render_html

__all__ = ["render_html"]
