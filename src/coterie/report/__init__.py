"""Tables and arrays into one HTML file that opens offline.

A `Page` is made of `Section` blocks; ``page.write(path)`` makes the file. Blocks know arrays and
tables only. Every text in them is shown as text: it cannot carry markup or scripts into the page.

Blocks: `Tiles`, `Prose`, `Note`, `Table`, `Grid`, `Lines`, `Bars`, `Histogram`, `Scatter`,
`HeatMap`, `WordCloud`, `Map` and `Groups`.
"""

from __future__ import annotations

from coterie.report.blocks import Grid, Note, Prose, Table, Tile, Tiles
from coterie.report.charts import Bars, Histogram, Line, Lines, Mark
from coterie.report.groups import Group, Groups
from coterie.report.heatmap import HeatMap
from coterie.report.map import Map, Partition
from coterie.report.page import Block, Page, Section, Sheet
from coterie.report.scatter import Scatter
from coterie.report.words import WordCloud

__all__ = [
    "Bars",
    "Block",
    "Grid",
    "Group",
    "Groups",
    "HeatMap",
    "Histogram",
    "Line",
    "Lines",
    "Map",
    "Mark",
    "Note",
    "Page",
    "Partition",
    "Prose",
    "Scatter",
    "Section",
    "Sheet",
    "Table",
    "Tile",
    "Tiles",
    "WordCloud",
]
