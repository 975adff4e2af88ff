"""Which requests another site's page may have sent: a browser says whose page it was."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from coterie.serve.access.keys import is_loopback, presented_key

__all__ = ["OWN_PAGE", "SAFE", "comes_from_elsewhere", "is_encrypted", "is_local"]

OWN_PAGE = "x-coterie-studio"
"""Header of the studio's own requests; no other site's page can send it unasked."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""

_PORTS = {"http": ":80", "https": ":443"}


def comes_from_elsewhere(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request changes something, shows no key, and a page of another site sent it.

    A page cannot send a key or any header of its own to another site unless that site agrees,
    which this service never does. Programs that are no browser say nothing of a site.

    Parameters
    ----------
    method
        Of HTTP.
    headers
        Their names in small letters.
    """
    key = presented_key(headers.get("authorization"), headers.get("x-api-key"))
    if method in SAFE or key is not None:
        return False
    origin = headers.get("origin")
    if origin is not None:
        return not _is_own(origin, headers)
    return headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def is_local(host: str, own: str) -> bool:
    """Whether the header ``Host`` names this machine by an address, or the one that is listened on.

    A name of somebody else's may lead to this machine too (DNS rebinding): a browser would then let
    their page read what is answered.

    Parameters
    ----------
    host
        The header, a port in it or not; programs may leave it out.
    own
        The address that is listened on.
    """
    name = _name_of(host)
    return not name or name == own.strip("[]").lower() or is_loopback(name)


def is_encrypted(scheme: str, headers: Mapping[str, str]) -> bool:
    """Whether the browser speaks TLS: with this service, or with a proxy before it.

    What the headers say is taken as it is: whoever invents them gets a stricter cookie.
    """
    forwarded = _first(headers.get("x-forwarded-proto", ""))
    return "https" in (scheme, forwarded, headers.get("origin", "").partition(":")[0])


def _is_own(origin: str, headers: Mapping[str, str]) -> bool:
    """Whether an origin is what the browser calls this service, as a proxy may have to say."""
    scheme, _, site = origin.lower().partition("://")
    port = _PORTS.get(scheme, "")
    hosts = (headers.get("host", ""), _first(headers.get("x-forwarded-host", "")))
    return bool(site) and site.removesuffix(port) in {h.lower().removesuffix(port) for h in hosts}


def _first(values: str) -> str:
    return values.partition(",")[0].strip().lower()


def _name_of(host: str) -> str:
    try:
        return (urlsplit(f"//{host.strip()}").hostname or host).rstrip(".")
    except ValueError:
        return host
