"""From options to a server that answers: over standard input and output, or over HTTP."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked

from coterie.integrations.mcp.server import make_server
from coterie.integrations.mcp.source import Source, places_for
from coterie.options import McpOptions
from coterie.serve.access.callers import Access
from coterie.serve.access.key_file import Scope, keys_path
from coterie.serve.access.keys import KeyRing, check_host, is_loopback
from coterie.serve.access.rates import RateLimiter
from coterie.serve.access.sessions import Sessions
from coterie.serve.ids import request_id
from coterie.serve.problems import problem
from coterie.serve.refusals import RefusedError
from coterie.serve.service import Places
from coterie.serve.start import listen

__all__ = ["run_server"]

_PATH = "/mcp"
_RATE = 6_000  # requests a minute of one key; a judgement, an assistant asks a few


def run_server(
    folder: Path, options: McpOptions, *, started: Callable[[str], None] = lambda _: None
) -> None:
    """Answer an assistant until it leaves, or over HTTP until the process is told to stop.

    Parameters
    ----------
    folder
        A workspace, a recipe's run, models, or the folder of a discovery.
    options
        Declared in `coterie.options.McpOptions`.
    started
        Called with the address, over HTTP.

    Raises
    ------
    OptionError
        When it would listen beyond this machine without a key, or the port is taken.
    StoreError
        When the folder holds nothing to offer.
    """
    places = places_for(folder, options)
    server = make_server(Source(places, options.default), edit=options.edit, by=options.by)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what models say of single rows
        if options.http:
            _listen(server, places, options, started)
        else:
            server.run("stdio")


def _listen(
    server: MCPServer[Any], places: Places, options: McpOptions, started: Callable[[str], None]
) -> None:
    keys = KeyRing.open(keys_path(places.state), required=not is_loopback(options.host))
    check_host(options.host, keys, places.state)
    sessions = Sessions(places.state / "sessions", keys)
    access = Access(keys, sessions, RateLimiter(_RATE), host=options.host)
    app = server.streamable_http_app(
        streamable_http_path=_PATH,
        stateless_http=True,
        json_response=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )  # `_Door` keeps other sites out, as the service does
    needed: Sequence[Scope] = ("read", "predict", *(("edit",) if options.edit else ()))
    listening = listen(options.host, options.port)
    host, port = listening.getsockname()[:2]
    started(f"http://{f'[{host}]' if ':' in host else host}:{port}{_PATH}")
    config = uvicorn.Config(
        _Door(app, access, needed),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    uvicorn.Server(config).run(sockets=[listening])


class _Door:
    """Lets those in who have a key with all scopes that the tools need."""

    def __init__(self, app: ASGIApp, access: Access, needed: Sequence[Scope]) -> None:
        self._app, self._access, self._needed = app, access, needed

    async def __call__(self, scope: Asked, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        app = self._app
        if scope["type"] == "http":
            try:
                if why := self._access.refusal(scope):
                    raise RefusedError(403, why)
                self._access.check(Request(scope), *self._needed)
            except RefusedError as error:
                app = problem(error.status, str(error), request_id(), headers=error.headers)
        await app(scope, receive, send)
