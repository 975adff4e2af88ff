"""What befalls the log's disk and database, as those who ask a service see it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from coterie.prediction_log import Filters, PredictionLog

from .conftest import Client, Running, running, until_ready

ASKED = {"transcript": "please refund the money for my order"}


def logged(service: Any, url: str = "") -> set[str]:
    return {each["id"] for each in service.get(f"{url}/logs?limit=500").json()["entries"]}


def test_fault_25_while_the_log_is_locked_answers_come_and_say_that_they_are_not_logged(
    client: Client, tmp_path: Path
) -> None:
    service = client()
    before = service.post("/predict", json=ASKED).headers["x-prediction-id"]
    lock = sqlite3.connect(tmp_path / "state" / "predictions.sqlite", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    locked = service.post("/predict", json=ASKED)
    assert locked.status_code == 200
    assert locked.headers["x-prediction-logged"] == "false"
    trouble = service.get("/health").json()
    lock.execute("ROLLBACK")
    lock.close()
    assert "log" in str(trouble)
    until_ready(
        lambda: service.post("/predict", json=ASKED).headers["x-prediction-logged"] == "true"
    )
    assert before in logged(service)
    text = service.get("/metrics").text
    assert any(
        line.startswith("coterie_log_failures_total") and float(line.split()[-1]) >= 1
        for line in text.splitlines()
    )


def test_fault_7_a_full_disk_stops_no_answer_and_harms_no_entry(models: Path) -> None:
    """The process may not make any file longer, as on a disk that is full."""
    with running(models, "--keep-text", "raw") as service:
        asked = {"transcript": ASKED["transcript"] + " x" * 4_000}

        def ask() -> httpx.Response:
            return httpx.post(f"{service.url}/predict", json=asked, timeout=30)

        known = [ask().headers["x-prediction-id"] for _ in range(3)]
        process = psutil.Process(service.process.pid)
        free = process.rlimit(psutil.RLIMIT_FSIZE)
        try:
            process.rlimit(psutil.RLIMIT_FSIZE, (1, free[1]))
            answers = [ask() for _ in range(3)]
            assert {each.status_code for each in answers} == {200}
            assert {each.headers["x-prediction-logged"] for each in answers} == {"false"}
        finally:
            process.rlimit(psutil.RLIMIT_FSIZE, free)
        until_ready(lambda: ask().headers["x-prediction-logged"] == "true")
        known.append(ask().headers["x-prediction-id"])
        assert set(known) <= logged(httpx, service.url)
        assert service.stop() == 0
    with PredictionLog.open(models / "service", writes=False) as log:
        assert set(known) <= {each.id for each in log.entries(Filters(), limit=500).entries}


def test_fault_18_a_million_rows_are_refused_by_their_size(client: Client) -> None:
    body = b'{"rows": [' + b'{"text":"a"},' * 1_000_000 + b'{"text":"a"}]}'
    answer = client().post(
        "/v1/classify", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert "bytes" in answer.json()["detail"]


@pytest.mark.parametrize("rows", [1001, 60_000])
def test_fault_18_too_many_rows_are_refused_in_one_sentence(client: Client, rows: int) -> None:
    answer = client().post("/v1/classify", json={"rows": [{"text": "a"}] * rows})
    assert answer.status_code == 422
    assert len(answer.content) < 2_000


def test_all_workers_follow_an_activation(models: Path) -> None:
    with running(models, "--workers", 2) as service:
        assert used(service, 40) == {"texts:3"}
        answer = httpx.post(f"{service.url}/v1/models/texts/activate", json={"version": 1})
        assert answer.status_code == 200, answer.text
        until_ready(lambda: used(service, 40) == {"texts:1"}, 20)
        answer = httpx.post(f"{service.url}/v1/models/texts/rollback")
        assert answer.status_code == 200, answer.text
        until_ready(lambda: used(service, 40) == {"texts:3"}, 20)


def used(service: Running, times: int) -> set[str]:
    """Versions that answer; a new connection each time, so that either worker does."""
    asked = {**ASKED, "model_type": "texts"}
    answers = [httpx.post(f"{service.url}/predict", json=asked, timeout=30) for _ in range(times)]
    return {each.json()["model_used"] for each in answers}
