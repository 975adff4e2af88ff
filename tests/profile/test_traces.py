"""Placeholders, links and personal data."""

from __future__ import annotations

import numpy as np
import pytest

from coterie.personal import mask
from coterie.profile.scripts import count_scripts
from coterie.profile.traces import find_traces


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


def test_everything_is_counted_by_occurrence_and_by_row() -> None:
    traces = find_traces(
        [
            "{{Order  Number}} and {{Order Number}} a@b.co",
            "plain",
            "see www.x.com <br/> [NAME] ${id}",
        ],
        [3, 5, 2],
        10,
    )
    assert [(t.name, t.count, t.rows) for t in traces.placeholders] == [
        ("{{Order Number}}", 6, 3),
        ("[NAME]", 2, 2),
        ("${id}", 2, 2),
    ]
    assert {(t.name, t.rows) for t in traces.markup} == {("link", 2), ("HTML tag", 2)}
    (mail,) = traces.personal_data
    assert (mail.name, mail.count, mail.rows, mail.share) == ("e-mail address", 3, 3, 0.3)


@pytest.mark.parametrize("unit", ["a.", "1 ", "1-", "@a", "{", "<a ", "+", "www.", "GB82 "])
def test_long_texts_without_end_take_linear_time(unit: str) -> None:
    text = unit * 200_000
    find_traces([text], [1], 1)  # a quadratic search would not come back
    mask(text)


def test_scripts_are_those_of_most_letters() -> None:
    texts = [
        "hello мир",
        "привет ok",
        "你好",
        "こんにちは世界",
        "123 🙂",
        "",
        "안녕",
        "Ελληνικά",
        "مرحبا",
    ]
    counts = count_scripts(texts, np.arange(1, 10))
    assert counts == {
        "Latin": 1,
        "Cyrillic": 2,
        "Han": 3,
        "Japanese kana": 4,
        "no letters": 5 + 6,
        "Hangul": 7,
        "Greek": 8,
        "Arabic": 9,
    }
