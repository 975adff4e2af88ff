"""Predictions, the feedback on them, and the settings of a log."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "coterie_predictions",
        sa.Column("seq", number, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("request", sa.Text),
        sa.Column("first", sa.SmallInteger, nullable=False),
        sa.Column("route", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("version", sa.BigInteger),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("answer_id", sa.Text),
        sa.Column("label", sa.Text),
        sa.Column("confidence", sa.Double),
        sa.Column("status", sa.Text),
        sa.Column("seconds", sa.Double),
        sa.Column("wait_seconds", sa.Double),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("truth", sa.Text),
        sa.Column("encoder", sa.Text),
        sa.Column("segment", sa.Text),
        sa.Column("text_length", sa.BigInteger),
        sa.Column("text_hash", sa.Text),
        sa.Column("probabilities", sa.Text),
        sa.Column("context", sa.Text),
        sa.Column("extra", sa.Text),
        sa.Column("text", sa.Text),
        sqlite_autoincrement=True,
    )
    _index("time", "time", "seq")
    _index("label", "label", "time", "seq")
    _index("model", "model", "time", "seq")
    _index("person", "person", "time", "seq", where="person IS NOT NULL")
    _index("answer", "answer_id", where="answer_id IS NOT NULL")
    _index("error", "time", "seq", where="error <> ''")
    _index("truth", "time", "seq", where="truth IS NOT NULL")
    op.create_table(
        "coterie_feedback",
        sa.Column("seq", number, primary_key=True, autoincrement=True),
        sa.Column(
            "prediction",
            sa.BigInteger,
            sa.ForeignKey(
                "coterie_predictions.seq",
                ondelete="CASCADE",
                name="coterie_feedback_prediction",
            ),
            nullable=False,
        ),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("truth", sa.Text, nullable=False),
        sa.Column("by", sa.Text),
        sa.UniqueConstraint("prediction", "key", name="coterie_feedback_once"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "coterie_log_settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )


def _index(name: str, *columns: str, where: str | None = None) -> None:
    only: Any = None if where is None else sa.text(where)
    op.create_index(
        f"coterie_predictions_{name}",
        "coterie_predictions",
        list(columns),
        sqlite_where=only,
        postgresql_where=only,
    )
