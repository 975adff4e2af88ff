"""Too much at once, too large, too often: refused with the right status, and nothing is lost."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from coterie.errors import UnavailableError
from coterie.serve.access.keys import KeyRing
from coterie.serve.answers.batches import Batcher, Measured
from coterie.workflows.prediction.decisions import Decision
from coterie.workflows.prediction.rows import Row

from .conftest import Client, until_ready


def test_bodies_rows_and_texts_have_limits(client: Client) -> None:
    service = client(max_body=10_000, max_rows=5, max_chars=1000)
    post = service.post
    assert post("/predict", json={"transcript": "x" * 20_000}).status_code == 413
    assert post("/predict", content=iter([b"x" * 6000] * 3)).status_code == 413
    assert post("/predict", json={"transcript": "x" * 2000}).status_code == 422
    assert post("/v1/classify", json={"rows": [{"text": "x"}] * 6}).status_code == 422
    assert post("/v1/classify", json={"rows": []}).status_code == 422
    assert post("/v1/classify", json={"rows": [{"text": "x"}] * 5}).status_code == 200


def test_a_text_of_ten_megabytes_is_refused_without_reading_it(client: Client) -> None:
    answer = client().post("/predict", json={"transcript": "word " * 2_000_000})
    assert answer.status_code == 413


def test_the_rate_is_limited_for_each_caller(client: Client) -> None:
    service = client(rate=60)
    said = Counter(service.get("/models").status_code for _ in range(40))
    assert said[429] > 20
    refused = service.get("/models")
    assert int(refused.headers["retry-after"]) >= 1
    assert service.get("/health/live").status_code == 200


class _Slow:
    """Stands for a version of a model that takes its time."""

    label = "slow:1"

    def __init__(self) -> None:
        self.go, self.batches = threading.Event(), list[int]()

    def decide(self, rows: Sequence[Row]) -> list[Decision]:
        self.go.wait(10)
        self.batches.append(len(rows))
        if any(row.text == "bad" for row in rows):
            raise ValueError("bad row")
        return [Decision(row.text, "assigned") for row in rows]


def _rows(*texts: str) -> list[Row]:
    return [Row(text, {}) for text in texts]


@pytest.fixture
def measured() -> list[Measured]:
    return []


def test_a_full_queue_refuses_and_answers_what_it_accepted(measured: list[Measured]) -> None:
    slow: Any = _Slow()
    batcher = Batcher(wait=0, most=4, room=10, measure=measured.append)

    async def ask() -> list[Any]:
        asked = [asyncio.ensure_future(batcher.decide(slow, _rows(f"t{i}"))) for i in range(100)]
        await asyncio.sleep(0.1)
        slow.go.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    found = asyncio.run(ask())
    batcher.close()
    refused = [each for each in found if isinstance(each, UnavailableError)]
    answered = [(i, each[0].label) for i, each in enumerate(found) if isinstance(each, list)]
    assert 85 <= len(refused) <= 90
    assert all(each.seconds >= 1 for each in refused)
    assert all(label == f"t{i}" for i, label in answered)
    assert len(answered) + len(refused) == 100
    assert sum(each.rows for each in measured) == len(answered)


def test_what_arrives_together_is_predicted_together_and_a_bad_row_harms_no_other(
    measured: list[Measured],
) -> None:
    slow: Any = _Slow()
    batcher = Batcher(wait=0.01, most=8, room=100, measure=measured.append)

    async def ask() -> list[Any]:
        texts = [["first"], *([f"t{i}"] for i in range(10)), ["bad"], [f"r{i}" for i in range(20)]]
        asked = [asyncio.ensure_future(batcher.decide(slow, _rows(*each))) for each in texts]
        await asyncio.sleep(0.1)
        slow.go.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    found = asyncio.run(ask())
    batcher.close()
    assert isinstance(found[11], ValueError)
    others = [each for i, each in enumerate(found) if i != 11]
    assert all(not isinstance(each, BaseException) for each in others)
    assert [said.label for said in found[12]] == [f"r{i}" for i in range(20)]
    assert max(slow.batches) == 8
    assert all(wait >= 0 for each in measured for wait in each.waits)


def test_a_closed_batcher_refuses(measured: list[Measured]) -> None:
    batcher = Batcher(wait=0, most=4, room=10, measure=measured.append)
    batcher.close()
    slow: Any = _Slow()
    with pytest.raises(UnavailableError):
        asyncio.run(batcher.decide(slow, _rows("late")))


def test_every_address_but_liveness_asks_for_a_key(client: Client, tmp_path: Path) -> None:
    from coterie.serve.access.key_file import add_key, keys_path

    state = tmp_path / "state"
    state.mkdir()
    path = keys_path(state)
    secrets = {scope: add_key(path, scope, [scope])[0] for scope in ("predict", "read", "admin")}
    assert not KeyRing.open(path).empty
    service = client(ready=False)
    until_ready(lambda: service.app.service.ready)  # type: ignore[attr-defined]
    routes = service.app.app.openapi()["paths"]  # type: ignore[attr-defined]
    asked = 0
    for route, methods in routes.items():
        for method in methods:
            answer = service.request(method, route.replace("{", "").replace("}", ""))
            if route == "/health/live":
                assert answer.status_code == 200
            elif route == "/session":  # says that nobody is signed in, and takes no other's word
                assert (answer.status_code, method) in (
                    (200, "get"),
                    (422, "post"),
                    (403, "delete"),
                )
            else:
                assert answer.status_code == 401, (method, route)
                asked += 1
    assert asked > 20
    for path_ in ("/docs", "/openapi.json", "/docs/assets/swagger-ui.css", "/docs/start.js"):
        assert service.get(path_).status_code == 401
    given = {scope: {"Authorization": f"Bearer {key}"} for scope, key in secrets.items()}
    body = {"transcript": "please refund"}
    assert service.post("/predict", json=body, headers=given["predict"]).status_code == 200
    assert service.post("/predict", json=body, headers=given["read"]).status_code == 403
    assert service.get("/logs", headers=given["read"]).status_code == 200
    assert service.get("/logs", headers=given["predict"]).status_code == 403
    assert service.post("/models/texts/load", headers=given["read"]).status_code == 403
    assert service.post("/models/texts/load", headers=given["admin"]).status_code == 200
    assert service.post("/predict", json=body, headers={"X-API-Key": "x" * 5000}).status_code == 401
