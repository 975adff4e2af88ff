"""Rows of a database query."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from coterie.errors import InputError, MissingExtraError, OptionError
from coterie.records.source import scrub
from coterie.records.table import Table

__all__ = ["read_query"]

_FETCH = 10_000


def read_query(url: str, query: str | None) -> Table:
    """Read the rows that a query gives, or the only table of a database.

    Nothing is committed. Rows are fetched 10,000 at a time.

    Parameters
    ----------
    url
        SQLAlchemy's, such as ``postgresql://user:password@host/base`` or ``sqlite:///file.db``.
        The password appears neither in messages nor in `Table.source`.
    query
        SQL; None where the database has one table.

    Raises
    ------
    InputError
        When the database cannot be reached or the query fails.
    MissingExtraError
        When the driver is not installed.
    """
    from sqlalchemy import create_engine, inspect, select, table, text
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        engine = create_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise InputError(
            f"'{url.partition('://')[0]}://' is no address that SQLAlchemy or fsspec knows: "
            "write sqlite:///file.db, postgresql://user@host/base or s3://bucket/file.csv."
        ) from None
    except ImportError as error:
        raise MissingExtraError(
            f"Reading from {url.partition('://')[0]} needs {error.name}, which is not installed: "
            f"run pip install {error.name}."
        ) from None
    name = _name(parsed)
    secrets = (parsed.password, *(str(value) for value in parsed.query.values()))
    if parsed.get_backend_name() == "sqlite":
        _must_exist(parsed.database)
    try:
        with engine.connect() as connection:
            if query is None:
                only = _only_table(inspect(connection).get_table_names(), name)
                statement: Any = select(text("*")).select_from(table(only))
            else:
                statement = text(query.replace(":", "\\:"))
            result = connection.execution_options(stream_results=True).execute(statement)
            if not result.returns_rows:
                raise InputError("The query gives no rows: write one that starts with SELECT.")
            names = list(map(str, result.keys()))
            rows = [tuple(row) for part in result.partitions(_FETCH) for row in part]
    except SQLAlchemyError as error:
        reason = scrub(str(getattr(error, "orig", None) or error), url, *secrets)
        raise InputError(f"{name} did not answer the query: {reason}.") from None
    finally:
        engine.dispose()
    frame = pd.DataFrame(rows, columns=pd.Index(names), dtype=object)
    return Table.of(frame, source=name)


def _name(url: Any) -> str:
    """Name a database without user, password and options."""
    bare = url._replace(username=None, password=None, query={})
    return str(bare.render_as_string(hide_password=True)).replace("+psycopg", "")


def _must_exist(database: str | None) -> None:
    if database and database != ":memory:" and not Path(database).exists():
        raise InputError(f"There is no database file {Path(database).name}: check the path.")


def _only_table(names: list[str], source: str) -> str:
    if len(names) != 1:
        listed = ", ".join(sorted(names)[:12]) or "none"
        raise OptionError(
            f"{source} needs a query that says which rows to read; its tables are: {listed}."
        )
    return names[0]
