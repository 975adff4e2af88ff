"""Files in object stores and on servers, and why one cannot be read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, cast

from coterie.errors import InputError, MissingExtraError, UserError

__all__ = ["fetch"]

_IN_MEMORY = 64 << 20  # bytes before a temporary file is used; a judgement, not measured
_PACKAGES = {
    **dict.fromkeys(("s3", "s3a"), "'coterie[s3]'"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("abfs", "abfss", "az", "adl"), "adlfs"),
    **dict.fromkeys(("http", "https"), "aiohttp"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
    "smb": "smbprotocol",
}
_ENV = {
    **dict.fromkeys(("s3", "s3a"), "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    **dict.fromkeys(("gs", "gcs"), "GOOGLE_APPLICATION_CREDENTIALS"),
}
_UNSIGNED = ("credential", "token")
_TIMED_OUT = ("timeout", "timedout")
_UNREACHED = ("connect", "endpoint", "resolution", "gaierror", "dnserror", "nameresol")


def fetch(url: str, name: str) -> BinaryIO:
    """Copy a remote file to memory or, beyond 64 MiB, to a temporary file.

    The libraries of stores raise errors of many classes. All become one sentence with `name`, which
    holds no secrets.
    """
    import fsspec

    copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - given back open
    try:
        with fsspec.open(url, "rb") as file:
            shutil.copyfileobj(file, copy, 1 << 20)
    except Exception as error:
        copy.close()
        raise _explained(error, name) from None
    copy.seek(0)
    return cast("BinaryIO", copy)


def _explained(error: Exception, name: str) -> UserError:
    scheme = name.partition(":")[0]
    if isinstance(error, ImportError):
        package = _PACKAGES.get(scheme) or error.name or f"the fsspec file system of {scheme}"
        return MissingExtraError(
            f"Reading from {scheme}:// needs a library that is not installed: run pip install "
            f"{package}."
        )
    chain = list(_causes(error))
    kinds = [type(each).__name__.lower() for each in chain]
    status = next(filter(None, map(_status, chain)), None)
    how = f"set {_ENV[scheme]}" if scheme in _ENV else "sign in to the store"
    missing = status == 404 or (status is None and isinstance(error, FileNotFoundError))
    reasons = (
        (_are(kinds, _UNSIGNED), f"there are no credentials: {how}"),
        (
            status in (401, 403) or isinstance(error, PermissionError),
            "access was refused: check your credentials",
        ),
        (
            status is not None and status >= 500,
            f"its server reports an error ({status}): try again later",
        ),
        (_are(kinds, _TIMED_OUT), "its server did not answer in time: try again"),
        (
            _are(kinds, _UNREACHED),
            "its server cannot be reached: check the address and the network",
        ),
        (missing, "there is no such file: check the address"),
    )
    other = f"{getattr(error, 'strerror', None) or type(error).__name__}: check the address"
    why = next((said for holds, said in reasons if holds), other)
    return InputError(f"{name} cannot be read, because {why}.")


def _are(kinds: Sequence[str], marks: Sequence[str]) -> bool:
    return any(mark in kind for kind in kinds for mark in marks)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and what led to it, the outermost first."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def _status(error: Any) -> int | None:
    """Give the status of HTTP that an error carries."""
    with suppress(AttributeError, KeyError, TypeError, ValueError):
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    with suppress(AttributeError, TypeError, ValueError):
        return int(error.response.status_code)
    with suppress(AttributeError, TypeError, ValueError):
        return int(error.status)
    return None
