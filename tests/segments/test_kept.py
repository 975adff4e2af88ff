"""A search that was kept gives the same answers as a new one, and is never in the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coterie.encoders import EmbeddingCache, NoCache, Vectors
from coterie.segments import Discovery
from coterie.segments.finding import evidence

from .blobs import blobs, found

ROWS: Vectors = blobs(8, 150, spread=0.15)[0]


def no_search(*_: Any, **__: Any) -> None:
    raise AssertionError("searched again")


def same(one: Discovery, other: Discovery) -> None:
    assert one.assignments.segments.tolist() == other.assignments.segments.tolist()
    assert one.assignments.confidences.tolist() == other.assignments.confidences.tolist()
    assert one.segmentation.router.curve == other.segmentation.router.curve
    assert np.array_equal(one.layout, other.layout)
    assert one.sweep.equals(other.sweep)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> EmbeddingCache:
    return EmbeddingCache(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def first(cache: EmbeddingCache) -> Discovery:
    return found(ROWS, cache=cache)


@pytest.mark.parametrize("options", [{}, {"end": "coarser"}, {"end": "finer"}])
def test_the_second_discovery_of_a_table_searches_nothing(
    options: dict[str, Any],
    first: Discovery,
    cache: EmbeddingCache,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = found(ROWS, **options)
    for part in ("find_structure", "nearest_neighbours", "split_in_halves", "lay_out"):
        monkeypatch.setattr(evidence, part, no_search)
    kept = found(ROWS, cache=cache, **options)
    same(kept, new)
    if not options:
        same(kept, first)


def test_a_number_that_was_not_measured_is_and_the_answer_is_that_of_a_new_search(
    first: Discovery, cache: EmbeddingCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = int(first.sweep["groups"].iloc[-2])
    number = next(k for k in range(5, 60) if k not in set(first.sweep["groups"]))
    same(found(ROWS, cache=cache, groups=number), found(ROWS, groups=number))
    monkeypatch.setattr(evidence, "split_in_halves", no_search)
    for known in (number, measured):
        assert len(found(ROWS, cache=cache, groups=known).segmentation) == known


@pytest.mark.parametrize("change", ["rows", "seed", "words"])
def test_another_table_or_seed_is_searched_anew(
    change: str, first: Discovery, cache: EmbeddingCache
) -> None:
    assert len(first.segmentation)
    before = set(cache.folder.rglob("*.npz"))
    rows = ROWS[:-5] if change == "rows" else ROWS
    found(rows, cache=cache, seed=3 if change == "seed" else 0, words=change == "words")
    assert len(set(cache.folder.rglob("*.npz")) - before) == 1


def test_a_damaged_file_is_searched_again_and_mended(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    new = found(ROWS, cache=cache)
    (file,) = tmp_path.rglob("*.npz")
    for damaged in (file.read_bytes()[:2000], b"", b"PK nothing"):
        file.write_bytes(damaged)
        same(found(ROWS, cache=cache), new)
        assert file.stat().st_size > 10_000
    assert [path.name for path in tmp_path.rglob("*.part")] == []


def test_what_cannot_be_kept_is_found_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "discoveries").write_text("no folder")
    assert len(found(ROWS, cache=EmbeddingCache(tmp_path)).segmentation) == 8
    assert len(found(ROWS, cache=NoCache()).segmentation) == 8


def test_the_oldest_are_deleted_and_clear_deletes_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coterie.segments.finding.kept._MOST", 2)
    cache = EmbeddingCache(tmp_path)
    kept = []
    for seed in range(3):
        found(ROWS, cache=cache, seed=seed, groups=8)
        kept.append({path.name for path in tmp_path.rglob("*.npz")})
    assert [len(names) for names in kept] == [1, 2, 2]
    assert not kept[0] & kept[2]
    assert cache.clear() > 10_000
    assert list(tmp_path.rglob("*.npz")) == []
