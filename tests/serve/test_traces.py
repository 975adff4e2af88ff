"""Traces reach a receiver of OpenTelemetry, and name nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from .conftest import running, until_ready

protocol = pytest.importorskip(
    "opentelemetry.proto.collector.trace.v1.trace_service_pb2", reason="needs coterie[telemetry]"
)
pytest.importorskip("opentelemetry.instrumentation.fastapi", reason="needs coterie[telemetry]")


@pytest.fixture
def received() -> Iterator[tuple[str, list[bytes]]]:
    """A receiver of traces: its address, and the bodies that it got."""
    bodies: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", bodies
        server.shutdown()
        thread.join()


def test_a_receiver_gets_requests_without_what_names_a_person(
    models: Path, received: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, bodies = received
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with running(models) as service:
        secret = {"Authorization": "Bearer of-nobody"}
        asked = {"transcript": "i am bob.miller@example.org", "customer_id": "bob.miller"}
        assert httpx.post(f"{service.url}/predict", json=asked, headers=secret).status_code == 200
        query = {"person": "bob.miller"}
        assert httpx.get(f"{service.url}/logs", params=query, headers=secret).status_code == 200
        until_ready(lambda: {"POST /predict", "GET /logs"} <= names(bodies), 20)
        assert service.stop() == 0
    assert not any("health" in name or "metrics" in name for name in names(bodies))
    for body in bodies:
        assert b"bob.miller" not in body
        assert b"of-nobody" not in body


def names(bodies: list[bytes]) -> set[str]:
    """What the requests that were traced are called."""
    found = set()
    for body in bodies:
        message = protocol.ExportTraceServiceRequest.FromString(body)
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                found |= {span.name for span in scope.spans}
    return found
