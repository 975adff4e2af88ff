"""Progress with time left: a bar on a terminal, plain lines elsewhere, silence in a library."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol, TextIO

__all__ = ["Progress", "Silent", "Stage", "current", "show_progress"]


class Stage(Protocol):
    """One piece of long work."""

    def advance(self, steps: int = 1) -> None:
        """Report that ``steps`` more are done."""
        ...


class Progress(Protocol):
    """Where long work reports to."""

    def stage(self, title: str, total: int | None = None) -> AbstractContextManager[Stage]:
        """Open a stage of ``total`` steps; None where the number is not known."""
        ...


class _NoStage:
    def advance(self, steps: int = 1) -> None:
        return None


class Silent:
    """Reports nothing: the default for library use."""

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Stage]:
        """Open a stage that says nothing."""
        yield _NoStage()


_SILENT = Silent()
_CURRENT: ContextVar[Progress | None] = ContextVar("coterie_progress", default=None)


def current() -> Progress:
    """Where the work of this context reports to."""
    return _CURRENT.get() or _SILENT


@contextmanager
def show_progress(stream: TextIO | None = None) -> Iterator[None]:
    """Show the stages of the enclosed work on ``stream`` (standard error by default).

    A stage inside another is not shown.
    """
    stream = sys.stderr if stream is None else stream
    progress: Progress = _Terminal(stream) if stream.isatty() else _Lines(stream)
    token = _CURRENT.set(progress)
    try:
        yield
    finally:
        _CURRENT.reset(token)


@contextmanager
def _alone() -> Iterator[None]:
    """Keep what runs inside a stage from opening one of its own: the outer one tells of it."""
    token = _CURRENT.set(_SILENT)
    try:
        yield
    finally:
        _CURRENT.reset(token)


class _Lines:
    """A line every few seconds while a stage runs, and when it ends."""

    def __init__(self, stream: TextIO, every: float = 10.0) -> None:
        self._stream, self._every = stream, every

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Stage]:
        stage = _LineStage(self._stream, title, total, self._every)
        with _alone():
            yield stage
        stage.finish()


class _LineStage:
    def __init__(self, stream: TextIO, title: str, total: int | None, every: float) -> None:
        self._stream, self._title, self._total, self._every = stream, title, total, every
        self._done = 0
        self._start = self._last = time.monotonic()

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        now = time.monotonic()
        if now - self._last < self._every:
            return
        self._last = now
        if self._total:
            left = (now - self._start) / max(self._done, 1) * (self._total - self._done)
            text = f"{self._done:,} of {self._total:,}, about {_duration(left)} left"
        else:
            text = f"{self._done:,} done in {_duration(now - self._start)}"
        print(f"{self._title}: {text}", file=self._stream, flush=True)

    def finish(self) -> None:
        spent = _duration(time.monotonic() - self._start)
        print(f"{self._title}: done in {spent}", file=self._stream, flush=True)


class _Terminal:
    """A rich progress bar."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Stage]:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bars

        console = Console(file=self._stream)
        columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn()]
        if total:
            columns += [MofNCompleteColumn(), TimeRemainingColumn(compact=True)]
        with Bars(*columns, TimeElapsedColumn(), console=console) as bars:
            task = bars.add_task(title, total=total)

            class _BarStage:
                def advance(self, steps: int = 1) -> None:
                    bars.advance(task, steps)

            with _alone():
                yield _BarStage()
            if not total:
                bars.update(task, total=1, completed=1)


def _duration(seconds: float) -> str:
    """Write seconds as a person would: ``4 s``, ``2 min 5 s``, ``1 h 3 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
