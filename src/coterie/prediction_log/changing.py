"""What changes a log besides new entries: feedback, removal of old entries, erasure of a person."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

from coterie.errors import LogError
from coterie.prediction_log.databases import Place
from coterie.prediction_log.entries import Feedback, FeedbackResult
from coterie.prediction_log.rows import short
from coterie.prediction_log.tables import FEEDBACK, PREDICTIONS, SETTINGS

__all__ = ["UNNAMED", "add_feedback", "clear_bytes", "erase_some", "feedback_rows", "remove_before"]

BATCH = 2_000
"""Rows removed in one transaction, so that predictions are written in between; a judgement."""

UNNAMED = "~"
"""How keys begin that the caller did not give."""

_PART = 500  # values in one statement: SQLite took 999 at most before version 3.32
_DEBT = "unclean"  # setting: bytes of erased rows may still be in the file
_TRIES, _PAUSE = 5, 0.1  # for readers to be done, before it is said that they are not

_T = TypeVar("_T")
_p, _f = PREDICTIONS.c, FEEDBACK.c


def feedback_rows(given: Iterable[Feedback], by: Mapping[str, str]) -> list[dict[str, Any]]:
    """Make rows of feedback.

    Raises
    ------
    InputError
        When a truth is empty or too long.
    """
    now = datetime.now(UTC)
    return [
        {
            "id": each.prediction,
            "key": UNNAMED + uuid.uuid4().hex if each.key is None else short(each.key, "key"),
            "time": now if each.at is None else each.at,
            "truth": short(each.truth, "truth"),
            "by": None if each.by is None else by[each.by],
        }
        for each in given
    ]


def add_feedback(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> FeedbackResult:
    """Tie truths to predictions; one that was taken before, by its key, changes nothing."""
    places = dict[str, int]()
    for part in _parts(sorted({row["id"] for row in rows})):
        wanted = sa.select(_p.id, _p.seq).where(_p.id.in_(part)).order_by(_p.seq)
        if connection.dialect.name == "postgresql":
            wanted = wanted.with_for_update()  # one after the other for one prediction
        places.update({row[0]: row[1] for row in connection.execute(wanted)})
    known = set[tuple[int, str]]()
    for part in _parts(sorted(places.values())):
        had = sa.select(_f.prediction, _f.key).where(_f.prediction.in_(part))
        known.update({(row[0], row[1]) for row in connection.execute(had)})
    fresh, truths, repeated = list[dict[str, Any]](), dict[str, str](), 0
    for row in rows:
        place = places.get(row["id"])
        if place is None:
            continue
        if (place, row["key"]) in known:
            repeated += 1
            continue
        known.add((place, row["key"]))
        fresh.append({**row, "prediction": place})
        truths[row["id"]] = row["truth"]
    if fresh:
        kept = ("prediction", "key", "time", "truth", "by")
        connection.execute(sa.insert(FEEDBACK), [{n: row[n] for n in kept} for row in fresh])
        told = [{"of": id_, "said": truth} for id_, truth in truths.items()]
        for column in (_p.id, _p.answer_id):
            connection.execute(
                sa.update(PREDICTIONS)
                .where(column == sa.bindparam("of"), column.is_not(None))
                .values(truth=sa.bindparam("said")),
                told,
            )
    unknown = dict.fromkeys(row["id"] for row in rows if row["id"] not in places)
    matched = sum(row["id"] in places for row in rows)
    return FeedbackResult(matched, tuple(unknown), repeated)


def remove_before(connection: sa.Connection, before: datetime) -> int:
    """Remove some entries older than a time, the oldest first; returns how many."""
    oldest = sa.select(_p.seq).where(_p.time < before).order_by(_p.time, _p.seq).limit(BATCH)
    return _remove(connection, oldest)


def erase_some(connection: sa.Connection, persons: Sequence[str]) -> int:
    """Remove some entries of a person, and what others were told by them; returns how many.

    Shadows of their answers are theirs too, and go first. None are left where it removes none.
    """
    own = sa.select(_p.id).where(_p.person.in_(persons), _p.person.is_not(None))
    shadows = sa.select(_p.seq).where(_p.answer_id.in_(own), _p.answer_id.is_not(None))
    removed = _remove(connection, shadows.limit(BATCH))
    if not removed:
        theirs = sa.select(_p.seq).where(_p.person.in_(persons), _p.person.is_not(None))
        removed = _remove(connection, theirs.limit(BATCH))
    told = 0
    if not removed:
        said = sa.update(FEEDBACK).where(_f.by.in_(persons)).values(by=None)
        told = int(connection.execute(said).rowcount)
    if (removed or told) and connection.dialect.name == "sqlite":
        known = connection.execute(sa.select(SETTINGS.c.name).where(SETTINGS.c.name == _DEBT))
        if known.scalar() is None:
            connection.execute(sa.insert(SETTINGS), [{"name": _DEBT, "value": "1"}])
    return removed


def clear_bytes(engine: sa.Engine, place: Place) -> None:
    """Leave nothing of erased rows in the files of a log.

    SQLite overwrites what it deletes, but copies can stay where it moved rows of a page: the file
    is written anew, and the write-ahead file is emptied. In PostgreSQL the space is released to be
    used again.

    Raises
    ------
    LogError
        When a reader holds on to the write-ahead file.
    """
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        if engine.dialect.name == "postgresql":
            driver: Any = connection.driver_connection
            driver.autocommit = True
            cursor.execute(f"VACUUM {PREDICTIONS.name}, {FEEDBACK.name}")
            driver.autocommit = False
            return
        cursor.execute(f"SELECT 1 FROM {SETTINGS.name} WHERE name = '{_DEBT}'")  # noqa: S608
        if cursor.fetchone():
            cursor.execute("VACUUM")
            cursor.execute(f"DELETE FROM {SETTINGS.name} WHERE name = '{_DEBT}'")  # noqa: S608
        for _ in range(_TRIES):
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy = cursor.fetchone()
            if busy is not None and not busy[0]:
                return
            time.sleep(_PAUSE)
    finally:
        connection.close()
    raise LogError(
        f"The entries are erased from the prediction log {place.name}, but another process reads "
        "it, so that their bytes may still be on disk: erase again when it has ended."
    )


def _remove(connection: sa.Connection, which: sa.Select[Any]) -> int:
    done = connection.execute(sa.delete(PREDICTIONS).where(_p.seq.in_(which)))
    return int(done.rowcount)


def _parts(values: Iterable[_T]) -> Iterator[list[_T]]:
    rest = iter(values)
    while part := list(islice(rest, _PART)):
        yield part
