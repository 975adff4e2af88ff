"""Later rows meet a segmentation: what stays, what is new, what vanishes and comes back."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.encoders import Vectors
from coterie.errors import StoreError
from coterie.segments import (
    Assignments,
    Segmentation,
    StoredRows,
    freeze,
    load_segmentation,
    merge,
    move,
    rename,
    save_segmentation,
    split,
)
from coterie.segments.finding.novelty import NOVEL, later_shares
from coterie.segments.taxonomy.additions import find_candidates
from coterie.segments.taxonomy.lookup import changes_of, next_ids
from coterie.segments.taxonomy.presence import judge_presence
from coterie.segments.taxonomy.refreshing import Renewal, refresh_segments, refreshes
from coterie.segments.taxonomy.rows import load_rows, save_rows
from coterie.segments.taxonomy.told import in_words

from .blobs import AXES, blobs, found, unit

EACH = 60


@pytest.fixture(scope="module")
def six() -> Segmentation:
    return found(blobs(6, EACH)[0]).segmentation


def about(axes: list[int], each: int = 40, seed: int = 3, spread: float = 0.1) -> Vectors:
    rng = np.random.default_rng(seed)
    rows = np.repeat(AXES[axes], each, axis=0)
    return unit(rows + spread * rng.normal(size=rows.shape))


def stored(*batches: Vectors, **more: object) -> StoredRows:
    codes = np.repeat(np.arange(len(batches)), [len(batch) for batch in batches])
    ids = np.array([f"r{row}" for row in range(len(codes))], dtype=object)
    texts = np.full(len(codes), "", dtype=object)
    return StoredRows(ids, texts, np.concatenate(batches), batches=codes, **more)  # type: ignore[arg-type]


def same(one: Assignments, other: Assignments, rows: np.ndarray) -> bool:
    return all(
        np.array_equal(getattr(one, each.name)[rows], getattr(other, each.name)[rows])
        for each in fields(Assignments)
    )


def named(renewal: Renewal, kind: str) -> set[str]:
    return set(renewal.changes.loc[renewal.changes["change"] == kind, "id"])


OLD = blobs(6, EACH)[0]


@pytest.mark.parametrize("outside_only", [False, True])
def test_rows_that_fit_keep_their_answers_to_the_bit_and_new_groups_get_new_ids(
    six: Segmentation, outside_only: bool
) -> None:
    rows = stored(OLD, np.concatenate([blobs(6, 20, seed=1)[0], about([10, 11])]))
    done = refresh_segments(six, rows, outside_only=outside_only)
    after = done.segmentation.predict(rows.vectors)
    assert same(after, done.assignments, np.arange(len(rows)))
    assert same(done.before, after, np.arange(len(OLD) + 120))
    old = {segment.id: segment.name for segment in six.segments}
    new = {segment.id for segment in done.segmentation.segments} - set(old)
    assert new == named(done, "new")
    assert set(after.segments[-80:]) == new
    assert len(new) == 2
    assert {i: done.segmentation[i].name for i in old} == old
    assert done.segmentation.history[-1].details["added"].keys() == new
    assert all(changes_of(done.segmentation, i)[-1].what == "refresh" for i in new)


def between(one: int, other: int, share: float) -> Vectors:
    """Rows that are nearer to the first axis, but in a place of their own."""
    middle = unit((AXES[[one]] * share + AXES[[other]] * (1 - share)).astype(np.float64))
    rng = np.random.default_rng(5)
    return unit(np.repeat(middle, 60, axis=0) + 0.04 * rng.normal(size=(60, 32)))


def test_a_new_group_beside_an_old_segment_is_found_and_moves_no_earlier_row(
    six: Segmentation,
) -> None:
    beside = between(0, 20, 0.62)
    first = six.predict(beside)
    assert (first.segments != "").mean() > 0.9  # they would be in an old segment
    rows = stored(OLD, np.concatenate([blobs(6, 30, seed=1)[0], beside]))
    done = refresh_segments(six, rows)
    (new,) = named(done, "new")
    after = done.segmentation.predict(rows.vectors)
    assert (after.segments[-60:] == new).mean() > 0.9
    assert same(done.before, after, np.arange(len(OLD)))
    fit = np.flatnonzero(after.segments != new)
    assert same(done.before, after, fit)
    assert named(refresh_segments(six, rows, outside_only=True), "new") == set()


def test_leads_survive_saving_splits_and_merges(six: Segmentation, tmp_path: Path) -> None:
    rows = stored(OLD, np.concatenate([blobs(6, 30, seed=1)[0], between(0, 20, 0.62)]))
    done = refresh_segments(six, rows).segmentation
    assert done.router.leads
    save_segmentation(done, tmp_path)
    assert json.loads((tmp_path / "segments.json").read_text())["format"] == 2
    before = done.predict(rows.vectors)
    assert same(before, load_segmentation(tmp_path).predict(rows.vectors), np.arange(len(rows)))
    (new,) = {s.id for s in done.segments} - {s.id for s in six.segments}
    other, third = (s.id for s in six.segments[:2])
    parted = split(merge(done, [other, third]), new, rows.vectors, 2)
    save_segmentation(parted, tmp_path)
    again = load_segmentation(tmp_path).predict(rows.vectors)
    untouched = ~np.isin(before.segments, [new, other, third])
    assert same(before, again, np.flatnonzero(untouched))
    assert set(again.segments[before.segments == new]) == set(next_ids(done, 2))
    form = json.loads((tmp_path / "segments.json").read_text())
    form["router"]["leads"] = form["router"]["leads"][:-1]
    (tmp_path / "segments.json").write_text(json.dumps(form))
    with pytest.raises(StoreError, match="lead"):
        load_segmentation(tmp_path)


def test_later_rows_of_the_same_kind_change_nothing_but_sizes(six: Segmentation) -> None:
    for seed in range(3):
        done = refresh_segments(six, stored(OLD, blobs(6, 40, seed=seed + 10)[0]))
        assert set(done.changes["change"]) == {""}
        assert done.segmentation.router is six.router
        assert sum(segment.size for segment in done.segmentation.segments) == 600


def test_a_segment_vanishes_stays_and_returns(six: Segmentation, tmp_path: Path) -> None:
    gone = str(six.predict(AXES[[0]]).segments[0])
    others = [blobs(6, 20, seed=s)[0][20:] for s in (1, 2)]
    first = refresh_segments(six, stored(OLD, others[0]))
    assert named(first, "vanished") == {gone}
    assert {s.id for s in first.segmentation.segments if s.vanished} == {gone}
    assert in_words(first.segmentation.history[-1]).count("vanished") == 1
    save_segmentation(first.segmentation, tmp_path)
    loaded = load_segmentation(tmp_path)
    assert loaded.segments == first.segmentation.segments
    second = refresh_segments(loaded, stored(OLD, *others))
    assert not named(second, "vanished")
    assert second.segmentation[gone].vanished == first.segmentation[gone].vanished
    third = refresh_segments(second.segmentation, stored(OLD, *others, blobs(6, 20, seed=4)[0]))
    assert named(third, "returned") == {gone}
    assert not any(s.vanished for s in third.segmentation.segments)
    assert len(third.segmentation) == 6
    assert [c.details["refresh"] for c in refreshes(third.segmentation)] == [1, 2, 3]
    # months without it do not lower what is expected of it later
    fourth = refresh_segments(
        third.segmentation, stored(OLD, *others, blobs(6, 20, seed=4)[0], others[0])
    )
    assert named(fourth, "vanished") == {gone}


def test_one_stray_row_does_not_bring_a_segment_back(six: Segmentation) -> None:
    gone = str(six.predict(AXES[[0]]).segments[0])
    without = blobs(6, 20, seed=1)[0][20:]
    first = refresh_segments(six, stored(OLD, without)).segmentation
    rows = np.concatenate([blobs(6, 20, seed=2)[0][20:], OLD[:1]])
    assert refresh_segments(first, stored(OLD, without, rows)).segmentation[gone].vanished


def test_small_tables_mark_nothing(six: Segmentation) -> None:
    for rows in range(1, 12):
        done = refresh_segments(six, stored(OLD, blobs(6, 60, seed=3)[0][60 : 60 + rows]))
        assert not named(done, "vanished")


def test_a_group_that_was_outside_before_is_not_new(six: Segmentation) -> None:
    old = np.concatenate([OLD, about([10], 40, seed=1)])
    done = refresh_segments(
        six, stored(old, np.concatenate([blobs(6, 30, seed=1)[0], about([10], 18)]))
    )
    assert done.known_groups == 1
    assert not named(done, "new")
    many = np.concatenate([blobs(6, 10, seed=1)[0], about([10], 60)])
    grown = refresh_segments(six, stored(old, many))
    assert len(named(grown, "new")) == 1  # far more frequent than before


def test_a_smallest_share_leaves_groups_out(six: Segmentation) -> None:
    rows = stored(OLD, np.concatenate([blobs(6, 40, seed=1)[0], about([10], 40), about([11], 12)]))
    assert len(named(refresh_segments(six, rows), "new")) == 2
    done = refresh_segments(six, rows, min_share=0.1)
    assert (len(named(done, "new")), done.small_groups) == (1, 1)


def test_a_frozen_segmentation_gets_no_segment_but_says_which(six: Segmentation) -> None:
    frozen = freeze(six)
    rows = stored(OLD, np.concatenate([blobs(6, 20, seed=1)[0][20:], about([10, 11])]))
    done = refresh_segments(frozen, rows)
    assert done.segmentation.router is frozen.router
    assert len(done.waiting) == 2
    assert sum(segment.size for segment in done.waiting) == 80
    assert [s.id for s in done.segmentation.segments if s.vanished] == list(named(done, "vanished"))
    assert same(done.before, done.assignments, np.arange(len(rows)))
    assert done.segmentation.frozen
    assert done.segmentation.history[-1].details["waiting"]


def test_edits_stay(six: Segmentation) -> None:
    ids = [segment.id for segment in six.segments]
    edited = rename(merge(six, ids[:2], "Both"), ids[2], "Mine")
    edited = move(split(edited, ids[3], OLD, 2), OLD[:1], ids[4])
    rows = stored(OLD, np.concatenate([blobs(6, 20, seed=1)[0], about([10, 11])]))
    done = refresh_segments(edited, rows)
    names = {s.id: s.name for s in edited.segments}
    assert {i: done.segmentation[i].name for i in names} == names
    new = named(done, "new")
    assert not new & {*ids, *names}  # not even ids of segments that are no more
    assert done.segmentation.history[: len(edited.history)] == edited.history
    assert same(done.before, done.assignments, np.arange(len(OLD) + 120))
    assert done.segmentation.predict(OLD[:1]).segments[0] == ids[4]


def test_three_months_in_a_row_keep_all_earlier_answers(six: Segmentation) -> None:
    months = [
        np.concatenate([blobs(6, 20, seed=s)[0], about([10 + s], 30, seed=s)]) for s in range(3)
    ]
    now, batches, sizes = six, [OLD], []
    for month in months:
        batches.append(month)
        rows = stored(*batches)
        before = now.predict(rows.vectors)
        done = refresh_segments(now, rows)
        now = done.segmentation
        inside = np.flatnonzero((before.segments != "") & (rows.batches < len(batches) - 1))
        assert same(before, now.predict(rows.vectors), inside)
        sizes.append(len(now))
    assert sizes == [7, 8, 9]
    again = refresh_segments(now, stored(*batches, months[2]))
    assert not named(again, "new")  # what was new is known now
    assert len(again.segmentation) == 9


def test_texts_that_cannot_be_read_make_no_segment(six: Segmentation) -> None:
    later = np.concatenate([blobs(6, 20, seed=1)[0], about([10, 11])])
    shares = np.ones(len(OLD) + len(later), np.float32)
    shares[-80:] = 0.1
    done = refresh_segments(six, stored(OLD, later, readable=shares))
    assert not named(done, "new")


def test_what_is_new_in_the_file_is_left_out_where_nothing_is(
    six: Segmentation, tmp_path: Path
) -> None:
    """A segmentation without marks and leads is written as earlier versions read it."""
    done = refresh_segments(six, stored(OLD, blobs(6, 20, seed=1)[0])).segmentation
    save_segmentation(done, tmp_path)
    form = json.loads((tmp_path / "segments.json").read_text())
    assert form["format"] == 1
    assert "vanished" not in form["segments"][0]
    assert "leads" not in form["router"]
    marked = replace(
        done, segments=(replace(done.segments[0], vanished="2026"), *done.segments[1:])
    )
    save_segmentation(marked, tmp_path)
    assert json.loads((tmp_path / "segments.json").read_text())["format"] == 2


def test_batches_are_stored_with_the_rows(tmp_path: Path) -> None:
    rows = stored(OLD, blobs(6, 20, seed=1)[0])
    save_rows(tmp_path, rows)
    assert np.array_equal(load_rows(tmp_path).batches, rows.batches)  # type: ignore[arg-type]
    save_rows(tmp_path, replace(rows, batches=None))
    assert load_rows(tmp_path).batches is None


def test_rows_among_their_own_kind_only_are_novel() -> None:
    earlier, later = blobs(6, 100)[0], blobs(7, 60, seed=1)[0]
    old, new = [f"e{r}" for r in range(600)], [f"l{r}" for r in range(420)]
    shares = later_shares(earlier, later, old, new)
    assert (shares[360:] >= NOVEL).mean() > 0.95
    assert (shares[:360] >= NOVEL).mean() < 0.05
    assert 0.35 < shares[:360].mean() < 0.65
    some = np.array([400, 3, 17])
    assert np.array_equal(later_shares(earlier, later, old, new, asked=some), shares[some])
    known = later_shares(earlier, later, [*old[:540], *new[360:]], new)
    assert not known[360:].any()
    assert not later_shares(earlier[:1], later, old[:1], new).any()


def test_copies_of_one_text_are_no_group(six: Segmentation) -> None:
    copies = np.repeat(AXES[[10]], 50, axis=0)
    rows = stored(OLD, np.concatenate([blobs(6, 20, seed=1)[0], copies]))
    assert find_candidates(six, copies, ["x"] * 50) is None
    assert not named(refresh_segments(six, rows), "new")


@settings(max_examples=50, deadline=None)
@given(
    counts=st.lists(st.integers(0, 400), min_size=2, max_size=30),
    rows=st.integers(1, 300),
    seed=st.integers(0, 10_000),
)
def test_presence_is_one_of_four_and_needs_evidence(
    counts: list[int], rows: int, seed: int
) -> None:
    before = np.array(counts)
    total = np.full(len(counts), before.sum())
    rng = np.random.default_rng(seed)
    chances = (before + 1) / (before + 1).sum()
    now = rng.multinomial(rows, chances)
    absent = rng.random(len(counts)) < 0.2
    judged = judge_presence(before, total, now, rows, absent)
    kinds = np.stack([judged.vanished, judged.returned, judged.grew, judged.shrank])
    assert (kinds.sum(axis=0) <= 1).all()
    assert not (judged.vanished & absent).any()
    assert (absent | ~judged.returned).all()
    assert (now[judged.returned] > 0).all()
    expected = before / np.maximum(total, 1) * rows
    assert (expected[judged.vanished] > 2.9).all()  # fewer may be none by chance: exp(-3) is 0.05


def test_chance_alone_seldom_marks_a_segment() -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(60))
    marked = 0
    for _ in range(400):
        before, now = rng.multinomial(3000, shares), rng.multinomial(800, shares)
        judged = judge_presence(before, np.full(60, 3000), now, 800, np.zeros(60, dtype=np.bool_))
        marked += bool(judged.vanished.any())
    assert marked <= 20  # 5%
