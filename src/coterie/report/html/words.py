"""Words at a size that follows their weight."""

from __future__ import annotations

import math

from markupsafe import Markup

from coterie.formatting import format_number
from coterie.report.charts import WordCloud
from coterie.report.html.markup import tag, template
from coterie.report.html.sheet import Sheet, draw

# See docs/decisions/wordcloud.md.
_SIZES = 12  # classes of the style sheet, from the smallest
_COLOURED = 5  # the smallest size that has a colour
_COLOURS = 10


@draw.register
def _draw_word_cloud(cloud: WordCloud, _sheet: Sheet) -> Markup:
    most = cloud.heaviest[0][1]
    words = [
        (word, _word(word, weight, math.ceil(_SIZES * math.sqrt(weight / most)), rank))
        for rank, (word, weight) in enumerate(cloud.heaviest)
    ]
    line = Markup(" ").join(span for _, span in sorted(words, key=lambda each: each[0].casefold()))
    return template("cloud.html", chart=cloud, words=line)


def _word(word: str, weight: float, size: int, rank: int) -> Markup:
    colour = f"c{rank % _COLOURS}" if size >= _COLOURED else "small"
    told = format_number(int(weight) if weight.is_integer() else weight)
    return tag("span", word, title=f"{word}: {told}", class_=f"s{size} {colour}")
