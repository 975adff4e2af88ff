"""Predictions that arrive together are made together: one thread, and a bounded queue."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import TypeAlias

from coterie.errors import UnavailableError
from coterie.serve.answers.served import Served
from coterie.workflows.prediction.decisions import Decision
from coterie.workflows.prediction.rows import Row

__all__ = ["Batcher", "Measured"]

Decisions: TypeAlias = list[Decision]

_USUAL = 0.01  # seconds of a row before any was timed; a judgement, not measured
_WEIGHT = 0.1  # of the newest batch in the running mean of seconds a row; a judgement


@dataclass(frozen=True, slots=True)
class Measured:
    """What a batch took.

    Attributes
    ----------
    rows
        Rows that were predicted together.
    seconds
        Of predicting.
    waits
        Seconds that each request of the batch waited before.
    """

    rows: int
    seconds: float
    waits: Sequence[float]


@dataclass(slots=True, eq=False)
class _Part:
    """Rows of one request, at most as many as a batch holds."""

    served: Served
    rows: Sequence[Row]
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Decisions]
    arrived: float = field(default_factory=time.monotonic)

    def finish(self, answer: Decisions | BaseException) -> None:
        """Hand the answer to the event loop; one that has ended no longer waits."""

        def settle() -> None:
            if self.done.done():
                return
            if isinstance(answer, BaseException):
                self.done.set_exception(answer)
            else:
                self.done.set_result(answer)

        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(settle)


class Batcher:
    """Predicts what waits together, batch by batch.

    A request alone does not wait for others: the wait counts only while requests come faster than
    they are answered. A large request is predicted part by part, and others go in between.

    Parameters
    ----------
    wait
        Longest time in seconds that a batch waits for more rows.
    most
        Rows of a batch.
    room
        Rows that may wait.
    measure
        Called with what each batch took.
    """

    def __init__(
        self, *, wait: float, most: int, room: int, measure: Callable[[Measured], None]
    ) -> None:
        self.wait, self.most, self.room = wait, most, room
        self._measure = measure
        self._parts: deque[_Part] = deque()
        self._rows = 0
        self._changed = Condition()
        self._closing = False
        self._seconds = _USUAL  # a row
        self._crowded = False  # the last batch was of several requests
        self._thread = Thread(target=self._run, name="coterie-batches", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Rows that wait."""
        return self._rows

    async def decide(self, served: Served, rows: Sequence[Row]) -> Decisions:
        """Predict n rows with one version of a model, all of them or none.

        Raises
        ------
        UnavailableError
            When too many rows wait already; it says after how many seconds to try again.
        """
        found: Decisions = []
        for start in range(0, len(rows), self.most):
            part = rows[start : start + self.most]
            while start and self._rows + len(part) > self.room:
                await asyncio.sleep(self._seconds * self.most)  # its first part was accepted
            found += await self._submit(served, part)
        return found

    def close(self) -> None:
        """Predict what waits, and stop."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _submit(self, served: Served, rows: Sequence[Row]) -> asyncio.Future[Decisions]:
        loop = asyncio.get_running_loop()
        part = _Part(served, rows, loop, loop.create_future())
        with self._changed:
            if self._closing:
                raise UnavailableError("The service is stopping: send the request again.")
            if self._parts and self._rows + len(rows) > self.room:
                raise UnavailableError(
                    f"{self._rows:,} rows wait already: send the request again in a moment.",
                    seconds=max(1.0, self._rows * self._seconds),
                )
            self._parts.append(part)
            self._rows += len(rows)
            self._changed.notify_all()
        return part.done

    def _run(self) -> None:
        while parts := self._gather():
            started = time.monotonic()
            groups: dict[int, list[_Part]] = {}
            for part in parts:
                groups.setdefault(id(part.served), []).append(part)
            for group in groups.values():
                _answer(group)
            seconds, rows = time.monotonic() - started, sum(len(part.rows) for part in parts)
            self._seconds += _WEIGHT * (seconds / rows - self._seconds)
            self._crowded = len(parts) > 1
            self._measure(Measured(rows, seconds, [started - part.arrived for part in parts]))

    def _gather(self) -> list[_Part]:
        """Take what waits, up to a batch; nothing when the service stops."""
        with self._changed:
            self._changed.wait_for(lambda: self._parts or self._closing)
            if not self._parts:
                return []
            if self._crowded and not self._closing:
                until = self._parts[0].arrived + self.wait
                self._changed.wait_for(
                    lambda: self._rows >= self.most or self._closing,
                    timeout=max(until - time.monotonic(), 0),
                )
            taken = [self._parts.popleft()]
            rows = len(taken[0].rows)
            while self._parts and rows + len(self._parts[0].rows) <= self.most:
                taken.append(self._parts.popleft())
                rows += len(taken[-1].rows)
            self._rows -= rows
            return taken


def _answer(parts: Sequence[_Part]) -> None:
    """Predict the rows of requests for one version together; where that fails, each alone."""
    served = parts[0].served
    try:
        found = served.decide([row for part in parts for row in part.rows])
    except Exception as error:
        if len(parts) == 1:
            parts[0].finish(error)
            return
        for part in parts:
            _answer([part])
        return
    start = 0
    for part in parts:
        part.finish(found[start : start + len(part.rows)])
        start += len(part.rows)
