"""Who may do what: keys with scopes, sessions, and how many requests a minute each may send."""

from __future__ import annotations

import base64
import math
from collections.abc import Awaitable, Callable

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Scope as Asked

from coterie.serve.access.key_file import SCOPES, Scope
from coterie.serve.access.keys import Grant, KeyRing, presented_key
from coterie.serve.access.rates import RateLimiter
from coterie.serve.access.sessions import Sessions, cookie_name
from coterie.serve.access.sites import OWN_PAGE, SAFE, comes_from_elsewhere, is_local
from coterie.serve.refusals import RefusedError

__all__ = ["Access", "cookie_of", "need_own_page", "needs"]

_EVERYBODY = Grant("", "", frozenset(SCOPES))


class Access:
    """The keys of a service, its sessions and their limits.

    Parameters
    ----------
    keys
        The keys; where there are none, everybody on this machine may do everything.
    sessions
        Of browsers that signed in with a key.
    limits
        How many requests a minute each key, or each address without keys, may send.
    host
        The address that the service was told to listen on.
    """

    def __init__(
        self, keys: KeyRing, sessions: Sessions, limits: RateLimiter, *, host: str = "127.0.0.1"
    ) -> None:
        self.keys, self.sessions, self.limits, self._host = keys, sessions, limits, host

    def refusal(self, asked: Asked) -> str:
        """Say why a request is not answered at all, whatever its address; empty where it is.

        Parameters
        ----------
        asked
            The scope of ASGI.
        """
        headers = Headers(scope=asked)
        if comes_from_elsewhere(asked["method"], headers):
            return "A page of another site sent this request: send it from the service's own pages."
        host, server = headers.get("host", ""), (asked.get("server") or ("",))[0]
        known = is_local(host, self._host) or is_local(host, server or "")
        if not known and self.keys.empty:
            return (
                "Without keys this service answers under the names of this machine alone, such as "
                "localhost: use one of them, or add a key with coterie serve keys add."
            )
        return ""

    def check(self, request: Request, *scopes: Scope) -> str:
        """Let a request pass or refuse it; gives the name of who asks."""
        grant = self.find(request)
        if grant is None:
            raise RefusedError(
                401,
                "This service asks for a key: send it as 'Authorization: Bearer KEY', or type "
                "it as the password in a browser.",
                headers={"WWW-Authenticate": _challenge(request)},
            )
        for scope in scopes:
            if not self.keys.allows(grant, scope):
                raise RefusedError(
                    403,
                    f"This key may not do that: it needs the scope {scope}, see coterie serve keys "
                    "list.",
                )
        return grant.name

    def find(self, request: Request) -> Grant | None:
        """Find who asks, by key or session; None where nobody is known.

        Raises
        ------
        RefusedError
            When there are too many requests, or a session changes something without our page.
        """
        address = _address(request)
        if self.keys.empty:
            self._limit(address)
            return _EVERYBODY
        key = _presented(request)
        if key is None:
            grant = self.sessions.check(request.cookies.get(cookie_of(request)))
        else:
            grant = self.keys.check(key)
        self._limit(address if grant is None else f"key {grant.id}")
        if grant is not None and key is None:
            need_own_page(request)
        return grant

    def limit_address(self, request: Request) -> None:
        """Count a request that nobody is known for; a `RefusedError` where there are too many."""
        self._limit(_address(request))

    def _limit(self, who: str) -> None:
        seconds = self.limits.take(who)
        if seconds > 0:
            raise RefusedError(
                429,
                "Too many requests in a minute: send the request again later.",
                headers={"Retry-After": str(math.ceil(seconds))},
            )


def cookie_of(request: Request) -> str:
    """Name the cookie of a browser's session."""
    return cookie_name(request.headers.get("host", ""))


def need_own_page(request: Request) -> None:
    """Refuse a change that a browser may have sent without its user, with a `RefusedError`."""
    if request.method not in SAFE and request.headers.get(OWN_PAGE) != "1":
        raise RefusedError(
            403, f"A signed-in browser has to send the header '{OWN_PAGE}: 1' with every change."
        )


def needs(scope: Scope) -> Callable[[Request], Awaitable[str]]:
    """Make what FastAPI calls before a route: it refuses, or gives the name of who asks."""

    async def check(request: Request) -> str:
        access: Access = request.app.state.service.access
        name = access.check(request, scope)
        request.scope["coterie.key"] = name
        return name

    return check


def _address(request: Request) -> str:
    return f"address {request.client.host if request.client else 'unknown'}"


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


def _challenge(request: Request) -> str:
    """Ask for a key; not for a password where a browser would ask in the middle of the studio."""
    of_studio = OWN_PAGE in request.headers or cookie_of(request) in request.cookies
    if of_studio or request.headers.get("sec-fetch-mode", "navigate") != "navigate":
        return "Bearer"
    return 'Bearer, Basic realm="coterie", charset="UTF-8"'
