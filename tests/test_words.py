"""Words of any script."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.words import ADDRESS, TOKEN, UNSPACED, is_unspaced, runs, word_pattern, word_spans


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("it\u2019s a well-known_thing, no?", ["it\u2019s", "a", "well-known_thing", "no"]),
        ("cafe\u0301 'quoted' - 24/7", ["cafe\u0301", "quoted", "24", "7"]),
        ("我的卡 kaput", ["我的", "的卡", "kaput"]),
        ("時々", ["時々"]),
        ("我", ["我"]),
        (" ... ", []),
    ],
)
def test_spans_are_those_of_words_and_of_pairs_of_characters_without_blanks(text, words):
    assert [text[start:end] for start, end in word_spans(text)] == words


@given(st.text(max_size=60))
def test_spans_cover_every_letter_and_digit_in_order(text):
    spans = list(word_spans(text))
    assert spans == sorted(spans)
    covered = {at for start, end in spans for at in range(start, end)}
    assert not any(c.isalnum() for at, c in enumerate(text) if at not in covered)


@given(st.text(max_size=60))
def test_runs_hold_letters_and_digits_alone(text):
    assert "".join(runs(text)) == "".join(re.findall(r"[^\W_]", text))


def test_patterns_keep_joined_words_and_addresses_whole():
    word = word_pattern("'&")
    assert re.findall(word, "don't R&D a-b हिन्दी") == ["don't", "R&D", "a", "b", "हिन्दी"]
    assert re.findall(word, "我a") == ["a"]
    assert re.findall(ADDRESS, "see www.a.b, or me@c.org") == ["www.a.b,", "me@c.org"]
    assert re.findall(TOKEN, "a_b c-d") == ["a_b", "c", "d"]
    assert re.findall(f"[{UNSPACED}]", "a我ｶ々𠀀") == ["我", "ｶ", "々", "𠀀"]
    assert is_unspaced("我")
    assert not is_unspaced("我的")
