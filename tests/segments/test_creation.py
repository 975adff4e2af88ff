"""A segment of chosen rows: they are in it, no other row moves, and later rows like them follow."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.errors import EncoderMismatchError, SegmentError, StoreError
from coterie.segments.taxonomy.edits import (
    counted,
    create,
    create_stored,
    freeze,
    merge,
    move,
    named_by_hand,
    split,
)
from coterie.segments.taxonomy.lookup import next_ids
from coterie.segments.taxonomy.routes import fault_of

from .blobs import blobs, found
from .worlds import made, points, rows_of, segmentations, unit

CORNERS = unit(np.eye(3))
ROWS = unit(np.array([[4, 1, 0]] * 6 + [[4, 0, 1]] * 4 + [[0, 4, 1]] * 3))
TEXTS = ["refund my money"] * 6 + ["cancel the order"] * 4 + ["hello there"] * 3
BLOBS, CODES = blobs(4, 120)


def test_chosen_rows_make_a_segment_that_is_described():
    after = create(made(ROWS, CORNERS), ROWS, np.arange(6, 10), "Cancelled", texts=TEXTS)
    new = after["s04"]
    assert (new.name, new.size) == ("Cancelled", 4)
    assert new.exemplars == ("cancel the order",)
    assert {"cancel", "order"} & set(" ".join(new.terms).split())
    where = after.predict(ROWS).segments
    assert where.tolist() == ["s01"] * 6 + ["s04"] * 4 + ["s02"] * 3
    assert {s.id: s.size for s in after.segments} == {"s01": 6, "s04": 4, "s02": 3, "s03": 0}
    assert after.history[-1].details["from"] == {"s01": 4}
    assert named_by_hand(after) == {"s04"}


def test_texts_that_are_all_but_the_same_come_along():
    after = create(made(ROWS, CORNERS), ROWS, np.array([6]), "Cancelled")
    assert after["s04"].size == 4


def test_later_rows_like_the_chosen_ones_follow_and_others_do_not():
    segmentation = found(BLOBS, groups=2).segmentation
    chosen = np.flatnonzero(CODES == 1)[:60]
    after = create(segmentation, BLOBS, chosen, "Mine")
    [new] = next_ids(segmentation, 1)
    later, kinds = blobs(4, 100, seed=5)
    gone = after.predict(later).segments == new
    assert gone[kinds == 1].mean() > 0.3
    assert not gone[kinds != 1].any()
    whole = create(segmentation, BLOBS, np.flatnonzero(CODES == 1), "Mine").predict(later)
    assert ((whole.segments == new) == (kinds == 1)).mean() > 0.99


def test_a_segment_that_loses_all_rows_stays_without_any():
    segmentation = made(ROWS, CORNERS)
    after = create(segmentation, ROWS, np.arange(10), "All of it")
    assert (after["s01"].size, after["s04"].size) == (0, 10)
    assert fault_of(after.router, [s.id for s in after.segments]) is None
    assert after.predict(unit(np.array([[3, 0.5, 0.5]]))).segments.tolist() == ["s04"]
    back = merge(after, ["s01", "s04"])
    assert counted(back, back.predict(ROWS))["s01"].size == 10


def test_rows_outside_can_make_a_segment():
    segmentation = found(BLOBS[CODES < 2], groups=2).segmentation
    outside = segmentation.predict(BLOBS).segments == ""
    assert outside[CODES == 3].all()
    after = create(segmentation, BLOBS, np.flatnonzero(CODES == 3)[:100], "Far off")
    where = after.predict(BLOBS).segments
    [new] = next_ids(segmentation, 1)
    assert (where[np.flatnonzero(CODES == 3)[:100]] == new).all()
    assert (where[CODES == 2] == "").all()


def test_a_created_segment_can_be_split_merged_and_moved_to():
    segmentation = found(BLOBS, groups=2).segmentation
    after = create(segmentation, BLOBS, np.flatnonzero(CODES == 1), "Mine")
    [new] = next_ids(segmentation, 1)
    parted = split(after, new, BLOBS)
    inside = np.isin(parted.predict(BLOBS).segments.astype(str), next_ids(after, 2))
    assert (inside == (CODES == 1)).all()
    assert move(after, BLOBS[:1], new).predict(BLOBS[:1]).segments.tolist() == [new]
    again = create(after, BLOBS, np.flatnonzero(CODES == 2), "More")
    assert (again.predict(BLOBS).segments[CODES == 1] == new).all()


def test_rows_of_a_folder_are_named_by_ids_or_places():
    segmentation = made(ROWS, CORNERS)
    stored = rows_of([f"r{row}" for row in range(len(ROWS))], TEXTS, ROWS)
    by_id = create_stored(segmentation, "New", stored, ids=["r6", "r7"])
    by_place = create_stored(segmentation, "New", stored, places=[7, 6])
    assert by_id.segments == by_place.segments
    with pytest.raises(SegmentError, match="0 to 12"):
        create_stored(segmentation, "New", stored, places=[13])
    with pytest.raises(SegmentError, match="did you mean"):
        create_stored(segmentation, "New", stored, ids=["r99"])
    with pytest.raises(StoreError, match=r"rows\.parquet"):
        create_stored(segmentation, "New", None, places=[1])


def test_what_cannot_be_made_is_refused():
    segmentation = made(ROWS, CORNERS)
    for places, name, says in (
        ([], "New", "no row"),
        ([1], "Group s02", "s02"),
        ([1], " ", "blank"),
        ([99], "New", "counted"),
    ):
        with pytest.raises(SegmentError, match=says):
            create(segmentation, ROWS, np.array(places, dtype=np.int64), name)
    with pytest.raises(SegmentError, match="thaw"):
        create(freeze(segmentation), ROWS, np.array([1]), "New")
    with pytest.raises(EncoderMismatchError):
        create(segmentation, np.ones((2, 4), np.float32), np.array([1]), "New")


@settings(max_examples=80, deadline=None)
@given(segmentation=segmentations(), rows=points(1, 40), data=st.data())
def test_chosen_rows_go_and_no_other_row_moves(segmentation, rows, data):
    ever = {s.id for s in segmentation.segments}
    for number in range(data.draw(st.integers(1, 3))):
        places = st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=12)
        chosen = np.array(data.draw(places))
        before = segmentation.predict(rows).segments
        [new] = next_ids(segmentation, 1)
        segmentation = create(segmentation, rows, chosen, f"Made {number}")
        after = segmentation.predict(rows).segments
        own = (rows @ rows[chosen].T).max(axis=1) >= 0.999 - 1e-6
        assert (after[own] == new).all()
        assert after[~own].tolist() == before[~own].tolist()
        assert new not in ever
        ever.add(new)
        assert fault_of(segmentation.router, [s.id for s in segmentation.segments]) is None
        sizes = {s.id: s.size for s in segmentation.segments}
        assert sum(sizes.values()) == (after != "").sum()
        assert sizes == {s.id: int((after == s.id).sum()) for s in segmentation.segments}
        details = [dict(change.details) for change in segmentation.history]
        assert json.loads(json.dumps(details)) == details
