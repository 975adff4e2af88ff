"""New groups among rows outside get new segments; old ids and answers stay, to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from coterie.encoders import Vectors
from coterie.errors import SegmentError, StoreError
from coterie.segments import (
    Assignments,
    Segmentation,
    extend,
    freeze,
    load_segmentation,
    merge,
    save_segmentation,
    split,
)

from .blobs import AXES, blobs, found, unit

FIELDS = ("segments", "statuses", "confidences", "similarities")


@pytest.fixture(scope="module")
def six() -> Segmentation:
    return found(blobs(6, 60)[0]).segmentation


def planted(axes: list[int], each: int = 40, seed: int = 3) -> Vectors:
    rng = np.random.default_rng(seed)
    rows = np.repeat(AXES[axes], each, axis=0)
    return unit(rows + 0.1 * rng.normal(size=rows.shape))


def same(one: Assignments, other: Assignments, rows: np.ndarray) -> bool:
    return all(
        np.array_equal(getattr(one, name)[rows], getattr(other, name)[rows]) for name in FIELDS
    )


def test_planted_groups_get_new_ids_and_old_rows_keep_their_answers(six: Segmentation) -> None:
    old, new = blobs(6, 60, seed=1)[0], planted([10, 11, 12])
    table = np.concatenate([old, new])
    before = six.predict(table)
    assert set(before.segments[360:]) == {""}
    after = extend(six, table)
    assert [s for s in after.segments if s.id in {o.id for o in six.segments}] == list(six.segments)
    answers = after.predict(table)
    assert same(before, answers, np.flatnonzero(before.segments != ""))
    of_new = answers.segments[360:].reshape(3, 40)
    assert [len(set(group)) for group in of_new] == [1, 1, 1]
    assert set(of_new[:, 0]) == {s.id for s in after.segments} - {s.id for s in six.segments}
    assert after.history[-1].what == "extend"
    assert not six.history


def test_each_extension_leaves_those_before_as_they_were(six: Segmentation) -> None:
    once = extend(six, planted([10, 11]))
    table = np.concatenate([blobs(6, 60, seed=1)[0], planted([10, 11], seed=5), planted([20, 21])])
    twice = extend(once, table)
    before, after = once.predict(table), twice.predict(table)
    assert len(twice) == len(once) + 2 == len(six) + 4
    assert same(before, after, np.flatnonzero(before.segments != ""))
    assert (after.segments[-80:] != "").all()


def test_an_extension_is_saved_and_edited_like_any_other(six: Segmentation, tmp_path: Path) -> None:
    table = np.concatenate([blobs(6, 60, seed=1)[0], planted([10, 11, 12])])
    after = extend(six, table)
    save_segmentation(after, tmp_path)
    assert same(after.predict(table), load_segmentation(tmp_path).predict(table), np.arange(480))
    new = [s.id for s in after.segments if s.id not in {o.id for o in six.segments}]
    joined = merge(after, [six.segments[0].id, new[0]])
    parted = split(joined, new[1], table, 2)
    save_segmentation(parted, tmp_path)
    assert same(parted.predict(table), load_segmentation(tmp_path).predict(table), np.arange(480))
    others = ~np.isin(after.predict(table).segments, [six.segments[0].id, *new])
    assert same(after.predict(table), parted.predict(table), np.flatnonzero(others))


def test_rows_outside_that_make_no_group_add_nothing(six: Segmentation) -> None:
    assert extend(six, blobs(6, 60, seed=1)[0]) is six
    assert extend(six, planted([10], each=7)) is six
    assert extend(six, AXES[10:32]) is six


def test_new_segments_are_named_by_their_texts_apart_from_old_ones(six: Segmentation) -> None:
    new = planted([10, 11])
    texts = [f"forecast of rain for town {r}" for r in range(40)]
    texts += [f"song by the singer {r}" for r in range(40)]
    after = extend(six, new, texts)
    names = [s.name.casefold() for s in after.segments]
    assert len(set(names)) == len(names)
    added = [s for s in after.segments if s.id not in {o.id for o in six.segments}]
    assert len(added) == 2
    assert {"rain" in " ".join(s.terms) for s in added} == {True, False}


def test_a_frozen_segmentation_is_not_extended(six: Segmentation) -> None:
    with pytest.raises(SegmentError, match="frozen"):
        extend(freeze(six), planted([10, 11]))


def test_a_damaged_extension_is_refused(six: Segmentation, tmp_path: Path) -> None:
    save_segmentation(extend(six, planted([10, 11])), tmp_path)
    file = tmp_path / "segments.json"
    text = file.read_text(encoding="utf-8")
    assert '"added_floors"' in text
    start = text.index('"added_floors"')
    end = text.index("]", start) + 1
    file.write_text(text[:start] + '"added_floors": []' + text[end:], encoding="utf-8")
    with pytest.raises(StoreError, match="damaged"):
        load_segmentation(tmp_path)
