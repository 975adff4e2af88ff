"""The tables of a log, the same in SQLite and PostgreSQL.

Times are whole microseconds since 1970 in UTC; JSON is text in ASCII, so that every number and
character comes back as it was.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

__all__ = ["FEEDBACK", "METADATA", "PREDICTIONS", "SETTINGS", "VERSION_TABLE", "AnyText", "Moments"]

VERSION_TABLE = "coterie_log_version"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# NUL, which PostgreSQL refuses; halves of surrogate pairs, which UTF-8 has none of; and the sign
# that is put before the number of such a character.
_RARE = re.compile("[\x00\x1a\ud800-\udfff]")
_WRITTEN = re.compile("\x1a([0-9a-f]{4})")

_Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # what counts by itself there


class AnyText(sa.TypeDecorator[str]):
    """Text of any characters, also of those that a database does not take."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Write rare characters as their numbers."""
        if value is None or _RARE.search(value) is None:
            return value
        return _RARE.sub(lambda match: f"\x1a{ord(match[0]):04x}", value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ARG002
        """Put the rare characters back."""
        if value is None or "\x1a" not in value:
            return value
        return _WRITTEN.sub(lambda match: chr(int(match[1], 16)), value)


class Moments(sa.TypeDecorator[datetime]):
    """Times, as microseconds in UTC; one without a zone is UTC."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> int | None:  # noqa: ARG002
        """Count the microseconds."""
        if value is None or isinstance(value, int):
            return value
        return (value.replace(tzinfo=value.tzinfo or UTC) - _EPOCH) // _MICROSECOND  # type: ignore[no-any-return]

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Make a time of them."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


METADATA = sa.MetaData()

PREDICTIONS = sa.Table(
    "coterie_predictions",
    METADATA,
    sa.Column("seq", _Number, primary_key=True, autoincrement=True),
    sa.Column("id", AnyText, nullable=False, unique=True),
    sa.Column("time", Moments, nullable=False),
    sa.Column("person", AnyText),
    sa.Column("request", AnyText),
    sa.Column("first", sa.SmallInteger, nullable=False),  # 1 for the first answer of its request
    sa.Column("route", AnyText),
    sa.Column("model", AnyText),
    sa.Column("version", sa.BigInteger),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("answer_id", AnyText),
    sa.Column("label", AnyText),
    sa.Column("confidence", sa.Double),
    sa.Column("status", AnyText),
    sa.Column("seconds", sa.Double),
    sa.Column("wait_seconds", sa.Double),
    sa.Column("error", AnyText, nullable=False),
    sa.Column("truth", AnyText),  # of the last feedback
    sa.Column("encoder", AnyText),
    sa.Column("segment", AnyText),
    sa.Column("text_length", sa.BigInteger),
    sa.Column("text_hash", AnyText),
    sa.Column("probabilities", sa.Text),
    sa.Column("context", sa.Text),
    sa.Column("extra", sa.Text),
    sa.Column("text", AnyText),
    sqlite_autoincrement=True,
)

FEEDBACK = sa.Table(
    "coterie_feedback",
    METADATA,
    sa.Column("seq", _Number, primary_key=True, autoincrement=True),
    sa.Column(
        "prediction",
        sa.BigInteger,
        sa.ForeignKey(PREDICTIONS.c.seq, ondelete="CASCADE", name="coterie_feedback_prediction"),
        nullable=False,
    ),
    sa.Column("key", AnyText, nullable=False),
    sa.Column("time", Moments, nullable=False),
    sa.Column("truth", AnyText, nullable=False),
    sa.Column("by", AnyText),
    sa.UniqueConstraint("prediction", "key", name="coterie_feedback_once"),
    sqlite_autoincrement=True,
)

SETTINGS = sa.Table(
    "coterie_log_settings",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


def _index(name: str, *columns: Any, where: str | None = None) -> None:
    only = None if where is None else sa.text(where)
    sa.Index(f"coterie_predictions_{name}", *columns, sqlite_where=only, postgresql_where=only)


_p = PREDICTIONS.c
_index("time", _p.time, _p.seq)
_index("label", _p.label, _p.time, _p.seq)
_index("model", _p.model, _p.time, _p.seq)
_index("person", _p.person, _p.time, _p.seq, where="person IS NOT NULL")
_index("answer", _p.answer_id, where="answer_id IS NOT NULL")
_index("error", _p.time, _p.seq, where="error <> ''")
_index("truth", _p.time, _p.seq, where="truth IS NOT NULL")
