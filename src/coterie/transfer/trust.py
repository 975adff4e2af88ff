"""Which servers are known, by their keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coterie.errors import TransferError
from coterie.transfer.address import Address

__all__ = ["KnownServers"]


class KnownServers:
    """A file of known servers, and what was sent by one that is not in it.

    Parameters
    ----------
    ssh
        The module asyncssh.
    address
        The server.
    path
        The file; ``~/.ssh/known_hosts`` when None.

    Raises
    ------
    TransferError
        When there is no such file, or it cannot be read.
    """

    def __init__(self, ssh: Any, address: Address, path: Path | None) -> None:
        self._ssh, self._address = ssh, address
        self.path = path or Path("~/.ssh/known_hosts").expanduser()
        self._sent: Any = None
        try:
            self._known = ssh.read_known_hosts(str(self.path))
        except OSError as error:
            raise TransferError(
                f"The file of known servers {self.path} cannot be read ({error.strerror}): connect "
                f"once with ssh {address.host} and compare the key, or name another file with "
                "--known-hosts (known_hosts=)."
            ) from None
        except ValueError as error:
            raise TransferError(
                f"The file of known servers {self.path} cannot be read: {str(error).rstrip('.')}."
            ) from None

    def watch(self) -> Any:
        """Make what is told of a key that is not known: it keeps the key, and refuses it."""

        def keep(_host: str, _address: str, _port: int, key: Any) -> bool:
            self._sent = key
            return False

        watcher = self._ssh.SSHClient()
        watcher.validate_host_public_key = keep
        return watcher

    def refused(self) -> TransferError:
        """Say whether a server is not known or has changed its key, and what to do."""
        server, key = self._address.server, self._sent
        sent = f"{key.get_algorithm()} {key.get_fingerprint()}" if key else "revoked or certified"
        if self._is_known():
            return self._changed(f"has another key ({sent}) than {self.path} says")
        port = f"-p {self._address.port} " if self._address.port else ""
        return TransferError(
            f"{server} is not a known server: compare its key ({sent}) with what those who run it "
            f"say, then add it with ssh-keyscan {port}{self._address.host} >> '{self.path}'."
        )

    def disagreed(self, error: Exception) -> TransferError:
        """Say why no keys could be exchanged: mostly, a server lacks the kind it is known by."""
        if "host key" in str(error).lower() and self._is_known():
            return self._changed(f"has no key of the kind that {self.path} knows it by")
        return TransferError(
            f"{self._address.server} and this machine have no method of encryption in common "
            f"({error}): ask who runs the server to update it."
        )

    def _changed(self, what: str) -> TransferError:
        server = self._address.server
        return TransferError(
            f"{server} {what}, so somebody may be listening in: ask who runs the server; if its "
            f"key is new, remove the old one with ssh-keygen -R '{server}' -f '{self.path}' and "
            "add the new one."
        )

    def _is_known(self) -> bool:
        port = None if self._address.port in (None, 22) else self._address.port
        keys, authorities, _ = self._known.match(self._address.host, "", port)[:3]
        return bool(keys or authorities)
