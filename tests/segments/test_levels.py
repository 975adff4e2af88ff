"""Another number of groups: nested, whole, and as it was where it was left."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coterie
from coterie.cli import main
from coterie.errors import SegmentError
from coterie.segments import RowPicture, StoredRows, edit_folder, load_rows, load_segmentation
from coterie.segments.taxonomy.edits import counted, create, freeze, merge, move, rename, split
from coterie.segments.taxonomy.levels import level, level_stored, levels, levels_of
from coterie.segments.taxonomy.lookup import retired
from coterie.segments.taxonomy.routes import fault_of
from coterie.segments.taxonomy.steps import undo

from .blobs import blobs, found
from .worlds import points, rows_of, segmentations

BLOBS, CODES = blobs(12, 60, spread=0.12)
THEMES = ("late parcel", "wrong bill", "new card", "lost key", "slow line", "cold food")


def rows_with_ends(discovery, vectors, texts=None) -> StoredRows:
    ids = [f"r{row}" for row in range(len(vectors))]
    texts = texts or [""] * len(vectors)
    return rows_of(ids, texts, vectors, picture=RowPicture(discovery.layout, discovery.ends))


@pytest.fixture(scope="module")
def discovery():
    return found(BLOBS, groups=8)


@pytest.fixture(scope="module")
def rows(discovery):
    return rows_with_ends(discovery, BLOBS)


def where(segmentation, rows):
    return segmentation.predict(rows.vectors).segments.astype(str)


def nested(fine, coarse):
    return all(len(set(coarse[fine == group])) == 1 for group in set(fine))


def test_every_number_is_a_cut_of_one_tree(discovery, rows):
    segmentation = discovery.segmentation
    most = len(segmentation.router.targets)
    cuts = [where(level(segmentation, rows, n), rows) for n in range(1, min(most, 16) + 1)]
    for number, cut in enumerate(cuts, start=1):
        assert len(set(cut) - {""}) == number
        assert ((cut == "") == (where(segmentation, rows) == "")).all()
    assert all(nested(fine, coarse) for coarse, fine in itertools.pairwise(cuts))
    assert cuts[7].tolist() == where(segmentation, rows).tolist()


def test_both_ends_of_the_range_are_those_of_the_discovery(discovery, rows):
    segmentation = discovery.segmentation
    for end in ("coarser", "finer"):
        codes = discovery.ends[end]
        number = len(set(codes[codes >= 0].tolist()))
        cut = where(level(segmentation, rows, number), rows)
        assert nested(cut, codes)
        assert nested(codes, cut)


def test_segments_that_stay_keep_what_they_are(discovery, rows):
    first = discovery.segmentation.segments[0].id
    segmentation = rename(discovery.segmentation, first, "Mine")
    for number in (5, 7, 9, 11):
        after = level(segmentation, rows, number)
        before, now = where(segmentation, rows), where(after, rows)
        same = [s for s in (set(before) & set(now)) - {""} if ((before == s) == (now == s)).all()]
        assert len(same) >= 8 - 2 * abs(8 - number)
        for segment in same:
            assert after[segment] == segmentation[segment]
        if number < 8:  # a name that a person gave outlives a merge
            assert after[first].name == "Mine"
        assert set(retired(after)) == set(before) - set(now) - {""}
        assert after.history[-1].details["groups"] == len(after) == number


def test_new_names_are_words_of_the_rows():
    texts = [f"{THEMES[code % 6]} number {row}" for row, code in enumerate(CODES)]
    discovery = found(BLOBS, texts, groups=12)
    rows = rows_with_ends(discovery, BLOBS, texts)
    after = level(discovery.segmentation, rows, 6)
    told = " ".join(segment.name.casefold() for segment in after.segments)
    assert any(word in told for theme in THEMES for word in theme.split())
    assert all(segment.exemplars for segment in after.segments if segment.id in retired(after))


def test_a_number_after_another_starts_where_the_first_did(discovery, rows):
    base = discovery.segmentation
    coarse = level(base, rows, 4)
    back = level(coarse, rows, len(base), base=base)
    assert {s.id: s for s in back.segments} == {s.id: s for s in base.segments}
    assert where(back, rows).tolist() == where(base, rows).tolist()
    assert retired(back) == {}
    fine = level(coarse, rows, 11, base=base)
    finer = level(fine, rows, 12, base=base)
    assert len({s.id for s in fine.segments} & {s.id for s in finer.segments}) == 10
    again = level(finer, rows, 4, base=base)
    assert where(again, rows).tolist() == where(coarse, rows).tolist()


def test_edited_segments_have_levels_too(discovery, rows):
    ids = [s.id for s in discovery.segmentation.segments]
    segmentation = merge(discovery.segmentation, ids[:2])
    segmentation = split(segmentation, ids[2], BLOBS)
    segmentation = create(segmentation, BLOBS, np.flatnonzero(CODES == 4)[:40], "Made")
    segmentation = move(segmentation, BLOBS[CODES == 5][:5], ids[3])
    for number in (3, 6, 12):
        after = level(segmentation, rows, number)
        assert fault_of(after.router, [s.id for s in after.segments]) is None
        before, now = where(segmentation, rows), where(after, rows)
        assert nested(before, now) if number < len(segmentation) else nested(now, before)
        assert sum(s.size for s in after.segments) == (now != "").sum()


def test_numbers_to_choose_from(discovery):
    segmentation = discovery.segmentation
    assert levels_of(segmentation, None) == [8]
    assert levels_of(segmentation, (5, 10)) == [5, 6, 7, 8, 9, 10]
    assert levels_of(segmentation, (9, 10)) == [8, 9, 10]
    assert levels_of(segmentation, (2, 10**6))[-1] == len(segmentation.router.targets)


def test_what_cannot_be_is_refused(discovery, rows):
    segmentation = discovery.segmentation
    with pytest.raises(SegmentError, match="thaw"):
        level(freeze(segmentation), rows, 5)
    for number in (0, 10**6):
        with pytest.raises(SegmentError, match="choose"):
            level(segmentation, rows, number)
    assert level(segmentation, rows, 8) is segmentation


@settings(max_examples=60, deadline=None)
@given(segmentation=segmentations(), vectors=points(1, 30), data=st.data())
def test_no_row_is_lost_and_no_id_is_given_twice(segmentation, vectors, data):
    ids = [f"r{row}" for row in range(len(vectors))]
    rows = rows_of(ids, [""] * len(vectors), vectors)
    ever = {s.id for s in segmentation.segments}
    outside = segmentation.predict(vectors).segments == ""
    base = run = counted(segmentation, segmentation.predict(vectors))
    for _ in range(3):
        number = data.draw(st.integers(1, len(base.router.targets)))
        after = level(run, rows, number, base=base if data.draw(st.booleans()) else None)
        fresh = {s.id for s in after.segments} - {s.id for s in run.segments}
        known = {s.id for s in base.segments}
        assert not (fresh - known) & ever
        ever |= fresh
        assert len(after) == number
        assert ((after.predict(vectors).segments == "") == outside).all()
        assert sum(s.size for s in after.segments) == (~outside).sum()
        assert fault_of(after.router, [s.id for s in after.segments]) is None
        assert len({s.name.casefold() for s in after.segments}) == number
        run = after


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    table = [{"text": f"{THEMES[row % 6]} {row % 7} of day {row}"} for row in range(240)]
    folder = tmp_path_factory.mktemp("levels") / "found"
    coterie.discover(pd.DataFrame(table), text="text", encoder="tfidf").save(folder)
    return folder


def test_a_folder_takes_one_number_after_another_and_undoes_each(saved, tmp_path, capsys):
    folder = Path(shutil.copytree(saved, tmp_path / "own"))
    before = load_segmentation(folder)
    known = levels(folder, before)
    assert known == sorted(set(known))
    assert len(before) in known
    assert len(known) > 2
    low, high = known[0], known[-1]
    for number in (low, high, len(before)):
        if number != len(load_segmentation(folder)):
            assert main(["segments", "level", str(folder), str(number)]) == 0
        assert len(load_segmentation(folder)) == number
    assert {s.id: s.name for s in load_segmentation(folder).segments} == {
        s.id: s.name for s in before.segments
    }
    capsys.readouterr()
    assert main(["segments", "level", str(folder), str(high + 50)]) == 2
    assert "choose" in capsys.readouterr().err
    while len(load_segmentation(folder).history) < 5:
        edit_folder(folder, lambda s, _: undo(s, folder))
        if load_segmentation(folder).segments == before.segments:
            break
    rows = load_rows(folder)
    assert (
        load_segmentation(folder).predict(rows.vectors).segments.tolist()
        == before.predict(rows.vectors).segments.tolist()
    )


def test_a_folder_without_a_comparison_has_one_level(saved, tmp_path):
    segmentation = load_segmentation(saved)
    assert levels(tmp_path, segmentation) == [len(segmentation)]
    with pytest.raises(SegmentError, match="only"):
        level_stored(replace(segmentation, history=()), load_rows(saved), 1, tmp_path)
