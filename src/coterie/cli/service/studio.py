"""``coterie studio``: the service of a folder, with its pages in the browser."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from typing import Annotated
from urllib.parse import urlsplit

import typer

from coterie.cli.service.serve import require_service
from coterie.cli.shared.options import takes
from coterie.options import ServeOptions

__all__ = ["command"]

_PAGES = "/studio/"
_ANY = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - to look at, not to listen on


@takes(ServeOptions)
def command(
    options: ServeOptions,
    *,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="Folder of projects, made where it is absent; or a recipe's run, or models.",
        ),
    ],
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Open no browser, only say the address.")
    ] = False,
) -> None:
    """Find groups, look at them and train models in the browser."""
    require_service()
    from coterie.serve.start import serve
    from coterie.workflows.service import make_workspace

    def tell(address: str) -> None:
        page = _seen_from_here(address) + _PAGES
        typer.echo(f"The studio is at {page}. Stop: Ctrl-C.")
        if not no_browser:
            Thread(target=_open, args=(page,), daemon=True).start()

    make_workspace(folder)
    serve(folder, options, started=tell)


def _seen_from_here(address: str) -> str:
    """Name an address as a browser on this machine can open it."""
    host = urlsplit(address).hostname or ""
    return f"http://{_ANY[host]}:{urlsplit(address).port}" if host in _ANY else address


def _open(page: str) -> None:
    """Open the browser; one that runs in the terminal keeps this thread until it is left."""
    import webbrowser

    if not webbrowser.open(page):
        typer.echo("No browser was found: open the address in one.", err=True)
