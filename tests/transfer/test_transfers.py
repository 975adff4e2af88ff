"""Files to and from a real server, and back."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from pathlib import Path

import pytest

import coterie
from coterie.cli import main
from coterie.errors import CoterieWarning, InputError, OptionError, TransferError
from coterie.transfer import parse_address

from .conftest import Server

pytestmark = pytest.mark.sshd

LONG_AGO = 1_600_000_000


def write(path: Path, content: bytes, *, at: float | None = LONG_AGO) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if at is not None:
        os.utime(path, (at, at))
    return path


def tree(folder: Path) -> dict[str, bytes | None]:
    """All that is below a folder, hidden files too: bytes of a file, None for a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


NAMES = (
    *("plain.npy", "with space.npy", " lead and trail ", "naïve ünïcode 名前 🙂.json"),
    *("a#b.csv", "100%.npy", "100%25.npy", "what?.npy", "-rf", "~", 'it\'s "quoted".txt'),
    *("back\\slash", "line\nbreak", "semi;colon & $HOME `id`", "[glob]*.npy", "x" * 255),
    os.fsdecode(b"not utf-8 \xff.bin"),
)


def test_a_folder_goes_there_and_comes_back_the_same(server: Server, tmp_path: Path) -> None:
    here = tmp_path / "out"
    for number, name in enumerate(NAMES):
        write(here / name, name.encode("utf-8", "surrogateescape") * number * 300)
        write(here / f"deep {number}#" / "er" / name, b"%d" % number)
    write(here / "empty", b"")
    write(here / "large.npy", os.urandom(5_300_000))
    (here / "no files" / "in here").mkdir(parents=True)
    done = coterie.push(here, server.url("new/and deep"), **server.options)
    assert tree(server.folder / "new" / "and deep") == tree(here)
    assert len(done.moved) == len(done.files) == 2 * len(NAMES) + 2
    for each in done.files:
        content = (here / each.name).read_bytes()
        assert (each.bytes, each.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert int((server.folder / "new/and deep" / each.name).stat().st_mtime) == LONG_AGO

    back = tmp_path / "back"
    fetched = coterie.pull(server.url("new/and deep/"), back, **server.options)
    assert tree(back) == tree(here)
    assert [(f.name, f.sha256) for f in fetched.files] == [(f.name, f.sha256) for f in done.files]

    for again in (
        coterie.push(here, server.url("new/and deep"), **server.options),
        coterie.pull(server.url("new/and deep"), back, **server.options),
        coterie.pull(server.url("new/and deep"), back, **server.options, checksum=True),
    ):
        assert again.moved == ()
        assert len(again.files) == len(done.files)


@pytest.mark.parametrize("name", NAMES)
def test_one_file_goes_there_and_comes_back(server: Server, tmp_path: Path, name: str) -> None:
    file = write(tmp_path / "here" / name, b"vectors" * 40)
    coterie.push(file, server.url(name), **server.options)
    assert tree(server.folder) == {name: b"vectors" * 40}
    coterie.push(file, server.url("folder/"), **server.options)  # under its own name
    assert (server.folder / "folder" / name).read_bytes() == b"vectors" * 40
    (tmp_path / "in").mkdir()
    done = coterie.pull(server.url(name), tmp_path / "in", **server.options)
    assert tree(tmp_path / "in") == {name: b"vectors" * 40}
    assert [each.name for each in done.files] == [name]
    coterie.pull(server.url(name), tmp_path / "in" / "new" / "other", **server.options)
    assert (tmp_path / "in" / "new" / "other").read_bytes() == b"vectors" * 40


def test_paths_within_the_home_folder(server: Server, tmp_path: Path) -> None:
    home = Path("~").expanduser()  # of the test, not of the server
    assert parse_address("sftp://host/~/a/b%20c").path == "a/b c"
    assert parse_address("sftp://host/~/").path == "."
    assert str(parse_address("sftp://jo@[::1]:22/~/a%25 #?")) == "sftp://jo@[::1]:22/~/a%25 #?"
    assert home == tmp_path


@pytest.mark.parametrize(
    ("url", "matters"),
    [
        ("sftp://jo:secret@host/x", "COTERIE_SFTP_PASSWORD"),
        ("sftp://host", "Name a path"),
        ("sftp://host/", "Name a path"),
        ("sftp://host/a%00b", "Name a path"),
        ("sftp://host:70000/x", "70000"),
        ("scp://host/x", "sftp://"),
        ("host:/x", "sftp://"),
        ("sftp:///x", "sftp://"),
    ],
)
def test_addresses_that_are_none(url: str, matters: str) -> None:
    with pytest.raises(OptionError, match=matters) as caught:
        parse_address(url)
    assert "secret" not in str(caught.value)


def test_another_file_in_the_way_is_kept_and_nothing_is_moved(
    server: Server, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    write(here / "a", b"new")
    write(here / "b", b"new b")
    write(server.folder / "b", b"old b")
    with pytest.raises(TransferError, match=r"1 file .*b'.*--overwrite"):
        coterie.push(here, server.url(), **server.options, checksum=True)
    assert tree(server.folder) == {"b": b"old b"}
    write(server.folder / "b", b"older b")
    with pytest.raises(TransferError, match="--overwrite"):
        coterie.push(here, server.url(), **server.options)
    with pytest.raises(TransferError, match="--overwrite"):
        coterie.pull(server.url(), here, **server.options)
    assert tree(here) == {"a": b"new", "b": b"new b"}
    coterie.push(here, server.url(), **server.options, overwrite=True)
    assert tree(server.folder) == tree(here)
    write(here / "b", b"newer b")
    coterie.pull(server.url(), here, **server.options, overwrite=True)
    assert tree(server.folder) == tree(here) == {"a": b"new", "b": b"new b"}


def test_files_that_were_just_written_are_compared_by_content(
    server: Server, tmp_path: Path
) -> None:
    second = int(time.time())
    file = write(tmp_path / "file", b"one", at=second + 0.1)
    coterie.push(file, server.url("file"), **server.options)
    write(file, b"two", at=second + 0.9)  # in the same second, as SFTP has it
    with pytest.raises(TransferError, match="--overwrite"):
        coterie.push(file, server.url("file"), **server.options)
    write(server.folder / "x", b"one", at=second)
    coterie.pull(server.url("x"), tmp_path / "x", **server.options)
    write(server.folder / "x", b"two", at=second)
    with pytest.raises(TransferError, match="--overwrite"):
        coterie.pull(server.url("x"), tmp_path / "x", **server.options)


def test_folders_and_files_do_not_take_each_others_place(server: Server, tmp_path: Path) -> None:
    file = write(tmp_path / "file", b"x")
    (server.folder / "folder").mkdir()
    write(server.folder / "there", b"y")
    for overwrite in (False, True):
        options = {**server.options, "overwrite": overwrite}
        with pytest.raises(TransferError, match="is not a file"):
            coterie.push(file, server.url("folder"), **options)
        with pytest.raises(TransferError, match="is not a folder"):
            coterie.push(file, server.url("there/file"), **options)
        with pytest.raises(TransferError, match="is a file and"):
            coterie.pull(server.url("folder"), file, **options)
    with pytest.raises(InputError, match="no file or folder"):
        coterie.push(tmp_path / "none", server.url("none"), **server.options)
    with pytest.raises(TransferError, match="There is no"):
        coterie.pull(server.url("none"), tmp_path / "none", **server.options)
    assert tree(server.folder) == {"folder": None, "there": b"y"}


def test_links_lead_nowhere_out_of_the_folder(server: Server, tmp_path: Path) -> None:
    secret = write(tmp_path / "secret", b"mine")
    for folder in (tmp_path / "here", server.folder / "there"):
        write(folder / "real", b"real")
        (folder / "inside").symlink_to("real")
        (folder / "outside").symlink_to(secret)
        (folder / "up").symlink_to("..")
        (folder / "nowhere").symlink_to("none")
        os.mkfifo(folder / "pipe")
    with pytest.warns(CoterieWarning, match="4 links"):
        done = coterie.push(tmp_path / "here", server.url("pushed"), **server.options)
    assert set(done.left_out) == {"outside", "up", "nowhere", "pipe"}
    assert tree(server.folder / "pushed") == {"real": b"real", "inside": b"real"}
    with pytest.warns(CoterieWarning, match="4 links"):
        got = coterie.pull(server.url("there"), tmp_path / "pulled", **server.options)
    assert set(got.left_out) == {"outside", "up", "nowhere", "pipe"}
    assert tree(tmp_path / "pulled") == {"real": b"real", "inside": b"real"}


def test_nobody_gets_more_rights_than_the_original_gives(server: Server, tmp_path: Path) -> None:
    file = write(tmp_path / "file", b"x")
    file.chmod(0o600)
    coterie.push(file, server.url("file"), **server.options)
    assert stat.S_IMODE((server.folder / "file").stat().st_mode) == 0o600
    (server.folder / "file").chmod(0o6640)
    coterie.pull(server.url("file"), tmp_path / "back", **server.options)
    assert stat.S_IMODE((tmp_path / "back").stat().st_mode) & ~0o640 == 0


def test_unfinished_files_of_others_are_not_moved(server: Server, tmp_path: Path) -> None:
    here = tmp_path / "here"
    for name in (".a.part", ".a.part.log", ".a.0123.part", "kept.part"):
        write(here / name, b"x")
        write(server.folder / "there" / name, b"x")
    coterie.push(here, server.url("pushed"), **server.options)
    coterie.pull(server.url("there"), tmp_path / "pulled", **server.options)
    assert tree(server.folder / "pushed") == tree(tmp_path / "pulled") == {"kept.part": b"x"}


def test_the_command_line_moves_and_tells(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "out" / "v.npy", b"1234")
    trust = ["--known-hosts", str(server.known_hosts), "--key", str(server.key)]
    push = ["transfer", "push", str(tmp_path / "out"), server.url("out"), *trust]
    assert main([*push, "--parallel", "2"]) == 0
    assert "1 file moved" in capsys.readouterr().out
    assert main([*push, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["moved"], told["there"], told["files"][0]["name"]) == (0, 1, "v.npy")
    pull = ["transfer", "pull", server.url("out"), str(tmp_path / "in"), *trust]
    assert main([*pull, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"][0]["state"] == "moved"
    (tmp_path / "in" / "v.npy").write_bytes(b"12345")
    assert main(pull) == 2
    (error,) = capsys.readouterr().err.splitlines()[-1:]
    assert "--overwrite" in error
    assert main([*pull, "--overwrite"]) == 0
    assert main(["transfer", "push", str(tmp_path), "sftp://jo:pw@host/x"]) == 2
    assert "pw" not in capsys.readouterr().err


def test_it_works_where_a_loop_runs_already(server: Server, tmp_path: Path) -> None:
    import asyncio

    file = write(tmp_path / "file", b"x")

    async def cell() -> None:
        coterie.push(file, server.url("file"), **server.options)

    asyncio.run(cell())
    assert tree(server.folder) == {"file": b"x"}
