"""Who may ask the service for what: API keys with scopes.

A key is shown once, when it is made; the service knows its hash alone. Any number of processes
read one file of keys, and take up its changes with their next request.
"""

from __future__ import annotations

import hmac
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from shlex import quote

from coterie.errors import OptionError, StoreError
from coterie.serve.access.key_file import (
    KEY_FORM,
    KEYS_FILE,
    SCOPES,
    Key,
    Scope,
    hash_of,
    read_keys,
    unreadable,
)

__all__ = ["Grant", "KeyRing", "check_host", "is_loopback", "presented_key"]

_log = logging.getLogger(__name__)

_INCLUDED: dict[Scope, frozenset[Scope]] = {
    "read": frozenset({"metrics"}),
    "admin": frozenset(SCOPES),
}
_NOBODY = bytes(32)  # compared with where no key has the id, so that it takes the same time
_TICK = 1_000_000_000  # nanoseconds; the clock of no usual file system is coarser than a second


@dataclass(frozen=True, slots=True)
class Grant:
    """What the holder of a key may do.

    Attributes
    ----------
    id, name
        Of the key; neither is secret, and logs may have them.
    scopes
        All that it may do, those included in others too.
    """

    id: str
    name: str
    scopes: frozenset[Scope]

    @classmethod
    def of(cls, key: Key) -> Grant:
        """Make the grant of a key."""
        scopes = frozenset(key.scopes).union(*(_INCLUDED.get(each, ()) for each in key.scopes))
        return cls(key.id, key.name, scopes)

    def allows(self, scope: Scope) -> bool:
        """Whether it may do this."""
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class _Held:
    """The keys of a file as it was last read; replaced as one, so that threads need no lock."""

    keys: Mapping[str, tuple[Key, bytes, Grant]] = field(default_factory=dict)
    stamp: tuple[int, ...] = ()
    settled: bool = False
    fault: str = ""


class KeyRing:
    """The keys of a service, as its file has them now; made by `open`.

    The file is looked at with every check, which costs some microseconds, and read again where it
    changed. A file that is damaged or gone changes nothing: the last good keys stay, and `fault`
    and the log say so.
    """

    def __init__(self, path: Path, required: bool, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._held = _Held()
        self._closed = required
        self._clock = clock

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        required: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> KeyRing:
        """Read the keys of a file; where there is none yet, there are no keys.

        Parameters
        ----------
        path
            The file, as `coterie.serve.access.key_file.keys_path` finds it.
        required
            Whether a key is asked for even where no file is, as beyond loopback.
        clock
            The time, for days of expiry; the system's by default.

        Raises
        ------
        StoreError
            When the file is damaged, or absent though ``COTERIE_KEYS_FILE`` names it: a service
            does not start so.
        """
        path = Path(path)
        ring = cls(path, required, clock)
        ring._refresh()
        if ring.fault:
            raise StoreError(ring.fault)
        if os.environ.get(KEYS_FILE) and not ring._held.stamp:
            raise StoreError(f"{KEYS_FILE} names {path}, which is absent: mount it, or unset it.")
        return ring

    @property
    def empty(self) -> bool:
        """Whether keys were never set, so that nobody is asked for one.

        Where there is a file, it is False, though no key may be left in it: revoking the last key
        shuts everyone out and lets nobody in. False for good once there was a file, and always
        where keys are required.
        """
        self._refresh()
        return not self._closed

    @property
    def fault(self) -> str:
        """What is wrong with the file, in one sentence; empty where nothing is."""
        return self._held.fault

    @property
    def usable(self) -> int:
        """How many keys are taken today."""
        self._refresh()
        now = self._clock()
        return sum(not key.expired(now) for key, _, _ in self._held.keys.values())

    def check(self, presented: str | None) -> Grant | None:
        """Give what a key allows; None where it is none, revoked or expired.

        Hashes are compared in constant time, and as often for an id that nobody has.

        Parameters
        ----------
        presented
            What a caller showed, of any length and form, as `presented_key` finds it.
        """
        self._refresh()
        form = KEY_FORM.fullmatch(presented or "")
        key, digest, grant = (form and self._held.keys.get(form[1])) or (None, _NOBODY, None)
        same = hmac.compare_digest(hash_of(form[0] if form else ""), digest)
        if key is None or not same or key.expired(self._clock()):
            return None
        return grant

    def find(self, number: str) -> Grant | None:
        """Give what the key of an id allows now; None where it is revoked or expired.

        Parameters
        ----------
        number
            The id of a key that was shown before: an id alone proves nothing.
        """
        self._refresh()
        key, _, grant = self._held.keys.get(number, (None, b"", None))
        return None if key is None or key.expired(self._clock()) else grant

    @staticmethod
    def allows(grant: Grant, scope: Scope) -> bool:
        """Whether a grant allows something; a scope that does not exist is allowed to nobody."""
        return grant.allows(scope)

    def _refresh(self) -> None:
        held = self._held
        try:
            state = self._path.stat()
        except FileNotFoundError:
            if held.stamp:
                self._keep(f"{self._path} is gone: restore it, or add the keys again.")
            return
        except OSError as error:
            self._keep(unreadable(self._path, error))
            return
        stamp = (state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        if held.settled and stamp == held.stamp:
            return
        # Two changes within a tick of the file system's clock can look like one: what is read is
        # read again until the last change is older than that.
        settled = abs(time.time_ns() - max(state.st_mtime_ns, state.st_ctime_ns)) > _TICK
        try:
            keys = read_keys(self._path)
        except OSError as error:
            self._keep(unreadable(self._path, error))
        except StoreError as error:
            self._keep(str(error), stamp, settled=settled)
        else:
            table = {key.id: (key, bytes.fromhex(key.sha256), Grant.of(key)) for key in keys}
            self._closed = True
            self._held = _Held(table, stamp, settled)

    def _keep(self, fault: str, stamp: tuple[int, ...] = (), *, settled: bool = False) -> None:
        """Stay with the keys there are, and say once why; the door is closed."""
        held = self._held
        self._closed = True
        if held.fault != fault:
            _log.error("%s The last good keys are still in use.", fault)
        self._held = _Held(held.keys, stamp or held.stamp, settled, fault)


def presented_key(authorization: str | None, x_api_key: str | None) -> str | None:
    """Find the key in the headers of a request.

    Parameters
    ----------
    authorization
        Of the form ``Bearer KEY``; other forms are none of ours.
    x_api_key
        The key itself. It comes first, so that a proxy may have a use of its own for the other.
    """
    if x_api_key and x_api_key.strip():
        return x_api_key.strip()
    scheme, _, rest = (authorization or "").strip().partition(" ")
    return rest.strip() or None if scheme.lower() == "bearer" else None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address; of names, ``localhost`` alone is known."""
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_loopback


def check_host(host: str, ring: KeyRing, folder: Path | str) -> None:
    """Refuse to listen beyond this machine where no key is set.

    Parameters
    ----------
    host
        The address to listen on.
    ring
        The keys of the service.
    folder
        Its state folder, for the command that adds one.

    Raises
    ------
    OptionError
        When others could reach the service, and no key is taken.
    """
    if not is_loopback(host) and not ring.usable:
        raise OptionError(
            f"Other machines can reach a service on {host}, so it needs a key: run coterie serve "
            f"keys add {quote(str(folder))} --name NAME --scope predict, or listen on 127.0.0.1."
        )
