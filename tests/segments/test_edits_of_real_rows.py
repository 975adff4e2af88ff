"""Edits of real questions: what is chosen goes, what is not stays, and all of it comes back."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coterie
from coterie.segments import edit_folder, load_rows, load_segmentation
from coterie.segments.taxonomy.edits import create
from coterie.segments.taxonomy.levels import level_stored, levels
from coterie.segments.taxonomy.steps import undo

DATA = Path(os.environ.get("COTERIE_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = DATA / "banking77" / "test.csv"
    if not path.is_file():
        pytest.skip(f"{path} is absent: set COTERIE_DATA to the folder of the data sets")
    home = tmp_path_factory.mktemp("real") / "found"
    table = pd.read_csv(path)
    found = coterie.discover(table, text="text", labels=["category"], encoder="tfidf", groups=40)
    found.save(home)
    return home


def test_chosen_questions_make_a_segment_that_later_ones_join(folder: Path) -> None:
    before, rows = load_segmentation(folder), load_rows(folder)
    assert rows.picture is not None
    seen = np.random.default_rng(0).random(len(rows)) < 0.5
    labels = rows.picture.labels["category"]
    table, later = rows.vectors[seen], rows.vectors[~seen]
    old = before.predict(table).segments
    joined, right = [], []
    for label in pd.Series(labels).value_counts().index[:10]:
        own, like = labels[seen] == label, labels[~seen] == label
        made = create(before, table, np.flatnonzero(own), "Mine")
        [new] = made.history[-1].details["added"]
        now = made.predict(table).segments
        twins = (now == new) & ~own
        assert (now[own] == new).all()
        assert twins.sum() <= 5
        assert (now[~own & ~twins] == old[~own & ~twins]).all()
        there = made.predict(later).segments == new
        joined.append(there[like].mean())
        right.append(like[there].mean() if there.any() else np.nan)
    assert np.mean(joined) > 0.2
    assert np.nanmean(right) > 0.7


def test_levels_keep_every_row_and_undo_brings_all_back(folder: Path) -> None:
    before, rows = load_segmentation(folder), load_rows(folder)
    old = before.predict(rows.vectors)
    numbers = levels(folder, before)
    assert 40 in numbers
    for number in (numbers[0], numbers[-1]):
        if number == len(load_segmentation(folder)):
            continue
        done = edit_folder(folder, lambda s, r, number=number: level_stored(s, r, number, folder))
        now = done.segmentation.predict(rows.vectors)
        assert len(done.segmentation) == number
        assert now.coverage == old.coverage
        assert sum(s.size for s in done.segmentation.segments) == (old.segments != "").sum()
    while load_segmentation(folder).segments != before.segments:
        edit_folder(folder, lambda s, _: undo(s, folder))
    now = load_segmentation(folder).predict(rows.vectors)
    assert now.segments.tolist() == old.segments.tolist()
    assert now.confidences.tobytes() == old.confidences.tobytes()
