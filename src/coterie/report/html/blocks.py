"""Tiles, prose, notes, links, tables and blocks side by side, written as HTML."""

from __future__ import annotations

from markupsafe import Markup

from coterie.report.blocks import Grid, Links, Note, Prose, Table, Tiles
from coterie.report.html.markup import tag, template
from coterie.report.html.sheet import Sheet, draw


@draw.register
def draw_tiles(block: Tiles, _sheet: Sheet) -> Markup:
    """Write the tiles."""
    return template("tiles.html", tiles=block.tiles)


@draw.register
def draw_prose(block: Prose, _sheet: Sheet) -> Markup:
    """Write the paragraphs."""
    return template("prose.html", paragraphs=block.paragraphs)


@draw.register
def draw_note(block: Note, _sheet: Sheet) -> Markup:
    """Write the note."""
    return template("note.html", note=block)


@draw.register
def draw_links(block: Links, _sheet: Sheet) -> Markup:
    """Write the links."""
    written = [tag("p", tag("a", text, href=path)) for text, path in block.links]
    return tag("div", *written, class_="prose")


@draw.register
def draw_grid(block: Grid, sheet: Sheet) -> Markup:
    """Write the blocks in a grid."""
    drawn = [draw(each, sheet) for each in block.blocks]
    return template("grid.html", blocks=drawn, columns=block.columns)


@draw.register
def draw_table(block: Table, sheet: Sheet) -> Markup:
    """Write the table."""
    return template(
        "table.html",
        table=block,
        id=sheet.identity(block.title or "table"),
        columns=block.columns,
        rows=block.rows,
    )
