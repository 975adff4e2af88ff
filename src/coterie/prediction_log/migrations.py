"""The form of the tables: made, brought up to date, or refused."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from coterie.errors import LogError
from coterie.extras import require
from coterie.locks import lock_file
from coterie.prediction_log.databases import Place
from coterie.prediction_log.hiding import hash_of
from coterie.prediction_log.tables import PREDICTIONS, SETTINGS, VERSION_TABLE

__all__ = ["KNOWN", "REVISIONS", "check_form", "key_of", "make_file", "migrate"]

KNOWN = ("0001",)
"""Forms that this version knows, the oldest first; the last is the one that it writes."""

REVISIONS = Path(__file__).parent / "revisions"

_KEY_BYTES = 32
_LOCK = 0x_C07E_21E0_106  # of PostgreSQL; any number that nobody else takes
_LOCK_SECONDS = 120  # for another worker to finish; a judgement
_running = threading.Lock()  # Alembic keeps what it is at in a place of the whole process


@contextmanager
def make_file(place: Place, *, make: bool) -> Iterator[None]:
    """Make the file of a log and that of its key, where they are not there; alone, until the end.

    Raises
    ------
    LogError
        When there is none and ``make`` is False, or it cannot be made.
    """
    if place.file is None:
        yield
        return
    file, key = place.file, key_file(place.file)
    if not file.exists() and not make:
        raise absent(place)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not key.exists():
            _refuse_keyless(file, place)
            _make_private(key)
        handle = lock_file(key, wait=True, make=False)
    except OSError as error:
        raise LogError(
            f"The prediction log {place.name} cannot be written ({error.strerror}): name another "
            "file, or change its permissions."
        ) from error
    try:
        if os.fstat(handle).st_size == 0:
            _refuse_keyless(file, place)
            os.write(handle, secrets.token_hex(_KEY_BYTES).encode())
            os.fsync(handle)
        if not file.exists():
            _make_private(file)
        _write_ahead(file, place)
        yield
    finally:
        os.close(handle)


def key_file(file: Path) -> Path:
    """Where the key of a log in a file is: beside it, so that a copy of the log is without it."""
    return file.with_name(f"{file.name}.key")


def absent(place: Place) -> LogError:
    """Say that there is no log."""
    return LogError(f"There is no prediction log at {place.name}: check the path.")


def _make_private(path: Path) -> None:
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:  # by another worker, just now
        return
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _refuse_keyless(file: Path, place: Place) -> None:
    """Refuse a file that is no log, and a log that has lost its key."""
    if not file.exists() or not file.stat().st_size:
        return
    try:
        with closing(sqlite3.connect(file)) as database:
            names = [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
    except sqlite3.DatabaseError:
        raise LogError(
            f"The prediction log {place.name} cannot be opened: it is not a database: name "
            "another file."
        ) from None
    if names:
        raise _no_key(place) if VERSION_TABLE in names else _foreign(place)


def _foreign(place: Place) -> LogError:
    return LogError(
        f"{place.name} is a database of something else: name another file for the prediction log."
    )


def _write_ahead(file: Path, place: Place) -> None:
    """Keep commits in a file of their own until they are moved: a property of the database."""
    try:
        with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as database:
            (mode,) = database.execute("PRAGMA journal_mode").fetchone()
            if mode != "wal":
                (mode,) = database.execute("PRAGMA journal_mode = WAL").fetchone()
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorname", "")
        mends = {
            "SQLITE_NOTADB": "it is not a database: name another file",
            "SQLITE_FULL": "the disk is full: make room",
            "SQLITE_BUSY": "another process holds it: wait until it has ended",
        }
        helps = mends.get(code, "change its permissions, or name another file")
        raise LogError(f"The prediction log {place.name} cannot be opened: {helps}.") from error
    if mode != "wal":
        raise LogError(
            f"The prediction log {place.name} is where SQLite cannot write ahead: name a file on a "
            "local disk."
        )


def migrate(engine: sa.Engine, place: Place, *, make: bool) -> None:
    """Make the tables, or bring those of an older form to that of today; all or nothing.

    Workers that start at once wait for one another.

    Raises
    ------
    LogError
        When the form is newer than any known, the tables are another's, or there are none and
        ``make`` is False.
    """
    if place.url is not None:  # SQLite begins by taking the right to write
        with engine.connect() as connection:
            if _form(connection, place, make=make) == KNOWN[-1]:
                return
    with engine.begin() as connection:
        if place.url is not None:
            connection.execute(sa.text(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS}s'"))
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if _form(connection, place, make=make) == KNOWN[-1]:
            return
        _upgrade(connection)


def check_form(engine: sa.Engine, place: Place) -> None:
    """Refuse, for reading, what is not of the form of today.

    Raises
    ------
    LogError
        When the form is another, or there is no log.
    """
    with engine.connect() as connection:
        form = _form(connection, place, make=False)
    if form != KNOWN[-1]:
        raise LogError(
            f"The prediction log {place.name} has an older form ({form}): open it once for "
            "writing, as coterie serve and coterie log prune do, which brings it up to date."
        )


def _form(connection: sa.Connection, place: Place, *, make: bool) -> str | None:
    found = sa.inspect(connection)
    if found.has_table(VERSION_TABLE):
        form = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
        if form is not None and form not in KNOWN:
            raise LogError(
                f"The prediction log {place.name} was written by a newer version of Coterie "
                f"(form {form}): update Coterie."
            )
        if form is not None:
            return str(form)
    elif place.file is not None and found.get_table_names():
        raise _foreign(place)
    if found.has_table(PREDICTIONS.name):
        raise LogError(
            f"{place.name} has a table {PREDICTIONS.name} that no version of Coterie made: name "
            "another database for the prediction log."
        )
    if not make:
        raise absent(place)
    return None


def _upgrade(connection: sa.Connection) -> None:
    require("alembic", extra="serve", purpose="Making or updating a prediction log")
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(REVISIONS), version_locations=[str(REVISIONS)])

    def steps(form: Any, _context: Any) -> Any:
        return script._upgrade_revs("head", form)

    with _running, EnvironmentContext(Config(), script, fn=steps) as environment:
        environment.configure(
            connection=connection, version_table=VERSION_TABLE, transactional_ddl=True
        )
        environment.run_migrations()


def key_of(engine: sa.Engine, place: Place, given: Path | None, *, writes: bool) -> bytes:
    """Give the key of the hashes: of a file, or of a database that has none, its own.

    Raises
    ------
    LogError
        When it is not the key that the log was written with.
    """
    path = given or (None if place.file is None else key_file(place.file))
    key = None if path is None else _read(path, place)
    with engine.begin() as connection:
        settings = _settings(connection)
        if writes and "key_check" not in settings:
            fresh = {"key": secrets.token_hex(_KEY_BYTES)} if key is None else {}
            own = key or bytes.fromhex(fresh["key"])
            _settle(connection, fresh | {"key_check": hash_of(own, "check", "")})
            settings = _settings(connection)
    if key is None and "key" in settings:
        key = bytes.fromhex(settings["key"])
    if key is None or hash_of(key, "check", "") != settings.get("key_check"):
        raise _no_key(place)
    return key


def _settings(connection: sa.Connection) -> dict[str, str]:
    return {row.name: row.value for row in connection.execute(sa.select(SETTINGS))}


def _settle(connection: sa.Connection, settings: dict[str, str]) -> None:
    """Write down settings that nobody has written yet."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        there = connection.execute(sa.select(SETTINGS.c.name)).scalars().all()
        if "key_check" in there:
            return
    rows = [{"name": name, "value": value} for name, value in settings.items()]
    connection.execute(sa.insert(SETTINGS), rows)


def _read(path: Path, place: Place) -> bytes:
    for _ in range(50):
        try:
            key = bytes.fromhex(path.read_text("ascii"))
        except (OSError, ValueError):
            raise _no_key(place) from None
        if key:
            return key
        time.sleep(0.1)  # it is being made
    raise _no_key(place)


def _no_key(place: Place) -> LogError:
    where = "its key" if place.file is None else f"its key {key_file(place.file)}"
    return LogError(
        f"The prediction log {place.name} cannot be opened without {where}: put back the file "
        "that it was written with."
    )
