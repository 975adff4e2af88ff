"""Undo and redo: an earlier state comes back to the bit, and the history says so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.cli import main
from coterie.errors import SegmentError
from coterie.segments import edit_folder, load_segmentation, save_segmentation
from coterie.segments.taxonomy import steps
from coterie.segments.taxonomy.edits import (
    create_stored,
    freeze,
    merge,
    move_stored,
    named_by_hand,
    rename,
    split_stored,
    thaw,
)
from coterie.segments.taxonomy.levels import level
from coterie.segments.taxonomy.lookup import find, next_ids, retired
from coterie.segments.taxonomy.rows import save_rows
from coterie.segments.taxonomy.steps import MOST, read_steps, redo, undo

from .worlds import made, points, rows_of, segmentations, unit

CORNERS = unit(np.eye(3))
ROWS = unit(np.array([[3, 1, 0], [3, 0, 1], [0, 3, 1], [1, 3, 0], [0, 1, 3]]))
IDS = [f"r{row}" for row in range(len(ROWS))]


def written(folder, segmentation, vectors):
    save_segmentation(segmentation, folder)
    ids = [f"r{row}" for row in range(len(vectors))]
    save_rows(folder, rows_of(ids, [f"text {each}" for each in ids], vectors))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "found", made(ROWS, CORNERS), ROWS)


def edit(folder, do):
    return edit_folder(folder, do).segmentation


def back(folder):
    return edit(folder, lambda s, _: undo(s, folder))


def forth(folder):
    return edit(folder, lambda s, _: redo(s, folder))


def state(segmentation):
    """Everything but the history."""
    router = segmentation.router
    return (
        [(s.id, s.name, s.size, s.terms) for s in segmentation.segments],
        router.prototypes.tobytes(),
        router.pins.tobytes(),
        router.targets,
        router.pin_targets,
        router.curve,
        dict(router.core),
    )


def test_edits_are_undone_and_redone_in_their_order(folder):
    states = [state(load_segmentation(folder))]
    for do in (
        lambda s, _: rename(s, "s01", "Fans"),
        lambda s, _: merge(s, ["s01", "s03"], "Both"),
        lambda s, rows: split_stored(s, "Both", rows),
        lambda s, rows: move_stored(s, ["r0"], "s02", rows),
    ):
        edit(folder, do)
        states.append(state(load_segmentation(folder)))
    for wanted in states[-2::-1]:
        back(folder)
        assert state(load_segmentation(folder)) == wanted
    with pytest.raises(SegmentError, match="no edit to undo"):
        back(folder)
    for wanted in states[1:]:
        forth(folder)
        assert state(load_segmentation(folder)) == wanted
    with pytest.raises(SegmentError, match="no edit to redo"):
        forth(folder)
    kinds = [change.what for change in load_segmentation(folder).history]
    assert kinds == ["rename", "merge", "split", "move", *["undo"] * 4, *["redo"] * 4]


def test_an_edit_after_an_undo_leaves_nothing_to_redo(folder):
    edit(folder, lambda s, _: rename(s, "s01", "Fans"))
    back(folder)
    edit(folder, lambda s, _: rename(s, "s02", "Guests"))
    assert read_steps(folder).forth == ()
    assert state(back(folder)) == state(made(ROWS, CORNERS))


def test_the_history_says_what_was_undone_and_names_given_by_hand_follow(folder):
    edit(folder, lambda s, _: rename(s, "s01", "Fans"))
    assert read_steps(folder).told(load_segmentation(folder).history) == (
        "renamed 'Group s01' to 'Fans'",
        None,
    )
    undone = back(folder)
    assert undone.history[-1].details["of"] == "rename"
    assert named_by_hand(undone) == frozenset()
    assert read_steps(folder).told(undone.history) == (None, "renamed 'Group s01' to 'Fans'")
    assert named_by_hand(forth(folder)) == {"s01"}
    assert named_by_hand(back(folder)) == frozenset()


def test_ids_of_an_edit_that_was_undone_are_not_given_again(folder):
    edit(folder, lambda s, rows: split_stored(s, "s01", rows))
    undone = back(folder)
    assert set(retired(undone)) == {"s04", "s05"}
    assert next_ids(undone, 1) == ("s06",)
    with pytest.raises(SegmentError, match="undo"):
        find(undone, "s04")
    again = edit(folder, lambda s, rows: split_stored(s, "s01", rows))
    assert {s.id for s in again.segments} == {"s02", "s03", "s06", "s07"}
    assert set(retired(again)) == {"s01", "s04", "s05"}


def test_a_frozen_folder_is_thawed_and_not_undone(folder):
    edit(folder, lambda s, _: rename(s, "s01", "Fans"))
    edit(folder, lambda s, _: freeze(s))
    with pytest.raises(SegmentError, match="thaw"):
        back(folder)
    edit(folder, lambda s, _: thaw(s))
    undone = back(folder)
    assert not undone.frozen
    assert state(undone) == state(made(ROWS, CORNERS))


def test_what_else_was_written_is_not_undone(folder):
    edit(folder, lambda s, _: rename(s, "s01", "Fans"))
    other = rename(load_segmentation(folder), "s02", "Guests")
    save_segmentation(other, folder)
    with pytest.raises(SegmentError, match="no edit to undo"):
        back(folder)
    edit(folder, lambda s, _: rename(s, "s03", "Staff"))
    assert state(back(folder)) == state(other)


def test_states_are_bounded_and_those_out_of_use_are_gone(folder):
    for number in range(MOST + 3):
        edit(folder, lambda s, _, number=number: rename(s, "s01", f"Name {number}"))
    assert len(read_steps(folder).back) == MOST
    for _ in range(5):
        back(folder)
    edit(folder, lambda s, _: rename(s, "s01", "Last"))
    there = {path.name for path in (folder / steps.STEPS).iterdir() if path.is_dir()}
    assert there == read_steps(folder).states
    assert len(there) == MOST - 4


def test_a_damaged_list_of_states_only_ends_undo(folder):
    edit(folder, lambda s, _: rename(s, "s01", "Fans"))
    (folder / steps.STEPS / "steps.json").write_text("{")
    with pytest.raises(SegmentError, match="no edit to undo"):
        back(folder)
    assert edit(folder, lambda s, _: rename(s, "s01", "Guests"))["s01"].name == "Guests"


def any_edit(data, segmentation, stored):
    """Draw an edit that changes where rows go; the segmentation after it."""
    ids = [s.id for s in segmentation.segments]
    one = st.sampled_from(ids)
    kind = data.draw(st.sampled_from(["merge", "split", "move", "create", "level"]))
    if kind == "merge":
        return merge(segmentation, data.draw(st.permutations(ids))[:2])
    if kind == "split":
        return split_stored(segmentation, data.draw(one), stored)
    if kind == "move":
        return move_stored(segmentation, ["r0"], data.draw(one), stored)
    if kind == "create":
        places = data.draw(st.lists(st.integers(0, len(stored) - 1), min_size=1, max_size=5))
        name = f"Made {len(segmentation.history)}"
        return create_stored(segmentation, name, stored, places=places)
    leaves = sum(not target.startswith("@") for target in segmentation.router.targets)
    return level(segmentation, stored, data.draw(st.integers(1, leaves)))


@settings(max_examples=25, deadline=None)
@given(segmentation=segmentations(), rows=points(4, 20), data=st.data())
def test_undo_brings_every_assignment_back_to_the_bit(segmentation, rows, data, tmp_path_factory):
    folder = written(tmp_path_factory.mktemp("world"), segmentation, rows)
    known, ever = [load_segmentation(folder)], {s.id for s in segmentation.segments}
    for _ in range(data.draw(st.integers(1, 4))):
        ids = {s.id for s in known[-1].segments}
        lines = len(load_segmentation(folder).history)
        try:
            after = edit(folder, lambda s, stored: any_edit(data, s, stored))
        except SegmentError:
            continue
        fresh = {s.id for s in after.segments} - ids
        assert not fresh & ever
        ever |= fresh
        if len(after.history) == lines:  # the number of segments was that already
            continue
        known.append(after)
        if data.draw(st.booleans()):
            back(folder)
            known.pop()
    while len(known) > 1:
        known.pop()
        now, then = back(folder).predict(rows), known[-1].predict(rows)
        assert now.segments.tolist() == then.segments.tolist()
        assert now.confidences.tobytes() == then.confidences.tobytes()
        assert now.similarities.tobytes() == then.similarities.tobytes()


def test_the_command_line_undoes_and_redoes(folder, capsys):
    def type_in(*words):
        code = main(["segments", words[0], str(folder), *words[1:]])
        said = capsys.readouterr()
        return code, said.out, said.err

    assert type_in("merge", "s01", "s02", "--name", "Both")[0] == 0
    code, out, _ = type_in("undo", "--by", "Ana")
    assert code == 0
    assert "Group s02" in out
    assert load_segmentation(folder).history[-1].by == "Ana"
    assert type_in("undo")[0] == 2
    assert type_in("redo", "--json")[0] == 0
    assert [s.name for s in load_segmentation(folder).segments] == ["Both", "Group s03"]
    code, out, _ = type_in("history")
    assert "redo" in out
