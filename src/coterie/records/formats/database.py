"""Databases."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from coterie.errors import InputError, MissingExtraError, OptionError
from coterie.records.formats.locations import scrub
from coterie.records.table import Table

__all__ = ["read_query"]

_FETCH = 10_000  # rows at a time; a judgement, not measured


def read_query(url: str, query: str | None, *, limit: int | None = None) -> Table:
    """Read the rows that a query gives, or the only table of a database; nothing is committed.

    With a `limit`, no more than the first rows are fetched.

    `url` is SQLAlchemy's, such as ``postgresql://user:password@host/base``. Its password appears
    neither in messages nor in `Table.source`.
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
            f"'{url.partition('://')[0]}://' is not a URL that SQLAlchemy or fsspec knows: "
            "write sqlite:///file.db, postgresql://user@host/base or s3://bucket/file.csv."
        ) from None
    except ImportError as error:
        raise MissingExtraError(
            f"Reading from {url.partition('://')[0]} needs {error.name}, which is not installed: "
            f"run pip install {error.name}."
        ) from None
    bare = parsed._replace(username=None, password=None)  # `set` does not take None
    name = bare.set(query={}).render_as_string(hide_password=True).replace("+psycopg", "")
    file = parsed.database if parsed.get_backend_name() == "sqlite" else None
    if file and file != ":memory:" and not Path(file).exists():
        raise InputError(f"There is no database file {Path(file).name}: check the path.")
    try:
        with engine.connect() as connection:
            if query is None:
                tables = sorted(inspect(connection).get_table_names())
                if len(tables) != 1:
                    listed = ", ".join(tables[:12]) or "none"
                    raise OptionError(f"{name} needs a query; its tables are: {listed}.")
                statement: Any = select(text("*")).select_from(table(tables[0]))
            else:
                statement = text(query.replace(":", "\\:"))
            result = connection.execution_options(stream_results=True).execute(statement)
            if not result.returns_rows:
                raise InputError("The query returns no rows: write one that starts with SELECT.")
            names = list(map(str, result.keys()))
            fetched = (tuple(row) for part in result.partitions(_FETCH) for row in part)
            rows = list(islice(fetched, limit))
    except SQLAlchemyError as error:
        secrets = (parsed.password, *map(str, parsed.query.values()))
        reason = scrub(str(getattr(error, "orig", None) or error), url, *secrets)
        raise InputError(f"{name} did not answer the query: {reason}.") from None
    finally:
        engine.dispose()
    return Table.of(pd.DataFrame(rows, columns=pd.Index(names), dtype=object), source=name)
