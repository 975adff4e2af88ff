"""Texts into words."""

from __future__ import annotations

import numpy as np
import pytest

from coterie.profile.words import count_words, tokenise


def _tokens(text: str) -> list[str]:
    tokens = tokenise([text])
    return [tokens.vocabulary[i] for i in tokens.ids]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I can't LOG in!", ["i", "can't", "log", "in"]),
        ("I can\N{RIGHT SINGLE QUOTATION MARK}t", ["i", "can't"]),
        ("Größe über naïve", ["größe", "über", "naïve"]),
        ("order {{Order Number}} late", ["order", "{{Order Number}}", "late"]),
        ("see https://a.example/b?c=D now", ["see", "https://a.example/b?c=d", "now"]),
        ("mail jo.x@example.com", ["mail", "jo.x@example.com"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("退款 now", ["退", "款", "now"]),
        ("snake_case 12", ["snake", "case", "12"]),
        ("🙂 ?! …", []),
        ("", []),
    ],
)
def test_texts_are_cut_into_words(text: str, expected: list[str]) -> None:
    assert _tokens(text) == expected


def test_plain_and_special_texts_are_cut_alike() -> None:
    plain = "It's not 2 late_r: re-order, please"
    assert _tokens(plain) == _tokens(f"é {plain}")[1:]


def test_counts_weigh_each_text_by_its_rows_and_leave_out_what_is_no_word() -> None:
    tokens = tokenise(["refund refund 12 [NAME] x", "late refund"])
    found = count_words(tokens, np.array([3, 1]), stop_words=["late"])
    assert [(t.term, t.count, t.rows, t.share) for t in found.words] == [("refund", 7, 4, 1.0)]
    assert [(t.term, t.count, t.rows) for t in found.pairs] == [("refund refund", 3, 3)]
    assert (found.tokens, found.distinct, found.once) == (6 + 3 + 2, 3, 1)


def test_pairs_do_not_reach_over_stop_words_or_texts() -> None:
    found = count_words(tokenise(["pay the bill", "card"]), np.array([1, 1]), stop_words=["the"])
    assert found.pairs == ()


def test_characters_of_unspaced_scripts_make_words_of_two() -> None:
    found = count_words(tokenise(["我要退款", "退款"]), np.array([1, 1]), stop_words=[])
    assert {t.term: t.count for t in found.words} == {"退款": 2, "我要": 1, "要退": 1}
    assert found.pairs == ()


def test_sets_hold_each_word_once() -> None:
    sets = tokenise(["a b a", "", "b"]).sets().toarray()
    assert sets.tolist() == [[1, 1], [0, 0], [0, 1]]
