"""Personal data in texts: what is found, masked and left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.personal import excerpt, has_mask, hiding, mask, without_personal

MAIL, PHONE = "anna.schmidt@mail.example.com", "+49 170 1234567"
UNITS = ["a.", "1 ", "1-", "@a", "{", "<a ", "+", "www.", "GB82 ", f"{MAIL} ", f"{PHONE}, ", "[e-"]


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
