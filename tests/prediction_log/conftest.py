"""Logs to test with: a file of SQLite, and a database of a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coterie.prediction_log import PredictionLog

from .postgres import Server


@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    server = Server()
    try:
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.database)])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """A place without a log."""
    if request.param == "sqlite":
        return tmp_path / "log.sqlite"
    return request.getfixturevalue("server").fresh()


@pytest.fixture
def opened(where: str | Path) -> Iterator[Callable[..., PredictionLog]]:
    """Open the log of a test, as often as it likes."""
    logs: list[PredictionLog] = []

    def open_it(**options: object) -> PredictionLog:
        logs.append(PredictionLog.open(where, **options))
        return logs[-1]

    yield open_it
    for each in logs:
        each.close()


@pytest.fixture
def log(opened: Callable[..., PredictionLog]) -> PredictionLog:
    return opened()
