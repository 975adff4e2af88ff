"""What no sequence of edits may break."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.errors import SegmentError
from coterie.segments.taxonomy.edits import (
    counted,
    freeze,
    merge,
    move,
    rename,
    set_parent,
    split,
    thaw,
)
from coterie.segments.taxonomy.lookup import next_ids, retired
from coterie.segments.taxonomy.routes import fault_of

from .worlds import points, segmentations

WORLD = {"segmentation": segmentations(), "rows": points(1, 40)}


def where(segmentation, rows):
    return segmentation.predict(rows).segments


def assert_sound(segmentation):
    assert fault_of(segmentation.router, [s.id for s in segmentation.segments]) is None
    names = [s.name.casefold() for s in segmentation.segments]
    assert len(set(names)) == len(names)


@settings(max_examples=60, deadline=None)
@given(**WORLD, data=st.data())
def test_a_merge_moves_the_rows_of_its_segments_and_no_other(segmentation, rows, data):
    ids = [s.id for s in segmentation.segments]
    if len(ids) < 2:
        return
    chosen = data.draw(st.lists(st.sampled_from(ids), min_size=2, unique=True))
    before = where(segmentation, rows)
    merged = merge(segmentation, chosen)
    expected = np.where(np.isin(before.astype(str), chosen), chosen[0], before)
    assert where(merged, rows).tolist() == expected.tolist()
    assert_sound(merged)


@settings(max_examples=60, deadline=None)
@given(**WORLD, data=st.data())
def test_a_split_moves_the_rows_of_its_segment_and_no_other(segmentation, rows, data):
    wanted = data.draw(st.sampled_from([s.id for s in segmentation.segments]))
    into = data.draw(st.integers(2, 3))
    before = where(segmentation, rows)
    try:
        parted = split(segmentation, wanted, rows, into)
    except SegmentError:
        return
    after = where(parted, rows)
    fresh = set(next_ids(segmentation, into))
    assert (after[before != wanted] == before[before != wanted]).all()
    assert set(after[before == wanted]) == fresh
    assert wanted in retired(parted)
    assert_sound(parted)


@settings(max_examples=60, deadline=None)
@given(**WORLD, data=st.data())
def test_a_split_merged_again_is_as_it_was(segmentation, rows, data):
    wanted = data.draw(st.sampled_from([s.id for s in segmentation.segments]))
    try:
        parted = split(segmentation, wanted, rows)
    except SegmentError:
        return
    whole = merge(parted, next_ids(segmentation, 2))
    old, new = segmentation.predict(rows), whole.predict(rows)
    expected = np.where(old.segments == wanted, next_ids(segmentation, 1)[0], old.segments)
    assert new.segments.tolist() == expected.tolist()
    assert np.allclose(new.confidences, old.confidences)
    assert np.allclose(new.similarities, old.similarities)
    assert whole.router.targets.count(wanted) == 0
    assert len(whole.router.prototypes) == len(segmentation.router.prototypes)


@settings(max_examples=60, deadline=None)
@given(**WORLD, data=st.data())
def test_a_move_takes_the_rows_and_what_is_all_but_the_same(segmentation, rows, data):
    goals = st.sampled_from([s.id for s in segmentation.segments])
    which = st.lists(st.integers(0, len(rows) - 1), min_size=1, max_size=3)
    for _ in range(data.draw(st.integers(1, 3))):
        chosen, goal = rows[data.draw(which)], data.draw(goals)
        before = where(segmentation, rows)
        segmentation = move(segmentation, chosen, goal)
        after = where(segmentation, rows)
        alike = (rows @ chosen.T).max(axis=1) >= 0.999 - 1e-6
        assert (after[~alike] == before[~alike]).all()
        assert set(where(segmentation, chosen)) == {goal}
        assert_sound(segmentation)


def edits(data, segmentation, rows):
    """Draw one edit; the segmentation after it."""
    ids = st.sampled_from([s.id for s in segmentation.segments])
    kind = data.draw(st.sampled_from(["rename", "parent", "merge", "split", "move", "freeze"]))
    if kind == "rename":
        return rename(segmentation, data.draw(ids), data.draw(st.text(max_size=5)))
    if kind == "parent":
        return set_parent(segmentation, data.draw(ids), "Coarse")
    if kind == "merge":
        return merge(segmentation, data.draw(st.lists(ids, max_size=3)))
    if kind == "split":
        return split(segmentation, data.draw(ids), rows, data.draw(st.integers(1, 3)))
    if kind == "move":
        row = data.draw(st.integers(0, len(rows) - 1))
        return move(segmentation, rows[[row]], data.draw(ids), rows=["7"])
    return thaw(freeze(segmentation))


@settings(max_examples=60, deadline=None)
@given(**WORLD, data=st.data())
def test_any_sequence_of_edits_keeps_ids_unique_routes_whole_and_history_growing(
    segmentation, rows, data
):
    ever = {s.id for s in segmentation.segments}
    for _ in range(data.draw(st.integers(1, 8))):
        present = {s.id for s in segmentation.segments}
        try:
            after = edits(data, segmentation, rows)
        except SegmentError:
            continue
        assert_sound(after)
        assert after.history[: len(segmentation.history)] == segmentation.history
        assert len(after.history) > len(segmentation.history)
        fresh = {s.id for s in after.segments} - present
        assert not fresh & ever, "an id was given twice"
        ever |= fresh
        assert ever - {s.id for s in after.segments} == set(retired(after))
        details = [dict(change.details) for change in after.history]
        assert json.loads(json.dumps(details)) == details
        segmentation = counted(after, after.predict(rows))
        sizes = [s.size for s in segmentation.segments]
        outside = int((where(segmentation, rows) == "").sum())
        assert sizes == sorted(sizes, reverse=True)
        assert sum(sizes) + outside == len(rows)


@settings(max_examples=20, deadline=None)
@given(**WORLD, data=st.data())
def test_a_frozen_one_refuses_every_edit_until_it_is_thawed(segmentation, rows, data):
    frozen = freeze(segmentation)
    first = frozen.segments[0].id
    for edit in (
        lambda s: rename(s, first, "New"),
        lambda s: set_parent(s, first, "Coarse"),
        lambda s: merge(s, [first, first]),
        lambda s: split(s, first, rows),
        lambda s: move(s, rows, first),
    ):
        with pytest.raises(SegmentError, match="thaw"):
            edit(frozen)
    draft = thaw(frozen)
    assert frozen.frozen
    assert not draft.frozen
    assert [change.what for change in draft.history] == ["freeze", "thaw"]
    assert rename(draft, first, "New").segments[0].name == "New"
