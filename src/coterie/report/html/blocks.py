"""Tiles, prose, notes, links, tables and blocks side by side, written as HTML."""

from __future__ import annotations

from markupsafe import Markup

from coterie.report.blocks import Grid, Links, Note, Prose, Table, Tiles
from coterie.report.html.markup import tag, template
from coterie.report.html.sheet import Sheet, draw

_LONG = 60  # characters of a cell from which on rows become cards on a phone; a judgement


@draw.register
def _draw_tiles(block: Tiles, _sheet: Sheet) -> Markup:
    return template("tiles.html", tiles=block.tiles)


@draw.register
def _draw_prose(block: Prose, _sheet: Sheet) -> Markup:
    return template("prose.html", paragraphs=block.paragraphs)


@draw.register
def _draw_note(block: Note, _sheet: Sheet) -> Markup:
    return template("note.html", note=block)


@draw.register
def _draw_links(block: Links, _sheet: Sheet) -> Markup:
    written = [tag("p", tag("a", text, href=path)) for text, path in block.links]
    return tag("div", *written, class_="prose")


@draw.register
def _draw_grid(block: Grid, sheet: Sheet) -> Markup:
    drawn = [draw(each, sheet) for each in block.blocks]
    return template("grid.html", blocks=drawn, columns=block.columns)


@draw.register
def _draw_table(block: Table, sheet: Sheet) -> Markup:
    rows = block.rows
    return template(
        "table.html",
        table=block,
        id=sheet.identity(block.title or "table"),
        columns=block.columns,
        rows=rows,
        wordy=any(len(cell.text) > _LONG for row in rows for cell in row),
    )
