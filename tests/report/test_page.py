from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.report import (
    Bars,
    Block,
    Card,
    Cards,
    Chip,
    Chips,
    Grid,
    Group,
    Groups,
    HeatMap,
    Histogram,
    Line,
    Lines,
    Links,
    Map,
    Mark,
    Note,
    Page,
    Partition,
    Prose,
    Scatter,
    Section,
    Table,
    Tile,
    Tiles,
    WordCloud,
)


class Reader(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        else:
            self.text.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(*blocks: Block) -> Page:
    return Page("Title", sections=[Section("Part", blocks)])


def read(*blocks: Block) -> Reader:
    return Reader(page_of(*blocks).render())


def every_block(text: str) -> list[Block]:
    """All blocks, with one text wherever a text can be."""
    points, codes = np.zeros((3, 2)), np.array([0, 0, -1])
    frame = pd.DataFrame([[text], [None]], columns=pd.Index([text], dtype=object), dtype=object)
    return [
        Tiles([Tile(text, text, text)]),
        Prose(text),
        Note(text, title=text),
        Table(frame, title=text, note=text),
        Links([(text, "table.csv")]),
        Grid([Prose(text)]),
        Bars([text], [1.0], title=text, note=text),
        Histogram({text: [1.0, 2.0], "b": [3.0]}, text, text, text),
        Lines([Line(text, [1, 2], [1, 2]), Line("b", [1], [2])], text, text, [Mark(1, text)], text),
        Scatter([1, 2], [1, 2], [text, "b"], text, text, text, text),
        HeatMap([[1, 2]], [text], [text, text], text, text, text, text),
        WordCloud({text: 2, "word": 1}, text, text),
        Map(points, [text] * 3, [Partition(text, codes, [text], none=text)], [text] * 3,
            [text] * 3, np.ones(3), text, text),
        Groups([Group(text, 2, text, [text], [text], 0.5, 0.5, {text: 2}, facts={text: text})],
               partition=text, title=text, note=text),
        Cards([Card(text, text, 0.5, text, [(text, text)], {text: text}, [text], "words")],
              text, text),
        Cards([], empty=text),
        Chips([Chip(text, text, "from your words")], text, text, text),
    ]  # fmt: skip


def inert(html: str) -> Reader:
    """Check that a page has no element, attribute or address beyond its own."""
    reader = Reader(html)
    for tag, attributes in reader.tags:
        assert tag not in {"iframe", "object", "embed", "link", "base", "form", "img"}
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in {"style", "src", "srcset", "action", "xlink:href"}, (tag, name)
            if name == "href":
                assert value == "table.csv" or (value or "").startswith("#")
    runnable = [text for attributes, text in reader.scripts if "type" not in attributes]
    assert len(runnable) == 1
    return reader


def test_hostile_text_becomes_neither_element_nor_attribute(hostile: list[str]) -> None:
    plain = [tag for tag, _ in inert(page_of(*every_block("plain")).render()).tags]
    for text in hostile:
        page = Page(text, text, footer=text)
        page.add(Section(text, every_block(text), text))
        reader = inert(page.render())
        assert {tag for tag, _ in reader.tags} <= {*plain, "footer", "title", "wbr"}
        assert text in "".join(reader.text)  # shown as it is


@given(st.text(min_size=1, max_size=40))
def test_any_text_survives_in_the_data_of_the_map(text: str) -> None:
    points, codes = np.zeros((2, 2)), np.zeros(2, dtype=int)
    block = Map(points, [text, text], [Partition("Segment", codes, ["a"])], ids=[text, text])
    reader = inert(page_of(block).render())
    (data,) = [json.loads(body) for attributes, body in reader.scripts if "type" in attributes]
    assert data["ids"] == [text, text]
    assert data["texts"][0] == " ".join(text.split())


def test_policy_allows_exactly_the_pages_own_script_and_style() -> None:
    html = page_of(*every_block("plain")).render()
    policy = next(m["content"] for m in Reader(html).named("meta") if "http-equiv" in m) or ""
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    for kind in ("script", "style"):
        body = re.search(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_page_fetches_nothing() -> None:
    html = page_of(*every_block("plain")).render()
    assert "://" not in html.replace("http://www.w3.org/2000/svg", "")
    assert "@import" not in html
    assert "url(" not in html


def test_contents_name_every_section_once() -> None:
    page = Page("T")
    for title in ("Map", "Map", "Ünï çödé", "!!!", "Content"):
        page.add(Section(title, [Prose("words")]))
    reader = Reader(page.render())
    links = [str(a["href"])[1:] for a in reader.named("a") if a.get("class") != "skip"]
    identities = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(links) == 5
    assert set(links) <= set(identities)
    assert len(identities) == len(set(identities))


def test_write_replaces_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "made" / "report.html"
    page_of(Prose("first")).write(target)
    assert page_of(Prose("second")).write(target) == target
    assert "second" in target.read_text(encoding="utf-8")
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]


def test_write_that_fails_keeps_the_old_page(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.mkdir()  # cannot be replaced by a file
    (target / "inside").touch()
    with pytest.raises(OSError, match=r"report\.html"):
        page_of(Prose("words")).write(target)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_lone_surrogates_and_control_characters_can_be_written(tmp_path: Path) -> None:
    path = page_of(*every_block("a\ud800b\x00c\x0b\u2028")).write(tmp_path / "odd.html")
    path.read_bytes().decode("utf-8")


def test_same_blocks_make_the_same_file() -> None:
    assert page_of(*every_block("x")).render() == page_of(*every_block("x")).render()


def test_page_says_its_language_and_works_on_phones() -> None:
    reader = Reader(Page("T", lang="de").render())
    assert reader.named("html")[0]["lang"] == "de"
    assert any(m.get("name") == "viewport" for m in reader.named("meta"))
