"""The service as it is typed: workers, signals, and what a killed process leaves."""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from coterie.cli import main
from coterie.prediction_log import Filters, PredictionLog

from .conftest import rows, running, until_ready

TEXTS = rows(30, shift=700)["text"].tolist()


def ask(url: str, text: str) -> httpx.Response:
    return httpx.post(f"{url}/predict", json={"transcript": text}, timeout=30)


def test_two_workers_have_one_log_and_one_set_of_figures(models: Path) -> None:
    with running(models, "--workers", 2) as service:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda text: ask(service.url, text), TEXTS * 4))
        assert {each.status_code for each in answers} == {200}
        numbers = [each.headers["x-prediction-id"] for each in answers]
        assert len(set(numbers)) == 120
        found, after = [], None
        while True:
            query = {"limit": 50, **({"after": after} if after else {})}
            page = httpx.get(f"{service.url}/logs", params=query).json()
            found += [each["id"] for each in page["entries"]]
            after = page["next"]
            if after is None:
                break
        assert sorted(found) == sorted(numbers)
        text = httpx.get(f"{service.url}/metrics").text
        counted = re.findall(r"^coterie_predictions_total\{.*\} (\S+)", text, re.MULTILINE)
        assert sum(map(float, counted)) == 120
        waits = re.findall(r"^coterie_batch_wait_seconds_count (\S+)", text, re.MULTILINE)
        assert float(waits[0]) == 120
        load = httpx.get(f"{service.url}/performance").json()["process"]
        assert len(load["workers"]) == 2
        assert len(re.findall(r"^coterie_models_ready 2\.0", text, re.MULTILINE)) == 1


def test_a_worker_that_is_killed_is_started_again(models: Path) -> None:
    with running(models, "--workers", 2) as service:
        workers = psutil.Process(service.process.pid).children()
        workers[0].kill()
        until_ready(lambda: len(psutil.Process(service.process.pid).children()) == 2, 20)
        until_ready(lambda: ask(service.url, TEXTS[0]).status_code == 200, 20)


def test_a_stopping_service_is_not_ready_and_answers_what_it_accepted(models: Path) -> None:
    """Under load: readiness turns at once, no answer is lost, and it is gone within ten seconds."""
    with running(models, "--drain", 2) as service:
        stop, failed = threading.Event(), []
        answered: list[str] = []

        def load() -> None:
            with httpx.Client(timeout=30) as client:
                while not stop.is_set():
                    try:
                        answer = client.post(
                            f"{service.url}/predict", json={"transcript": TEXTS[0]}
                        )
                    except httpx.HTTPError:  # not accepted, which the log has to confirm
                        return
                    if answer.status_code != 200:
                        failed.append(answer.text)
                    answered.append(answer.headers["x-prediction-id"])

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        until_ready(lambda: len(answered) > 20)
        begun = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert httpx.get(f"{service.url}/health/ready").status_code == 503
        assert httpx.get(f"{service.url}/health/live").status_code == 200
        code = service.process.wait(12)
        assert time.monotonic() - begun < 10
        stop.set()
        for thread in threads:
            thread.join()
        assert failed == []
        assert code == 0
    assert sorted(answered) == sorted(logged(models))


def logged(models: Path) -> list[str]:
    """Ids of all entries."""
    with PredictionLog.open(models / "service", writes=False) as log:
        found, page = list[str](), log.entries(Filters(), limit=1000)
        while True:
            found += [each.id for each in page.entries]
            if page.next is None:
                return found
            page = log.entries(Filters(), after=page.next, limit=1000)


@pytest.mark.parametrize("least", [5, 30, 60])
def test_every_answer_is_in_the_log_after_kill_9(models: Path, least: int) -> None:
    answered: list[str] = []
    with running(models) as service:

        def load() -> None:
            try:
                while True:
                    answered.append(ask(service.url, TEXTS[0]).headers["x-prediction-id"])
            except httpx.HTTPError:
                pass

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        until_ready(lambda: len(answered) > least)
        service.process.kill()
        for thread in threads:
            thread.join()
    found = logged(models)
    assert set(answered) <= set(found)
    assert len(set(found)) == len(found)


def test_what_cannot_start_says_why(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def typed(*words: object) -> tuple[int, str]:
        code = main(["serve", *map(str, words)])
        return code, capsys.readouterr().err

    code, said = typed(models, "--host", "0.0.0.0", "--port", 0)
    assert code == 2
    assert "coterie serve keys add" in said
    code, said = typed(tmp_path / "absent", "--port", 0)
    assert code == 2
    assert "absent" in said
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, said = typed(models, "--port", taken.getsockname()[1])
    assert code == 2
    assert "--port" in said
    code, said = typed(models, "--default", "nope", "--port", 0)
    assert code == 2
    assert "context" in said
    code, said = typed(models, "--log", "postgresql+psycopg://u:secret@127.0.0.1:1/x", "--port", 0)
    assert code == 2
    assert "secret" not in said


def test_the_services_own_log_is_json_and_quotes_nobody(models: Path) -> None:
    with running(models) as service:
        ask(service.url, "refund for bob.miller@example.org, card 4111 1111 1111 1111")
        httpx.post(f"{service.url}/predict", content=b"{bob.miller@example.org")
        service.stop()
        text = service.log.read_text(encoding="utf-8")
        assert "bob.miller" not in text
        assert "4111" not in text
        lines = [each for each in service.said() if each["message"] == "request"]
        assert {"request", "route", "method", "status", "seconds"} <= lines[0].keys()
        for name in ("predictions.sqlite", "predictions.sqlite-wal"):
            path = models / "service" / name
            if path.exists():
                assert b"bob.miller" not in path.read_bytes()
