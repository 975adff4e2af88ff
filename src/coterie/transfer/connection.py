"""A connection to another machine: its key is checked, and it is made again when it is lost."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from coterie.errors import TransferError
from coterie.extras import require
from coterie.options import TransferOptions
from coterie.transfer.address import Address
from coterie.transfer.trust import KnownServers

if TYPE_CHECKING:
    from asyncssh import SFTPClient, SSHClientConnection

__all__ = ["Session"]

T = TypeVar("T")

_SECONDS = 30.0  # to connect and to log in; a judgement
_ALIVE, _SILENT = 15.0, 3  # a server that misses 3 questions 15 seconds apart is gone
_LONGEST_WAIT = 30.0  # seconds between two attempts to connect
_KINDS = "+ssh-ed25519,ecdsa-sha2-*,rsa-sha2-*"  # of keys, after those the server is known by
_PASSWORD, _PASSPHRASE = "COTERIE_SFTP_PASSWORD", "COTERIE_SFTP_PASSPHRASE"


class Session:
    """Connects to a server, and again whenever the connection is lost.

    Parameters
    ----------
    address
        Any path on the server.
    options
        Key, known servers and the number of retries.

    Raises
    ------
    TransferError
        On entering, when the server cannot be reached, is not known, has another key than it is
        known by, or does not let the user in.
    MissingExtraError
        When asyncssh is not installed.
    """

    def __init__(self, address: Address, options: TransferOptions) -> None:
        self._ssh: Any = require("asyncssh", extra="sftp", purpose="Moving files by SFTP")
        self.address, self._options = address, options
        self._lock = asyncio.Lock()
        self._connection: SSHClientConnection | None = None
        self._client: SFTPClient | None = None
        self._failures = 0
        self._losses: tuple[type[Exception], ...] = (
            self._ssh.DisconnectError,
            self._ssh.ChannelOpenError,
            self._ssh.SFTPConnectionLost,
            self._ssh.SFTPNoConnection,
            ConnectionError,
            TimeoutError,
        )
        self._unreachable = (*self._losses, OSError)

    async def __aenter__(self) -> Self:
        async with self._lock:
            self._client = await self._connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._leave()

    async def attempt(self, work: Callable[[SFTPClient], Awaitable[T]]) -> T:
        """Do something, and once more from its beginning after the connection was lost.

        Parameters
        ----------
        work
            Takes the client. It has to find out itself what an earlier attempt has done.

        Raises
        ------
        TransferError
            When the connection was lost more often than may be while nothing was moved.
        """
        while True:
            client = await self._connected()
            try:
                return await work(client)
            except self._losses as error:
                await self._lost(client, error)

    def progressed(self) -> None:
        """Note that something was moved, so that the count of failures begins anew."""
        self._failures = 0

    async def _connected(self) -> SFTPClient:
        async with self._lock:
            while self._client is None:
                if self._failures > 1:
                    await asyncio.sleep(min(2.0 ** (self._failures - 2), _LONGEST_WAIT))
                try:
                    self._client = await self._connect()
                except _UnreachableError as error:
                    self._count(error)
            return self._client

    async def _lost(self, client: SFTPClient, error: Exception) -> None:
        async with self._lock:
            if client is self._client:  # else another file has noticed
                await self._leave()
                self._count(error)

    def _count(self, error: Exception) -> None:
        self._failures += 1
        if self._failures > self._options.retries:
            raise TransferError(
                f"The connection to {self.address.server} was lost: run the same command again, "
                "which continues where it was."
            ) from error

    async def _leave(self) -> None:
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            connection.abort()
            with suppress(*self._unreachable):
                await connection.wait_closed()

    async def _connect(self) -> SFTPClient:
        known = KnownServers(self._ssh, self.address, self._options.known_hosts)
        try:
            self._connection = await self._ssh.connect(
                **self._login(), known_hosts=str(known.path), client_factory=known.watch
            )
            return await self._connection.start_sftp_client(path_errors="surrogateescape")
        except self._ssh.HostKeyNotVerifiable:
            raise known.refused() from None
        except self._ssh.KeyExchangeFailed as error:
            raise known.disagreed(error) from None
        except self._ssh.SFTPError as error:
            await self._leave()
            raise TransferError(
                f"{self.address.server} has no SFTP: ask who runs it to turn it on."
            ) from error
        except Exception as error:
            refusal = self._refused(error)
            if refusal is None:
                raise
            await self._leave()
            raise refusal from None

    def _login(self) -> dict[str, Any]:
        """Give what to connect with."""
        login: dict[str, Any] = {
            "host": self.address.host,
            "server_host_key_algs": _KINDS,
            "x509_trusted_certs": None,
            "passphrase": os.environ.get(_PASSPHRASE),
            "connect_timeout": _SECONDS,
            "login_timeout": _SECONDS,
            "keepalive_interval": _ALIVE,
            "keepalive_count_max": _SILENT,
        }
        if self.address.port is not None:
            login["port"] = self.address.port
        if self.address.user is not None:
            login["username"] = self.address.user
        if self._options.key is not None:
            login["client_keys"] = [str(self._options.key)]
        if os.environ.get(_PASSWORD):
            login["password"] = os.environ[_PASSWORD]
        return login

    def _refused(self, error: Exception) -> TransferError | None:
        """Say why there is no connection; None where it is a fault of ours."""
        server, key = self.address.server, self._options.key
        if isinstance(error, self._ssh.PermissionDenied):
            return TransferError(
                f"{server} does not let you in: name your user in the address (sftp://user@...) "
                f"and your key with --key (key=), or set {_PASSWORD}."
            )
        if isinstance(error, self._ssh.KeyImportError | self._ssh.KeyEncryptionError):
            return TransferError(
                f"The key {key or 'in ~/.ssh'} cannot be used ({str(error).rstrip('.')}): add it "
                f"to your agent with ssh-add, or set {_PASSPHRASE}."
            )
        if isinstance(error, self._ssh.ConfigParseError):
            return TransferError(f"Your SSH configuration cannot be read: {error}.")
        if key is not None and isinstance(error, OSError) and error.filename == str(key):
            return TransferError(
                f"The key {key} cannot be read ({error.strerror}): check the path after --key "
                "(key=)."
            )
        if isinstance(error, self._unreachable):
            return _UnreachableError(
                f"{server} cannot be reached ({_reason(error)}): check the address, the port and "
                "the network."
            )
        return None


class _UnreachableError(TransferError):
    """A server that may be reached later."""


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer"
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
