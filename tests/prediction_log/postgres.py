"""A PostgreSQL server of its own in a temporary folder, to start, restart and stop."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

SECRET = "hunter2 p@ss"


class Server:
    """A running server."""

    def __init__(self, *, sync: bool = False) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [
            Path(path) for path in [shutil.which("initdb")] if path
        ]
        if not found:
            pytest.skip("PostgreSQL is not installed: run apt-get install postgresql")
        self._binaries = found[-1].parent
        self._home = Path(tempfile.mkdtemp(prefix="coterie-log-pg-"))
        password = self._home / "password"
        password.write_text(SECRET)
        if os.geteuid() == 0:
            shutil.chown(self._home, "postgres")
            shutil.chown(password, "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._call(
            *("initdb", "-D", self._home / "data", "-U", "postgres", "--no-sync", "-E", "UTF8"),
            *("--auth=scram-sha-256", f"--pwfile={password}", "--locale=C"),
        )
        self._options = f"-p {self.port} -k {self._home} -c listen_addresses=127.0.0.1"
        self._options += "" if sync else " -c fsync=off"
        self.start()

    def start(self) -> None:
        self._control("-l", self._home / "log", "-o", self._options, "start")

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._home)

    def url(self, base: str = "postgres", password: str = SECRET) -> str:
        return f"postgresql://postgres:{quote(password)}@127.0.0.1:{self.port}/{base}"

    def fresh(self) -> str:
        """Make an empty schema, which is quicker than a database, and give a URL that sees it."""
        import psycopg

        name = f"log_{os.urandom(4).hex()}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self.url()}?options=-csearch_path%3D{name}"

    def _control(self, *arguments: object) -> None:
        self._call("pg_ctl", "-D", self._home / "data", "-w", *arguments)

    def _call(self, program: str, *arguments: object) -> None:
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run(
            [*as_postgres, str(self._binaries / program), *map(str, arguments)],
            cwd=self._home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
