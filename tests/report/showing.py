"""What a reader sees of a page's HTML, and what a program reads in its JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from coterie.formatting import format_number
from coterie.report import Page

# names of controls and ticks of axes, which no block gives
OURS = {
    *("axes", "card-label", "chips-label", "groups-bar", "groups-head", "map-bar", "map-body"),
    *("shades", "skip", "show-all"),
}
OUR_TAGS = {"button", "script", "style"}
OUR_WORDS = {"at", "to", "groups", "Terms", "Confidence", "Cohesion"}
VOID = {"meta", "input", "br", "wbr"}


class _Shown(HTMLParser):
    """The words and figures of a page, but for the page's own."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.inside: list[tuple[str, bool]] = []
        self.texts: list[str] = []
        self.joined = False  # within a word, where a line may break
        self.option = False  # within an option of the command line
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {*(dict(attrs).get("class") or "").split()}
        self.joined, self.option = tag == "wbr", "option" in named
        heading = self.inside[-1:] == [("th", False)]
        if tag not in VOID:
            self.inside.append((tag, bool(named & OURS) or (tag in OUR_TAGS and not heading)))

    def handle_endtag(self, tag: str) -> None:
        while self.inside.pop()[0] != tag:
            pass
        self.joined, self.option = self.option, False

    def handle_data(self, data: str) -> None:
        if not any(ours for _, ours in self.inside):
            if self.joined:
                self.texts[-1] += data
            else:
                self.texts.append(data)
        self.joined = False


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield name
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def _words(text: str) -> Iterator[str]:
    for word in text.split():
        yield word.strip(",:()")


def _told(leaf: Any) -> Iterator[str]:
    if isinstance(leaf, str):
        yield from _words(leaf)
        return
    yield format_number(leaf)
    if leaf is not None:
        yield from (format(leaf, spec) for spec in (".0%", ".1%", ".2f", ",.0f"))
        yield f"{leaf * 100:.0f}"
        yield f"{leaf / 1000:.0f}k"
        yield f"{leaf:.2f}".lstrip("0")


def missing(page: Page) -> set[str]:
    """Words and figures that the HTML of a page shows and its JSON lacks."""
    data = json.loads(json.dumps(page.to_dict(), allow_nan=False))
    told = {word for leaf in _leaves(data) for word in _told(leaf)}
    shown = {word for text in _Shown(page.render()).texts for word in _words(text)}
    cut = {word for word in shown if word.endswith("…") and "".join(told).count(word[:-1])}
    return shown - told - cut - OUR_WORDS
