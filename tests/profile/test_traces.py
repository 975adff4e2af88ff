"""Placeholders, links and personal data, counted."""

from __future__ import annotations

import numpy as np
import pytest

from coterie.profile.scripts import count_scripts
from coterie.profile.traces import find_traces


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
