"""The report of a project as text: what its page says, without pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from coterie.integrations.mcp.answers import NOTICE
from coterie.integrations.mcp.texts import LONG, plain

__all__ = ["as_markdown"]

_MOST = 40_000  # characters, some 10,000 tokens; a judgement
_ROWS, _COLUMNS = 20, 12  # of a table; judgements


def as_markdown(page: Mapping[str, Any]) -> str:
    """Write what a page says as Markdown: figures, prose, notes and tables.

    Parameters
    ----------
    page
        As `coterie.report.Page.to_dict` gives it.
    """
    lines = [f"# {plain(page['title'])}", "", plain(page.get("subtitle", ""), LONG), "", NOTICE]
    for section in page["sections"]:
        lines += ["", f"## {plain(section['title'])}", "", plain(section["intro"], LONG)]
        for block in section["blocks"]:
            lines += _written(block)
    text = "\n".join(lines)
    if len(text) <= _MOST:
        return text
    return f"{text[:_MOST]}\n\nThe rest is left out: list_segments and show_segment give all of it."


def _written(block: Mapping[str, Any]) -> Iterator[str]:
    kind = block["kind"]
    if kind == "grid":
        for each in block["blocks"]:
            yield from _written(each)
    elif kind == "prose":
        for paragraph in block["paragraphs"]:
            yield from ("", plain(paragraph, 10 * LONG))
    elif kind == "note":
        yield from ("", plain(f"{block['title']} {block['text']}".strip(), LONG))
    elif kind == "tiles":
        yield ""
        for tile in block["tiles"]:
            note = f" ({plain(tile['note'])})" if tile["note"] else ""
            yield f"- {plain(tile['label'])}: {plain(tile['text'])}{note}"
    elif kind == "table" and block["columns"]:
        yield from _table(block)


def _table(block: Mapping[str, Any]) -> Iterator[str]:
    columns: Sequence[Mapping[str, Any]] = block["columns"][:_COLUMNS]
    rows = list(zip(*(column["texts"] for column in columns), strict=True))
    yield from ("", _row([column["name"] for column in columns]), _row(["---"] * len(columns)))
    for row in rows[:_ROWS]:
        yield _row(row)
    if len(rows) > _ROWS:
        yield f"\n{len(rows) - _ROWS:,} further rows are left out."


def _row(cells: Sequence[str]) -> str:
    shown = (" ".join(plain(each).split()).replace("|", "\\|") for each in cells)
    return f"| {' | '.join(shown)} |"
