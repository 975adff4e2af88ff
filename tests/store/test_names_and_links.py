"""Nothing outside a model is reached by a name or a link: security 2."""

import hashlib
import json
import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coterie.errors import StoreError
from coterie.store import list_models, model_path, open_model, verify
from coterie.store.manifest import canonical_json
from coterie.store.names import check_file_name

from .models import everything, save, states

pytestmark = pytest.mark.usefixtures("fast_disk")

ESCAPES = [
    "..", ".", "", "/", "../up", "a/../../up", "a/..", "./a", "a//b", "/etc/passwd", "//host/a",
    "C:", "C:\\a", "C:a", "a\\b", "..\\a", "\\\\host\\a", "a\0", "a\0.json", "%2e%2e", "%2e%2e%2fa",
    "..%2f", "a%00", "%252e%252e", ".hidden", "~", "~root", "a\n", "\na", "a:stream",
    "．．", "a／b", "..∕a", "a*", "$HOME", "a;b", "-rf", " ", "a ", "a.", "\ud800",  # noqa: RUF001
    "a" * 201, "ä" * 101,
]  # fmt: skip


@pytest.mark.parametrize("name", [*ESCAPES, "a/b"])
def test_no_name_of_a_model_leads_elsewhere(tmp_path, name):
    with pytest.raises(StoreError, match="not a model's name"):
        model_path(tmp_path, name)


@pytest.mark.parametrize("name", ESCAPES)
def test_no_name_of_a_file_leads_elsewhere(name):
    for whole in (name, f"{name}/a.json", f"a/{name}/a.json", f"a.json/{name}"):
        with pytest.raises(StoreError, match="cannot be"):
            check_file_name(whole)


@given(name=st.text(max_size=12) | st.text(st.sampled_from("./\\%2e\0:a"), max_size=8))
def test_a_name_that_is_taken_stays_in_its_folder(tmp_path_factory, name):
    folder = tmp_path_factory.getbasetemp()
    try:
        path = model_path(folder, name)
    except StoreError:
        return
    assert path.parent == folder
    assert os.path.normpath(path) == str(path)
    assert path.name == name
    assert not set(name) & set("/\\%:\0")


@pytest.mark.parametrize("name", ["support", "Kündigung 2024", "a.b-c_d+e", "0", "客户"])
def test_plain_names_are_taken(tmp_path, name):
    save(tmp_path / name)
    assert model_path(tmp_path, name) == tmp_path / name
    assert [each.name for each in list_models(tmp_path)] == [name]


def test_a_linked_model_is_neither_found_nor_listed(tmp_path):
    save(tmp_path / "elsewhere" / "model")
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "linked").symlink_to(tmp_path / "elsewhere" / "model")
    (folder / "dangling").symlink_to(tmp_path / "none")
    for name in ("linked", "dangling"):
        with pytest.raises(StoreError, match="symbolic link"):
            model_path(folder, name)
    assert list_models(folder) == []


@pytest.mark.parametrize(
    "linked",
    [
        "model.json",
        "versions",
        "versions/0001",
        "versions/0001/manifest.json",
        "versions/0001/settings.json",
        "versions/0001/head.safetensors",
        "versions/0001/encoder",
        "versions/0001/encoder/1_Pooling",
        "versions/0001/encoder/1_Pooling/vocab.txt",
    ],
)
def test_a_symbolic_link_is_refused_although_the_same_bytes_are_behind_it(tmp_path, linked):
    home = tmp_path / "model"
    save(home)
    (home / linked).rename(tmp_path / "behind")
    (home / linked).symlink_to(tmp_path / "behind")
    with pytest.raises(StoreError, match="symbolic link"):
        everything(home)
    if linked != "model.json":
        with pytest.raises(StoreError, match="symbolic link"):
            everything(home / "versions/0001")
        assert "altered" in states(verify(home)).values()


def test_links_beside_what_was_saved_are_found(tmp_path):
    home = tmp_path / "model"
    save(home)
    for name in ("file.json", "folder"):
        (home / "versions/0001/encoder" / name).symlink_to(tmp_path)
    with pytest.raises(StoreError, match="not saved"):
        open_model(home).folder("encoder")
    assert states(verify(home)) == {
        "versions/0001/encoder/file.json": "unlisted",
        "versions/0001/encoder/folder": "unlisted",
    }


def test_nothing_is_saved_through_links(tmp_path):
    home, outside = tmp_path / "model", tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_text("{}")

    def into(draft):
        (draft.path / "a.json").symlink_to(outside / "secret.json")

    with pytest.raises(StoreError, match="symbolic link"):
        save(home, into=into)
    (home / "versions").symlink_to(outside)
    with pytest.raises(StoreError, match="symbolic link"):
        save(home)
    assert [each.name for each in outside.iterdir()] == ["secret.json"]


def test_a_pipe_in_a_file_s_place_is_not_waited_for(tmp_path):
    home = tmp_path / "model"
    save(home)
    (home / "versions/0001/settings.json").unlink()
    os.mkfifo(home / "versions/0001/settings.json")
    with pytest.raises(StoreError, match="not a regular file"):
        everything(home)


@pytest.mark.parametrize(
    "name",
    ["../../secret.json", "/etc/hostname.json", "a/../b.json", "C:\\a.json", "a%2f.json", "b.pkl"],
)
def test_a_manifest_that_names_files_elsewhere_is_refused(tmp_path, name):
    home = tmp_path / "model"
    save(home)
    shutil.copy(home / "versions/0001/settings.json", tmp_path / "secret.json")

    def change(manifest):
        manifest["files"][name] = manifest["files"]["settings.json"]

    forge(home, change)
    for path in (home, home / "versions/0001"):
        with pytest.raises(StoreError, match="cannot be"):
            open_model(path)


def forge(home, change):
    """Change a manifest as somebody would who can write all files, digests and all."""
    manifest = home / "versions/0001/manifest.json"
    register = home / "model.json"
    for file, edit in (
        (manifest, change),
        (register, lambda it: it["versions"].update({"1": sha256(manifest.read_bytes())})),
    ):
        content = json.loads(file.read_text())
        del content["sha256"]
        edit(content)
        content["sha256"] = sha256(canonical_json(content))
        file.write_text(json.dumps(content))


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: m.update(form=2), r"version 2\b.*newer Coterie"),
        (lambda m: m.update(form="1"), "damaged at form"),
        (lambda m: m.pop("form"), "damaged at form"),
        (lambda m: m.update(colour="red"), "damaged at colour"),
        (lambda m: m.update(version=0), "damaged at version"),
        (lambda m: m.update(version=2), "is version 2, not 1"),
        (lambda m: m.update(classes="yes"), "damaged at classes"),
        (lambda m: m["files"]["model.txt"].update(sha256="0"), "files.model.txt.sha256"),
        (lambda m: m["files"]["model.txt"].update(bytes=-1), "files.model.txt.bytes"),
        (lambda m: m["files"]["model.txt"].update(mode=7), "files.model.txt.mode"),
    ],
)
def test_a_manifest_of_another_make_is_one_sentence(tmp_path, change, says):
    home = tmp_path / "model"
    save(home)
    forge(home, change)
    with pytest.raises(StoreError, match=says):
        open_model(home)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b'{"form": NaN}',
        b'{"a":' * 200_000,
        b"[" * 200_000 + b"]" * 200_000,
        b'{"form": 1' + b" " * (4 << 20) + b"}",
        b'{"form": ' + b"9" * 10_000 + b"}",
    ],
)
@pytest.mark.parametrize("file", ["model.json", "versions/0001/manifest.json"])
def test_no_json_breaks_the_reader(tmp_path, file, content):
    home = tmp_path / "model"
    save(home)
    (home / file).write_bytes(content)
    for path in (home, home / "versions/0001"):
        if path == home or file != "model.json":
            with pytest.raises(StoreError) as caught:
                open_model(path)
            assert len(str(caught.value)) < 500


def test_a_register_that_contradicts_itself_is_refused(tmp_path):
    home = tmp_path / "model"
    save(home)
    save(home)
    for change in (
        lambda it: it.update(active=1),
        lambda it: it.update(active=None),
        lambda it: it["versions"].pop("2"),
        lambda it: it["history"].append({"when": "", "version": 9, "by": "save"}),
        lambda it: it["history"][0].update(by="magic"),
    ):
        before = (home / "model.json").read_bytes()
        content = json.loads(before)
        del content["sha256"]
        change(content)
        content["sha256"] = sha256(canonical_json(content))
        (home / "model.json").write_text(json.dumps(content))
        with pytest.raises(StoreError, match=r"model\.json is damaged"):
            open_model(home)
        with pytest.raises(StoreError, match=r"model\.json is damaged"):
            save(home)
        (home / "model.json").write_bytes(before)
