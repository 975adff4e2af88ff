"""Cuts, kills, full disks, other transfers and hostile servers: nothing is half-written or lost."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest

import coterie
from coterie.errors import CoterieError, TransferError
from coterie.transfer import contents, sending

from .conftest import Server, Way, free_port, make_key
from .test_transfers import LONG_AGO, tree, write

pytestmark = pytest.mark.sshd

KINDS = ("push", "pull")
RIGHT = random.Random(24).randbytes(9_437_184 + 777)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks in a file that is moved fast."""
    for module in (contents, sending, coterie.transfer.part, coterie.transfer.fetching):  # type: ignore[attr-defined]
        monkeypatch.setattr(module, "BLOCK", 1 << 18)


def ends(server: Server, tmp_path: Path, kind: str, content: bytes = RIGHT) -> tuple[Path, Path]:
    """The file to move, and where it goes."""
    here, there = tmp_path / "here.npy", server.folder / "there.npy"
    source, target = (here, there) if kind == "push" else (there, here)
    return write(source, content), target


def move(kind: str, url: str, tmp_path: Path, **options: Any) -> Any:
    here = tmp_path / "here.npy"
    return (
        coterie.push(here, url, **options) if kind == "push" else coterie.pull(url, here, **options)
    )


def left_over(*folders: Path) -> list[str]:
    return [path.name for folder in folders for path in folder.glob(".*.part*")]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", KINDS)
def test_after_every_cut_the_same_command_goes_on(
    kind: str,
    seed: int,
    server: Server,
    way: Way,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    chance = random.Random(seed)
    source, target = ends(server, tmp_path, kind)
    options = {**server.options, "retries": 0, "key": server.key}
    cut, continued = 0, list[int]()
    while True:
        # from the first bytes of the greeting to what moves some blocks and the whole file
        way.cuts = [int(10 ** chance.uniform(1, 6.6 + 0.05 * cut))]
        try:
            done = move(kind, way.url("there.npy"), tmp_path, **options)
        except TransferError:
            assert not target.exists()
            cut += 1
            continue
        continued = [each.continued_at for each in done.files]
        break
    assert cut >= 8
    gc.collect()
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []
    assert continued[0] > 0
    assert target.read_bytes() == source.read_bytes() == RIGHT
    assert left_over(server.folder, tmp_path) == []


@pytest.mark.parametrize("kind", KINDS)
def test_one_command_goes_on_by_itself(kind: str, server: Server, way: Way, tmp_path: Path) -> None:
    # no connection lives long enough to move the file, or to read it back
    _, target = ends(server, tmp_path, kind)
    way.cuts = [1_500_000] * 30
    move(kind, way.url("there.npy"), tmp_path, **server.options)
    assert target.read_bytes() == RIGHT
    assert way.made > 5
    assert left_over(server.folder, tmp_path) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_survives_dozens_of_cuts(
    kind: str, server: Server, way: Way, tmp_path: Path
) -> None:
    chance = random.Random(5)
    here, there = tmp_path / "here", server.folder / "there"
    source, target = (here, there) if kind == "push" else (there, here)
    for number in range(25):
        write(
            source / f"{number % 7}" / f"{number}.npy", chance.randbytes(chance.randrange(300_000))
        )
    cuts = 0
    while True:
        way.cuts = [int(10 ** chance.uniform(3.5, 6.5))]
        try:
            if kind == "push":
                coterie.push(here, way.url("there"), **server.options, retries=0)
            else:
                coterie.pull(way.url("there"), here, **server.options, retries=0)
            break
        except TransferError:
            cuts += 1
            whole = {k: v for k, v in tree(source).items() if v is not None}
            for name, content in (tree(target) if target.exists() else {}).items():
                if content is not None and not Path(name).name.startswith("."):
                    assert whole[name] == content
    assert cuts > 5
    assert tree(target) == tree(source)


@pytest.mark.parametrize("where", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", KINDS)
def test_a_part_that_was_tampered_with_is_noticed(
    kind: str, where: float, server: Server, way: Way, tmp_path: Path
) -> None:
    _, target = ends(server, tmp_path, kind)
    way.cuts = [6_000_000]
    with pytest.raises(TransferError, match="lost: run the same command again"):
        move(kind, way.url("there.npy"), tmp_path, **server.options, retries=0)
    (part,) = (server.folder if kind == "push" else tmp_path).glob(".*.part")
    about, content = part.stat(), bytearray(part.read_bytes())
    place = int(where * len(content))
    content[place] ^= 1
    part.write_bytes(content)
    os.utime(part, ns=(about.st_atime_ns, about.st_mtime_ns))
    done = move(kind, server.url("there.npy"), tmp_path, **server.options)
    assert done.files[0].continued_at <= place
    assert target.read_bytes() == RIGHT


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_of_another_file_is_not_continued(
    kind: str, server: Server, way: Way, tmp_path: Path
) -> None:
    source, target = ends(server, tmp_path, kind)
    way.cuts = [6_000_000]
    with pytest.raises(TransferError):
        move(kind, way.url("there.npy"), tmp_path, **server.options, retries=0)
    other = random.Random(2).randbytes(len(RIGHT))
    write(source, other, at=LONG_AGO + 5)
    done = move(kind, server.url("there.npy"), tmp_path, **server.options)
    assert done.files[0].continued_at == 0
    assert target.read_bytes() == other


def test_a_log_that_was_cut_or_is_none_is_no_harm(server: Server, way: Way, tmp_path: Path) -> None:
    _, target = ends(server, tmp_path, "pull")
    for text in ("", "{", "[]\n", '{"size": 1}\n', "null\n", "\0\n", "é"):
        way.cuts = [3_000_000]
        with pytest.raises(TransferError):
            move("pull", way.url("there.npy"), tmp_path, **server.options, retries=0)
        (log,) = tmp_path.glob(".*.part.log")
        log.write_text(text, encoding="latin-1")
    way.cuts = [6_000_000]
    with pytest.raises(TransferError):
        move("pull", way.url("there.npy"), tmp_path, **server.options, retries=0)
    log.write_bytes(log.read_bytes()[:-30])
    assert move("pull", way.url("there.npy"), tmp_path, **server.options).files[0].continued_at
    assert target.read_bytes() == RIGHT


@pytest.mark.parametrize("kind", KINDS)
def test_two_transfers_of_one_file_at_once(kind: str, server: Server, tmp_path: Path) -> None:
    _, target = ends(server, tmp_path, kind)
    failures = list[str]()

    def run() -> None:
        try:
            move(kind, server.url("there.npy"), tmp_path, **server.options)
        except CoterieError as error:
            failures.append(str(error))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert target.read_bytes() == RIGHT
    assert left_over(server.folder, tmp_path) == []
    assert all("Another transfer fetches" in each for each in failures)
    assert len(failures) < 3
    if kind == "push":
        assert failures == []


def test_two_different_files_for_one_place_do_not_mix(server: Server, tmp_path: Path) -> None:
    contents = [random.Random(seed).randbytes(4_000_000) for seed in range(3)]
    failures = list[str]()

    def run(number: int) -> None:
        file = write(tmp_path / f"{number}", contents[number])
        try:
            coterie.push(file, server.url("there"), **server.options)
        except TransferError as error:
            failures.append(str(error))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (server.folder / "there").read_bytes() in contents
    assert len(failures) == 2
    assert all("--overwrite" in each for each in failures)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_written_to_meanwhile_is_not_taken(
    kind: str, server: Server, tmp_path: Path
) -> None:
    source, target = ends(server, tmp_path, kind)
    folder, stop = server.folder if kind == "push" else tmp_path, threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            if any(path.stat().st_size for path in folder.glob(".*.part")):
                with source.open("r+b") as file:
                    file.write(b"changed")
                return

    thread = threading.Thread(target=write_on)
    thread.start()
    with pytest.raises(TransferError, match="was changed while it was read"):
        move(kind, server.url("there.npy"), tmp_path, **server.options)
    stop.set()
    thread.join()
    assert not target.exists()
    move(kind, server.url("there.npy"), tmp_path, **server.options)
    assert target.read_bytes() == source.read_bytes() != RIGHT
    assert left_over(server.folder, tmp_path) == []


def test_an_unknown_server_is_refused(server: Server, tmp_path: Path) -> None:
    file = write(tmp_path / "file", b"x")
    server.know("elsewhere")
    with pytest.raises(TransferError, match=r"is not a known server.*SHA256:.*ssh-keyscan"):
        coterie.push(file, server.url("file"), **server.options)
    server.known_hosts.write_text("")
    with pytest.raises(TransferError, match="is not a known server"):
        coterie.push(file, server.url("file"), **server.options)
    server.known_hosts.unlink()
    with pytest.raises(TransferError, match=r"cannot be read.*--known-hosts"):
        coterie.push(file, server.url("file"), **server.options)
    with pytest.raises(TransferError, match=r"\.ssh/known_hosts cannot be read"):
        coterie.push(file, server.url("file"), key=server.key)
    server.know()
    (tmp_path / ".ssh").mkdir()
    shutil.copy(server.known_hosts, tmp_path / ".ssh" / "known_hosts")
    shutil.copy(server.key, tmp_path / ".ssh" / "id_ed25519")
    (tmp_path / ".ssh" / "config").write_text("StrictHostKeyChecking no\n")
    coterie.push(file, server.url("file"))
    server.know("elsewhere")
    shutil.copy(server.known_hosts, tmp_path / ".ssh" / "known_hosts")
    with pytest.raises(TransferError, match="is not a known server"):
        coterie.push(file, server.url("other"))
    assert tree(server.folder) == {"file": b"x"}


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_a_changed_key_is_refused(kind: str, server: Server, tmp_path: Path) -> None:
    file = write(tmp_path / "file", b"x")
    server.know(key=make_key(tmp_path / "other", kind))
    with pytest.raises(TransferError, match=r"somebody may be listening in.*ssh-keygen -R"):
        coterie.push(file, server.url("file"), **server.options)
    kept = server.known_hosts.read_text()
    server.know()
    revoked = server.known_hosts.read_text()
    server.known_hosts.write_text(f"@revoked {revoked}{revoked}")
    with pytest.raises(TransferError, match="listening in"):
        coterie.push(file, server.url("file"), **server.options)
    assert kept
    assert tree(server.folder) == {}


def test_a_server_that_changes_on_the_way_is_refused(
    server: Server, other_server: Callable[..., Server], way: Way, tmp_path: Path
) -> None:
    write(tmp_path / "here.npy", RIGHT)
    way.cuts = [3_000_000]
    other = other_server()
    stop = threading.Event()

    def turn() -> None:
        while not stop.is_set():
            if way.made:
                way.onward = other.port
                return
            time.sleep(0.001)

    thread = threading.Thread(target=turn)
    thread.start()
    with pytest.raises(TransferError, match="listening in"):
        move("push", way.url("there.npy"), tmp_path, **server.options)
    stop.set()
    thread.join()
    assert tree(other.folder) == {}


def test_who_is_not_let_in_is_told_how(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "file", b"x")
    stranger = make_key(tmp_path / "stranger")
    trust: dict[str, Any] = {"known_hosts": server.known_hosts}
    with pytest.raises(TransferError, match=r"does not let you in.*--key"):
        coterie.push(file, server.url("file"), key=stranger, **trust)
    with pytest.raises(TransferError, match="does not let you in"):
        coterie.push(file, server.url("file"), **trust)
    with pytest.raises(TransferError, match="cannot be read"):
        coterie.push(file, server.url("file"), key=tmp_path / "none", **trust)
    with pytest.raises(TransferError, match="cannot be used"):
        coterie.push(file, server.url("file"), key=file, **trust)
    locked = Path(shutil.copy(server.key, tmp_path / "locked"))
    change = ["ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", str(locked)]
    subprocess.run(change, check=True, timeout=60)
    with pytest.raises(TransferError, match="COTERIE_SFTP_PASSPHRASE"):
        coterie.push(file, server.url("file"), key=locked, **trust)
    monkeypatch.setenv("COTERIE_SFTP_PASSPHRASE", "wrong")
    with pytest.raises(TransferError, match="ssh-add"):
        coterie.push(file, server.url("file"), key=locked, **trust)
    monkeypatch.setenv("COTERIE_SFTP_PASSPHRASE", "open sesame")
    coterie.push(file, server.url("file"), key=locked, **trust)
    assert tree(server.folder) == {"file": b"x"}


def test_a_server_that_is_not_there(server: Server, tmp_path: Path) -> None:
    file = write(tmp_path / "file", b"x")
    with pytest.raises(TransferError, match="cannot be reached"):
        coterie.push(file, server.url("file", port=free_port()), **server.options)
    with pytest.raises(TransferError, match="cannot be reached"):
        coterie.push(file, "sftp://no-such-host.invalid/x", **server.options)


def test_a_server_that_may_only_be_read(
    other_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = other_server("-R")
    file = write(tmp_path / "file", b"x")
    write(server.folder / "there" / "y", b"y")
    with pytest.raises(TransferError, match="You may not write"):
        coterie.push(file, server.url("file"), **server.options)
    with pytest.raises(TransferError, match="You may not write"):
        coterie.push(file, server.url("new/file"), **server.options)
    coterie.pull(server.url("there"), tmp_path / "got", **server.options)
    assert tree(tmp_path / "got") == {"y": b"y"}


def test_files_that_may_not_be_read(other_server: Callable[..., Server], tmp_path: Path) -> None:
    server = other_server("-P", "read")
    write(server.folder / "y", b"y")
    with pytest.raises(TransferError, match="You may not read"):
        coterie.pull(server.url("y"), tmp_path / "y", **server.options)
    assert not (tmp_path / "y").exists()


@pytest.mark.parametrize("denied", ["posix-rename", "posix-rename,fsync,statvfs,setstat,limits"])
def test_a_server_with_few_extensions(
    denied: str, other_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = other_server("-P", denied)
    for content in (b"first", b"second one"):
        file = write(tmp_path / "file", content)
        coterie.push(file, server.url("file"), **server.options, overwrite=True)
        assert tree(server.folder) == {"file": content}


class Hostile(asyncssh.SFTPServer):
    """Lists names that lead elsewhere."""

    names: tuple[str, ...] = ()

    async def scandir(self, path: bytes) -> Any:
        about = asyncssh.SFTPAttrs(permissions=0o100644, size=1, mtime=1, atime=1)
        for name in (b"fine", *(each.encode() for each in type(self).names)):
            yield asyncssh.SFTPName(name, attrs=about)


@pytest.mark.parametrize(
    "name", ["../evil", "..", "/etc/evil", "a/b", "", "nul\0", "deep/../../../evil"]
)
def test_names_that_lead_elsewhere_are_refused(name: str, server: Server, tmp_path: Path) -> None:
    port, ready, stop = free_port(), threading.Event(), threading.Event()
    (server.folder / "fine").write_bytes(b"x")
    Hostile.names = (name,)

    async def serve() -> None:
        async with asyncssh.listen(
            "127.0.0.1",
            port,
            server_host_keys=[str(server.home / "host_key")],
            authorized_client_keys=str(server.key.with_suffix(".pub")),
            sftp_factory=Hostile,
        ):
            ready.set()
            while not stop.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(30)
    server.know_also(port)
    before = set(tmp_path.rglob("*"))
    try:
        url = server.url("", port=port)
        if name == "..":  # as every server lists it
            coterie.pull(url, tmp_path / "a" / "b", **server.options)
            assert tree(tmp_path / "a") == {"b": None, "b/fine": b"x"}
        else:
            with pytest.raises(TransferError, match="no name"):
                coterie.pull(url, tmp_path / "a" / "b", **server.options)
            assert set(tmp_path.rglob("*")) == before
    finally:
        stop.set()
        thread.join()
