"""Names in scripts without blanks are whole words, or texts."""

# ruff: noqa: RUF001 - other scripts are meant

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from coterie.segments.naming import unspaced
from coterie.segments.naming.names import Description, describe_segments
from tests.languages import JAPANESE, THAI, Parts, topics_of

CHINESE: Parts = {
    "delivery": (
        ["我的包裹", "快递", "货物"],
        ["还没有到", "送错地址了", "在路上丢失了"],
        ["", "，请帮忙"],
    ),
    "refund": (["我想要", "请给我", "我需要"], ["退款", "退货退款", "全额退款"], ["", "，谢谢"]),
}

needs_icu = pytest.mark.skipif(
    importlib.util.find_spec("icu4py") is None,
    reason="needs icu4py: pip install 'coterie[multilingual]'",
)
languages = pytest.mark.parametrize(
    "parts", [THAI, JAPANESE, CHINESE], ids=["Thai", "Japanese", "Chinese"]
)


def _described(parts: Parts, each: int = 16) -> tuple[list[str], np.ndarray, list[Description]]:
    frame = topics_of(parts, each)
    codes = frame["topic"].astype("category").cat.codes.to_numpy()
    vectors = np.eye(len(parts), dtype=np.float32)[codes]
    return frame["text"].tolist(), codes, describe_segments(frame["text"].tolist(), codes, vectors)


@needs_icu
@languages
def test_names_are_whole_words_of_the_texts(parts: Parts) -> None:
    from icu4py.breakers import WordBreaker

    texts, codes, found = _described(parts)
    assert len({about.name for about in found}) == len(parts)
    for group, about in enumerate(found):
        mine = [text for text, code in zip(texts, codes, strict=True) if code == group]
        for phrase in (*about.name.split(", "), *about.terms):
            assert any(_at_borders(phrase, text, WordBreaker) for text in mine), phrase


def _at_borders(phrase: str, text: str, breaker: type) -> bool:
    borders = {0} | {end for _, end in breaker(text, "en").segments()}
    start = text.find(phrase)
    return start >= 0 and start in borders and start + len(phrase) in borders


@needs_icu
@languages
def test_names_do_not_begin_or_end_with_function_words(parts: Parts) -> None:
    for about in _described(parts)[2]:
        for phrase in about.name.split(", "):
            words = unspaced.cut_words(phrase)
            assert not unspaced.is_function_word(words[0])
            assert not unspaced.is_function_word(words[-1])


@languages
def test_without_icu_names_are_texts(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coterie.segments.naming.phrases.can_cut", lambda: False)
    texts, codes, found = _described(parts)
    for group, about in enumerate(found):
        quoted = about.name.strip("\u201c\u201d").rstrip("\u2026")
        mine = [text for text, code in zip(texts, codes, strict=True) if code == group]
        assert any(text.startswith(quoted) for text in mine)
        assert about.terms == ()


def test_english_among_other_scripts_keeps_its_names() -> None:
    texts = [
        "cancel my order",
        "please cancel my order 注文",
        "where is my parcel",
        "my parcel 荷物",
    ]
    codes = np.array([0, 0, 1, 1])
    vectors = np.eye(2, dtype=np.float32)[codes]
    names = [about.name for about in describe_segments(texts, codes, vectors)]
    assert names == ["Cancel order", "Parcel"]
