from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.errors import InternalError
from coterie.synthetic.draws import Draws, Weighted, WeightedRows, uniforms
from coterie.synthetic.grammar import Phrase, Slots, compile_phrases, literals
from coterie.synthetic.style import nearly, sentences, slips, sloppy

PLAIN = st.text(st.characters(exclude_characters="(){}|"), min_size=1)


def say(text: str, seed: int = 0, words: dict[str, list[str]] | None = None) -> str:
    draws = Draws(seed)
    slots = Slots({k: compile_phrases(v) for k, v in (words or {}).items()}, draws)
    return Phrase(text).say(draws, slots)


def test_draws_are_the_same_on_every_machine() -> None:
    draws = Draws(7, 1)
    assert [draws.below(1000) for _ in range(5)] == [770, 111, 189, 159, 431]


def test_draws_with_other_numbers_are_independent() -> None:
    first, second = Draws(0, 1), Draws(1, 0)
    assert [first.unit() for _ in range(3)] != [second.unit() for _ in range(3)]


@given(st.lists(st.floats(0, 1e6), min_size=1).filter(lambda w: sum(w) > 0), st.integers(0, 99))
def test_weighted_never_draws_what_has_no_weight(weights: list[float], seed: int) -> None:
    weighted, draws = Weighted(weights), Draws(seed)
    assert all(weights[weighted.draw(draws)] > 0 for _ in range(20))


def test_weighted_keeps_the_shares() -> None:
    weighted, draws = Weighted([1.0, 0.0, 3.0]), Draws(3)
    drawn = [weighted.draw(draws) for _ in range(4000)]
    assert drawn.count(2) / 4000 == pytest.approx(0.75, abs=0.03)


def test_weighted_rows_keep_the_shares_of_each_row() -> None:
    weighted = WeightedRows([np.array([1.0, 3.0]), np.array([5.0]), np.array([1.0, 1.0, 2.0])])
    rows = np.repeat([0, 1, 2], 4000)
    drawn = weighted.draw(rows, uniforms(3)(len(rows)))
    shares = [np.bincount(drawn[rows == row], minlength=3) / 4000 for row in range(3)]
    wanted = [[0.25, 0.75, 0.0], [1.0, 0.0, 0.0], [0.25, 0.25, 0.5]]
    np.testing.assert_allclose(shares, wanted, atol=0.03)


@given(st.lists(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=9), min_size=1, max_size=9))
def test_weighted_rows_stay_in_their_row(weights: list[list[float]]) -> None:
    weighted = WeightedRows([np.array(row) for row in weights])
    sizes = np.array([len(row) for row in weights])
    for unit in (0.0, np.nextafter(1, 0)):
        drawn = weighted.draw(np.arange(len(sizes)), np.full(len(sizes), unit))
        assert (drawn >= 0).all()
        assert (drawn < sizes).all()


@given(st.lists(st.integers(), unique=True), st.integers(0, 9))
def test_sample_holds_different_options(options: list[int], size: int) -> None:
    drawn = Draws(1).sample(options, size)
    assert len(drawn) == len(set(drawn)) == min(size, len(options))


@given(PLAIN)
def test_a_phrase_without_signs_says_itself(text: str) -> None:
    assert say(text) == text


@given(PLAIN, st.integers(0, 20))
def test_names_with_signs_are_taken_literally(text: str, seed: int) -> None:
    (phrase,) = literals([f"{text}(a|b)"])
    draws = Draws(seed)
    assert phrase.say(draws, Slots({}, draws)) == f"{text}ab"


def test_every_alternative_is_said() -> None:
    said = {say("(a|(b|c) d|)!", seed) for seed in range(60)}
    assert said == {"a!", "b d!", "c d!", "!"}


def test_a_slot_keeps_its_value_and_a_numbered_one_has_its_own() -> None:
    words = {"product": [str(i) for i in range(500)]}
    first, second, again = say("{product} {product2} {product}", 4, words).split()
    assert first == again != second


@pytest.mark.parametrize("text", ["(a|b", "a)", "a|b", ")", "((a)"])
def test_a_bracket_that_does_not_match_is_told(text: str) -> None:
    with pytest.raises(InternalError, match="bracket"):
        Phrase(text)


def test_sentences_start_with_a_capital_and_have_single_spaces() -> None:
    assert sentences("a electric kettle and a used one") == "An electric kettle and a used one"
    assert sentences("hello,  you .  is it here ? yes") == "Hello, you. Is it here? Yes"


@given(st.text(), st.integers(0, 50))
def test_typing_takes_any_text(text: str, seed: int) -> None:
    draws = Draws(seed)
    assert slips(text, 0.0, draws) == text
    for typed in (slips(text, 1.0, draws), sloppy(text, draws), nearly(text, draws)):
        assert isinstance(typed, str)


def test_a_slip_changes_a_long_word_by_little() -> None:
    slipped = {slips("parcel", 1.0, Draws(seed)) for seed in range(30)}
    assert len(slipped) > 5
    assert all(abs(len(word) - 6) <= 1 for word in slipped)
