"""From options to a service that listens: workers, signals, and an orderly end."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from coterie.errors import OptionError
from coterie.options import ServeOptions
from coterie.prediction_log import PredictionLog
from coterie.serve.app import SETTINGS
from coterie.serve.figures import share_figures
from coterie.serve.key_file import keys_path
from coterie.serve.keys import KeyRing, check_host
from coterie.serve.service import WORKERS, places_of

__all__ = ["serve"]

_GONE = 9.5  # seconds from the signal until the process is gone at the latest
_BACKLOG = 2048


def serve(
    folder: Path, options: ServeOptions, *, started: Callable[[str], None] = lambda _: None
) -> None:
    """Serve a folder until the process is told to stop.

    Parameters
    ----------
    folder
        Of a recipe's run, of models, or of one model.
    options
        Declared in `coterie.options.ServeOptions`.
    started
        Called with the address when the service listens.

    Raises
    ------
    OptionError
        When it would listen beyond this machine without a key, or the port is taken.
    StoreError
        When there is no model, or its keys cannot be read.
    """
    places = places_of(folder, options)
    places.state.mkdir(parents=True, exist_ok=True)
    check_host(options.host, KeyRing.open(keys_path(places.state)), places.state)
    if places.log is not None:
        PredictionLog.open(places.log, keep_text=options.keep_text).close()
    listening = _listen(options.host, options.port)
    os.environ[SETTINGS] = json.dumps(
        {
            "folder": str(folder.resolve()),
            "options": options.model_dump(mode="json", exclude_defaults=True),
        }
    )
    config = uvicorn.Config(
        "coterie.serve.app:from_environment",
        factory=True,
        workers=options.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, int(_GONE - options.drain) - 1),
    )
    server = _Server(config, options.drain)
    host, port = listening.getsockname()[:2]
    started(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    if options.workers == 1:
        server.run(sockets=[listening])
        return
    figures = share_figures()
    os.environ[WORKERS] = str(options.workers)
    try:
        Multiprocess(config, target=server.run, sockets=[listening]).run()
    finally:
        shutil.rmtree(figures, ignore_errors=True)


class _Server(uvicorn.Server):
    """A server that, when it is told to stop, first says that it is not ready, and still answers.

    So a load balancer has time to send requests elsewhere before connections are refused.
    """

    def __init__(self, config: uvicorn.Config, drain: float) -> None:
        super().__init__(config)
        self._drain, self._until = drain, 0.0

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
        if self._until and time.monotonic() >= self._until:
            self.should_exit = True
        return await super().on_tick(counter)


def _listen(host: str, port: int) -> socket.socket:
    """Open the port before anything is loaded, so that a taken one is said at once."""
    bare = host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in bare else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((bare, port))
        listening.listen(_BACKLOG)
        listening.set_inheritable(True)
    except OSError as error:
        raise OptionError(
            f"Port {port} of {host} cannot be used ({error.strerror or error}): choose another "
            "with --port or --host."
        ) from error
    return listening
