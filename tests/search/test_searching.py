"""Searches: as many hits as pass, the right ones, by every plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coterie.errors import ColumnError
from coterie.search import nearest as nearest_rows
from coterie.search import writing
from coterie.search.filters import parse_filter
from coterie.search.recall import SHAPES
from coterie.search.searching import Query, search_index
from coterie.search.storage.reader import IndexReader
from coterie.search.words import build_postings, score_words, words_of
from coterie.search.writing import append_rows, create_index, delete_rows

from .conftest import DIM, made_rows

ROWS = 3_000


def frame_of(rows: int, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    sectors = np.array(["Health", "Tech", "Retail", None], dtype=object)
    return pd.DataFrame(
        {
            "number": random.integers(0, 1000, rows),
            "sector": random.choice(sectors, rows),
            "team": [f"team {n}" for n in random.integers(0, 40, rows)],
        }
    )


def ids_of(rows: int) -> list[str]:
    return [f"p{row}" for row in range(rows)]


def exact(index: IndexReader, vector: np.ndarray, passing: np.ndarray, k: int) -> list[int]:
    """The nearest rows, the plain way."""
    cosines = index.vectors(np.arange(index.places)) @ vector
    rows = np.flatnonzero(passing & index.alive)
    return rows[np.argsort(-cosines[rows], kind="stable")][:k].tolist()


@pytest.fixture
def coded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few thousand rows be many, so that they get codes and plans that use them."""
    monkeypatch.setattr(nearest_rows, "_GATHERED", 50 * DIM)
    monkeypatch.setattr(nearest_rows, "_SCANNED", 2_000 * DIM)
    monkeypatch.setattr(writing, "FEWEST_CODED", 1_000 * DIM)
    monkeypatch.setattr(writing, "_TAIL", 100)


@pytest.fixture
def many(tmp_path: Path, coded: None) -> IndexReader:
    pytest.importorskip("faiss")
    create_index(tmp_path / "many", made_rows(ids_of(ROWS), frame_of(ROWS)), encoder={}, reading={})
    return IndexReader(tmp_path / "many")


FILTERS = {
    None: "codes",
    "number < 500": "codes",
    "sector = 'Health' AND number >= 100": "codes",
    "number < 10": "exact",
    "number < 0": "none",
}


@pytest.mark.parametrize("where", FILTERS)
def test_every_plan_finds_the_nearest_rows(many: IndexReader, where: str | None) -> None:
    condition = None if where is None else parse_filter(where, many.schema)
    passing = many.passing(condition)
    mask = np.ones(many.places, dtype=bool) if passing is None else passing
    found = right = 0
    for row in range(0, ROWS, 300):
        vector = many.vectors(np.array([row]))[0]
        results = search_index(many, Query(vector=vector, where=condition))
        places = [hit.place for hit in results.hits]
        assert results.plan.method == FILTERS[where]
        assert len(places) == min(10, mask.sum()) == len(set(places))
        assert mask[places].all()
        best = exact(many, vector, mask, 10)
        found += len(set(places) & set(best))
        right += len(best)
        surely = search_index(many, Query(vector=vector, where=condition, exact=True))
        assert [hit.place for hit in surely.hits] == best
    assert found >= 0.99 * right


def test_recall_is_measured_and_kept(many: IndexReader) -> None:
    assert many.version.codes is not None
    assert many.version.codes.rows == ROWS
    assert set(many.version.recall) == set(SHAPES)
    assert min(many.version.recall.values()) >= 0.99


def test_a_warm_index_finds_the_same(many: IndexReader) -> None:
    vector = many.vectors(np.array([5]))[0]
    before = search_index(many, Query(vector=vector)).hits
    many.warm()
    assert search_index(many, Query(vector=vector)).hits == before


def test_rows_without_codes_are_found_too(many: IndexReader) -> None:
    append_rows(many.home, made_rows([f"late {n}" for n in range(60)], frame_of(60), seed=5))
    index = IndexReader(many.home)
    assert index.coded == ROWS
    for place in range(ROWS, ROWS + 60, 7):
        vector = index.vectors(np.array([place]))[0]
        results = search_index(index, Query(vector=vector))
        assert results.plan.method == "codes"
        assert results.hits[0].place == place


def test_many_added_rows_get_codes(many: IndexReader) -> None:
    append_rows(many.home, made_rows([f"late {n}" for n in range(200)], frame_of(200), seed=5))
    index = IndexReader(many.home)
    assert index.coded == ROWS + 200
    vector = index.vectors(np.array([ROWS + 150]))[0]
    assert search_index(index, Query(vector=vector)).hits[0].place == ROWS + 150


def test_deleted_rows_are_never_found(many: IndexReader) -> None:
    vector = many.vectors(np.array([7]))[0]
    before = [hit.place for hit in search_index(many, Query(vector=vector)).hits]
    delete_rows(many.home, many.ids(np.array(before[:5])))
    index = IndexReader(many.home)
    after = [hit.place for hit in search_index(index, Query(vector=vector)).hits]
    assert after[:5] == before[5:]
    assert not set(after) & set(before[:5])


def test_of_a_large_index_the_nearest_lists_are_searched(
    many: IndexReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest_rows, "MOST_SCANNED", ROWS // 2)
    vector = many.vectors(np.array([11]))[0]
    results = search_index(many, Query(vector=vector))
    assert results.plan.method == "lists"
    assert results.plan.lists == many.version.codes.lists // 2  # type: ignore[union-attr]
    assert len(results.hits) == 10
    assert results.hits[0].place == 11
    condition = parse_filter("number < 100", many.schema)
    assert search_index(many, Query(vector=vector, where=condition)).plan.method == "codes"


def test_more_hits_than_rows(index_of: Callable[..., IndexReader]) -> None:
    index = index_of(made_rows(ids_of(30), frame_of(30)))
    vector = index.vectors(np.array([0]))[0]
    assert len(search_index(index, Query(vector=vector, k=1_000)).hits) == 30


def test_an_empty_index_has_no_hits(index_of: Callable[..., IndexReader]) -> None:
    index = index_of(made_rows(["a"]))
    delete_rows(index.home, ["a"])
    index = IndexReader(index.home)
    vector = np.eye(DIM, dtype=np.float32)[0]
    results = search_index(index, Query(vector=vector, words="text"))
    assert results.hits == []
    assert results.plan.method == "none"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    low=st.integers(-10, 1_010),
    sector=st.sampled_from(["Health", "tech", "Nobody"]),
    k=st.integers(1, 400),
    words=st.sampled_from(["", "p7", "text of nothing"]),
    meaning=st.booleans(),
)
def test_there_are_always_as_many_hits_as_pass(
    shared: IndexReader, low: int, sector: str, k: int, words: str, meaning: bool
) -> None:
    where = parse_filter(f"number >= {low} AND NOT sector = '{sector}'", shared.schema)
    frame = frame_of(300)
    known = frame["sector"].notna() & (frame["sector"].str.casefold() != sector.casefold())
    mask = ((frame["number"] >= low) & known).to_numpy()
    vector = shared.vectors(np.array([3]))[0] if meaning else None
    results = search_index(shared, Query(vector=vector, words=words, where=where, k=k))
    places = [hit.place for hit in results.hits]
    assert len(places) == len(set(places)) == min(k, mask.sum())
    assert mask[places].all()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> IndexReader:
    home = tmp_path_factory.mktemp("shared") / "index"
    create_index(home, made_rows(ids_of(300), frame_of(300)), encoder={}, reading={})
    return IndexReader(home)


def test_one_hit_a_group(shared: IndexReader) -> None:
    vector = shared.vectors(np.array([3]))[0]
    every = exact(shared, vector, np.ones(300, dtype=bool), 300)
    teams = shared.cells("team", np.arange(300))
    best: dict[str, int] = {}
    for place in every:
        best.setdefault(teams[place], place)
    for k in (1, 7, 40, 1_000):
        results = search_index(shared, Query(vector=vector, one_per="team", k=k))
        assert [hit.place for hit in results.hits] == list(best.values())[:k]


def test_rows_without_a_group_stand_alone(index_of: Callable[..., IndexReader]) -> None:
    frame = pd.DataFrame({"firm": ["A", "A", None, None, "B", "B"]})
    index = index_of(made_rows(ids_of(6), frame))
    vector = index.vectors(np.array([0]))[0]
    results = search_index(index, Query(vector=vector, one_per="firm"))
    assert len(results.hits) == 4


def test_codes_and_names_are_found_by_words(index_of: Callable[..., IndexReader]) -> None:
    texts = [f"order number {n} of a customer" for n in range(50)]
    texts[17] = "Ärger mit AB-1234, sagt Frau Größe"
    index = index_of(made_rows(ids_of(50), texts=texts))
    vector = np.eye(DIM, dtype=np.float32)[0]
    for query in ("ab-1234", "AB 1234", "grosse", "arger"):
        hit = search_index(index, Query(words=query)).hits[0]
        assert (hit.place, hit.found_by) == (17, "words")
        both = search_index(index, Query(vector=vector, words=query, k=50)).hits
        assert {each.found_by for each in both if each.place == 17} == {"both"}
        assert {each.found_by for each in both if each.place != 17} == {"meaning"}


def test_words_of_columns_are_found_too(index_of: Callable[..., IndexReader]) -> None:
    frame = pd.DataFrame({"firm": ["Acme", "Globex", "Initech"], "tags": ["a;b", "b;c", "c;zebra"]})
    index = index_of(made_rows(ids_of(3), frame))
    assert search_index(index, Query(words="globex")).hits[0].place == 1
    assert search_index(index, Query(words="zebra")).hits[0].place == 2


def test_a_filter_alone_gives_the_rows_that_pass(shared: IndexReader) -> None:
    where = parse_filter("number BETWEEN 100 AND 300", shared.schema)
    numbers = frame_of(300)["number"]
    results = search_index(shared, Query(where=where, k=1_000))
    assert [hit.place for hit in results.hits] == np.flatnonzero(numbers.between(100, 300)).tolist()
    assert {hit.found_by for hit in results.hits} == {"filter"}


def test_examples_are_no_hits(shared: IndexReader) -> None:
    vector = shared.vectors(np.array([3]))[0]
    without = np.array([3, 5])
    results = search_index(shared, Query(vector=vector, without=without, k=300))
    assert len(results.hits) == 298
    assert not {hit.place for hit in results.hits} & {3, 5}


def test_an_unknown_column_names_the_nearest(shared: IndexReader) -> None:
    with pytest.raises(ColumnError, match="'sector'"):
        parse_filter("sectr = 'Health'", shared.schema)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("AB-1234", ["ab-1234", "ab", "1234"]),
        ("Größe", ["grosse"]),
        ("C++ and C#", ["c++", "c", "and", "c#", "c"]),
        ("東京都", ["東京", "京都"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert list(words_of(text)) == words


def test_a_rare_word_counts_more_than_a_frequent_one() -> None:
    postings = build_postings(["the cat", "the dog", "the bird", "a cat and the dog"])
    scores = score_words("the bird", [postings], np.ones(4, dtype=bool))
    assert scores.argmax() == 2
    assert (scores > 0).all()


def test_scores_are_the_same_in_one_part_and_in_several() -> None:
    texts = [f"word{n % 7} word{n % 3} and {n}" for n in range(40)]
    whole = score_words("word1 word2 7", [build_postings(texts)], np.ones(40, dtype=bool))
    parts = [build_postings(texts[:15]), build_postings(texts[15:])]
    assert score_words("word1 word2 7", parts, np.ones(40, dtype=bool)) == pytest.approx(whole)
