"""Words at a size that follows their weight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from coterie.formatting import format_number
from coterie.report.charts import WordCloud
from coterie.report.html.markup import tag, template, text_width
from coterie.report.html.sheet import Sheet, draw

_FRAME = np.array([900.0, 380.0])  # width and height in px
_LARGEST, _SMALLEST = 66.0, 8.0


@draw.register
def draw_word_cloud(cloud: WordCloud, _sheet: Sheet) -> Markup:
    """Lay the words out and write them."""
    words = [_word(placed, rank) for rank, placed in enumerate(_layout(cloud.heaviest))]
    svg = tag(
        "svg",
        *words,
        viewBox=f"0 0 {_FRAME[0]:.0f} {_FRAME[1]:.0f}",
        role="img",
        aria_label=cloud.title or "Word cloud",
        class_="cloud",
    )
    return template("cloud.html", chart=cloud, svg=svg)


@dataclass(frozen=True, slots=True)
class _Placed:
    word: str
    weight: float
    size: float
    left: float
    baseline: float
    width: float


def _layout(heaviest: Sequence[tuple[str, float]]) -> list[_Placed]:
    """Place the heaviest words first, each at the free spot nearest the middle.

    Spots are tried along a spiral (Viegas, Wattenberg and Feinberg, "Participatory visualization
    with Wordle", 2009). A word that fits nowhere is left out.
    """
    spots = _spiral()
    taken = np.empty((0, 4))
    placed = []
    for word, weight in heaviest:
        size = _SMALLEST + (_LARGEST - _SMALLEST) * math.sqrt(weight / heaviest[0][1])
        width = text_width(word, size)
        below = 0.24 * size if set(word) & set("gjpqy,;()") else 0.03 * size
        above = 0.77 * size
        half = np.array([width / 2 + 3, (above + below) / 2 + 1.5])
        corners = np.hstack([spots - half, spots + half])
        inside = (corners[:, :2] >= 0).all(axis=1) & (corners[:, 2:] <= _FRAME).all(axis=1)
        spot = _first_free(corners[inside], taken)
        if spot is None:
            continue
        taken = np.vstack([taken, spot])
        placed.append(_Placed(word, weight, size, spot[0] + 3, spot[1] + 1.5 + above, width))
    return placed


def _spiral() -> npt.NDArray[np.float64]:
    """Spots from the middle of the frame outwards, shape (m, 2)."""
    turn = np.sqrt(np.arange(4_000)) * 1.1  # spots are about equally dense everywhere
    along = np.column_stack([np.cos(turn * 2.3), np.sin(turn * 2.3)])
    spots: npt.NDArray[np.float64] = _FRAME / 2 + along * turn[:, None] / turn[-1] * _FRAME / 1.9
    return spots


def _first_free(
    corners: npt.NDArray[np.float64], taken: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64] | None:
    """Give the first of the boxes (left, top, right, bottom) that overlaps none of the taken."""
    for start in range(0, len(corners), 200):  # most words find a spot early
        some = corners[start : start + 200]
        apart = (some[:, None, :2] >= taken[:, 2:]) | (some[:, None, 2:] <= taken[:, :2])
        free = np.flatnonzero(apart.any(axis=2).min(axis=1, initial=True))
        if len(free):
            spot: npt.NDArray[np.float64] = some[free[0]]
            return spot
    return None


def _word(placed: _Placed, rank: int) -> Markup:
    weight = int(placed.weight) if placed.weight.is_integer() else placed.weight
    return tag(
        "text",
        tag("title", f"{placed.word}: {format_number(weight)}"),
        placed.word,
        x=placed.left,
        y=placed.baseline,
        font_size=placed.size,
        textLength=placed.width,  # whatever the reader's font, the word keeps to its place
        lengthAdjust="spacingAndGlyphs",
        class_=f"c{rank % 10}" if placed.size >= 20 else "small",  # colour is for large words
    )
