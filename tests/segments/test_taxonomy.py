"""Edits in cases that a person can follow."""

from dataclasses import replace

import numpy as np
import pytest

from coterie.errors import EncoderMismatchError, SegmentError
from coterie.segments.taxonomy.edits import counted, merge, move, rename, split
from coterie.segments.taxonomy.lookup import find, next_ids

from .worlds import made, unit

CORNERS = unit(np.eye(3))
ROWS = unit(np.array([[4, 1, 0]] * 6 + [[4, 0, 1]] * 4 + [[0, 4, 1]] * 3))
TEXTS = ["refund my money"] * 6 + ["cancel the order"] * 4 + ["hello there"] * 3


def test_the_parts_of_a_split_are_named_by_their_texts():
    parted = split(made(ROWS, CORNERS), "s01", ROWS, texts=TEXTS)
    large, small = parted["s04"], parted["s05"]
    assert (large.size, small.size) == (6, 4)
    assert {"refund", "money"} & set(" ".join(large.terms).split())
    assert small.exemplars == ("cancel the order",)
    assert large.name.lower() != small.name.lower()
    assert parted.history[-1].details["names"] == [large.name, small.name]


def test_the_parts_of_a_split_are_else_numbered_past_names_in_use():
    segmentation = rename(made(ROWS, CORNERS), "s02", "Group s01 1")
    parted = split(segmentation, "s01", ROWS)
    assert [parted[i].name for i in ("s04", "s05")] == ["Group s01 1 2", "Group s01 2"]


def test_as_many_rows_of_the_parts_can_be_core_as_of_the_whole():
    segmentation = made(ROWS, CORNERS, core={"s01": 0.0, "s02": 2.0})
    parted = split(segmentation, "s01", ROWS)
    before, after = segmentation.predict(ROWS), parted.predict(ROWS)
    assert set(parted.router.core) == {"s02", "s04", "s05"}
    assert (after.similarities[:10] >= before.similarities[:10] - 1e-6).all()
    assert all(parted.router.core[i] <= 1.0 + 1e-6 for i in ("s04", "s05"))


def test_a_merge_keeps_the_first_with_the_words_of_all():
    segmentation = made(ROWS, CORNERS, core={"s01": 0.9, "s02": 0.5})
    worded = tuple(
        replace(s, terms=(f"{s.id}-a", f"{s.id}-b", "both")) for s in segmentation.segments
    )
    whole = merge(replace(segmentation, segments=worded), ["Group s02", "s01"])
    assert [s.id for s in whole.segments] == ["s02", "s03"]
    assert whole["s02"].terms == ("s02-a", "s01-a", "s02-b", "s01-b", "both")
    assert whole["s02"].size == 13
    assert whole.router.core == {"s02": 0.5}
    assert next_ids(whole, 2) == ("s04", "s05")


def test_a_row_goes_where_it_was_moved_last():
    segmentation = made(ROWS, CORNERS)
    for goal in ("s02", "s03", "s02"):
        segmentation = move(segmentation, ROWS[:1], goal)
    assert segmentation.predict(ROWS[:1]).segments.tolist() == ["s02"]
    assert segmentation.predict(ROWS[:1]).statuses.tolist() == ["core"]
    assert len(segmentation.router.pins) == 1
    assert counted(segmentation, segmentation.predict(ROWS))["s01"].size == 4


def test_a_segment_is_found_by_id_name_or_near_name():
    segmentation = made(ROWS, CORNERS)
    assert find(segmentation, " group  S02").id == "s02"
    assert find(segmentation, "S02").id == "s02"
    with pytest.raises(SegmentError, match="Group s0"):
        find(segmentation, "Gruop s02")
    with pytest.raises(SegmentError, match="s01, s02, s03"):
        find(segmentation, "???")
    parted = split(segmentation, "s01", ROWS)
    with pytest.raises(SegmentError, match="split into s04, s05"):
        find(parted, "s01")
    with pytest.raises(SegmentError, match="retired"):
        rename(parted, "s02", "s01")


def test_vectors_of_another_width_are_refused():
    segmentation = made(ROWS, CORNERS)
    wide = np.ones((2, 4), np.float32)
    for edit in (lambda: split(segmentation, "s01", wide), lambda: move(segmentation, wide, "s01")):
        with pytest.raises(EncoderMismatchError):
            edit()
