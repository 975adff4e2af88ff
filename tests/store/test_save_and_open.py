"""What is saved comes back; versions are chosen; nothing else is there."""

import json
import shutil
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from coterie.errors import IntegrityError, StoreError
from coterie.store import (
    SUFFIXES,
    activate,
    history_of,
    list_models,
    list_versions,
    open_model,
    rollback,
    save_model,
    verify,
)

from .models import everything, number_of, save, states

pytestmark = pytest.mark.usefixtures("fast_disk")

NUMBERS = ["?", "<i1", "<u2", ">i4", "<i8", "<f2", "<f4", ">f8"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
).filter(lambda content: "Infinity" not in json.dumps(content))


@settings(max_examples=60, deadline=None)
@given(
    content=JSON,
    held=st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
        st.sampled_from(NUMBERS).flatmap(
            lambda kind: arrays(kind, array_shapes(min_dims=0, min_side=0, max_side=3))
        ),
        max_size=3,
    ),
    raw=st.binary(max_size=40).map(lambda raw: b"#" + raw),
    classes=st.lists(st.text(max_size=5), max_size=4),
    metrics=st.dictionaries(st.text(max_size=4), JSON, max_size=3),
)
def test_what_was_saved_comes_back(tmp_path_factory, content, held, raw, classes, metrics):
    home = tmp_path_factory.mktemp("models") / "model"

    def into(draft):
        draft.write_json("a/content.json", content)
        draft.write_arrays("held.safetensors", {key: array.T for key, array in held.items()})
        draft.write_bytes("raw.txt", raw)

    saved = save(home, into=into, classes=classes, metrics=metrics, note="Ä \ud800")
    files = open_model(home)
    assert files.json("a/content.json") == files.within("a").json("content.json") == content
    assert files.bytes("raw.txt") == raw
    loaded = files.arrays("held.safetensors")
    assert loaded.keys() == held.keys()
    for key, array in held.items():
        np.testing.assert_array_equal(loaded[key], array.T)
        assert loaded[key].shape == array.T.shape
        assert loaded[key].dtype == array.dtype.newbyteorder("=")
    assert files.manifest == saved == open_model(home / "versions" / "0001").manifest
    assert saved.classes == tuple(classes)
    assert saved.metrics == metrics
    assert saved.note == "Ä \ud800"
    assert {each.state for each in verify(home)} == {"ok"}


def test_a_manifest_says_what_a_version_is(tmp_path):
    saved = save(tmp_path / "model", note="first")
    assert (saved.form, saved.kind, saved.version, saved.note) == (1, "few-shot", 1, "first")
    assert datetime.fromisoformat(saved.created).utcoffset() == timedelta(0)
    assert saved.schema == {"text": "str"}
    assert saved.libraries["numpy"] == np.__version__
    assert {"python", "coterie", "safetensors"} <= saved.libraries.keys()
    on_disk = json.loads((tmp_path / "model/versions/0001/manifest.json").read_text())
    assert on_disk["files"]["model.txt"]["bytes"] == saved.files["model.txt"].bytes
    assert on_disk["classes"] == ["yes", "no"]


def test_versions_stay_and_the_active_one_is_used(tmp_path):
    home = tmp_path / "model"
    assert [save(home, number).version for number in (1, 2, 3)] == [1, 2, 3]
    assert number_of(home) == 3
    assert [number_of(home, version) for version in (1, 2, 3)] == [1, 2, 3]
    assert number_of(home / "versions/0002") == number_of(home / "versions/0002", 2) == 2
    save(home, 4, activate=False)
    assert number_of(home) == 3
    assert activate(home, 4).version == number_of(home) == 4
    summaries = list_versions(home)
    assert [each.version for each in summaries if each.active] == [4]
    assert [each.metrics["accuracy"] for each in summaries] == [0.51, 0.52, 0.53, 0.54]
    assert summaries[1].bytes == sum(f.bytes for f in open_model(home, 2).manifest.files.values())
    assert summaries[1].classes == 2
    assert not list(home.glob(".draft*"))


def test_a_model_without_an_active_version_says_how_to_choose_one(tmp_path):
    home = tmp_path / "model"
    save(home, activate=False)
    with pytest.raises(StoreError, match=r"1 with coterie models activate"):
        open_model(home)
    assert list_models(tmp_path)[0].active is None
    assert activate(home, 1).version == number_of(home) == 1


def test_a_version_opens_alone_wherever_it_is_copied(tmp_path):
    home = tmp_path / "model"
    save(home)
    shutil.copytree(home / "versions/0001", tmp_path / "copied")
    assert everything(tmp_path / "copied") == everything(home)
    with pytest.raises(StoreError, match="1, not 2"):
        open_model(tmp_path / "copied", 2)


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.sampled_from(["save", "draft", "back"]) | st.integers(1, 4), min_size=1, max_size=8
    )
)
def test_roll_back_goes_through_the_versions_that_were_active(tmp_path_factory, steps):
    home = tmp_path_factory.mktemp("models") / "model"
    save_model(home, _tiny, kind="k", classes=(), schema={}, metrics={})
    there, trail = 1, [1]
    for step in steps:
        if step in ("save", "draft"):
            there += 1
            active = step == "save"
            save_model(home, _tiny, kind="k", classes=(), schema={}, metrics={}, activate=active)
            trail += [there] if active else []
        elif step == "back" and len(trail) > 1:
            trail.pop()
            assert rollback(home).version == trail[-1]
        elif step == "back":
            with pytest.raises(StoreError, match="models activate"):
                rollback(home)
        elif step <= there:
            assert activate(home, step).version == step
            trail += [step] if step != trail[-1] else []
        else:
            with pytest.raises(StoreError, match=f"version {step}"):
                activate(home, step)
        assert open_model(home).manifest.version == trail[-1]
    assert history_of(home)[-1].version == trail[-1]
    assert {each.state for each in verify(home)} == {"ok"}


def _tiny(draft):
    draft.write_json("a.json", 1)


def test_no_damaged_version_becomes_active(tmp_path):
    home = tmp_path / "model"
    save(home, 1)
    save(home, 2)
    (home / "versions/0001/encoder/config.json").write_text('{"dim": 2}')
    for choose in (rollback, lambda home: activate(home, 1)):
        with pytest.raises(IntegrityError, match=r"config\.json"):
            choose(home)
        assert number_of(home) == 2
    assert len(history_of(home)) == 2


def test_parts_and_folders(tmp_path):
    save(tmp_path / "model")
    files = open_model(tmp_path / "model")
    part = files.within("encoder")
    assert part.names == ("1_Pooling/vocab.txt", "config.json")
    assert part.within("1_Pooling").bytes("vocab.txt") == b"a\nb\n"
    assert part.folder("1_Pooling") == files.folder("encoder/1_Pooling")
    assert files.folder("encoder") == part.path
    assert part.manifest == files.manifest
    for name in ("encoder/", "", ".", "..", "enc", "/", "encoder/config.json", "versions"):
        with pytest.raises(StoreError, match="no folder"):
            files.folder(name)
    for name in ("encoder/", "", "..", "../0001/model.txt", "./model.txt", "encoder//config.json"):
        with pytest.raises(StoreError, match="no file"):
            files.bytes(name)
    with pytest.raises(StoreError, match="no file"):
        files.bytes("manifest.json")
    with pytest.raises(StoreError, match="no file"):
        part.json("settings.json")


def test_a_folder_with_what_was_not_saved_is_refused(tmp_path):
    home = tmp_path / "model"
    save(home)
    files = open_model(home)
    (home / "versions/0001/encoder/1_Pooling/modeling.py").write_text("print('run')")
    with pytest.raises(IntegrityError, match=r"modeling\.py"):
        files.folder("encoder")
    (home / "versions/0001/encoder/1_Pooling/modeling.py").unlink()
    (home / "versions/0001/encoder/config.json").unlink()
    with pytest.raises(StoreError, match=r"config\.json.*missing"):
        files.folder("encoder")


def test_an_encoder_is_copied_without_what_is_not_kept(tmp_path):
    source, blobs = tmp_path / "encoder", tmp_path / "blobs"
    (source / "1_Pooling").mkdir(parents=True)
    blobs.mkdir()
    (blobs / "b").write_text('{"a": 1}')
    (source / "config.json").symlink_to("../blobs/b")  # as the hub's cache has it
    (source / "1_Pooling/config.json").write_text("{}")
    (source / "README.md").write_text("hello")
    home = tmp_path / "model"
    with pytest.raises(StoreError, match=r"'encoder/README\.md'"):
        save(home, into=lambda draft: draft.copy_folder(source, "encoder"))
    save(home, into=lambda draft: draft.copy_folder(source, "encoder", keep=["*.json"]))
    part = open_model(home).within("encoder")
    assert part.names == ("1_Pooling/config.json", "config.json")
    assert part.json("config.json") == {"a": 1}
    assert not (part.path / "config.json").is_symlink()
    for folder, says in ((tmp_path / "none", "cannot be read"), (blobs, "nothing to copy")):
        with pytest.raises(StoreError, match=says):
            save(home, into=lambda d, at=folder: d.copy_folder(at, "encoder", keep=["*.txt"]))
    (source / "more.json").symlink_to(source / "1_Pooling")
    with pytest.raises(StoreError, match=r"more\.json"):
        save(home, into=lambda draft: draft.copy_folder(source, "e", keep=["*.json"]))


@pytest.mark.parametrize(
    ("into", "says"),
    [
        (lambda d: d.write_json("a.json", {"a": float("nan")}), "a.json cannot be written as JSON"),
        (lambda d: d.write_json("a.json", {1, 2}), "a.json cannot be written as JSON"),
        (lambda d: d.write_arrays("a.safetensors", {"a": np.array(["x"])}), "arrays of numbers"),
        (lambda d: d.write_arrays("a.safetensors", {"a": np.array([{}])}), "arrays of numbers"),
        (lambda d: d.write_arrays("a.safetensors", {"__metadata__": np.ones(1)}), "of numbers"),
        (lambda d: d.write_arrays("a.safetensors", {1: np.ones(1)}), "arrays of numbers"),
        (lambda d: [d.write_bytes("a.txt", b""), d.write_bytes("a.txt", b"")], "written twice"),
        (lambda d: d.write_bytes("manifest.json", b"{}"), "written by the store"),
        (lambda d: (d.path / "manifest.json").write_text("{}"), "written by the store"),
    ],
)
def test_what_cannot_be_kept_is_one_sentence_and_leaves_nothing(tmp_path, into, says):
    home = tmp_path / "model"
    save(home)
    with pytest.raises(StoreError, match=says):
        save(home, into=into)
    assert [each.version for each in list_versions(home)] == [1]
    assert not list(home.glob(".draft*"))


@pytest.mark.parametrize(
    "given",
    [
        {"metrics": {"f1": float("nan")}},
        {"metrics": {"f1": np.float32(1)}},
        {"schema": {"deep": [[]]}},
        {"classes": [1, 2]},
        {"kind": ""},
        {"schema": {"big": "x" * (5 << 20)}},
    ],
)
def test_what_a_manifest_cannot_have_is_one_sentence(tmp_path, given):
    if "deep" in given.get("schema", {}):
        inner = given["schema"]["deep"]
        for _ in range(100_000):
            inner = [inner]
        given = {"schema": {"deep": inner}}
    with pytest.raises(StoreError) as caught:
        save(tmp_path / "model", **given)
    assert len(str(caught.value)) < 400
    assert list_models(tmp_path) == []


def test_an_error_of_the_writer_leaves_the_model_as_it_was(tmp_path):
    home = tmp_path / "model"
    save(home)

    def into(draft):
        draft.write_json("a.json", 1)
        raise KeyError("theirs")

    with pytest.raises(KeyError, match="theirs"):
        save(home, into=into)
    assert number_of(home) == 1
    assert not list(home.glob(".draft*"))


def test_models_are_listed_with_the_damaged_ones(tmp_path):
    for name in ("b", "a", "torn", "altered"):
        save(tmp_path / name)
    save(tmp_path / "a", 2)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "linked").symlink_to(tmp_path / "a")
    (tmp_path / "torn/model.json").write_bytes(b'{"form": 1')
    (tmp_path / "altered/versions/0001/manifest.json").write_text("{}")
    found = {each.name: each for each in list_models(tmp_path)}
    assert list(found) == ["a", "altered", "b", "torn"]
    assert (found["a"].active, found["a"].versions, found["a"].kind) == (2, (1, 2), "few-shot")
    assert (found["a"].classes, found["a"].metrics) == (2, {"accuracy": 0.52})
    assert not found["a"].fault
    assert "model.json is damaged" in found["torn"].fault
    assert "manifest.json is not the one that was saved" in found["altered"].fault
    with pytest.raises(StoreError, match="cannot be listed"):
        list_models(tmp_path / "none")


def test_verify_finds_every_file_that_is_not_as_it_was_saved(tmp_path):
    home = tmp_path / "model"
    for number in (1, 2, 3, 4):
        save(home, number)
    versions = home / "versions"
    (versions / "0001/model.txt").write_text("tree")
    (versions / "0001/head.safetensors").unlink()
    (versions / "0002/encoder/more.json").write_text("{}")
    (versions / "0002/settings.json").unlink()
    (versions / "0002/settings.json").mkdir()
    (versions / "0003/manifest.json").write_bytes(b"")
    shutil.rmtree(versions / "0004")
    shutil.copytree(versions / "0001", versions / "0009")
    (versions / "notes").write_text("x")
    assert states(verify(home)) == {
        "versions/notes": "unlisted",
        "versions/0001/model.txt": "altered",
        "versions/0001/head.safetensors": "missing",
        "versions/0002/encoder/more.json": "unlisted",
        "versions/0002/settings.json": "altered",
        "versions/0003/manifest.json": "altered",
        "versions/0004/manifest.json": "missing",
        "versions/0009": "unlisted",
    }
    assert all(each.detail for each in verify(home) if each.state != "ok")


def test_a_place_without_a_model_is_one_sentence_and_stays_as_it_is(tmp_path):
    calls = (open_model, verify, list_versions, history_of, rollback, lambda at: activate(at, 1))
    for call in calls:
        for place in (tmp_path / "none", tmp_path / "nul\0"):
            with pytest.raises(StoreError):
                call(place)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_saved_into_a_version(tmp_path):
    save(tmp_path / "model")
    for inside in ("versions/0001", "versions/0002"):
        with pytest.raises(StoreError, match="version"):
            save(tmp_path / "model" / inside)


def test_a_file_called_model_json_is_no_register(tmp_path):
    home = tmp_path / "model"
    save(home, into=lambda draft: draft.write_json("model.json", {"learner": {}}))
    assert open_model(home / "versions/0001").json("model.json") == {"learner": {}}


def test_suffixes_are_few_and_fixed():
    dangerous = {".pkl", ".pickle", ".joblib", ".bin", ".pt", ".pth", ".npy", ".npz", ".py", ".so"}
    assert not SUFFIXES & dangerous
    assert isinstance(SUFFIXES, frozenset)


def test_a_model_that_is_as_the_active_one_is_not_saved_again(tmp_path):
    home = tmp_path / "model"
    assert save(home, 1, again=False).version == 1
    assert save(home, 1, again=False).version == 1
    assert save(home, 2, again=False).version == 2
    assert save(home, 1, again=False).version == 3  # only the active version counts
    assert save(home, 1, classes=["a", "b"], again=False).version == 4
    assert sorted(path.name for path in (home / "versions").iterdir()) == [
        "0001", "0002", "0003", "0004",
    ]  # fmt: skip
    damaged = home / "versions" / "0004" / "model.txt"
    damaged.chmod(0o644)
    damaged.write_text("other")
    assert save(home, 1, classes=["a", "b"], again=False).version == 5
    assert number_of(home) == 1
