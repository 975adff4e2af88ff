"""A connection to Ray: token authentication on, no usage statistics, no dashboard.

Ray reads its settings from the environment. They are set here before it is imported, unless the
user has set them. A cluster that is started here listens on the loopback interface alone, with a
token that is written nowhere.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from coterie.errors import OptionError, UnavailableError
from coterie.extras import require

__all__ = ["Cluster", "connected"]

_MODE, _TOKEN, _TOKEN_PATH = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DATA_LOG_LEVEL": "ERROR",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
_LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # "0": on Linux too, Ray stays on this machine
_STORE = 128 * 2**20  # bytes of Ray's object store: only names of blocks go through it


@dataclass(frozen=True, slots=True)
class Cluster:
    """What Ray has.

    Attributes
    ----------
    machines
        How many.
    processors
        Of all machines, as Ray counts them.
    """

    machines: int
    processors: int

    @property
    def workers(self) -> int:
        """Workers to start: one processor stays free.

        Ray Data waits for ever where actors take all of them (ray-project/ray#44687).
        """
        return self.processors - 1


@contextmanager
def connected(address: str | None) -> Iterator[Cluster]:
    """Connect to a cluster, or start one on this machine, until the end.

    Parameters
    ----------
    address
        ``HOST:PORT`` of the head, or ``"auto"``; None starts one. Where Ray is connected already,
        in a notebook for example, that connection is used, and stays.

    Raises
    ------
    MissingExtraError
        When Ray is not installed.
    OptionError
        When authentication is switched off, or there is no processor for a worker.
    UnavailableError
        When there is no such cluster, or it refuses the token.
    """
    _set_environment(address)
    ray = require("ray", extra="ray", purpose="--engine ray (engine='ray')")
    require("ray.data", extra="ray", purpose="--engine ray (engine='ray')")
    if not _authenticates():
        raise OptionError(
            f"Ray was imported without token authentication: set {_MODE}=token in the environment "
            "before it is imported."
        )
    ours = not ray.is_initialized()
    if ours:
        _start(ray, address)
    try:
        yield _cluster(ray)
    finally:
        if ours:
            ray.shutdown()


def _set_environment(address: str | None) -> None:
    mode = os.environ.setdefault(_MODE, "token")
    if mode.lower() != "token":
        raise OptionError(
            f"{_MODE} is {mode}, and whoever reaches a Ray cluster without authentication can run "
            f"anything on it: set {_MODE}=token, or unset it."
        )
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if address is None:
        os.environ.setdefault(_LOOPBACK, "0")
        if _TOKEN not in os.environ and _TOKEN_PATH not in os.environ:
            os.environ[_TOKEN] = secrets.token_hex(32)


def _start(ray: Any, address: str | None) -> None:
    common = {"log_to_driver": False, "logging_level": "error"}
    try:
        with _hushed():
            if address is None:
                ray.init("local", include_dashboard=False, object_store_memory=_STORE, **common)
            else:
                ray.init(address, **common)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        said = str(error).strip().partition("\n")[0].partition(". ")[0].rstrip(".")
        if address is None:
            raise UnavailableError(f"Ray does not start ({said}): see coterie --debug.") from error
        raise UnavailableError(
            f"There is no Ray cluster at {address} that takes this token ({said}): name the head "
            f"of one with --address (address=), and give its token in {_TOKEN} or in a file that "
            f"{_TOKEN_PATH} names."
        ) from error


@contextmanager
def _hushed() -> Iterator[None]:
    """Leave out what Ray writes to the standard error while it starts; its errors are raised."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _authenticates() -> bool:
    from ray._private.authentication.authentication_utils import is_token_auth_enabled

    return bool(is_token_auth_enabled())


def _cluster(ray: Any) -> Cluster:
    machines = sum(1 for node in ray.nodes() if node["Alive"])
    found = Cluster(machines, int(ray.cluster_resources().get("CPU", 0)))
    if found.workers < 1:
        raise OptionError(
            f"Ray has {found.processors} processors, and one stays free for its own work: give it "
            "two at least, or leave --engine ray (engine='ray') out."
        )
    return found
