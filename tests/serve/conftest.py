"""What the tests of the service share: small real models, and a service to ask."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

pytest.importorskip("fastapi", reason="needs coterie[serve]")
pytest.importorskip("alembic", reason="needs coterie[serve]")

from starlette.testclient import TestClient

import coterie
from coterie.errors import CoterieWarning
from coterie.options import ServeOptions
from coterie.serve.app import create_app

WANTS = {
    "refund": "please refund the money for order {0}",
    "password": "i forgot my password and cannot log in since {0}",
    "delivery": "when does my parcel number {0} arrive at home",
}
PLANS = ("free", "paid")


def rows(n: int = 120, shift: int = 0) -> pd.DataFrame:
    """n texts of three wants, with a plan and a number beside each."""
    names = list(WANTS)
    return pd.DataFrame(
        {
            "text": [WANTS[names[i % 3]].format(f"day {i + shift}") for i in range(n)],
            "want": [names[i % 3] for i in range(n)],
            "plan": [PLANS[(i // 3) % 2] for i in range(n)],
            "seats": [i % 17 for i in range(n)],
        }
    )


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models: ``texts`` with three versions, ``context`` with one."""
    folder = tmp_path_factory.mktemp("served")
    for version in range(3):
        model = coterie.train(
            rows(90 + 30 * version), text="text", label="want", model="linear", encoder="tfidf"
        )
        model.save(folder / "texts")
    context = coterie.train(
        rows(),
        text="text",
        label="want",
        context=["plan", "seats"],
        model="linear",
        encoder="tfidf",
    )
    context.save(folder / "context")
    return folder


@pytest.fixture
def models(trained: Path, tmp_path: Path) -> Path:
    """A copy of the models of its own."""
    return Path(shutil.copytree(trained, tmp_path / "models"))


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """Ignore what models say of single rows, as the service does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CoterieWarning)
        yield


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a discovery."""
    folder = tmp_path_factory.mktemp("found") / "found"
    coterie.discover(rows(150), text="text", encoder="tfidf", groups=3).save(folder)
    return folder


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an index."""
    folder = tmp_path_factory.mktemp("indexed") / "index"
    table = rows(150).assign(id=[f"m{i}" for i in range(150)])
    coterie.index(table, text="text", id="id", encoder="tfidf").save(folder)
    return folder


Client = Callable[..., TestClient]


@pytest.fixture
def client(models: Path, tmp_path: Path) -> Iterator[Client]:
    """Start a service in this process: ``client(batch=8)``."""
    opened: list[TestClient] = []

    def start(folder: Path | None = None, *, ready: bool = True, **options: Any) -> TestClient:
        given = {"state": tmp_path / "state", **options}
        app = create_app(folder or models, ServeOptions(**given))
        made = TestClient(app, raise_server_exceptions=False)
        made.__enter__()
        opened.append(made)
        if ready:
            until_ready(lambda: made.get("/health/ready").status_code == 200)
        return made

    yield start
    for each in opened:
        each.__exit__(None, None, None)


def until_ready(done: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something to become true."""
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)


@dataclass
class Running:
    """A service in a process of its own."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Tell it to stop, and wait until it is gone."""
        self.process.send_signal(number)
        return self.process.wait(20)

    def said(self) -> list[dict[str, Any]]:
        """Lines of its log."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@contextmanager
def running(
    folder: Path, *options: object, ready: bool = True, verb: str = "serve", **environment: str
) -> Iterator[Running]:
    """Type ``coterie serve FOLDER ...``, or another verb that serves a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = folder.parent / f"serve-{port}.log"
    command = [sys.executable, "-m", "coterie", verb, folder, "--port", port, *options]
    with log.open("wb") as said:
        process = subprocess.Popen(
            list(map(str, command)),
            stdout=said,
            stderr=said,
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        )
    made = Running(process, f"http://127.0.0.1:{port}", log)
    try:
        if ready:
            until_ready(lambda: _is_ready(made))
        yield made
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _is_ready(service: Running) -> bool:
    assert service.process.poll() is None, service.log.read_text(encoding="utf-8")
    try:
        return httpx.get(f"{service.url}/health/ready").status_code in (200, 401)
    except httpx.HTTPError:
        return False
