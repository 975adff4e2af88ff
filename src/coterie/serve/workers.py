"""The processes that answer: one, or several on one port that are kept alive.

uvicorn's own supervisor takes no other server class, and ours has to say that it is not ready
before it stops.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Any

import uvicorn

from coterie.options import ServeOptions
from coterie.serve.app import SETTINGS
from coterie.serve.service import WORKERS

__all__ = ["keep_workers", "run_worker"]

_LOG = logging.getLogger("coterie.serve")

_GONE = 9.5  # seconds from the signal until the process is gone at the latest
_TICK = 0.1
_AGAIN = (0.5, 30.0)  # seconds until a worker that ended is started again: at first, at most
_SOUND = 60.0  # seconds after which a worker counts as having started well


def run_worker(listening: socket.socket) -> None:
    """Answer requests in this process until it is told to stop."""
    options = ServeOptions(**json.loads(os.environ[SETTINGS])["options"])
    config = uvicorn.Config(
        "coterie.serve.app:from_environment",
        factory=True,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, int(_GONE - options.drain) - 1),
    )
    from threadpoolctl import threadpool_limits

    # products of a few rows: a second thread waits for its share by burning a core
    with threadpool_limits(1, user_api="blas"):
        _Server(config, options.drain).run(sockets=[listening])


def keep_workers(count: int, listening: socket.socket) -> None:
    """Start processes that answer requests on one port, and start those again that end."""
    crew = [_Worker(listening) for _ in range(count)]
    stop: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, _: stop.append(got))
    while not stop:
        for worker in crew:
            worker.keep()
        time.sleep(_TICK)
    for worker in crew:
        worker.tell(signal.SIGTERM)
    until = time.monotonic() + _GONE
    while any(worker.alive for worker in crew) and time.monotonic() < until and len(stop) == 1:
        time.sleep(_TICK)
    for worker in crew:
        worker.tell(signal.SIGKILL)


class _Server(uvicorn.Server):
    """A server that, when it is told to stop, first says that it is not ready, and still answers.

    So a load balancer has time to send requests elsewhere before connections are refused.
    """

    def __init__(self, config: uvicorn.Config, drain: float) -> None:
        super().__init__(config)
        self._drain, self._until = drain, 0.0
        self._parent = int(os.environ.get(WORKERS, "0"))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; a second signal stops at once."""
        if self._until or not self.started:
            super().handle_exit(sig, frame)
            return
        self._until = time.monotonic() + self._drain
        app: Any = self.config.loaded_app
        app.service.draining = True

    async def on_tick(self, counter: int) -> bool:
        """Look ten times a second whether it is time to stop."""
        orphaned = self._parent and os.getppid() != self._parent
        if orphaned or (self._until and time.monotonic() >= self._until):
            self.should_exit = True
        return await super().on_tick(counter)


class _Worker:
    """One process, and when it may be started again."""

    def __init__(self, listening: socket.socket) -> None:
        self._handle = listening.fileno()
        self._pause, self._begun, self._next = _AGAIN[0], 0.0, 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def keep(self) -> None:
        """Start the process where it has ended, later and later where it ends again and again."""
        now = time.monotonic()
        if self.alive or now < self._next:
            return
        if self._process is not None and not self._next:
            _LOG.error("a worker ended with exit code %s", self._process.returncode)
            sound = now - self._begun > _SOUND
            self._pause = _AGAIN[0] if sound else min(2 * self._pause, _AGAIN[1])
            self._next = now + self._pause
            return
        command = [sys.executable, "-m", "coterie.serve.workers", str(self._handle)]
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            command, pass_fds=[self._handle], start_new_session=True
        )
        self._begun, self._next = now, 0.0

    def tell(self, number: int) -> None:
        """Send a signal, where there is somebody to get it."""
        if self._process is not None and self.alive:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)


if __name__ == "__main__":
    run_worker(socket.socket(fileno=int(sys.argv[1])))
