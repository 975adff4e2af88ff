"""Masks that a language model sees, and what stands behind them."""

from __future__ import annotations

import json
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.personal import Masks
from coterie.personal.reading import is_given

from .measuring import read_marked

ROWS = list(read_marked())
PIECES = sorted({row.text[start:end] for row in ROWS for start, end, _ in row.spans})
GLUE = [
    " ",
    "\n",
    ", ",
    ": ",
    "Dear ",
    "Regards,\n",
    "my name is ",
    "[",
    "]",
    "[name 1]",
    "[ e-Mail 02 ]",
    "[phone 1.2]",
    "password: ",
    "token=",
    "Herr ",
    "tel. ",
    "\u0130",
    "\ufb01",
    "\x00",
    "]]]]]]",
]
TEXTS = st.lists(st.sampled_from([*PIECES, *GLUE]) | st.text(max_size=8), max_size=12).map("".join)
UNITS = [
    "a.",
    "1 ",
    "1-",
    "@a",
    "[name 1",
    "[name 1]",
    "key a1......",
    "password=",
    "Anna-",
    "ANNA-",
    "Anna ",
    "de ",
    "Dear Dear ",
    "Herr von ",
    "my name is ",
    "Am Am ",
    "A-a-",
    "12 High ",
    "eyJa-",
    "sk-",
    "0 ",
    "rue de la ",
    "Calle de ",
    "-----BEGIN PRIVATE KEY-----",
    "J. ",
    "a:",
    "ab:cd\n",
    "at dot ",
    "x" * 999,
    "12345 Ab ",
    "Thanks        ",
    "call me ",
    "\u00e9" * 50 + "a1B",
    "Straße",
    "]",
    "'s",
]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Hi, my name is Laura Bennett.", "Hi, my name is [name 1]."),
        (
            "Mein Name ist Jörg Klein, ich heiße Jörg",
            "Mein Name ist [name 1], ich heiße [name 1.2]",
        ),
        ("Je m'appelle Élodie Petit", "Je m'appelle [name 1]"),
        ("me llamo Lucía de la Fuente", "me llamo [name 1]"),
        ("Sehr geehrte Frau Dr. Lindemann,", "Sehr geehrte Frau Dr. [name 1],"),
        ("Estimado Sr. Carrasco:", "Estimado Sr. [name 1]:"),
        ("ok\n\nBest regards,\nJohn Smith", "ok\n\nBest regards,\n[name 1]"),
        (
            "Tina Wolf: hi\nAgent: hello\nXyla: me too",
            "[name 1]: hi\nAgent: hello\n[name 2]: me too",
        ),
        ("I live at 14 Orchard Lane, Bristol BS6 5QT", "I live at [address 1]"),
        ("wohnhaft Lindenstraße 14, 50674 Köln", "wohnhaft [address 1]"),
        ("au 3 bis, rue de la Paix, 75002 Paris", "au [address 1]"),
        ("en Calle Mayor 5, 3º B, 28013 Madrid", "en [address 1]"),
        ("to PO Box 22", "to [address 1]"),
        ("a@b.co, A@b.co, c@d.co", "[e-mail 1], [e-mail 1.2], [e-mail 2]"),
        ("from 2001:db8::8a2e:7334", "from [IP address 1]"),
        ("call 07700900412", "call [phone 1]"),
        ("see [name 1], Mr Smith", "see [name 1], Mr [name 2]"),
    ],
)
def test_what_a_model_sees(text: str, masked: str) -> None:
    masks = Masks()
    assert masks.hide(text) == masked
    assert masks.show(masked) == text


@pytest.mark.parametrize(
    "text",
    [
        "Will my order come in May?",
        "Rose wine from Paris, 12 May 2024, order 4459-8812",
        "Dear Customer Support, thanks in advance",
        "I am Canadian and I'm Happy with Version 2.14.3",
        "Herr Ober! Im Jahr 2015, Reihe 12, Platz 7",
        "Bonjour Madame, Monsieur, commande 78-44120",
        "Hola a todos, el pedido 55102 de Sevilla",
        "Product 7f1d2c3b-88aa-4f10-9c55-0b1e2d3c4a5f at 10:40:22",
    ],
)
def test_what_is_no_personal_data_stays(text: str) -> None:
    assert Masks().hide(text) == text


def test_one_object_gives_one_number_to_one_value_in_all_its_texts() -> None:
    masks = Masks()
    hidden = [
        masks.hide("I am John Smith, j@x.co"),
        masks.hide("John wrote from J@X.CO, and Smith agreed"),
        masks.hide("Ask Mary Jones or John Smith"),
    ]
    assert hidden == [
        "I am [name 1], [e-mail 1]",
        "[name 1.2] wrote from [e-mail 1.2], and [name 1.3] agreed",
        "Ask [name 2] or [name 1]",
    ]
    assert masks.counts == {"name": 2, "e-mail": 1}
    assert Masks().hide("Ask Mary Jones") == "Ask [name 1]"


@pytest.mark.parametrize("word", ["Will", "May", "Rose"])
def test_a_part_of_a_name_that_is_a_word_stays(word: str) -> None:
    masks = Masks()
    masks.hide(f"my name is {word} Turnbull")
    assert masks.hide(f"{word} it work? Turnbull") == f"{word} it work? [name 1.2]"


@pytest.mark.parametrize(
    "written",
    [
        "[e-mail 1]",
        "[E-Mail 1]",
        "[email 1]",
        "[ e mail 1 ]",
        "[EMAIL 01]",
        "[e\u2011mail\u00a01]",
        "[e-mail1]",
    ],
)
def test_a_mask_is_known_however_a_model_spells_it(written: str) -> None:
    masks = Masks()
    masks.hide("a@b.co")
    assert masks.show(f"Write to {written}.") == "Write to a@b.co."


def test_what_no_mask_stands_for_stays() -> None:
    masks = Masks()
    masks.hide("a@b.co")
    answer = "[e-mail 2] [e-mail 1.2] [name 1] [1] [e-mail] [note 1]"
    assert masks.show(answer) == answer


@given(st.lists(TEXTS, max_size=4))
def test_all_texts_come_back_as_they_were(texts: list[str]) -> None:
    masks = Masks()
    hidden = [masks.hide(text) for text in texts]
    assert [masks.show(each) for each in hidden] == texts
    again = Masks()
    assert [again.hide(text) for text in texts] == hidden


@given(st.text())
def test_any_text_comes_back_as_it_was(text: str) -> None:
    masks = Masks()
    assert masks.show(masks.hide(text)) == text


def test_all_texts_of_the_measurement_come_back_from_one_object() -> None:
    masks = Masks()
    hidden = [masks.hide(row.text) for row in ROWS]
    assert [masks.show(each) for each in hidden] == [row.text for row in ROWS]


def test_no_value_is_told() -> None:
    masks = Masks()
    masks.hide("my name is Laura Bennett, a@b.co")
    assert repr(masks) == f"Masks({masks.counts})"
    assert "Bennett" not in json.dumps(masks.counts)
    with pytest.raises(TypeError) as raised:
        masks.show(None)  # type: ignore[arg-type]
    assert "Laura" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("unit", UNITS)
def test_a_long_run_takes_linear_time(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    masks = Masks()
    assert masks.show(masks.hide(text)) == text  # a quadratic search would not come back


def test_a_text_of_a_million_characters_comes_back() -> None:
    size = 1_000_000 // len(UNITS)
    text = "\n".join(unit * (size // len(unit)) for unit in UNITS)
    masks = Masks()
    assert masks.show(masks.hide(text)) == text


def test_many_values_take_linear_time() -> None:
    text = " ".join(f"a{n}@b.co A{n}@b.co" for n in range(10_000))
    masks = Masks()
    assert masks.show(masks.hide(text)) == text
    assert masks.counts == {"e-mail": 10_000}


def test_given_names_are_known_with_and_without_their_accents() -> None:
    assert is_given("Lucía")
    assert is_given("LUCIA")
    assert not is_given("Will")
