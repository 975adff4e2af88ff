"""Sessions of browsers: who signed in with a key need not send it again.

A session is a file in the state folder, so that all workers, and the service after a restart, know
it. Its name is the hash of its token, which the browser alone has; its time of change is when it
was last used.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from coterie.errors import StoreError
from coterie.serve.access.key_file import hash_of
from coterie.serve.access.keys import Grant, KeyRing

__all__ = ["LONGEST", "Sessions", "cookie_name"]

LONGEST = 7 * 24 * 3600
"""Seconds after which a session ends, however much it is used."""

_IDLE = 12 * 3600.0
_NOTED = 60.0  # seconds: a use is not written down more often, to spare the disk
_MOST = 100  # sessions of one key; a judgement
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes as URL-safe base64
_NAME = re.compile(r"[0-9a-f]{64}")
_PORT = re.compile(r":([0-9]{1,5})\Z")


def cookie_name(host: str) -> str:
    """Name the cookie that has the token.

    Browsers send a cookie to all ports of a machine. With the port in its name, who signs in to a
    second service is not signed out of the first.

    Parameters
    ----------
    host
        The header ``Host``.
    """
    port = _PORT.search(host)
    return f"coterie_session_{port[1]}" if port else "coterie_session"


@dataclass(frozen=True, slots=True)
class _Session:
    path: Path
    key: str
    begun: float
    used: float

    def over(self, now: float) -> bool:
        return now - self.used > _IDLE or now - self.begun > LONGEST


class Sessions:
    """The sessions of a service.

    Parameters
    ----------
    folder
        Where they are kept; made with the first.
    keys
        A session ends with the key that began it.
    clock
        Seconds since 1970.
    """

    def __init__(
        self, folder: Path, keys: KeyRing, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._folder, self._keys, self._clock = folder, keys, clock

    def begin(self, grant: Grant) -> str:
        """Begin a session of whoever showed a key; gives its token, which is kept nowhere.

        A key has a hundred sessions at most: the one that was not used for longest ends.

        Raises
        ------
        StoreError
            When it cannot be written down.
        """
        now, token = self._clock(), secrets.token_urlsafe(_TOKEN_BYTES)
        path = self._path(token)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"key": grant.id, "begun": now}, file)
            os.utime(path, (now, now))
        except OSError as error:
            raise StoreError(
                f"Nobody can sign in: {self._folder} cannot be written to "
                f"({error.strerror or error})."
            ) from error
        alike = sorted((each for each in self._all() if each.key == grant.id), key=_used)
        for each in alike[:-_MOST]:
            each.path.unlink(missing_ok=True)
        return token

    def check(self, token: str | None) -> Grant | None:
        """Give what a session allows, which is what its key allows now; None where it is over."""
        if not _TOKEN.fullmatch(token or ""):
            return None
        path, now = self._path(token or ""), self._clock()
        session = _read(path)
        if session is None:
            return None
        grant = None if session.over(now) else self._keys.find(session.key)
        with suppress(OSError):
            if grant is None:
                path.unlink()
            elif now - session.used > _NOTED:
                os.utime(path, (now, now))
        return grant

    def end(self, token: str | None) -> None:
        """End a session, if it is one."""
        if _TOKEN.fullmatch(token or ""):
            with suppress(OSError):
                self._path(token or "").unlink()

    def prune(self) -> None:
        """Remove what is left of sessions that are over."""
        now = self._clock()
        for each in self._all():
            if each.over(now) or self._keys.find(each.key) is None:
                each.path.unlink(missing_ok=True)

    def _all(self) -> Iterator[_Session]:
        paths = list(self._folder.iterdir()) if self._folder.is_dir() else []
        found = (_read(path) for path in paths if _NAME.fullmatch(path.name))
        return (each for each in found if each is not None)

    def _path(self, token: str) -> Path:
        return self._folder / hash_of(token).hex()


def _read(path: Path) -> _Session | None:
    """Read a session; None where there is none, or its file is damaged."""
    try:
        used = path.stat().st_mtime
        said = json.loads(path.read_bytes())
        return _Session(path, str(said["key"]), float(said["begun"]), used)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _used(session: _Session) -> float:
    return session.used
