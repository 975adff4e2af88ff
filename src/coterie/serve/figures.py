"""What a service counts about itself, as Prometheus reads it; right with several workers too."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from coterie.serve.answers.batches import Measured

__all__ = ["CONTENT_TYPE", "Figures", "share_figures"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SHARED = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_WAITS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


def share_figures() -> Path:
    """Let several processes have one set of figures; call it before they start."""
    folder = Path(tempfile.mkdtemp(prefix="coterie-figures-"))
    os.environ[_SHARED] = str(folder)
    return folder


class Figures:
    """Counters, histograms and gauges of a service."""

    def __init__(self) -> None:
        from prometheus_client import (
            CollectorRegistry,
            Counter,
            Gauge,
            Histogram,
            disable_created_metrics,
        )

        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = registry = CollectorRegistry()
        options: dict[str, Any] = {"registry": registry}
        live: dict[str, Any] = {**options, "multiprocess_mode": "livesum"}
        self.requests = Counter(
            "coterie_http_requests",
            "Requests by route, method and status.",
            ("route", "method", "status"),
            **options,
        )
        self.request_seconds = Histogram(
            "coterie_http_request_duration_seconds",
            "Time from the first byte of a request to the last of its answer.",
            ("route",),
            buckets=_SECONDS,
            **options,
        )
        self.in_flight = Gauge(
            "coterie_http_requests_in_flight", "Requests that are being answered.", **live
        )
        self.predictions = Counter(
            "coterie_predictions",
            "Rows predicted, by model, version, status and role (answer or shadow).",
            ("model", "version", "status", "role"),
            **options,
        )
        self.batch_rows = Histogram(
            "coterie_batch_rows", "Rows predicted together.", buckets=_ROWS, **options
        )
        self.batch_seconds = Histogram(
            "coterie_batch_duration_seconds", "Time of a batch.", buckets=_SECONDS, **options
        )
        self.wait_seconds = Histogram(
            "coterie_batch_wait_seconds",
            "Time that the rows of a request waited before their batch.",
            buckets=_WAITS,
            **options,
        )
        self.queued = Gauge("coterie_queue_rows", "Rows that wait to be predicted.", **live)
        self.refused = Counter(
            "coterie_refused_requests", "Requests refused, by reason.", ("reason",), **options
        )
        self.models = Gauge(
            "coterie_models_ready",
            "Models that are ready, in the worker that has the fewest.",
            multiprocess_mode="livemin",
            **options,
        )
        self.swaps = Counter(
            "coterie_model_swaps", "Times that another version took over.", ("model",), **options
        )
        self.load_failures = Counter(
            "coterie_model_load_failures",
            "Versions that could not be loaded.",
            ("model",),
            **options,
        )
        self.logged = Counter("coterie_logged_predictions", "Predictions in the log.", **options)
        self.log_failures = Counter(
            "coterie_log_failures", "Predictions that could not be logged.", **options
        )

    def measure(self, batch: Measured) -> None:
        """Count a batch."""
        self.batch_rows.observe(batch.rows)
        self.batch_seconds.observe(batch.seconds)
        for wait in batch.waits:
            self.wait_seconds.observe(wait)

    def text(self) -> bytes:
        """Give all figures, those of every worker together."""
        from prometheus_client import CollectorRegistry, generate_latest

        if _SHARED not in os.environ:
            return generate_latest(self._registry)
        from prometheus_client.multiprocess import MultiProcessCollector

        _forget_the_dead(Path(os.environ[_SHARED]))
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)


def _forget_the_dead(folder: Path) -> None:
    """Leave the gauges of processes out that have ended."""
    import psutil
    from prometheus_client.multiprocess import mark_process_dead

    for path in folder.glob("gauge_live*_*.db"):
        number = path.stem.rpartition("_")[2]
        if number.isdecimal() and not psutil.pid_exists(int(number)):
            mark_process_dead(int(number), str(folder))  # type: ignore[no-untyped-call]
