"""Who may do what: keys with scopes, and how many requests a minute each may send."""

from __future__ import annotations

import base64
import math
from collections.abc import Awaitable, Callable

from fastapi import Request

from coterie.serve.access.key_file import Scope
from coterie.serve.access.keys import KeyRing, presented_key
from coterie.serve.access.rates import RateLimiter
from coterie.serve.problems import RefusedError

__all__ = ["Access", "needs"]


class Access:
    """The keys of a service and their limits.

    Parameters
    ----------
    keys
        The keys; where there are none, everybody on this machine may do everything.
    limits
        How many requests a minute each key, or each address without keys, may send.
    """

    def __init__(self, keys: KeyRing, limits: RateLimiter) -> None:
        self.keys, self.limits = keys, limits

    def check(self, request: Request, scope: Scope) -> str:
        """Let a request pass or refuse it; gives the name of who asks."""
        address = request.client.host if request.client else "unknown"
        if self.keys.empty:
            self._limit(f"address {address}")
            return ""
        grant = self.keys.check(_presented(request))
        if grant is None:
            self._limit(f"address {address}")
            raise RefusedError(
                401,
                "This service asks for a key: send it as 'Authorization: Bearer KEY', or type "
                "it as the password in a browser.",
                headers={"WWW-Authenticate": 'Bearer, Basic realm="coterie", charset="UTF-8"'},
            )
        self._limit(f"key {grant.id}")
        if not self.keys.allows(grant, scope):
            raise RefusedError(
                403,
                f"This key may not do that: it needs the scope {scope}, see coterie serve keys "
                "list.",
            )
        return grant.name

    def _limit(self, who: str) -> None:
        seconds = self.limits.take(who)
        if seconds > 0:
            raise RefusedError(
                429,
                "Too many requests in a minute: send the request again later.",
                headers={"Retry-After": str(math.ceil(seconds))},
            )


def needs(scope: Scope) -> Callable[[Request], Awaitable[str]]:
    """Make what FastAPI calls before a route: it refuses, or gives the name of who asks."""

    async def check(request: Request) -> str:
        access: Access = request.app.state.service.access
        name = access.check(request, scope)
        request.scope["coterie.key"] = name
        return name

    return check


def _presented(request: Request) -> str | None:
    """Find the key of a request; a browser that only reads may send it as a password."""
    given = request.headers.get("authorization", "")
    scheme, _, rest = given.partition(" ")
    if scheme.lower() == "basic" and request.method in ("GET", "HEAD"):
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except ValueError:
            return None
    return presented_key(given, request.headers.get("x-api-key"))
