"""Pages without personal data: every block, and names that stay apart."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from coterie.report import Group, Groups, HeatMap, Map, Note, Page, Partition, Prose, Section, Table

from .conftest import make_map
from .test_page import Reader, every_block, page_of

MAIL, OTHER = "anna.schmidt@mail.example.com", "ben@shop.example.org"
PHONE, CARD = "+49 170 1234567", "4111 1111 1111 1111"


def everything(page: Page) -> str:
    """All that a page gives to a reader or a program."""
    return page.render() + json.dumps(page.to_dict())


@pytest.mark.parametrize("piece", [MAIL, PHONE])
def test_no_block_shows_personal_data_unless_asked(piece: str) -> None:
    for text in (piece, f"write to {piece}, please"):
        page = Page(text, text, footer=text)
        page.add(Section(text, every_block(text), text))
        assert piece not in everything(page)
        shown = Page(text, text, footer=text, sections=page.sections, show_personal=True)
        assert shown.render().count(piece) > 40
        assert piece in json.dumps(shown.to_dict())


def test_the_page_says_what_is_masked_only_where_something_is() -> None:
    def notes(page: Page) -> list[str]:
        blocks = [block for section in page.to_dict()["sections"] for block in section["blocks"]]
        return [block["text"] for block in blocks if block["kind"] == "note"]

    assert notes(page_of(Prose("order 1234567890123 of 2025-03-31 for 12.50"))) == []
    (said,) = notes(page_of(Prose(f"write to {MAIL}")))
    assert "--show-personal" in said
    assert "show_personal=True" in said
    assert notes(page_of(Prose("write to [e-mail]"))) == [said]  # an example of a group
    page = page_of(Prose(f"write to {MAIL}"))
    shown = Page(page.title, sections=page.sections, show_personal=True)
    assert notes(shown) == []
    assert not any(isinstance(each, Note) for each in page.sections[0].blocks)  # as it was


def test_names_stay_apart_and_are_the_same_in_every_block() -> None:
    codes = np.array([0, 1, 1])
    page = page_of(
        Map(np.eye(3)[:, :2], ["a", "b", MAIL], [Partition("agent", codes, [MAIL, OTHER])]),
        Groups([Group(MAIL, 1), Group(f"Mails to {OTHER}", 2), Group("Part", 1, parent=MAIL)]),
        HeatMap([[1, 0], [0, 2]], [MAIL, OTHER], [OTHER, MAIL], ordered=False),
        Table(pd.DataFrame({"agent": [OTHER, MAIL], "rows": [2, 1]})),
        Prose(f"The largest is {OTHER}."),
    )
    drawn, groups, matrix, table, prose, _ = page.to_dict()["sections"][0]["blocks"]
    first, second = "[e-mail 1]", "[e-mail 2]"
    assert drawn["partitions"][0]["names"] == [first, second]
    assert first in drawn["texts"]
    assert {g["name"] for g in groups["groups"]} == {first, f"Mails to {second}", "Part"}
    assert {g["parent"] for g in groups["groups"]} == {first, ""}
    assert (matrix["rows"], matrix["columns"]) == ([first, second], [second, first])
    assert table["columns"][0]["texts"] == [second, first]
    assert table["columns"][1]["values"] == [2, 1]
    assert prose["paragraphs"] == [f"The largest is {second}."]
    assert set(page.to_dict()["colours"]["agent"]) == {first, second}
    assert second in Reader(page.render()).text


def test_ids_and_names_that_only_look_like_numbers_stay() -> None:
    ids = ["2024-000123-01", "4111111111111111", MAIL]
    codes = np.array([0, 1, 1])
    page = page_of(
        Map(np.eye(3)[:, :2], ["", "", ""], [Partition("it", codes, ["10.2.0.4", "b"])], ids=ids),
        Table(pd.DataFrame({"id": ids, "text": [f"see {each}" for each in ids]})),
    )
    drawn, table, _ = page.to_dict()["sections"][0]["blocks"]
    assert sorted(drawn["ids"]) == sorted([*ids[:2], "[e-mail 1]"])
    assert drawn["partitions"][0]["names"] == ["10.2.0.4", "b"]
    assert table["columns"][0]["texts"] == [*ids[:2], "[e-mail 1]"]
    assert table["columns"][1]["texts"] == ["see [phone]", "see [card]", "see [e-mail 1]"]


def test_texts_are_cut_after_they_are_masked() -> None:
    text = "x " * 70 + MAIL  # the map cuts within the address
    block = make_map(n=20, texts=[text] * 20)
    table = Table(pd.DataFrame({"text": [text, None]}), cut={"text": 150})
    page = page_of(block, table)
    assert "anna" not in everything(page)
    drawn, cells, _ = page.to_dict()["sections"][0]["blocks"]
    assert all(each.endswith("[e-mail]") for each in drawn["texts"])
    assert cells["columns"][0]["texts"][0].endswith("[e-mail]")
    shown = Page("", sections=[Section("", [table])], show_personal=True).to_dict()
    assert len(shown["sections"][0]["blocks"][0]["columns"][0]["texts"][0]) <= 150


def test_a_sample_of_a_large_map_is_the_same_and_masked() -> None:
    block = make_map(n=3000, limit=200, texts=[f"{i} {MAIL}" for i in range(3000)])
    masked = page_of(block).to_dict()["sections"][0]["blocks"][0]
    shown = Page("", sections=[Section("", [block])], show_personal=True).to_dict()
    plain = shown["sections"][0]["blocks"][0]
    assert masked["x"] == plain["x"]
    assert masked["texts"] == [text.replace(MAIL, "[e-mail]") for text in plain["texts"]]


def test_placeholders_prices_and_dates_stay() -> None:
    said = "{{Order Number}} of 2025-03-31, 12.50 or 1,299.00, order 1234567890123, ${x} [NAME]"
    page = page_of(Prose(said))
    assert page.to_dict()["sections"][0]["blocks"] == [{"kind": "prose", "paragraphs": [said]}]


def test_parts_of_texts_and_whole_texts_are_masked() -> None:
    frame = pd.DataFrame({"text": [f"hello\nwrite to {MAIL} please\nthanks"]})
    table = Table(frame, excerpts={"text": [f"… write to {MAIL} please …"]}, cut={"text": 90})
    page = Page("A page", sections=[Section("S", [table])])
    assert MAIL not in page.render()
    assert MAIL not in json.dumps(page.to_dict())
