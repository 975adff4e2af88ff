"""What every request goes through: an id, limits, headers, figures and a line in the log."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coterie.serve.figures import Figures
from coterie.serve.ids import request_id
from coterie.serve.problems import problem

__all__ = ["Gate"]

_LOG = logging.getLogger("coterie.serve.requests")
_GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_BODIES = 64  # times the largest body may be in memory at once: a judgement
_OTHER = "other"

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
        b"form-action 'self'; frame-ancestors 'none'",
    ),
]
_CACHING = (b"cache-control", b"no-store")


class _TooLargeError(HTTPException):
    """A body that turned out too large while it was read."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, _too_large(limit))


class Gate:
    """The outermost layer of the service.

    Parameters
    ----------
    app
        What answers.
    figures
        What is counted.
    max_body, max_upload
        Largest body in bytes, and that of a job's file.
    most
        Requests that are answered at once; more are refused with 503.
    refusal
        Says why a request is not answered at all, whatever its address; empty where it is.

    Attributes
    ----------
    service
        What the app serves, for whoever starts and stops it.
    """

    service: Any = None

    def __init__(
        self,
        app: ASGIApp,
        *,
        figures: Figures,
        max_body: int,
        max_upload: int,
        most: int,
        refusal: Callable[[Scope], str],
    ) -> None:
        self.app, self._figures, self.refusal = app, figures, refusal
        self._max_body, self._max_upload, self._most = max_body, max_upload, most
        self._running, self._bytes = 0, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await _Exchange(self, scope, receive, send).run()

    def limit_of(self, scope: Scope) -> int:
        """Largest body of a request: a file and places of rows may be long."""
        path: str = scope["path"]
        long = path.startswith("/v1/jobs") or path == "/v1/projects"
        if long or path.endswith("/segments/edits"):
            return self._max_upload
        return self._max_body

    async def answer(self, exchange: _Exchange) -> None:
        """Let the app answer, unless too much is going on."""
        if self._running >= self._most and not exchange.scope["path"].startswith("/health"):
            await exchange.refuse(
                503, "busy", "Too many requests at once: send it again in a moment.", retry=True
            )
            return
        self._running += 1
        self._figures.in_flight.inc()
        try:
            await self.app(exchange.scope, exchange.receive, exchange.send)
        finally:
            self._running -= 1
            self._figures.in_flight.dec()
            self._bytes -= exchange.bytes

    def take(self, size: int) -> bool:
        """Count bytes of a body; False where there are too many of all requests together."""
        self._bytes += size
        return self._bytes <= _BODIES * self._max_body + self._max_upload


class _Exchange:
    """One request and its answer."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.bytes = scope, 0
        self._gate, self._receive, self._send = gate, receive, send
        self._started, self._status = time.monotonic(), 0
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        self.id = given.decode() if _GIVEN.fullmatch(given) else request_id()
        scope["coterie.request"] = self.id
        self._limit = gate.limit_of(scope)

    async def run(self) -> None:
        """Answer, count and log."""
        length = dict(self.scope["headers"]).get(b"content-length", b"")
        try:
            if why := self._gate.refusal(self.scope):
                await self.refuse(403, "site", why)
            elif length.isdigit() and int(length) > self._limit:
                await self.refuse(413, "body", _too_large(self._limit))
            else:
                await self._gate.answer(self)
        except Exception as error:
            # it was logged and answered where it was handled; a server would log it once more
            if not self._status:
                _LOG.error("request failed", exc_info=error, extra={"request": self.id})
                await self.refuse(500, "fault", "This is a bug in Coterie: please report it.")
        finally:
            self._count()

    async def receive(self) -> Message:
        """Receive a part of the request, as long as it is not too large."""
        message = await self._receive()
        size = len(message.get("body", b""))
        self.bytes += size
        if not self._gate.take(size) or self.bytes > self._limit:
            raise _TooLargeError(self._limit)
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer, the headers with ours."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message = {**message, "headers": self._with_ours(message)}
        await self._send(message)

    async def refuse(self, status: int, reason: str, detail: str, *, retry: bool = False) -> None:
        """Answer with a problem of our own."""
        self._gate._figures.refused.labels(reason).inc()
        headers = {"Retry-After": "1"} if retry else None
        await problem(status, detail, self.id, headers=headers)(
            self.scope, self._receive, self.send
        )

    def _with_ours(self, message: MutableMapping[str, Any]) -> list[tuple[bytes, bytes]]:
        given = list(message.get("headers", []))
        named = {name.lower() for name, _ in given}
        ours = [*_HEADERS, (b"x-request-id", self.id.encode())]
        if b"cache-control" not in named:
            ours.append(_CACHING)
        if getattr(self._gate.service, "draining", False):
            ours.append((b"connection", b"close"))  # the next request goes elsewhere
        return [*given, *(pair for pair in ours if pair[0] not in named)]

    def _count(self) -> None:
        seconds = time.monotonic() - self._started
        route = getattr(self.scope.get("route"), "path", _OTHER)
        method = self.scope["method"] if self.scope["method"] in _METHODS else _OTHER
        figures = self._gate._figures
        figures.requests.labels(route, method, str(self._status or 499)).inc()
        figures.request_seconds.labels(route).observe(seconds)
        _LOG.info(
            "request",
            extra={
                "request": self.id,
                "route": route,
                "method": method,
                "status": self._status or 499,
                "seconds": round(seconds, 6),
                "bytes": self.bytes,
            },
        )


_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


def _too_large(limit: int) -> str:
    return f"The request is larger than {limit:,} bytes: send fewer rows or shorter texts."
