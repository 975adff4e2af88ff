"""What masking finds in the texts that are held out, and in real texts without personal data."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from coterie.personal.masks import find_personal

from .measuring import KINDS, LANGUAGES, Score, measure, read_marked, table

PRIVACY = Path(__file__).parents[2] / "docs" / "privacy.md"
ROWS = list(read_marked())

MEASURED = {
    "name": (88, 91),
    "address": (88, 95),
    "e-mail": (94, 100),
    "phone": (100, 93),
    "card": (100, 100),
    "IBAN": (100, 100),
    "IP address": (100, 100),
    "key": (100, 100),
    "en": (92, 92),
    "de": (92, 96),
    "fr": (92, 95),
    "es": (91, 92),
    "all": (92, 94),
}
"""Recall and precision on the held-out half, in percent, rounded down."""


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    return measure(row for row in ROWS if row.held_out)[0]


def test_the_texts_are_as_many_and_as_varied_as_the_page_says() -> None:
    assert sum(len(row.spans) for row in ROWS) >= 400
    texts = Counter(row.language for row in ROWS)
    assert set(texts) == set(LANGUAGES)
    assert min(texts.values()) >= 100
    assert len({row.text for row in ROWS}) == len({row.id for row in ROWS}) == len(ROWS)
    assert {kind for row in ROWS for *_, kind in row.spans} == set(KINDS)
    assert sum(not row.spans for row in ROWS) >= 150  # nothing to find there
    page = PRIVACY.read_text(encoding="utf-8")
    planted = sum(len(row.spans) for row in ROWS)
    assert f"{len(ROWS)} texts with {planted} planted pieces" in " ".join(page.split())


@pytest.mark.parametrize("name", MEASURED)
def test_no_less_is_found_than_was_measured(scores: dict[str, Score], name: str) -> None:
    recall, precision = MEASURED[name]
    assert math.floor(100 * scores[name].recall) >= recall
    assert math.floor(100 * scores[name].precision) >= precision


def test_the_figures_of_the_page_are_the_measured_ones(scores: dict[str, Score]) -> None:
    assert set(MEASURED) == set(scores)
    assert table(scores) in PRIVACY.read_text(encoding="utf-8")


@pytest.mark.data
def test_no_text_of_a_bank_without_personal_data_is_masked(data: Callable[..., Path]) -> None:
    path = data("banking77", "test.csv")
    with path.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert len(texts) == 3_080
    assert [text for text in texts if find_personal(text)] == []
