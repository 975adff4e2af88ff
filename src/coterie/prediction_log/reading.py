"""Entries read page by page, so that neither memory nor a transaction grows with the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from coterie.errors import OptionError
from coterie.options import LogFilters
from coterie.prediction_log.changing import UNNAMED
from coterie.prediction_log.entries import Entry, Page, Truth
from coterie.prediction_log.rows import columns_read, entry_of
from coterie.prediction_log.tables import FEEDBACK, PREDICTIONS

__all__ = ["MOST", "conditions", "count", "history_of", "page_of", "stream"]

MOST = 1_000
"""Entries of one page at most."""

_AT_ONCE = 500  # entries held while many are read; a judgement
_CURSOR = re.compile(r"(-?[0-9a-f]{1,16})\.([0-9a-f]{1,16})")
_p = PREDICTIONS.c

Cursor = tuple[int, int]
"""Time in microseconds and number of an entry: both never change, and no two entries share them."""


def conditions(filters: LogFilters, persons: tuple[str, ...] = ()) -> list[Any]:
    """Write filters as SQL; ``persons`` are the forms in which the person may be kept."""
    same = {
        name: getattr(filters, name)
        for name in ("model", "version", "role", "label", "status", "route", "request", "error")
    }
    found: list[Any] = [_p[name] == value for name, value in same.items() if value is not None]
    if filters.since is not None:
        found.append(_p.time >= filters.since)
    if filters.until is not None:
        found.append(_p.time < filters.until)
    if filters.person is not None:
        found += [_p.person.in_(persons), _p.person.is_not(None)]
    if filters.min_confidence is not None:
        found.append(_p.confidence >= filters.min_confidence)
    if filters.max_confidence is not None:
        found.append(_p.confidence <= filters.max_confidence)
    if filters.has_feedback is not None:
        found.append(_p.truth.is_not(None) if filters.has_feedback else _p.truth.is_(None))
    if filters.correct is not None:
        right = _p.truth == _p.label
        found += [
            _p.truth.is_not(None),
            right if filters.correct else ~sa.func.coalesce(right, sa.false()),
        ]
    if filters.errors is not None:
        found.append(failed() if filters.errors else sa.text("error = ''"))
    return found


def failed() -> Any:
    """Whether there was an error, as the index of errors says it."""
    return sa.text("error <> ''")


def page_of(engine: sa.Engine, where: list[Any], after: str | None, limit: int) -> Page:
    """Read a page, newest first.

    Raises
    ------
    OptionError
        When the cursor is none, or the limit is not between 1 and `MOST`.
    """
    if not 1 <= limit <= MOST:
        raise OptionError(f"A page has 1 to {MOST:,} entries, not {limit:,}: change the limit.")
    found = _read(engine, where, None if after is None else _cursor(after), limit + 1, down=True)
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return Page(
        tuple(entry_of(row[2:]) for row in found[:limit]),
        None if last is None else _written(last),
    )


def stream(engine: sa.Engine, where: list[Any]) -> Iterator[Entry]:
    """Read all entries, oldest first; those that are written meanwhile may be among them."""
    after: Cursor | None = None
    while found := _read(engine, where, after, _AT_ONCE, down=False):
        yield from (entry_of(row[2:]) for row in found)
        after = found[-1][0], found[-1][1]


def count(engine: sa.Engine, where: list[Any]) -> int:
    """Count entries."""
    with engine.connect() as connection:
        wanted = sa.select(sa.func.count()).select_from(PREDICTIONS).where(*where)
        return int(connection.execute(wanted).scalar_one())


def history_of(engine: sa.Engine, prediction: str) -> list[Truth]:
    """Read all feedback on a prediction, in the order in which it came."""
    f = FEEDBACK.c
    wanted = (
        sa.select(f.truth, f.by, f.time, f.key)
        .join(PREDICTIONS, _p.seq == f.prediction)
        .where(_p.id == prediction)
        .order_by(f.seq)
    )
    with engine.connect() as connection:
        rows = connection.execute(wanted).all()
    return [
        Truth(row[0], row[1], row[2], None if row[3].startswith(UNNAMED) else row[3])
        for row in rows
    ]


def _read(
    engine: sa.Engine, where: list[Any], after: Cursor | None, limit: int, *, down: bool
) -> list[Any]:
    place = sa.tuple_(_p.time, _p.seq)
    wanted = sa.select(sa.type_coerce(_p.time, sa.BigInteger), _p.seq, *columns_read())
    wanted = wanted.where(*where)
    if after is not None:
        time, seq = sa.literal(after[0], sa.BigInteger), sa.literal(after[1], sa.BigInteger)
        there = sa.tuple_(time, seq)
        wanted = wanted.where(place < there if down else place > there)
    order = (_p.time.desc(), _p.seq.desc()) if down else (_p.time, _p.seq)
    with engine.connect() as connection:
        return list(connection.execute(wanted.order_by(*order).limit(limit)).all())


def _written(row: Any) -> str:
    return f"{row[0]:x}.{row[1]:x}"


def _cursor(text: str) -> Cursor:
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise OptionError(
            "The cursor is not one that a page ended with: give its 'next', or none for the first "
            "page."
        )
    time, seq = int(match[1], 16), int(match[2], 16)
    if not -(1 << 63) <= time < 1 << 63 or seq >= 1 << 63:
        raise OptionError("The cursor is not one that a page ended with: give its 'next'.")
    return time, seq
