"""Personal data in texts: what is found, masked and left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.personal import excerpt, has_mask, hiding, mask, without_personal

MAIL, PHONE = "anna.schmidt@mail.example.com", "+49 170 1234567"
UNITS = [
    "a.",
    "1 ",
    "1-",
    "@a",
    "{",
    "<a ",
    "+",
    "www.",
    "GB82 ",
    f"{MAIL} ",
    f"{PHONE}, ",
    "[e-",
    "key: a",
    "Ab1",
    "sk-",
]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to jo.doe+x@mail.example.co.uk.", "write to [e-mail]."),
        ("call +44 20 7946 0958 now", "call [phone] now"),
        ("call (415) 555-2671.", "call [phone]."),
        ("call 0049-171-1234567", "call [phone]"),
        ("pay 4111 1111 1111 1111", "pay [card]"),
        ("pay 5500000000000004!", "pay [card]!"),
        ("iban GB82 WEST 1234 5698 7654 32", "iban [IBAN]"),
        ("iban DE89370400440532013000", "iban [IBAN]"),
        ("from 192.168.100.200", "from [IP address]"),
        ("a@b.co and c@d.co", "[e-mail] and [e-mail]"),
        ("with sk-Ab12Cd34Ef56Gh78Ij90", "with [key]"),
        ("AKIAIOSFODNN7EXAMPLE is refused", "[key] is refused"),
        ("use ghp_16C7e42F292c6912E7710c838347Ae178B4a.", "use [key]."),
        ("xoxb-2391182-a8Fk2LmQ9z", "[key]"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.dBjftJeZ4C", "Bearer [key]"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nno",
            "[key]\nno",
        ),
        ("password: xyz", "password: [key]"),
        ("my password is Sun7flower, ok", "my password is [key], ok"),
        ("Passwort: Winter2024!", "Passwort: [key]"),
        ("mot de passe : Croissant#2023", "mot de passe : [key]"),
        ("contraseña: verano9", "contraseña: [key]"),
        ("https://x.example/?api_key=abc&page=2", "https://x.example/?api_key=[key]&page=2"),
        ("DB_PASSWORD=kx7!mPq2", "DB_PASSWORD=[key]"),
        ("sent qZ8xK2mP7vB4nT9wR3cY6d1F there", "sent [key] there"),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "order 1234567890123",  # no plus, no groups
        "card 4111 1111 1111 1112",  # wrong check digit
        "on 2025-03-31 14:05",
        "on 31.12.2025 at 10",
        "version 999.1.2.3",
        "it costs 12.50 or 1,299.00",
        "see @home",
        "{{Order Number}} 42",
        "product 7f1d2c3b-88aa-4f10-9c55-0b1e2d3c4a5f",
        "digest b7f3e2a94c1d4e0f8a6b5c4d3e2f1a09",
        "the password: reset link is dead",
        "my password is wrong, and the token is expired",
        "Donaudampfschifffahrtsgesellschaft 2024",
        "tracking 00340434161094042557, JD0002216789456",
        "in /opt/X11R5/lib/X11/fonts/100dpi/fonts",
        "Mage_Catalog_Model_Resource_Eav_Mysql4_Product",
        "Dear Anna Schmidt, of 14 Orchard Lane",  # for remote models alone
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("unit", UNITS)
def test_long_texts_take_linear_time(unit: str) -> None:
    text = unit * (2_000_000 // len(unit))
    mask(text)  # a quadratic search would not come back
    without_personal(text)


def test_nothing_is_masked_where_all_may_be_seen() -> None:
    assert hiding(show_personal=True)(MAIL) == MAIL
    assert hiding(show_personal=False)(MAIL) == "[e-mail]"


def test_a_mask_is_known_again_and_other_brackets_are_not() -> None:
    assert has_mask(f"write to {mask(MAIL)}")
    assert has_mask("[e-mail 12] wrote")
    assert not has_mask("[NAME] wrote [1]")
    assert without_personal(f"write to {MAIL} or {mask(PHONE)} now").split() == [
        "write", "to", "or", "now",
    ]  # fmt: skip


@given(st.integers(0, 400), st.integers(20, 200), st.sampled_from([MAIL, PHONE]))
def test_no_half_of_an_address_is_left_where_a_text_is_cut(
    before: int, width: int, piece: str
) -> None:
    shown = excerpt(f"{'so it is ' * before}{piece} and more{' and more' * before}", width)
    assert len(shown) <= width
    assert "anna" not in shown
    assert "+" not in shown
