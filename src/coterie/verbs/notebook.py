"""How results show themselves in a notebook: a headline and a small table with bars."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__ = ["summary_html"]

_BAR = "display:inline-block;height:.7em;background:#4c78a8;border-radius:2px;width:{width:.0f}px"
_WIDEST = 120  # px


def summary_html(
    headline: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    bars: Sequence[float] = (),
    more: int = 0,
) -> str:
    """Write a headline and a table as HTML; every text in it is escaped.

    Parameters
    ----------
    headline
        One line.
    heads
        Of the columns.
    rows
        Cells as text, one row each.
    bars
        A length for each row, drawn after its cells.
    more
        How many rows are not shown.
    """
    longest = max(bars, default=0) or 1
    lines = []
    for place, row in enumerate(rows):
        cells = "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in row)
        if bars:
            style = _BAR.format(width=_WIDEST * bars[place] / longest)
            cells += f"<td style='text-align:left'><span style='{style}'></span></td>"
        lines.append(f"<tr>{cells}</tr>")
    named = "".join(f"<th style='text-align:left'>{escape(head)}</th>" for head in heads)
    named += "<th></th>" if bars else ""
    left = f"<p>and {more:,} more</p>" if more > 0 else ""
    return (
        f"<div><p><b>{escape(headline)}</b></p>"
        f"<table><thead><tr>{named}</tr></thead><tbody>{''.join(lines)}</tbody></table>{left}</div>"
    )
