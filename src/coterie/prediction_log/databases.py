"""Where a log is: a file of SQLite or a database of PostgreSQL; and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.pool import QueuePool

from coterie.errors import LogError, OptionError
from coterie.extras import require

__all__ = ["LOG_FILE", "Place", "connect", "find_place", "is_lock", "passes", "told"]

LOG_FILE = "predictions.sqlite"
"""Name of the log in the folder of a service."""

_BUSY = 1.0  # seconds that SQLite waits for a lock by itself; the writer tries again
_CACHE = 16_384  # KiB of pages in the memory of a connection; a judgement
_WAL = 64 << 20  # bytes that the write-ahead file keeps after a checkpoint
_READERS = 8  # connections kept for reading
_CONNECT = 5  # seconds to reach a server

# Errors that pass: their primary names in SQLite, and the classes of SQLSTATE in PostgreSQL
# (connection, resources, object in use, intervention, system, roll-back, a standby).
_PASSING = ("BUSY", "LOCKED", "FULL", "IOERR", "READONLY", "CANTOPEN", "NOMEM", "PROTOCOL", "INTER")
_PASSING_STATES = ("08", "53", "55", "57", "58", "40", "25", "28")
_WITHOUT_CODE = ("OperationalError", "InterfaceError", "ConnectionTimeout")  # lost connections
# Names of errors in SQLite, SQLSTATEs of PostgreSQL, and what is said of them.
_SENTENCES: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (("FULL",), ("53100",), "cannot be written, because the disk is full: make room"),
    (("READONLY",), ("25006", "42501"), "cannot be written: change its permissions"),
    (("CANTOPEN",), (), "cannot be opened: check its path and permissions"),
    (
        ("NOTADB", "CORRUPT"),
        (),
        "is not a database, or is damaged: put back a copy of it, or name another file",
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a log is.

    Attributes
    ----------
    name
        As messages say it, without user and password.
    file
        Of SQLite; None for a database of a server.
    url
        Of a server; None for a file.
    """

    name: str
    file: Path | None = None
    url: URL | None = None


def find_place(where: str | Path) -> Place:
    """Understand where a log is.

    Parameters
    ----------
    where
        A file, the folder of a service, or a URL of SQLAlchemy: ``sqlite:///log.sqlite``,
        ``postgresql://user:password@host/base``.

    Raises
    ------
    OptionError
        When it is a URL of another kind.
    """
    text = str(where)
    if isinstance(where, Path) or "://" not in text:
        return _file(Path(where))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise OptionError(_unknown(text)) from None
    backend = url.drivername.partition("+")[0]
    if backend == "sqlite" and url.database and url.database != ":memory:":
        return _file(Path(url.database))
    if backend not in ("postgresql", "postgres"):
        raise OptionError(_unknown(text))
    require("psycopg", extra="postgres", purpose="A prediction log in PostgreSQL")
    host = f"{url.host or 'localhost'}{f':{url.port}' if url.port else ''}"
    return Place(
        f"postgresql://{host}/{url.database or ''}", url=url.set(drivername="postgresql+psycopg")
    )


def _file(path: Path) -> Place:
    path = path.expanduser()
    path = path / LOG_FILE if path.is_dir() else path
    return Place(str(path), file=path)


def _unknown(text: str) -> str:
    return (
        f"A prediction log cannot be at {text.partition('://')[0]}://: give a file, "
        "sqlite:///log.sqlite or postgresql://user@host/base."
    )


def connect(place: Place, *, writes: bool) -> sa.Engine:
    """Make an engine; it connects when it is used.

    One that writes begins every transaction with the right to write, and is told that something
    was committed when it is on disk.
    """
    return _sqlite(place.file, writes=writes) if place.file else _postgres(place, writes=writes)


def _sqlite(file: Path, *, writes: bool) -> sa.Engine:
    def open_file() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(os.fspath(file.absolute()))}?mode=rw",
            uri=True,
            timeout=_BUSY,
            isolation_level=None,  # transactions begin where we say so
            check_same_thread=False,
        )
        for pragma in (
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
            f"cache_size = -{_CACHE}",
            f"journal_size_limit = {_WAL}",
            *([] if writes else ["query_only = ON"]),
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    pool = 1 if writes else _READERS
    engine = sa.create_engine(
        "sqlite://", creator=open_file, poolclass=QueuePool, pool_size=pool, max_overflow=2 * pool
    )

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres(place: Place, *, writes: bool) -> sa.Engine:
    assert place.url is not None
    pool = 1 if writes else _READERS
    engine = sa.create_engine(
        place.url,
        pool_size=pool,
        max_overflow=2 * pool,
        pool_pre_ping=not writes,
        hide_parameters=True,
        connect_args={
            "connect_timeout": _CONNECT,
            "keepalives_idle": 10,  # seconds until a server that went silent is noticed
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 15_000,  # milliseconds
            "application_name": "coterie",
        },
    )

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        with connection.cursor() as cursor:
            if writes:
                cursor.execute("SET synchronous_commit = on")
                cursor.execute(f"SET lock_timeout = '{round(_BUSY * 1000)}ms'")
            else:
                cursor.execute("SET default_transaction_read_only = on")
        connection.autocommit = False

    return engine


def passes(error: BaseException) -> bool:
    """Whether what went wrong may go well later: a lock, a full disk, a server that is away."""
    if isinstance(error, NoConnection) or getattr(error, "connection_invalidated", False):
        return True
    name, state = _code(error)
    if name:
        return name.startswith(_PASSING)
    if state:
        return state.startswith(_PASSING_STATES)
    return type(_original(error)).__name__ in _WITHOUT_CODE


def is_lock(error: BaseException) -> bool:
    """Whether somebody else holds what is wanted; the connection is sound."""
    name, state = _code(error)
    return name.startswith(("BUSY", "LOCKED")) or state in ("55P03", "40P01", "40001")


def told(error: BaseException, place: Place) -> LogError:
    """Say in one sentence what went wrong, and what helps; without values and passwords."""
    return LogError(f"The prediction log {place.name} {_told(error, place)}.")


def _told(error: BaseException, place: Place) -> str:
    name, state = _code(error)
    if is_lock(error):
        return "is locked by another process: wait until it has ended, or end it"
    for names, states, sentence in _SENTENCES:
        if name.startswith(names) or state in states:
            return sentence
    lost = passes(error) and not state
    if place.url is not None and (lost or state[:2] in ("08", "28", "3D", "57")):
        return (
            f"cannot be reached ({_reason(error, place)}): start the database, or check address, "
            "user and password"
        )
    return f"did not take it ({_reason(error, place)})"


def _original(error: BaseException) -> BaseException:
    """Give the error of the database's own library."""
    return getattr(error, "orig", None) or error


def _code(error: BaseException) -> tuple[str, str]:
    """Give the name of an error of SQLite, or the SQLSTATE of one of PostgreSQL."""
    original = _original(error)
    name = str(getattr(original, "sqlite_errorname", None) or "")
    return name.removeprefix("SQLITE_"), str(getattr(original, "sqlstate", None) or "")


def _reason(error: BaseException, place: Place) -> str:
    """Say what a library said, unless it may have said a value."""
    original = _original(error)
    if not isinstance(error, SQLAlchemyError) or _code(error)[1]:
        return type(original).__name__
    first = " ".join((str(original).splitlines() or [""])[0].split())
    if place.url is not None and place.url.password:
        first = first.replace(str(place.url.password), "***")
    return first.rstrip(".")[:200]
