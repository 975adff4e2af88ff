"""From options to a service that listens: workers, signals, and an orderly end."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from coterie.errors import OptionError
from coterie.options import ServeOptions
from coterie.prediction_log import PredictionLog
from coterie.serve.access.key_file import keys_path
from coterie.serve.access.keys import KeyRing, check_host
from coterie.serve.app import SETTINGS
from coterie.serve.figures import share_figures
from coterie.serve.service import WORKERS, places_of
from coterie.serve.workers import keep_workers, run_worker

__all__ = ["listen", "serve"]

_BACKLOG = 2048


def serve(
    folder: Path, options: ServeOptions, *, started: Callable[[str], None] = lambda _: None
) -> None:
    """Serve a folder until the process is told to stop.

    Parameters
    ----------
    folder
        Of a recipe's run, of models, of one model, or a workspace.
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
    listening = listen(options.host, options.port)
    os.environ[SETTINGS] = json.dumps(
        {
            "folder": str(folder.resolve()),
            "options": options.model_dump(mode="json", exclude_defaults=True),
        }
    )
    host, port = listening.getsockname()[:2]
    started(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    if options.workers == 1:
        run_worker(listening)
        return
    figures = share_figures()
    os.environ[WORKERS] = str(os.getpid())
    try:
        keep_workers(options.workers, listening)
    finally:
        shutil.rmtree(figures, ignore_errors=True)


def listen(host: str, port: int) -> socket.socket:
    """Open a port before anything is loaded, so that a taken one is said at once.

    Raises
    ------
    OptionError
        When it is taken, or the address is none of this machine.
    """
    bare = host.strip("[]")
    with ExitStack() as closing:
        try:
            family = socket.AF_INET6 if ":" in bare else socket.AF_INET
            listening = closing.enter_context(socket.socket(family))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((bare, port))
            listening.listen(_BACKLOG)
            listening.set_inheritable(True)
        except OSError as error:
            raise OptionError(
                f"Port {port} of {host} cannot be used ({error.strerror or error}): choose another "
                "with --port or --host."
            ) from error
        closing.pop_all()  # it stays open
    return listening
