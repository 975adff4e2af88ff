"""Faults 1, 2 and 3, security 3: what is not the file that was saved never meets a parser."""

import bz2
import gzip
import io
import lzma
import pickle
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save as packed

from coterie.errors import IntegrityError, StoreError
from coterie.store import (
    SUFFIXES,
    history_of,
    list_models,
    list_versions,
    open_model,
    rollback,
    verify,
)
from coterie.store.contents import HEAD, fault_of

from .models import everything, number_of, save, states

pytestmark = pytest.mark.usefixtures("fast_disk")


def never(*_, **__):
    pytest.fail("a parser saw a file that failed its hash")


def test_fault_1_a_truncated_tree_model_never_meets_its_parser(tmp_path):
    home = tmp_path / "model"
    save(home, 1)
    save(home, 2)
    tree = home / "versions/0002/model.txt"
    tree.write_bytes(tree.read_bytes()[:-20])
    with pytest.raises(IntegrityError, match=r"model\.txt.*models rollback"):
        never(open_model(home).bytes("model.txt"))
    assert rollback(home).version == number_of(home) == 1
    assert open_model(home).bytes("model.txt").endswith(b"number=1\n")


@pytest.mark.parametrize("file", ["settings.json", "head.safetensors"])
def test_fault_2_altered_files_are_hashed_before_they_are_parsed(tmp_path, file, monkeypatch):
    home = tmp_path / "model"
    save(home)
    altered = home / "versions/0001" / file
    content = bytearray(altered.read_bytes())
    content[-3] ^= 1
    altered.write_bytes(content)
    files = open_model(home)
    monkeypatch.setattr("coterie.store.files.json.loads", never)
    monkeypatch.setattr("safetensors.numpy.load", never)
    with pytest.raises(IntegrityError, match=file):
        files.json(file) if file.endswith("json") else files.arrays(file)


def test_fault_2_a_byte_of_another_value_is_found_in_a_folder_and_by_verify(tmp_path):
    home = tmp_path / "model"
    save(home)
    vocabulary = home / "versions/0001/encoder/1_Pooling/vocab.txt"
    vocabulary.write_bytes(b"a\nc\n")
    files = open_model(home)
    with pytest.raises(IntegrityError, match=r"vocab\.txt"):
        files.folder("encoder")
    assert states(verify(home)) == {"versions/0001/encoder/1_Pooling/vocab.txt": "altered"}


@pytest.mark.parametrize("file", ["model.json", "versions/0001/manifest.json"])
def test_fault_2_no_byte_of_the_two_json_files_changes_unseen(tmp_path, file):
    home = tmp_path / "model"
    save(home, 1)
    save(home, 2)
    path = home / file
    opened = home if file == "model.json" else path.parent  # alone, by its own digest
    before, content = open_model(opened).manifest, path.read_bytes()
    refused = 0
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        try:
            assert open_model(opened).manifest == before
        except StoreError:
            refused += 1
    assert refused > len(content) / 2


def test_fault_2_a_grown_file_is_refused_by_its_size(tmp_path):
    home = tmp_path / "model"
    save(home)
    with (home / "versions/0001/model.txt").open("ab") as file:
        file.truncate(1 << 40)  # sparse: to read it would not end
    for read in (lambda files: files.bytes("model.txt"), lambda files: files.check("model.txt")):
        with pytest.raises(IntegrityError):
            read(open_model(home))
    assert states(verify(home)) == {"versions/0001/model.txt": "altered"}


def test_a_file_that_was_saved_broken_is_a_store_error_too(tmp_path):
    home = tmp_path / "model"
    header = b'{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}'
    bfloat = b'{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'

    def into(draft):
        draft.write_bytes("torn.json", b"{")
        draft.write_bytes("deep.json", b"[" * 100_000)
        draft.write_bytes("utf16.json", "{}".encode("utf-16"))
        draft.write_bytes("torn.safetensors", len(header).to_bytes(8, "little") + header)
        draft.write_bytes("b.safetensors", len(bfloat).to_bytes(8, "little") + bfloat + b"\0\0")

    save(home, into=into)
    files = open_model(home)
    for name in ("torn.json", "deep.json", "utf16.json"):
        with pytest.raises(StoreError, match=name):
            files.json(name)
    for name in ("torn.safetensors", "b.safetensors"):
        with pytest.raises(StoreError, match=name):
            files.arrays(name)


def archives():
    things = [np.arange(3), {"a": [1, 2]}, "text", Path(), print]
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        for thing in things:
            yield f"pickle {protocol}", pickle.dumps(thing, protocol)
    plain = pickle.dumps({"a": 1})
    for compress in (gzip.compress, bz2.compress, lzma.compress, zlib.compress):
        yield compress.__module__, compress(plain)
    for level in (0, 1, 9):
        yield f"zlib {level}", zlib.compress(plain, level)
    torch = io.BytesIO()
    with zipfile.ZipFile(torch, "w") as file:
        file.writestr("archive/data.pkl", plain)
    yield "torch", torch.getvalue()
    yield "torch before 1.6", pickle.dumps(0x1950A86A20F9469CFC6C, 2) + plain
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    yield "empty zip", empty.getvalue()
    old = io.BytesIO()
    with tarfile.open(fileobj=old, mode="w") as file:
        file.addfile(tarfile.TarInfo("pickle"), io.BytesIO(b""))
    yield "tar", old.getvalue()
    array = io.BytesIO()
    np.save(array, np.array([{}]), allow_pickle=True)
    yield "npy", array.getvalue()


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@pytest.mark.parametrize(
    ("what", "content"), [pytest.param(*each, id=each[0]) for each in archives()]
)
def test_fault_3_a_pickle_or_archive_is_refused_under_every_name(what, content, suffix):
    assert fault_of(f"model{suffix}", content[:HEAD], len(content)) is not None, what


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors", "sub/model.txt", "m.onnx"])
def test_fault_3_a_renamed_pickle_is_neither_saved_nor_loaded(tmp_path, name, monkeypatch):
    home, content = tmp_path / "model", pickle.dumps({"run": print})
    for write in (
        lambda draft: draft.write_bytes(name, content),
        lambda draft: put(draft.path / name, content),  # behind the draft's back
    ):
        with pytest.raises(StoreError, match=name):
            save(home, into=write)
    assert list_models(tmp_path) == []
    with monkeypatch.context() as patch:  # a store that does not look
        patch.setattr("coterie.store.draft.check_file", lambda *_: None)
        save(home, into=lambda draft: draft.write_bytes(name, content))
    monkeypatch.setattr("pickle.loads", never)
    monkeypatch.setattr("pickle.load", never)
    files = open_model(home)
    for read in (files.bytes, files.json, files.arrays, files.check):
        with pytest.raises(StoreError, match=name):
            read(name)
    assert states(verify(home)) == {f"versions/0001/{name}": "altered"}


def put(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["a.pkl", "a.joblib", "a.bin", "a.pt", "a.JSON", "a", "a.npz"])
def test_security_3_other_suffixes_are_refused(tmp_path, name):
    for write in (
        lambda draft: draft.write_bytes(name, b"1"),
        lambda draft: put(draft.path / name, b"1"),
    ):
        with pytest.raises(StoreError, match=name):
            save(tmp_path / "model", into=write)


@given(
    length=st.integers(0x280, 0x5FF).filter(lambda n: n % 8 == 0)
    | st.sampled_from([0x280, 0x380, 0x480, 0x580, 0x88])
)
def test_a_safetensors_header_of_any_length_is_no_pickle(length):
    plain = packed({"a": np.ones(3, np.float32)})
    size = int.from_bytes(plain[:8], "little")
    filler = length - size
    if filler < 0:
        return
    content = length.to_bytes(8, "little") + plain[8 : 8 + size] + b" " * filler + plain[8 + size :]
    assert fault_of("a.safetensors", content[:HEAD], len(content)) is None


@given(name=st.text("ab", min_size=500, max_size=700))
def test_real_safetensors_files_are_taken(name):
    content = packed({name: np.ones(2)})
    assert fault_of("a.safetensors", content[:HEAD], len(content)) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b""),
        ("a.txt", b"x\n"),
        ("a.txt", b"BZhang,1\n"),
        ("a.txt", b"PK\n"),
        ("a.csv", "\ufeffä".encode()),
        ("a.model", b"\n\x0e\n\x05<unk>"),
        ("a.onnx", b"\x08\x07\x12\x07pytorch"),
        ("a.html", b"<!doctype html>"),
        ("a.cbm", b"CBM1\x78\x1a\0\0"),
        ("a.skops", b"PK\x03\x04" + bytes(22) + b"\x06\0\0\x001.json{}"),
    ],
)
def test_plain_files_are_taken(name, content):
    assert fault_of(name, content, len(content)) is None


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A model of two versions, and what can be read of them."""
    home = tmp_path_factory.mktemp("original") / "model"
    save(home, 1)
    save(home, 2)
    return home, [everything(home, version) for version in (1, 2)]


FILES = [
    "model.json",
    *(
        f"versions/000{version}/{name}"
        for version in (1, 2)
        for name in (
            "manifest.json",
            "settings.json",
            "head.safetensors",
            "model.txt",
            "encoder/config.json",
            "encoder/1_Pooling/vocab.txt",
        )
    ),
]
ONE = st.sampled_from(FILES)
PLACE = st.floats(0, 1, exclude_max=True)
CHANGES = (
    st.tuples(st.just("flip"), ONE, PLACE, st.integers(0, 7))
    | st.tuples(st.just("put"), ONE, PLACE, st.integers(0, 255))
    | st.tuples(st.just("truncate"), ONE, PLACE)
    | st.tuples(st.just("extend"), ONE, st.binary(min_size=1, max_size=5))
    | st.tuples(st.just("delete"), ONE | st.sampled_from(["versions", "versions/0002"]))
    | st.tuples(st.just("swap"), ONE, ONE)
    | st.tuples(st.just("swap"), st.just("versions/0001"), st.just("versions/0002"))
    | st.tuples(st.just("copy"), ONE, ONE)
    | st.tuples(st.just("rename"), ONE, st.sampled_from(["a.json", "model.txt", "b.py", "x"]))
    | st.tuples(st.just("rename"), st.just("versions/0001"), st.just("0003"))
)


def alter(home, what, file, *rest):
    path = home / file
    if not path.exists() or (what in ("swap", "copy") and not (home / rest[0]).exists()):
        return
    if what in ("flip", "put", "truncate"):
        content = bytearray(path.read_bytes())
        at = int(len(content) * rest[0])
        if what == "truncate" or not content:
            del content[at:]
        else:
            content[at] = content[at] ^ (1 << rest[1]) if what == "flip" else rest[1]
        path.write_bytes(content)
    elif what == "extend":
        path.write_bytes(path.read_bytes() + rest[0])
    elif what == "delete":
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif what == "swap" and rest[0] != file:
        path.rename(home / "aside")
        (home / rest[0]).rename(path)
        (home / "aside").rename(home / rest[0])
    elif what == "copy" and rest[0] != file:
        shutil.copy(path, home / rest[0])
    elif what == "rename":
        path.rename(path.with_name(rest[0]))


@settings(max_examples=120, deadline=None)
@given(changes=st.lists(CHANGES, min_size=1, max_size=3))
def test_whatever_happens_to_the_files_it_is_the_same_content_or_one_error(
    tmp_path_factory, original, changes
):
    source, contents = original
    home = tmp_path_factory.mktemp("altered") / "model"
    shutil.copytree(source, home)
    for change in changes:
        alter(home, *change)
    reads = [
        (lambda: everything(home), contents[1:]),
        (lambda: everything(home, 1), contents[:1]),
        (lambda: everything(home / "versions/0001"), contents[:1]),
        (lambda: everything(home / "versions/0002"), contents[1:]),
    ]
    for read, allowed in reads:
        try:
            assert read() in allowed
        except StoreError:
            continue
    for look in (list_versions, history_of, verify, rollback):
        try:
            look(home)
        except StoreError:
            continue
    list_models(home.parent)
    try:
        assert everything(home) in contents
    except StoreError:
        shutil.rmtree(home)
        return
    assert save(home, 3).version in (3, 4)  # 4 where 3 is what a folder was renamed to
    assert number_of(home) == 3
    shutil.rmtree(home)
