"""What needs a process of its own: a client that is killed, and disks that are full."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import coterie
from coterie.errors import TransferError

from .conftest import Server
from .test_faults import KINDS, RIGHT, ends, left_over, move
from .test_transfers import write


@pytest.mark.sshd
@pytest.mark.parametrize("kind", KINDS)
def test_a_client_that_is_killed_leaves_what_can_be_continued(
    kind: str, server: Server, tmp_path: Path
) -> None:
    big = random.Random(1).randbytes(60_000_000)
    _, target = ends(server, tmp_path, kind, big)
    trust = ["--known-hosts", str(server.known_hosts), "--key", str(server.key)]
    places = [str(tmp_path / "here.npy"), server.url("there.npy")]
    command = ["transfer", kind, *(places if kind == "push" else places[::-1]), *trust]
    process = subprocess.Popen([sys.executable, "-m", "coterie", *command], stderr=subprocess.PIPE)
    folder = server.folder if kind == "push" else tmp_path
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        sizes = [path.stat().st_size for path in folder.glob(".*.part")]
        if sizes and 10_000_000 < sizes[0] < len(big):
            break
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not target.exists()
    done = move(kind, server.url("there.npy"), tmp_path, **server.options)
    assert 2_000_000 < done.files[0].continued_at < len(big)
    assert target.read_bytes() == big
    assert left_over(server.folder, tmp_path) == []


MOUNT = "mount -t tmpfs -o size=3m none '{0}' && exec \"$@\""


ROOT = os.geteuid() == 0
APART = ("unshare", "--mount") if ROOT else ("unshare", "--map-root-user", "--mount")


def no_mounts() -> bool:
    command = [*APART, "mount", "-t", "tmpfs", "none", "/mnt"]
    done = shutil.which("unshare") and subprocess.run(command, check=False, capture_output=True)
    return not done or done.returncode != 0


@pytest.mark.skipif(not ROOT or no_mounts(), reason="needs mounts of its own")
def test_a_full_disk_of_the_server(other_server: Callable[..., Server], tmp_path: Path) -> None:
    folder = tmp_path / "server-0" / "files" / "small"
    make = f"mkdir -p '{folder}' && " + MOUNT.format(folder)
    server = other_server(wrap=(*APART, "sh", "-c", make, "sh"))
    file = write(tmp_path / "file", RIGHT)
    with pytest.raises(TransferError, match="There is no room"):
        coterie.push(file, server.url("small/file"), **server.options)
    with pytest.raises(TransferError, match="There is no"):
        coterie.pull(server.url("small/file"), tmp_path / "back", **server.options)


@pytest.mark.skipif(no_mounts(), reason="needs mounts of its own")
def test_a_full_disk_here(server: Server, tmp_path: Path) -> None:
    write(server.folder / "file", RIGHT)
    small = tmp_path / "small"
    small.mkdir()
    trust = ["--known-hosts", str(server.known_hosts), "--key", str(server.key)]
    pull = [sys.executable, "-m", "coterie", "transfer", "pull", server.url("file")]
    wrap = [*APART, "sh", "-c", MOUNT.format(small), "sh"]
    done = subprocess.run(
        [*wrap, *pull, str(small / "file"), *trust],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert os.strerror(errno.ENOSPC) in done.stderr.splitlines()[-1]
