"""Near duplicates against a comparison of all with all."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from coterie.errors import OptionError
from coterie.profile import near_duplicates
from coterie.profile.near import fold

SENTENCE = (
    "refund order parcel account invoice please cancel where what late broken card money address "
    "delivery want help need change track payment failed twice charged wrong item never came"
)
WORDS = SENTENCE.split()


def _varied(n: int, seed: int) -> list[str]:
    """Write texts of which many are a few slips away from another."""
    random = np.random.default_rng(seed)
    texts: list[str] = []
    for _ in range(n):
        if texts and random.random() < 0.6:
            letters = list(texts[random.integers(len(texts))])
            for _ in range(random.integers(1, 5)):
                letters[random.integers(len(letters))] = "abcdefghij "[random.integers(11)]
            texts.append("".join(letters))
        else:
            texts.append(" ".join(random.choice(WORDS, size=random.integers(5, 16))))
    return list(dict.fromkeys(texts))


def _shingles(text: str) -> set[str]:
    padded = f" {fold(text)} ".ljust(4)
    return {padded[i : i + 4] for i in range(len(padded) - 3)}


def _similarity(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


@pytest.mark.parametrize("threshold", [0.5, 0.7, 0.8, 0.9])
def test_recall_is_high_and_nothing_is_wrong_against_all_pairs(threshold: float) -> None:
    texts = _varied(500, seed=1)
    sets = [_shingles(text) for text in texts]
    near = near_duplicates(texts, threshold=threshold)
    true = {
        i
        for a, b in combinations(range(len(texts)), 2)
        if _similarity(sets[a], sets[b]) >= threshold
        for i in (a, b)
    }
    grouped = np.flatnonzero(near.leader >= 0)

    assert len(true) > 40
    wrong = [i for i in grouped if _similarity(sets[i], sets[near.leader[i]]) < threshold]
    assert not wrong  # precision of 1
    # A text whose only neighbours follow another leader has none of its own: compare with that.
    expected = _brute_force_grouped(sets, threshold)
    assert expected <= true
    assert len(expected & set(grouped.tolist())) / len(expected) >= 0.98


def _brute_force_grouped(sets: list[set[str]], threshold: float) -> set[int]:
    leaders: dict[int, int] = {}
    for i in range(len(sets)):
        if i in leaders:
            continue
        for j in range(i + 1, len(sets)):
            if j not in leaders and _similarity(sets[i], sets[j]) >= threshold:
                leaders[j] = i
    return set(leaders) | set(leaders.values())


def test_similarity_is_the_exact_jaccard_to_the_leader() -> None:
    texts = _varied(200, seed=2)
    near = near_duplicates(texts, threshold=0.7)
    members = np.flatnonzero(near.leader >= 0)
    for i in members:
        expected = _similarity(_shingles(texts[i]), _shingles(texts[near.leader[i]]))
        assert near.similarity[i] == pytest.approx(expected)
    assert np.isnan(near.similarity[near.leader < 0]).all()


def test_the_leader_is_the_first_of_its_group_and_belongs_to_it() -> None:
    near = near_duplicates(_varied(400, seed=3), threshold=0.7)
    members = np.flatnonzero(near.leader >= 0)
    leaders = np.unique(near.leader[members])
    assert (near.leader[members] <= members).all()
    assert (near.leader[leaders] == leaders).all()
    assert (np.bincount(near.leader[members])[leaders] >= 2).all()


def test_case_punctuation_width_and_blanks_do_not_matter() -> None:
    texts = [
        "Where is my order?",
        "where is  my order",
        "Ｗhere is my order!!",  # noqa: RUF001
        "I want a refund",
    ]
    near = near_duplicates(texts)
    assert near.leader.tolist() == [0, 0, 0, -1]
    assert near.similarity[:3].tolist() == [1.0, 1.0, 1.0]


def test_thousands_of_rows_on_one_template_stay_cheap() -> None:
    n = 6000
    texts = [
        f"Your parcel with the long standing order has left our house {i:05d}" for i in range(n)
    ]
    near = near_duplicates(texts, threshold=0.7)
    assert (near.leader >= 0).all()
    assert near.compared < n * n / 50  # of n * n / 2 pairs, nearly all of them near


def test_the_same_seed_gives_the_same_groups() -> None:
    texts = _varied(300, seed=4)
    first, second = near_duplicates(texts, seed=7), near_duplicates(texts, seed=7)
    np.testing.assert_array_equal(first.leader, second.leader)


@pytest.mark.parametrize("texts", [[], ["one"], ["", "?"], ["a", "b"], ["\ud800", "\ud801"]])
def test_small_and_odd_lists_have_no_near_duplicates(texts: list[str]) -> None:
    near = near_duplicates(texts)
    assert near.leader.tolist() == [-1] * len(texts)


def test_chunks_of_long_texts_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = _varied(300, seed=5)
    whole = near_duplicates(texts)
    monkeypatch.setattr("coterie.profile.near._CHUNK_CHARS", 100)
    monkeypatch.setattr("coterie.profile.near._CHUNK_PAIRS", 3)
    np.testing.assert_array_equal(near_duplicates(texts).leader, whole.leader)


@pytest.mark.parametrize("threshold", [0.0, 0.29, 1.01, float("nan")])
def test_a_threshold_outside_its_range_is_refused(threshold: float) -> None:
    with pytest.raises(OptionError, match="threshold"):
        near_duplicates(["a", "b"], threshold=threshold)
