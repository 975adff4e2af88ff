"""A segmentation in its folder: the same after loading, whole or not at all, altered never."""

import csv
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coterie.encoders import fit_tfidf, load_encoder
from coterie.errors import CoterieWarning, EncoderMismatchError, IntegrityError, StoreError
from coterie.segments.taxonomy.edits import freeze, merge, move, rename, split
from coterie.segments.taxonomy.files import is_segmentation, load_segmentation, save_segmentation
from coterie.segments.taxonomy.folder import (
    assignments_table,
    edit_folder,
    fitted_encoder,
    save_folder,
    write_assignments,
)
from coterie.segments.taxonomy.rows import RowPicture, StoredRows, load_rows, save_rows

from .worlds import made, points, rows_of, segmentations, unit

CORNERS = unit(np.eye(3))
ROWS = unit(np.array([[3, 1, 0], [3, 0, 1], [0, 3, 1], [1, 3, 0], [0, 1, 3]]))


@pytest.fixture
def drawer(tmp_path):
    """A folder as discover leaves it: three segments, five rows."""
    segmentation = made(ROWS, CORNERS)
    save_segmentation(segmentation, tmp_path)
    ids = [f"r{row}" for row in range(len(ROWS))]
    rows = rows_of(ids, ["a", "b", "=c", "d", "e"], ROWS, fingerprint="f" * 64)
    save_rows(tmp_path, rows)
    write_assignments(tmp_path, segmentation, ids, segmentation.predict(ROWS))
    return tmp_path


def written_assignments(folder):
    with (folder / "assignments.csv").open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@settings(max_examples=60, deadline=None)
@given(segmentation=segmentations(), rows=points(1, 20), data=st.data())
def test_a_loaded_segmentation_is_the_saved_one(tmp_path_factory, segmentation, rows, data):
    folder = tmp_path_factory.mktemp("store")
    first = segmentation.segments[0].id
    segmentation = move(segmentation, rows[:1], first, rows=["=1"])
    segmentation = rename(segmentation, first, data.draw(st.sampled_from(["Ä “b”", "\ud800x"])))
    if data.draw(st.booleans()):
        segmentation = freeze(segmentation)
    save_segmentation(segmentation, folder)
    loaded = load_segmentation(folder / "segments.json")
    if "\ud800" not in segmentation[first].name:
        assert loaded.segments == segmentation.segments
        assert loaded.history == segmentation.history
    assert (loaded.title, loaded.frozen) == (segmentation.title, segmentation.frozen)
    assert loaded.encoder == segmentation.encoder
    old, new = segmentation.predict(rows), loaded.predict(rows)
    assert new.segments.tolist() == old.segments.tolist()
    assert new.statuses.tolist() == old.statuses.tolist()
    assert (new.confidences == old.confidences).all()
    assert sorted(path.name.split("-")[0] for path in folder.iterdir()) == [
        "router",
        "segments.json",
    ]


def test_altered_arrays_are_refused_before_they_are_parsed(drawer, monkeypatch):
    [arrays] = drawer.glob("router-*.safetensors")
    changed = bytearray(arrays.read_bytes())
    changed[-1] ^= 1
    arrays.write_bytes(changed)
    monkeypatch.setattr("safetensors.numpy.load", lambda _: pytest.fail("parsed"))
    with pytest.raises(IntegrityError, match="router-"):
        load_segmentation(drawer)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda form: form.update(format=3), "form 3"),
        (lambda form: form.pop("format"), "form None"),
        (lambda form: form.update(colour="red"), "colour"),
        (lambda form: form["router"].update(curve="steep"), "router.curve"),
        (lambda form: form["router"]["targets"].append("s01"), "segments.json is damaged"),
        (lambda form: form["segments"].pop(), "segments.json is damaged"),
        (lambda form: form["encoder"].update(dim=4), "as wide as"),
        (lambda form: form["arrays"]["shapes"].update(pins=[1, 3]), "arrays"),
        (lambda form: form["arrays"].update(file="../router-none.safetensors"), "cannot be read"),
    ],
)
def test_a_damaged_json_is_one_clear_error(drawer, change, says):
    file = drawer / "segments.json"
    form = json.loads(file.read_text())
    change(form)
    file.write_text(json.dumps(form))
    with pytest.raises(StoreError, match=says):
        load_segmentation(drawer)


def test_torn_json_and_an_empty_folder_are_store_errors(drawer, tmp_path):
    file = drawer / "segments.json"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(StoreError, match="cannot be read"):
        load_segmentation(drawer)
    assert not is_segmentation(tmp_path / "none")
    with pytest.raises(StoreError, match="discover"):
        load_segmentation(tmp_path / "none")


SAVE_AND_DIE = """
import os, sys
from pathlib import Path
from coterie.segments.taxonomy.files import load_segmentation, save_segmentation
from coterie.segments.taxonomy.edits import merge
folder, step = sys.argv[1], int(sys.argv[2])
merged = merge(load_segmentation(folder), ["s01", "s02"])
done, plain = 0, Path.replace
def replace_or_die(self, target):
    global done
    if done == step:
        os.kill(os.getpid(), 9)
    done += 1
    return plain(self, target)
Path.replace = replace_or_die
save_segmentation(merged, folder)
"""


@pytest.mark.parametrize("step", [0, 1])
def test_a_save_killed_at_any_rename_leaves_the_old_one(drawer, step):
    killed = subprocess.run(
        [sys.executable, "-c", SAVE_AND_DIE, str(drawer), str(step)], check=False
    )
    assert killed.returncode == -9
    assert [s.id for s in load_segmentation(drawer).segments] == ["s01", "s02", "s03"]
    save_segmentation(merge(load_segmentation(drawer), ["s01", "s02"]), drawer)
    assert len(load_segmentation(drawer)) == 2
    assert len(list(drawer.glob("router-*.safetensors"))) == 1


def test_a_full_disk_leaves_the_old_one(drawer, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("coterie.segments.taxonomy.files.os.fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        save_segmentation(merge(load_segmentation(drawer), ["s01", "s02"]), drawer)
    assert len(load_segmentation(drawer)) == 3
    assert not list(drawer.glob(".*"))


def test_rows_come_back_as_they_were(tmp_path):
    vectors = np.tile(ROWS, (4000, 1))
    ids = [f"r{row}" for row in range(len(vectors))]
    texts = ["a\ud800", "", "ü\n", "=1", "e"] * 4000
    save_rows(tmp_path, rows_of(ids, texts, vectors))
    rows = load_rows(tmp_path)
    assert rows.ids.tolist() == ids
    assert rows.texts[:5].tolist() == ["a\\ud800", "", "ü\n", "=1", "e"]
    assert (rows.vectors == vectors).all()
    assert rows.vectors.dtype == np.float32
    assert rows.fingerprint is None


def test_a_folder_keeps_the_encoder_that_learnt_from_its_rows(tmp_path):
    segmentation = made(ROWS, CORNERS)
    ids = np.array([f"r{row}" for row in range(len(ROWS))], dtype=object)
    rows = StoredRows(ids, ids, ROWS, "f" * 64)
    found = segmentation.predict(ROWS)
    encoder = fit_tfidf(["red apples", "green pears"])
    save_folder(tmp_path, segmentation, rows, found, encoder)
    kept = load_encoder(str(fitted_encoder(tmp_path)))
    assert kept.fingerprint == encoder.fingerprint
    assert sum(s.size for s in load_segmentation(tmp_path).segments) == len(ROWS)
    assert load_rows(tmp_path).fingerprint == rows.fingerprint
    save_folder(tmp_path, segmentation, rows, found)
    assert fitted_encoder(tmp_path) is None
    assert not (tmp_path / "encoder").exists()


def test_what_a_page_draws_of_rows_comes_back(tmp_path):
    labels = {
        "want": np.array(["a", None, "\ud800"], dtype=object),
        "id": np.array(["1"] * 3, object),
    }
    layout = np.array([[0.1, -2], [3, 4], [5, 6]], dtype=np.float32)
    ends = {"coarser": np.array([0, -1, 0]), "finer": np.array([0, -1, 1])}
    picture = RowPicture(layout, ends, labels)
    save_rows(tmp_path, rows_of(["x", "y", "z"], ["t"] * 3, ROWS[:3], picture=picture))
    rows = load_rows(tmp_path)
    assert rows.ids.tolist() == ["x", "y", "z"]
    assert rows.picture is not None
    assert (rows.picture.layout == layout).all()
    assert list(rows.picture.ends) == ["coarser", "finer"]
    assert rows.picture.ends["finer"].tolist() == [0, -1, 1]
    assert {name: column.tolist() for name, column in rows.picture.labels.items()} == {
        "want": ["a", None, "\\ud800"],
        "id": ["1", "1", "1"],
    }


def test_no_rows_are_rows_too(tmp_path):
    save_rows(tmp_path, rows_of([], [], np.zeros((0, 3), np.float32)))
    assert load_rows(tmp_path).vectors.shape == (0, 3)


def test_torn_rows_are_a_store_error(drawer):
    file = drawer / "rows.parquet"
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(StoreError, match="damaged"):
        load_rows(drawer)


def test_assignments_are_laid_out_for_people(drawer):
    segmentation = rename(load_segmentation(drawer), "s01", "=Danger")
    frame = assignments_table(segmentation, ["a"], segmentation.predict(ROWS[:1]))
    assert frame.columns.tolist() == ["id", "segment", "name", "status", "confidence"]
    write_assignments(drawer, segmentation, ["+a"], segmentation.predict(ROWS[:1]))
    assert written_assignments(drawer)["'+a"]["name"] == "'=Danger"


@pytest.mark.parametrize(
    ("edit", "moved"),
    [
        (lambda s, _: rename(s, "s01", "Early birds"), 0),
        (lambda s, _: merge(s, ["s01", "s02"]), 2),
        (lambda s, rows: split(s, "s01", rows.vectors), 2),
        (lambda s, rows: move(s, rows.vectors[:1], "s03"), 1),
        (lambda s, _: freeze(s), 0),
    ],
)
def test_an_edit_keeps_sizes_and_exports_in_step(drawer, edit, moved):
    done = edit_folder(drawer, edit)
    loaded = load_segmentation(drawer)
    found = written_assignments(drawer)
    predicted = loaded.predict(ROWS)
    assert done.moved == moved
    assert [found[f"r{row}"]["segment"] for row in range(5)] == predicted.segments.tolist()
    assert [found[f"r{row}"]["status"] for row in range(5)] == predicted.statuses.tolist()
    names = {s.id: s.name for s in loaded.segments}
    assert {row["name"] for row in found.values()} <= set(names.values())
    for segment in loaded.segments:
        assert segment.size == (predicted.segments == segment.id).sum()


def test_without_rows_an_edit_says_that_the_export_stays(drawer):
    (drawer / "rows.parquet").unlink()
    with pytest.warns(CoterieWarning, match=r"assignments\.csv"):
        done = edit_folder(drawer, lambda s, _: rename(s, "s01", "New"))
    assert done.moved is None
    assert load_segmentation(drawer)["s01"].name == "New"


def test_rows_of_another_encoder_are_refused_and_nothing_is_written(drawer):
    save_rows(drawer, rows_of(["a"], ["a"], ROWS[:1], fingerprint="0" * 64))
    with pytest.raises(EncoderMismatchError, match="another encoder"):
        edit_folder(drawer, lambda s, _: rename(s, "s01", "New"))
    save_rows(drawer, rows_of(["a"], ["a"], np.ones((1, 4), np.float32)))
    with pytest.raises(EncoderMismatchError, match="width 3"):
        edit_folder(drawer, lambda s, _: rename(s, "s01", "New"))
    assert load_segmentation(drawer)["s01"].name == "Group s01"


def test_an_edit_that_fails_writes_nothing(drawer):
    before = (drawer / "segments.json").read_bytes()
    edit_folder(drawer, lambda s, _: replace(s, title=s.title))
    with pytest.raises(RuntimeError):
        edit_folder(drawer, lambda *_: (_ for _ in ()).throw(RuntimeError))
    assert (drawer / "segments.json").read_bytes() == before


def test_pooling_is_kept_and_older_files_have_none(drawer):
    segmentation = load_segmentation(drawer)
    pooled = replace(segmentation, encoder=replace(segmentation.encoder, pooling="row"))
    save_segmentation(pooled, drawer)
    assert load_segmentation(drawer).encoder == pooled.encoder
    file = drawer / "segments.json"
    form = json.loads(file.read_text())
    del form["encoder"]["pooling"]
    file.write_text(json.dumps(form))
    assert load_segmentation(drawer).encoder.pooling == "record"
    file.write_text(json.dumps(form | {"encoder": form["encoder"] | {"pooling": "median"}}))
    with pytest.raises(StoreError, match=r"encoder\.pooling"):
        load_segmentation(drawer)
