"""A real server of OpenSSH, and a way to it that can be cut."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("asyncssh", reason="needs coterie[sftp]")

SSHD = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
PRIVILEGES = Path("/run/sshd")  # where sshd of the superuser wants an empty folder


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def make_key(path: Path, kind: str = "ed25519") -> Path:
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path)]
    subprocess.run(command, check=True, timeout=60)
    return path


@dataclass
class Server:
    """A server, and the folder that the tests use on it."""

    home: Path
    port: int
    known_hosts: Path
    key: Path
    extra: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        return self.home / "files"

    def url(self, path: str = "", *, port: int | None = None) -> str:
        escaped = f"{self.folder}/{path}".replace("%", "%25")
        return f"sftp://127.0.0.1:{port or self.port}{escaped}"

    @property
    def options(self) -> dict[str, Any]:
        return {"key": self.key, "known_hosts": self.known_hosts}

    def start(self, *wrap: str) -> None:
        """Start the server; ``wrap`` is a command to start it with."""
        assert SSHD is not None
        config = self.home / "sshd_config"
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self.home / 'host_key'}",
            f"AuthorizedKeysFile {self.home / 'key.pub'}",
            f"PidFile {self.home / 'sshd.pid'}",
            "StrictModes no",
            "UsePAM no",
            "UseDNS no",
            "PasswordAuthentication no",
            "PermitRootLogin yes",
            "MaxStartups 200",
            "LogLevel ERROR",
            f"Subsystem sftp internal-sftp {' '.join(self.extra)}",
        ]
        config.write_text("\n".join(lines) + "\n")
        if os.geteuid() == 0:
            PRIVILEGES.mkdir(mode=0o755, exist_ok=True)
        command = [*wrap, SSHD, "-D", "-e", "-f", str(config)]
        log = (self.home / "log").open("ab")
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        log.close()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError((self.home / "log").read_text())

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)

    def know(self, *hosts: str, key: Path | None = None) -> None:
        """Write the file of known servers."""
        public = (key or self.home / "host_key").with_suffix(".pub").read_text()
        kind, value = public.split()[:2]
        names = hosts or (f"[127.0.0.1]:{self.port}",)
        self.known_hosts.write_text("".join(f"{name} {kind} {value}\n" for name in names))

    def know_also(self, port: int) -> None:
        """Know the same server by the port of a way to it."""
        kind, value = (self.home / "host_key.pub").read_text().split()[:2]
        with self.known_hosts.open("a") as file:
            file.write(f"[127.0.0.1]:{port} {kind} {value}\n")


def make_server(home: Path, *extra: str) -> Server:
    (home / "files").mkdir(parents=True)
    make_key(home / "host_key")
    server = Server(home, free_port(), home / "known_hosts", make_key(home / "key"), extra)
    server.know()
    return server


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if SSHD is None:
        pytest.skip("sshd is absent: install openssh-server")
    server = make_server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(_running: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that runs, with an empty folder; nothing of the user's own SSH is used."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    shutil.rmtree(_running.folder)
    _running.folder.mkdir()
    _running.know()
    return _running


@pytest.fixture
def other_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers of other kinds: options of internal-sftp, and a command to start them with."""
    if SSHD is None:
        pytest.skip("sshd is absent: install openssh-server")
    started = list[Server]()

    def start(*extra: str, wrap: tuple[str, ...] = ()) -> Server:
        server = make_server(tmp_path / f"server-{len(started)}", *extra)
        started.append(server)
        server.start(*wrap)
        return server

    yield start
    for server in started:
        server.stop()


@dataclass
class Way:
    """Passes bytes on to a server, and ends a connection after a given number of them.

    Attributes
    ----------
    cuts
        Bytes after which each next connection ends; those after the last are not cut.
    made
        Number of connections so far.
    """

    server: Server
    cuts: list[int] = field(default_factory=list)
    made: int = 0
    port: int = 0
    onward: int = 0

    def url(self, path: str = "") -> str:
        return self.server.url(path, port=self.port)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.made += 1
        left = [self.cuts.pop(0) if self.cuts else 1 << 60]
        there_reader, there_writer = await asyncio.open_connection(
            "127.0.0.1", self.onward or self.server.port
        )

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while left[0] > 0 and (some := await source.read(1 << 15)):
                some = some[: left[0]]
                left[0] -= len(some)
                sink.write(some)
                await sink.drain()

        pumps = [
            asyncio.create_task(pump(reader, there_writer)),
            asyncio.create_task(pump(there_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:  # also where the way is closed while it is used
            for each in pumps:
                each.cancel()
            for sink in (writer, there_writer):
                sink.transport.abort()
            await asyncio.gather(*pumps, return_exceptions=True)

    def run(self, ready: threading.Event, stopped: threading.Event) -> None:
        async def serve() -> None:
            listening = await asyncio.start_server(self._pass, "127.0.0.1", 0)
            self.port = listening.sockets[0].getsockname()[1]
            ready.set()
            async with listening:
                while not stopped.is_set():
                    await asyncio.sleep(0.02)

        asyncio.run(serve())


@pytest.fixture
def way(server: Server) -> Iterator[Way]:
    """A way to the server that can be cut."""
    made, ready, stopped = Way(server), threading.Event(), threading.Event()
    thread = threading.Thread(target=made.run, args=(ready, stopped))
    thread.start()
    assert ready.wait(30)
    server.know_also(made.port)
    yield made
    stopped.set()
    thread.join()
