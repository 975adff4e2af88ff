"""Words at a size that follows their weight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from coterie.errors import OptionError
from coterie.report.blocks import Plain
from coterie.report.markup import format_number, tag, template
from coterie.report.page import Sheet

__all__ = ["WordCloud"]

_WIDTH, _HEIGHT = 900, 380


@dataclass(frozen=True, slots=True)
class WordCloud(Plain):
    """A cloud of words; the same weights always give the same cloud.

    Attributes
    ----------
    weights
        Word to its weight, such as a count; what is not above zero is left out.
    title, note
        Words above and under the cloud.
    limit
        Number of words at most, the heaviest.

    Raises
    ------
    OptionError
        On rendering, when no word has a weight above zero.
    """

    weights: Mapping[str, float]
    title: str = ""
    note: str = ""
    limit: int = 90

    def render(self, _sheet: Sheet) -> Markup:
        """Lay the words out (by the library *wordcloud*) and write them."""
        weights = {str(word): float(w) for word, w in self.weights.items() if w > 0}
        if not weights:
            raise OptionError("A word cloud has no word with a weight above zero: give it some.")
        words = [_word(placed, rank) for rank, placed in enumerate(_layout(weights, self.limit))]
        svg = tag(
            "svg",
            *words,
            viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
            role="img",
            aria_label=self.title or "Word cloud",
            class_="cloud",
        )
        return template("cloud.html", chart=self, svg=svg)


@dataclass(frozen=True, slots=True)
class _Placed:
    word: str
    weight: float
    size: int
    left: int
    baseline: float
    width: float


def _layout(weights: Mapping[str, float], limit: int) -> list[_Placed]:
    """Give each word its size and place in px, the heaviest first."""
    from matplotlib import font_manager
    from PIL import ImageFont
    from wordcloud import WordCloud as Layout

    font = font_manager.findfont("DejaVu Sans")
    cloud = Layout(
        font_path=font,
        width=_WIDTH,
        height=_HEIGHT,
        max_words=limit,
        max_font_size=84,
        min_font_size=11,
        prefer_horizontal=1.0,  # upright words are hard to read
        relative_scaling=0.45,
        margin=4,
        random_state=0,
    ).generate_from_frequencies(dict(weights))
    placed = []
    for (word, _), size, (top, left), _, _ in cloud.layout_:
        face = ImageFont.truetype(font, size)
        rise = -face.getbbox(word, anchor="ls")[1]  # ink above the baseline
        placed.append(_Placed(word, weights[word], size, left, top + rise, face.getlength(word)))
    return placed


def _word(placed: _Placed, rank: int) -> Markup:
    weight = int(placed.weight) if placed.weight.is_integer() else placed.weight
    return tag(
        "text",
        tag("title", f"{placed.word}: {format_number(weight)}"),
        placed.word,
        x=placed.left,
        y=placed.baseline,
        font_size=placed.size,
        # the layout measured another font than the reader's: this keeps the word in its place
        textLength=placed.width,
        lengthAdjust="spacingAndGlyphs",
        class_=f"c{rank % 10}",
    )
