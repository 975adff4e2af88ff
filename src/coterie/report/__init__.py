"""Tables and arrays into blocks of a page, and the page into HTML or JSON.

A `Page` is made of `Section` blocks; ``page.write(path)`` makes one HTML file that opens offline,
``page.to_dict()`` gives the same sections to a program. Blocks are data: they know arrays and
tables only. Every text in them is shown as text: it cannot carry markup or scripts into the page.

Blocks: `Tiles`, `Prose`, `Note`, `Links`, `Table`, `Grid`, `Lines`, `Bars`, `Histogram`,
`Scatter`, `HeatMap`, `WordCloud`, `Map`, `Groups`, `Cards` and `Chips`.
"""

from __future__ import annotations

from coterie.report.blocks import (
    Block,
    Grid,
    Links,
    Note,
    Prose,
    Section,
    Table,
    Tile,
    Tiles,
)
from coterie.report.cards import Card, Cards, Chip, Chips
from coterie.report.charts import Bars, Histogram, Line, Lines, Mark, Scatter, WordCloud
from coterie.report.groups import Group, Groups
from coterie.report.heatmap import HeatMap
from coterie.report.map import Map, Partition
from coterie.report.page import Page

__all__ = [
    "Bars",
    "Block",
    "Card",
    "Cards",
    "Chip",
    "Chips",
    "Grid",
    "Group",
    "Groups",
    "HeatMap",
    "Histogram",
    "Line",
    "Lines",
    "Links",
    "Map",
    "Mark",
    "Note",
    "Page",
    "Partition",
    "Prose",
    "Scatter",
    "Section",
    "Table",
    "Tile",
    "Tiles",
    "WordCloud",
]
