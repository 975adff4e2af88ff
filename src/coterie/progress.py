"""Progress with time left: a bar on a terminal, plain lines elsewhere, silence in a library."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Protocol, TextIO

from coterie.formatting import duration

__all__ = ["Progress", "Silent", "Stage", "current", "report_to", "show_progress"]

_EVERY = 10.0  # seconds between two lines of a stage; a judgement, not measured


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

    def say(self, text: str) -> None:
        """Tell something that the user should know before the work goes on."""
        ...


class Silent:
    """Reports nothing: the default for library use."""

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Stage]:
        """Open a stage that says nothing."""
        yield self

    def advance(self, steps: int = 1) -> None:
        """Report nothing."""

    def say(self, text: str) -> None:
        """Tell nothing."""


_SILENT = Silent()
_CURRENT: ContextVar[Progress] = ContextVar("coterie_progress", default=_SILENT)


def current() -> Progress:
    """Where the work of this context reports to."""
    return _CURRENT.get()


@contextmanager
def show_progress(stream: TextIO | None = None) -> Iterator[None]:
    """Show the stages of the enclosed work on ``stream`` (standard error by default).

    A stage inside another is not shown.
    """
    stream = sys.stderr if stream is None else stream
    with report_to(_Terminal(stream) if stream.isatty() else _Lines(stream)):
        yield


@contextmanager
def report_to(progress: Progress) -> Iterator[None]:
    """Let the enclosed work report to ``progress``."""
    token = _CURRENT.set(progress)
    try:
        yield
    finally:
        _CURRENT.reset(token)


class _Lines:
    """A line every few seconds while a stage runs, and when it ends."""

    def __init__(self, stream: TextIO, every: float = _EVERY) -> None:
        self._stream, self._every = stream, every

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Stage]:
        stage = _LineStage(self._stream, title, total, self._every)
        with report_to(_SILENT):
            yield stage
        stage.say(f"done in {duration(stage.spent)}")

    def say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


class _LineStage:
    def __init__(self, stream: TextIO, title: str, total: int | None, every: float) -> None:
        self._stream, self._title, self._total, self._every = stream, title, total, every
        self._done = 0
        self._start = self._last = time.monotonic()

    @property
    def spent(self) -> float:
        return time.monotonic() - self._start

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        now = time.monotonic()
        if now - self._last < self._every:
            return
        self._last = now
        if self._total:
            left = (now - self._start) / max(self._done, 1) * (self._total - self._done)
            self.say(f"{self._done:,} of {self._total:,}, about {duration(left)} left")
        else:
            self.say(f"{self._done:,} done in {duration(now - self._start)}")

    def say(self, text: str) -> None:
        print(f"{self._title}: {text}", file=self._stream, flush=True)


class _Terminal:
    """A rich progress bar."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Stage]:
        from rich import progress as bars
        from rich.console import Console

        columns = [
            bars.SpinnerColumn(),
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            *([bars.MofNCompleteColumn(), bars.TimeRemainingColumn(compact=True)] if total else []),
            bars.TimeElapsedColumn(),
        ]
        with bars.Progress(*columns, console=Console(file=self._stream)) as shown:
            task = shown.add_task(title, total=total)

            class _BarStage:
                def advance(self, steps: int = 1) -> None:
                    shown.advance(task, steps)

            with report_to(_SILENT):
                yield _BarStage()
            if not total:
                shown.update(task, total=1, completed=1)

    def say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)
