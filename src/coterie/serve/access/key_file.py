"""The file of API keys: their names, scopes and hashes, never a key itself."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from coterie.errors import OptionError, StoreError
from coterie.files import replacing
from coterie.hints import did_you_mean
from coterie.locks import lock_file

__all__ = [
    "KEYS_FILE",
    "KEY_FORM",
    "SCOPES",
    "Key",
    "Keys",
    "Scope",
    "add_key",
    "hash_of",
    "keys_path",
    "list_keys",
    "read_keys",
    "revoke_key",
    "unreadable",
]

Scope: TypeAlias = Literal["metrics", "predict", "read", "edit", "admin"]
"""What a key may do; each is explained in `SCOPES`."""

SCOPES: dict[Scope, str] = {
    "metrics": "readiness and metrics: counts and times, never a text",
    "predict": "classify, assign, search and explain",
    "read": "models, segments, performance and the prediction log; includes metrics",
    "edit": "feedback, edits of segments and jobs",
    "admin": "load, activate and roll back models; includes all others",
}
"""Every scope, and what it allows, the least first."""

KEYS_FILE = "COTERIE_KEYS_FILE"
"""Variable of the environment that names the file of keys, such as a mounted secret."""

_FORM = 1
_NAME = "keys.json"
_MOST = 1 << 24  # bytes; some 60,000 keys
_BEGINNING = "coterie"
_ID_BYTES, _SECRET_BYTES = 4, 32  # 256 random bits cannot be guessed, whatever the hash costs

KEY_FORM = re.compile(rf"{_BEGINNING}_([0-9a-f]{{{2 * _ID_BYTES}}})_[0-9a-f]{{{64}}}")
"""The form of a key; its group is the id, by which the key is looked up."""

Id = Annotated[str, StringConstraints(pattern=rf"^[0-9a-f]{{{2 * _ID_BYTES}}}$")]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[\w][\w .@+-]{0,59}$")]


class Key(BaseModel):
    """What is known of a key.

    Attributes
    ----------
    id
        Eight hexadecimal digits, which stand in the key too.
    name
        Who has it.
    scopes
        What it may do.
    sha256
        Hash of the whole key. A slow hash with a salt protects passwords, which can be guessed;
        256 random bits cannot, so one round of SHA-256 is enough.
    created
        When it was made, in UTC.
    expires
        The first day, in UTC, on which it is no longer taken; None where it stays.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Id
    name: Name
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]
    sha256: Hash
    created: AwareDatetime
    expires: date | None = None

    def expired(self, now: datetime) -> bool:
        """Whether it is no longer taken."""
        return self.expires is not None and now.astimezone(UTC).date() >= self.expires


class Keys(BaseModel):
    """All that the file holds; neither ids nor names occur twice."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    form: Annotated[int, Field(ge=_FORM, le=_FORM)] = _FORM
    keys: tuple[Key, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for what in ("id", "name"):
            if len({getattr(key, what) for key in self.keys}) < len(self.keys):
                raise ValueError(f"two keys have one {what}")
        return self


def keys_path(folder: Path | str) -> Path:
    """Find the file of keys: ``COTERIE_KEYS_FILE``, else ``keys.json`` in the state folder."""
    named = os.environ.get(KEYS_FILE)
    return Path(named).expanduser() if named else Path(folder) / _NAME


def hash_of(text: str) -> bytes:
    """Hash a key: 32 bytes of SHA-256."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def list_keys(path: Path) -> tuple[Key, ...]:
    """List the keys of a file, the oldest first; none where there is no file.

    Raises
    ------
    StoreError
        When there is a file that cannot be read, or is not one of keys.
    """
    try:
        return read_keys(path)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StoreError(unreadable(path, error)) from error


def read_keys(path: Path) -> tuple[Key, ...]:
    """Read the keys of a file.

    Raises
    ------
    OSError
        When it cannot be read.
    StoreError
        When it is not a file of keys.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe is not waited for
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(handle)
        usual = stat.S_ISREG(state.st_mode) and state.st_size <= _MOST
        content = file.read(_MOST) if usual else b""
    try:
        return Keys.model_validate_json(content).keys
    except ValidationError as error:
        raise StoreError(_fault(path, error)) from None


def unreadable(path: Path, error: OSError) -> str:
    """Say why a file of keys cannot be read."""
    why = error.strerror or str(error)
    return f"The keys in {path} cannot be read ({why}): check the file and its permissions."


def _fault(path: Path, error: ValidationError) -> str:
    """Say what is wrong with a file of keys; nothing of what is in it is shown."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["loc"] == ("form",):
        return (
            f"{path} is not of form {_FORM}, the only one that this version reads: "
            "use the version of Coterie that wrote it, or a newer one."
        )
    place = ".".join(map(str, first["loc"]))
    what = "it is not whole" if first["type"] == "json_invalid" else first["type"]
    return (
        f"{path} is no longer a file of keys ({place + ': ' if place else ''}{what}): restore it, "
        "or remove it and add the keys again."
    )


def add_key(
    path: Path, name: str, scopes: Sequence[Scope], *, expires: date | None = None
) -> tuple[str, Key]:
    """Make a key and add it to the file, which is made where it is absent.

    Parameters
    ----------
    path
        The file, as `keys_path` finds it. It can be read and written by its owner only.
    name
        Who will have the key; no other key may have the name.
    scopes
        What the key may do.
    expires
        The first day, in UTC, on which it is no longer taken.

    Returns
    -------
    str
        The key. It is written nowhere, and cannot be shown again.
    Key
        What the file says of it.

    Raises
    ------
    OptionError
        When the name is taken or cannot be one, there is no scope or an unknown one, or the day
        is past.
    StoreError
        When the file is damaged or cannot be written; it is left as it is.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    if expires is not None and expires <= now.date():
        raise OptionError(f"A key that expires on {expires} is of no use: give a later day.")
    for scope in scopes:
        if scope not in SCOPES:
            hint = did_you_mean(scope, list(SCOPES), f"give {', '.join(SCOPES)}.")
            raise OptionError(f"There is no scope '{scope}': {hint}")
    if not scopes:
        raise OptionError(f"A key needs a scope: give {', '.join(SCOPES)}.")
    given = set(scopes)
    kept = tuple(scope for scope in SCOPES if scope in given)
    with _changing(path) as keys:
        if any(key.name == name for key in keys):
            raise OptionError(f"There is a key '{name}' already: choose another name.")
        taken = {key.id for key in keys}
        number = next(i for i in iter(lambda: secrets.token_hex(_ID_BYTES), "") if i not in taken)
        text = f"{_BEGINNING}_{number}_{secrets.token_hex(_SECRET_BYTES)}"
        try:
            key = Key(
                id=number,
                name=name,
                scopes=kept,
                sha256=hash_of(text).hex(),
                created=now,
                expires=expires,
            )
        except ValidationError:
            raise OptionError(
                "A key cannot have this name: give up to 60 letters, digits, blanks and . @ + - _, "
                "with a letter or digit first."
            ) from None
        keys.append(key)
    return text, key


def revoke_key(path: Path, name: str) -> Key:
    """Remove a key from the file; running services refuse it from their next request on.

    The file stays when the last key goes: nobody is let in until one is added.

    Parameters
    ----------
    path
        The file, as `keys_path` finds it.
    name
        Name or id of the key. An id comes first, where it is the name of another key.

    Raises
    ------
    OptionError
        When there is no such key.
    StoreError
        When the file is damaged or cannot be written; it is left as it is.
    """
    with _changing(path) as keys:
        known = {key.name: key for key in keys} | {key.id: key for key in keys}
        found = known.get(name)
        if found is None:
            names = [key.name for key in keys]
            hint = did_you_mean(name, names, "list them with coterie serve keys list.")
            raise OptionError(f"There is no key '{name}' in {path}: {hint}")
        keys.remove(found)
    return found


@contextmanager
def _changing(path: Path) -> Iterator[list[Key]]:
    """Give the keys of a file to change; they are written where nothing goes wrong.

    Others that change it wait: a lock beside it is held meanwhile, and ends with this process.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = lock_file(path.with_name(f".{path.name}.lock"), wait=True)
    except OSError as error:
        raise StoreError(_unwritable(path, error)) from error
    try:
        keys = list(list_keys(path))
        yield keys
        _write(path, Keys(keys=tuple(keys)))
    except OSError as error:
        raise StoreError(_unwritable(path, error)) from error
    finally:
        os.close(lock)


def _write(path: Path, keys: Keys) -> None:
    content = keys.model_dump_json(indent=2).encode() + b"\n"
    with replacing(path) as fresh:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)  # a key that was revoked does not come back with the power


def _unwritable(path: Path, error: OSError) -> str:
    return (
        f"Cannot write the keys to {path}: {error.strerror or error}; name the state folder of the "
        "service, as a user that may write to it."
    )
