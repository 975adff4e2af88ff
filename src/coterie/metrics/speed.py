"""Time and memory of predictions."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from coterie.errors import InputError, OptionError
from coterie.progress import Stage, current

__all__ = ["Sliceable", "Speed", "measure_speed", "peak_memory"]

_FIRST_BATCH, _GROWTH = 32, 4  # rows of the first batch, and how much larger each next is
_SAMPLE_SECONDS = 0.005  # between two looks at the memory: a judgement


class Sliceable(Protocol):
    """Rows that can be counted and sliced: a list of texts, an array, a table."""

    def __len__(self) -> int:
        """Count the rows."""
        ...

    def __getitem__(self, at: slice, /) -> Any:
        """Give the rows from one place to another."""
        ...


@dataclass(frozen=True, slots=True)
class Speed:
    """Time and memory of predictions.

    Attributes
    ----------
    p50_ms, p99_ms
        Milliseconds for one row in a call of its own: median, and what 99 in 100 calls keep to.
    calls
        Calls those are of.
    rows_per_second
        In one call for many rows.
    batch
        Rows in that call.
    peak_mib
        Highest resident memory during calls for many rows, above that before them, in MiB; what
        the process had used and freed before does not show. None where it cannot be told.
    """

    p50_ms: float
    p99_ms: float
    calls: int
    rows_per_second: float
    batch: int
    peak_mib: float | None


def measure_speed(
    predict: Callable[[Any], Any],
    rows: Sliceable,
    *,
    warm_up: int = 2,
    repeats: int = 200,
    seconds: float = 5.0,
) -> Speed:
    """Time predictions, row by row and all at once.

    Parameters
    ----------
    predict
        Answers for a slice of ``rows``.
    rows
        n rows, 1 or more.
    warm_up
        Calls for one row that are not timed: they load what is loaded on demand.
    repeats
        Calls for one row, each a different one, spread over all of them; n if there are fewer.
    seconds
        What to spend at most: half of it on single rows, the rest on batches that grow while
        there is time. The calls to warm up and one call of each kind are made however long they
        take.

    Raises
    ------
    InputError
        When there are no rows.
    OptionError
        When ``repeats`` is below 1, ``warm_up`` below 0, or ``seconds`` not above 0.

    Notes
    -----
    Memory is the resident set from ``/proc/self`` on Linux, sampled every 5 ms, and exact
    where it is the highest that the process has had; see proc(5). Elsewhere it is the rise of the
    highest resident set of the process, where that rises at all; see getrusage(2).
    """
    if repeats < 1 or warm_up < 0 or not seconds > 0:
        raise OptionError(
            f"repeats is {repeats}, warm_up {warm_up} and seconds {seconds:g}: give 1 or more, 0 "
            "or more, and more than 0."
        )
    n = len(rows)
    if not n:
        raise InputError("There are no rows to predict: give 1 row or more.")
    places = np.unique(np.linspace(0, n - 1, min(repeats, n)).round().astype(int)).tolist()
    with current().stage("Timing predictions") as stage:
        for number in range(warm_up):
            at = places[-1 - number % len(places)]
            predict(rows[at : at + 1])
        start = time.perf_counter()
        singles = _time_singles(predict, rows, places, start + seconds / 2, stage)
        with _Memory() as memory:
            batch, spent = _time_batches(predict, rows, start + seconds, stage)
    milliseconds = np.array(singles) * 1e3
    return Speed(
        p50_ms=float(np.median(milliseconds)),
        p99_ms=float(np.quantile(milliseconds, 0.99)),
        calls=len(singles),
        rows_per_second=batch / max(spent, 1e-9),
        batch=batch,
        peak_mib=memory.rise_mib(),
    )


def peak_memory() -> float | None:
    """Give the peak resident memory of this process in MiB; None where not known.

    On Linux that of the process which started it counts too, as it was then; see getrusage(2).
    """
    return _highest_mib() or None


def _time_singles(
    predict: Callable[[Any], Any], rows: Sliceable, places: list[int], end: float, stage: Stage
) -> list[float]:
    """Time one call per place until time is up, in random order."""
    spent: list[float] = []
    for at in np.random.default_rng(0).permutation(places).tolist():
        row = rows[at : at + 1]
        start = time.perf_counter()
        predict(row)
        now = time.perf_counter()
        spent.append(now - start)
        stage.advance()
        if now >= end:
            break
    return spent


def _time_batches(
    predict: Callable[[Any], Any], rows: Sliceable, end: float, stage: Stage
) -> tuple[int, float]:
    """Time ever larger batches while there is time: rows of the last one, and its seconds."""
    n = len(rows)
    size = min(_FIRST_BATCH, n)
    while True:
        batch = rows[0:size]
        start = time.perf_counter()
        predict(batch)
        now = time.perf_counter()
        stage.advance(size)
        affordable = (end - now) / max(now - start, 1e-9) * size
        larger = int(min(n, size * _GROWTH, affordable))
        if larger <= size:
            return size, now - start
        size = larger


class _Memory:
    """Watches the resident set of the process while it is entered."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="coterie-memory", daemon=True)

    def __enter__(self) -> _Memory:
        self._before, self._highest_before = _resident_mib(), _highest_mib()
        self._peak = self._before or 0.0
        if self._before is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._before is not None:
            self._thread.join()
            self._peak = max(self._peak, _resident_mib() or 0.0)
        self._highest = _highest_mib()

    def rise_mib(self) -> float | None:
        """Tell by how many MiB it rose at most; None where that is not known."""
        rose = self._highest - self._highest_before
        if self._before is None:
            return rose if rose > 0 else None
        return max(self._highest if rose > 0 else self._peak, self._before) - self._before

    def _sample(self) -> None:
        while not self._done.wait(_SAMPLE_SECONDS):
            self._peak = max(self._peak, _resident_mib() or 0.0)


def _resident_mib() -> float | None:
    """Tell the resident set of the process; None where there is no /proc."""
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    return None


def _highest_mib() -> float:
    """Tell the highest resident set that the process has had; 0 where it is not kept."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
