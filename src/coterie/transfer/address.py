"""Where files are on another machine: ``sftp://user@host:port/path``."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote

from coterie.errors import OptionError

__all__ = ["Address", "parse_address"]

_URL = re.compile(
    r"sftp://(?:(?P<user>[^/@]*)@)?(?P<host>\[[^\]/]+\]|[^:/@\[\]]+)(?::(?P<port>\d{1,5}))?"
    r"(?P<path>/.*)?",
    re.DOTALL | re.IGNORECASE,
)
_SSH_PORT = 22


@dataclass(frozen=True)
class Address:
    """A path on a machine that SFTP reaches.

    Attributes
    ----------
    host
        Name or address, without brackets.
    path
        As the server knows it: absolute, or relative to the home folder of the user.
    user, port
        None where the URL does not say, so that the user's SSH configuration counts.
    folder
        Whether the URL ends in a slash: what is moved goes into it.
    """

    host: str
    path: str
    user: str | None = None
    port: int | None = None
    folder: bool = False

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        path = self.path if self.path.startswith("/") else f"/~/{self.path}"
        return f"sftp://{user}{host}{port}{path.replace('%', '%25')}"

    @property
    def server(self) -> str:
        """The machine, as files of known servers name it: ``host`` or ``[host]:2222``."""
        standard = self.port in (None, _SSH_PORT)
        return self.host if standard else f"[{self.host}]:{self.port}"

    def within(self, name: str) -> Address:
        """Give the address of what is called ``name`` in this folder."""
        return replace(self, path=f"{self.path.rstrip('/')}/{name}", folder=False)


def parse_address(url: str) -> Address:
    """Read an address.

    Percent-encoded characters of the path are decoded, and only ``%`` itself has to be written so
    (``%25``): ``#`` and ``?`` are characters of a name, as SFTP has no queries.

    Raises
    ------
    OptionError
        When it is none, or holds a password, which the list of processes would show.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise OptionError(
            "The address of the other machine cannot be read: write sftp://user@host/path, with "
            "/~/ before a path within your home folder."
        )
    user = match["user"]
    if user is not None and ":" in user:
        raise OptionError(
            "An address holds no password, since others can see it: use a key, the agent or the "
            "environment variable COTERIE_SFTP_PASSWORD."
        )
    path = unquote(match["path"] or "", errors="surrogateescape")
    if path in ("", "/") or "\0" in path:
        raise OptionError(f"Name a path on the server: sftp://{match['host']}/folder.")
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port < 1 << 16:
        raise OptionError(f"There is no port {port}: ports are 1 to 65535.")
    folder = path.endswith("/")
    if path == "/~" or path.startswith("/~/"):
        path = path[3:] or "."
    return Address(
        host=match["host"].strip("[]"),
        path=path.rstrip("/") or "/",
        user=unquote(user) if user else None,
        port=port,
        folder=folder,
    )
