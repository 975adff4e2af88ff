"""Cards of rows that were found, and chips of the conditions they had to meet."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from coterie.errors import OptionError
from coterie.report import Card, Cards, Chip, Chips, Grid, Group, Groups, Map, Page, Partition
from coterie.report.palette import SLOTS

from .showing import missing
from .test_page import page_of, read

LONG = "\n".join(f"line {i} of a text that nobody reads to its end" for i in range(20))
MAIL, PHONE = "anna.schmidt@mail.example.com", "+49 170 1234567"


def pills(html: str) -> list[tuple[str, str, int | None]]:
    """Column, value and colour slot of each pill."""
    found = re.findall(
        r'class="pill(?: c(\d+))?".*?<small><bdi>(.*?)</bdi></small> <bdi>(.*?)</bdi>', html
    )
    return [(column, value, int(slot) if slot else None) for slot, column, value in found]


def with_values(*pairs: tuple[str, str]) -> Card:
    return Card("a", categories=pairs)


def test_a_card_says_all_and_cuts_the_text_to_open_it_whole() -> None:
    card = Card(
        "Niamh", LONG, 0.804, "cosine 0.612", [("sector", "Health")], {"country": "Ireland"},
        ["sector: Health"], "words and meaning",
    )  # fmt: skip
    block = Cards([card], "Closest", "A note.")
    html = page_of(block).render()
    short = re.search(r"<summary><span>(.*?)</span>", html)
    assert short is not None
    assert short[1].endswith("…")
    assert len(short[1]) <= 240
    assert f'<div dir="auto">{LONG}</div>' in html
    for said in ("cosine 0.612", "words and meaning", "Ireland", "country", "Closest", "A note."):
        assert said in html
    assert missing(page_of(block)) == set()


def test_the_ring_is_as_long_as_the_share_and_says_it_to_all() -> None:
    html = page_of(Cards([Card("a", share=0.8), Card("b", share=0.0), Card("c", share=1)])).render()
    assert re.findall(r'pathLength="100" stroke-dasharray="([\d.]+) 100"', html) == [
        *("80.00", "0.00", "100.00")
    ]
    assert re.findall(r'role="img" aria-label="How close: (\d+%)"', html) == ["80%", "0%", "100%"]
    assert "<svg class=" not in page_of(Cards([Card("a"), Card("b", share=np.nan)])).render()


def test_json_of_cards_and_chips() -> None:
    card = Card("a", LONG, 0.75, "s", [("k", "v")], {"f": "g"}, ("r",), "meaning")
    data = Cards([card, Card("b", share=float("nan"))], "T", limit=1).to_dict()
    first, second = json.loads(json.dumps(data, allow_nan=False))["cards"]
    assert first == {
        "title": "a", "text": LONG, "share": 0.75, "percent": "75%", "score": "s",
        "categories": [{"column": "k", "value": "v"}], "facts": {"f": "g"}, "reasons": ["r"],
        "found_by": "meaning",
    }  # fmt: skip
    assert (second["share"], second["percent"], second["categories"]) == (None, "", [])
    assert (data["kind"], data["title"], data["limit"]) == ("cards", "T", 1)
    chips = Chips([Chip("budget is High", "budget = 'High'", "from your words")], "rest")
    assert chips.to_dict() == {
        "kind": "chips",
        "chips": [
            {"text": "budget is High", "expression": "budget = 'High'", "origin": "from your words"}
        ],
        "rest": "rest", "title": "", "note": "",
    }  # fmt: skip


def test_a_value_has_one_colour_on_the_whole_page_and_two_columns_have_two() -> None:
    high, low = ("budget", "High"), ("budget", "Low")
    other, health = ("risk", "High"), ("sector", "Health")
    page = page_of(
        Cards([with_values(low, other), with_values(high)]),
        Grid([Cards([with_values(health, high), with_values(high)])]),
    )
    drawn = pills(page.render())
    slots = {(column, value): slot for column, value, slot in drawn}
    assert len(set(drawn)) == len(slots) == len(set(slots.values())) == 4
    assert slots[high] == 0  # the commonest
    said = page.to_dict()["colours"]
    assert {(column, value): said[column][value] for column, value in slots} == slots


def test_a_value_that_is_a_group_on_a_map_has_the_colour_of_the_group() -> None:
    codes = np.array([0, 1, 2])
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 5.0]])
    drawn = Map(points, ["a"] * 3, [Partition("sector", codes, ["Health", "Retail", "Banking"])])
    page = page_of(drawn, Cards([with_values(("sector", "Banking"), ("sector", "Space"))]))
    colours = page.to_dict()["colours"]["sector"]
    assert set(colours) == {"Health", "Retail", "Banking", "Space"}
    assert pills(page.render()) == [
        ("sector", "Banking", colours["Banking"]),
        ("sector", "Space", colours["Space"]),
    ]
    assert colours["Banking"] == page_of(drawn).to_dict()["colours"]["sector"]["Banking"]
    assert len(set(colours.values())) == 4


def test_values_beyond_the_palette_are_neutral() -> None:
    cards = [with_values(("city", f"c{i}")) for i in range(SLOTS + 3)]
    page = page_of(Cards(cards))
    slots = [slot for _, _, slot in pills(page.render())]
    assert slots == [*range(SLOTS), None, None, None]
    assert len(page.to_dict()["colours"]["city"]) == SLOTS


def test_a_group_that_no_map_has_is_not_shown_on_one_by_a_value_of_its_name() -> None:
    page = page_of(Groups([Group("Health", 1)]), Cards([with_values(("sector", "Health"))]))
    assert 'class="show-on-map"' not in page.render()


def test_long_columns_and_values_are_cut_on_pills_and_whole_in_the_details() -> None:
    column, value = "Which of these best describes your budget?", "Between ten and twenty " * 3
    html = page_of(Cards([with_values((column, value.strip()))])).render()
    ((label, said, _),) = pills(html)
    assert label.endswith("…")
    assert said.endswith("…")
    assert f"<dt><bdi>{column}</bdi></dt><dd><bdi>{value.strip()}</bdi></dd>" in html
    assert "<details" not in page_of(Cards([with_values(("budget", "High"))])).render()


def test_a_button_shows_the_cards_beyond_the_limit() -> None:
    cards = [Card(f"n{i}") for i in range(5)]
    html = page_of(Cards(cards, limit=3)).render()
    assert html.count('<li class="card more">') == 2
    assert "Show all 5" in html
    assert 'class="show-all"' not in page_of(Cards(cards, limit=5)).render()


def test_no_cards_are_said_and_what_cannot_be_shown_is_an_error() -> None:
    assert "No row passes the filter." in "".join(
        read(Cards([], empty="No row passes the filter.")).text
    )
    for share in (-0.1, 1.1, float("inf")):
        with pytest.raises(OptionError, match="0 to 1"):
            Card("a", share=share)
    with pytest.raises(OptionError, match="leave the chips out"):
        Chips([], " ")
    assert "words alone" in page_of(Chips([], "words alone")).render()


def test_headings_follow_each_other() -> None:
    assert re.findall(r'<(h\d) class="card-title', page_of(Cards([Card("a")])).render()) == ["h3"]
    assert re.findall(r'<(h\d) class="card-title', page_of(Cards([Card("a")], "T")).render()) == [
        "h4"
    ]


def test_a_long_expression_opens() -> None:
    expression = "country IN (" + ", ".join(f"'Country {i}'" for i in range(40)) + ")"
    page = page_of(Chips([Chip("country is one of 40", expression)]))
    reader = read(Chips([Chip("country is one of 40", expression)]))
    assert [text for text in reader.text if text == expression] == [expression]
    assert missing(page) == set()


@pytest.mark.parametrize("piece", [MAIL, PHONE])
def test_cards_and_chips_show_no_personal_data_and_names_stay_apart(piece: str) -> None:
    said = f"{'word ' * 46}{piece} and more"  # the cut falls within it
    page = page_of(
        Cards(
            [
                Card(piece, said, 0.5, said, [(piece, piece)], {piece: said, "id": piece}, [said]),
                Card("ben@shop.example.org", categories=[("agent", "ben@shop.example.org")]),
            ],
            said,
            said,
        ),
        Cards([], empty=said),
        Chips([Chip(said, f"agent = '{piece}'", "from your words")], said, said, said),
    )
    everything = page.render() + json.dumps(page.to_dict())
    assert piece not in everything
    assert piece[:9] not in everything
    shown = Page("T", sections=page.sections, show_personal=True)
    assert piece in shown.render()
    first, second = page.to_dict()["sections"][0]["blocks"][0]["cards"]
    assert re.fullmatch(r"\[(e-mail|phone) 1\]", first["title"])
    assert first["categories"] == [{"column": first["title"], "value": first["title"]}]
    assert first["facts"]["id"] == first["title"] != second["title"]
    assert {value for _, value, _ in pills(page.render())} == {first["title"], second["title"]}
    assert second["title"] in page.to_dict()["colours"]["agent"]


def test_ids_that_only_look_like_numbers_stay() -> None:
    number = "4111111111111111"
    page = page_of(Cards([Card(number, f"see {number}", facts={"id": number})]))
    (card,) = page.to_dict()["sections"][0]["blocks"][0]["cards"]
    assert (card["title"], card["facts"]["id"], card["text"]) == (number, number, "see [card]")
