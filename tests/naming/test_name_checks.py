"""What is wrong with a name or a description that a language model gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.segments.naming.by_model.checks import (
    first_sentence,
    name_length,
    wrong_description,
    wrong_name,
)

GOOD = [
    *("Lost or stolen cards", "Refund not received", "Chairs, tables and lamps", "Card PIN"),
    *("Where is my parcel?", "Questions about refunds", "Top-up by bank transfer", "3D Secure"),
    *("Fehlende Rückerstattung", "Kundenkarte verloren", "Remboursement non reçu"),
    *("Carte bancaire perdue", "Reembolso no recibido", "Tarjeta robada o perdida"),
    *("返金が届かない", "カードの紛失", "退款未到账", "银行卡丢失", "บัตรหาย", "เงินคืนล่าช้า"),
    *("카드 분실 신고", "Возврат денег", "استرداد المال", "कार्ड खो गया", "Χαμένη κάρτα"),
]


@pytest.mark.parametrize("name", GOOD)
def test_good_names_of_many_languages_pass(name: str) -> None:
    assert wrong_name(name, words=5) == ""
    assert wrong_name(f"  {name} ", words=5) == ""


@pytest.mark.parametrize("name", ["", "  ", "...", "123", "!?", "- -"])
def test_a_name_without_letters_is_empty(name: str) -> None:
    assert wrong_name(name, words=5)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("A name of far too many words", 5),
        ("Lost cards", 1),
        ("Unbelievably" * 6, 5),
        ("返金がまだ届かないので困っているお客様からの問い合わせ", 5),
        ("我的银行卡在旅行途中丢失了现在应该怎么办才好", 5),
        ("ลูกค้าสอบถามเกี่ยวกับบัตรที่หายระหว่างการเดินทาง", 5),
    ],
)
def test_a_name_that_is_too_long_is_told_how_long_it_may_be(name: str, words: int) -> None:
    assert str(words) in wrong_name(name, words=words)


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("refund, card, order", ()),
        ("Refund / card / order", ()),
        ("Refund; card; order", ()),
        ("refund | card", ("refund", "card")),
        ("Card, Refund", ("refund", "card")),
        ("refund card order", ("refund", "card order")),
        ("cards orders refunds", ("refund", "card", "order")),
    ],
)
def test_a_list_is_no_name(name: str, terms: tuple[str, ...]) -> None:
    assert "list" in wrong_name(name, words=5, terms=terms)


def test_terms_in_a_phrase_are_no_list() -> None:
    terms = ("refund", "card", "order")
    assert wrong_name("Refund of a card order", words=5, terms=terms) == ""
    assert wrong_name("Card refund", words=5, terms=terms) == ""
    assert wrong_name("Lost, stolen cards", words=5, terms=terms) == ""


@pytest.mark.parametrize(
    "name",
    [
        *("Customer support queries", "Customer Requests", "General inquiries", "Other"),
        *("Various customer issues", "Text group", "The category", "Kundenanfragen der Kunden"),
        *("Allgemeine Fragen", "Verschiedenes", "Demandes des clients", "Questions générales"),
        *("Consultas de los clientes", "Otros", "Queries about problems"),
    ],
)
def test_a_name_that_fits_any_group_is_none(name: str) -> None:
    assert wrong_name(name, words=5)


@pytest.mark.parametrize(
    "said",
    [
        "Refund for anna.schmidt@example.com",
        "Call +49 170 1234567",
        "Card 4111 1111 1111 1111",
        "Refund for [e-mail 1]",
        "Refund for [name 2.3]",
        "Refund for [NAME]",
        "Letters of [phone]",
    ],
)
def test_personal_data_and_masks_are_in_no_name(said: str) -> None:
    assert "personal" in wrong_name(said, words=9)
    assert "personal" in wrong_description(f"Customers write about {said}.")


DESCRIPTIONS = {
    "English": "Customers have lost their bank card and want to know how to block it quickly.",
    "German": "Die Kunden haben ihre Bankkarte verloren und möchten wissen, wie man sie sperrt.",
    "French": "Les clients ont perdu leur carte bancaire et veulent savoir comment la bloquer.",
    "Spanish": "Los clientes han perdido su tarjeta bancaria y quieren saber cómo bloquearla.",
    "Japanese": "お客様は銀行のカードを紛失したため、どのようにして利用を停止すればよいのか、"
    "また新しいカードがいつ届くのかを知りたいと考えています。",
    "Chinese": "客户丢失了银行卡、想知道如何尽快挂失并补办新卡、以及在此期间怎样才能继续使用账户"
    "里的钱来支付日常的各种费用、同时还想了解新卡寄到家里需要多长时间以及要收取多少手续费。",
    "Thai": "ลูกค้าทำบัตรธนาคารหายและต้องการทราบวิธีระงับบัตรโดยเร็วที่สุดก่อนที่จะมีคนนำไปใช้",
}


@pytest.mark.parametrize("asked", DESCRIPTIONS)
@pytest.mark.parametrize("written", DESCRIPTIONS)
def test_a_description_is_in_the_language_that_was_asked_for(asked: str, written: str) -> None:
    wrong = wrong_description(DESCRIPTIONS[written], language=asked)
    assert bool(wrong) == (asked != written)
    assert wrong == "" or (asked in wrong and written in wrong)
    assert bool(wrong_description(DESCRIPTIONS[written], language=asked.lower())) == bool(wrong)


def test_a_language_that_cannot_be_told_is_not_judged() -> None:
    assert wrong_description(DESCRIPTIONS["German"], language="Klingon") == ""
    assert wrong_description("Karten sind weg.", language="English") == ""  # too short
    assert wrong_description(DESCRIPTIONS["German"]) == ""


@pytest.mark.parametrize("text", ["", " ", "...", "x" * 300])
def test_an_empty_or_endless_description_is_wrong(text: str) -> None:
    assert wrong_description(text)


def test_the_first_sentence_is_kept() -> None:
    assert first_sentence("Cards are lost.\n They want new ones. Now!") == "Cards are lost."
    assert first_sentence("カードを紛失。 新しいカード。") == "カードを紛失。"
    assert first_sentence("no end") == "no end"


@given(st.text(max_size=120), st.integers(1, 12), st.lists(st.text(max_size=12), max_size=4))
def test_whatever_passes_is_a_short_line(name: str, words: int, terms: list[str]) -> None:
    if wrong_name(name, words=words, terms=terms) == "":
        flat = " ".join(name.split())
        assert 0 < len(flat) <= 60
        assert name_length(flat) <= words
        assert len(flat.split()) <= words
        assert "[" not in flat or "]" not in flat[flat.index("[") :]
    assert "\n" not in wrong_name(name, words=words, terms=terms)


@given(st.text(max_size=400))
def test_a_description_that_passes_fits_a_card(text: str) -> None:
    if wrong_description(text, language="English") == "":
        assert 0 < len(first_sentence(text)) <= 240


def test_a_name_that_repeats_the_business_is_refused() -> None:
    assert wrong_name("An Online Shop", words=5, business="an online shop for shoes")
    assert wrong_name("The business", words=5, business="an online shop for shoes")
    assert wrong_name("Online payment", words=5, business="an online shop for shoes") == ""
