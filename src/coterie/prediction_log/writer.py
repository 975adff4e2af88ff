"""The one thread of a process that writes to its log: what arrived meanwhile is one commit."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from coterie.errors import CoterieError, LogError, LogFullError
from coterie.prediction_log.databases import Place, is_lock, passes, told
from coterie.prediction_log.rows import weight_of
from coterie.prediction_log.tables import PREDICTIONS

__all__ = ["Writer"]

_TOGETHER = 5_000  # rows of one transaction, so that other processes have their turn
_FIRST, _LONGEST = 0.01, 0.5  # seconds between two attempts; judgements

Work = Callable[[sa.Connection], Any]


@dataclass(slots=True, eq=False)
class _Asked:
    """Something to write, and whom to tell."""

    deadline: float
    rows: list[dict[str, Any]] = field(default_factory=list)
    work: Work | None = None
    alone: Callable[[sa.Engine], Any] | None = None
    weight: int = 0
    future: Future[Any] = field(default_factory=Future)


class Writer:
    """Writes rows, and does what else changes the log, in the order in which it was asked for.

    Parameters
    ----------
    engine
        Of the database, to write with.
    place
        Where it is, for messages.
    patience
        Seconds after which what still fails is given up.
    capacity, memory
        Rows that may wait, and bytes that they may take.
    """

    def __init__(
        self, engine: sa.Engine, place: Place, *, patience: float, capacity: int, memory: int
    ) -> None:
        self._engine, self._place, self._patience = engine, place, patience
        self._capacity, self._memory = capacity, memory
        self._queue: deque[_Asked] = deque()
        self._waiting = self._weight = 0
        self._changed = threading.Condition()
        self._closing, self._trouble = False, ""
        self._process = os.getpid()
        self._insert = _insert(engine.dialect.name)
        self._thread = threading.Thread(target=self._run, name="coterie-log", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Rows that wait to be written."""
        return self._waiting

    @property
    def trouble(self) -> str:
        """Why nothing can be written for now; empty where all is well."""
        return self._trouble

    def write(self, rows: list[dict[str, Any]]) -> Future[Any]:
        """Write rows; those whose id is there already are left out.

        Raises
        ------
        LogFullError
            When too many wait.
        """
        return self._ask(_Asked(self._until(), rows=rows, weight=weight_of(rows)))

    def do(self, work: Work) -> Any:
        """Do some work in a transaction, after what was asked for before, and wait for it."""
        return self._ask(_Asked(self._until(), work=work)).result()

    def do_alone(self, work: Callable[[sa.Engine], Any]) -> Any:
        """Do some work outside a transaction, while nothing is written, and wait for it."""
        return self._ask(_Asked(self._until(), alone=work)).result()

    def close(self) -> None:
        """Write what waits, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._process == os.getpid():
            self._thread.join()

    def _until(self) -> float:
        return time.monotonic() + self._patience

    def _ask(self, asked: _Asked) -> Future[Any]:
        if self._process != os.getpid():
            raise LogError(
                f"The prediction log {self._place.name} was opened by another process: open it in "
                "each worker."
            )
        # nobody can take back what was predicted: who stops waiting does not stop the writing
        asked.future.set_running_or_notify_cancel()
        with self._changed:
            if self._closing:
                raise LogError(f"The prediction log {self._place.name} is closed: open it again.")
            full = self._waiting + len(asked.rows) > self._capacity
            if asked.rows and (full or self._weight + asked.weight > self._memory):
                raise LogFullError(self._full(len(asked.rows)))
            self._queue.append(asked)
            self._waiting += len(asked.rows)
            self._weight += asked.weight
            self._changed.notify()
        return asked.future

    def _full(self, rows: int) -> str:
        if rows > self._capacity or not self._waiting:
            return (
                f"The prediction log takes {self._capacity:,} entries and {self._memory >> 20} MiB "
                f"at once, not {rows:,} such entries: write them in parts."
            )
        why = f" ({self._trouble.rstrip('.')})" if self._trouble else ""
        return (
            f"{self._waiting:,} entries wait to be written to the prediction log "
            f"{self._place.name}{why}: try again later."
        )

    def _run(self) -> None:
        held: list[_Asked] = []
        pause = _FIRST
        while True:
            with self._changed:
                while not (self._queue or held or self._closing):
                    self._changed.wait()
                if not (self._queue or held):
                    return
                self._take(held)
            held = self._attempt(held)
            if held:
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
            pause = min(2 * pause, _LONGEST) if held else _FIRST

    def _take(self, held: list[_Asked]) -> None:
        """Take what goes into one transaction; what is done alone is by itself."""
        rows = sum(len(each.rows) for each in held)
        while self._queue and not (held and held[0].alone):
            following = self._queue[0]
            if held and (following.alone or rows + len(following.rows) > _TOGETHER):
                return
            held.append(self._queue.popleft())
            rows += len(following.rows)

    def _attempt(self, held: list[_Asked]) -> list[_Asked]:
        """Try to write; give back what is to be tried again."""
        try:
            results = self._commit(held)
        except Exception as error:
            return self._failed(held, error)
        self._trouble = ""
        self._release(held)
        for asked, result in zip(held, results, strict=True):
            asked.future.set_result(result)
        return []

    def _commit(self, held: Sequence[_Asked]) -> list[Any]:
        if held[0].alone is not None:
            return [held[0].alone(self._engine)]
        rows = [row for each in held for row in each.rows]
        with self._engine.begin() as connection:
            if rows:
                connection.execute(self._insert, rows)
            return [each.work(connection) if each.work else None for each in held]

    def _failed(self, held: list[_Asked], error: Exception) -> list[_Asked]:
        if passes(error):
            self._trouble = str(told(error, self._place))
            if not is_lock(error):
                self._engine.dispose()  # the connection may be of a server that is gone
            now = time.monotonic()
            late = [each for each in held if each.deadline <= now]
        elif len(held) > 1:  # one of them is at fault
            return [left for each in held for left in self._attempt([each])]
        else:
            late = held
        self._release(late)
        for asked in late:
            known = isinstance(error, CoterieError)
            asked.future.set_exception(error if known else told(error, self._place))
        return [each for each in held if each not in late]

    def _release(self, done: Sequence[_Asked]) -> None:
        with self._changed:
            self._waiting -= sum(len(each.rows) for each in done)
            self._weight -= sum(each.weight for each in done)


def _insert(dialect: str) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(PREDICTIONS).on_conflict_do_nothing(index_elements=["id"])
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(PREDICTIONS).on_conflict_do_nothing(index_elements=["id"])
