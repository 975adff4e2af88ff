"""How far a transfer is, in kilobytes of all files."""

from __future__ import annotations

from coterie.progress import Silent, Stage

__all__ = ["Meter", "Overall"]

_KILOBYTE = 1000


class Overall:
    """Adds what the files of a transfer report."""

    def __init__(self) -> None:
        self._stage: Stage = Silent()
        self._bytes = 0

    def report_to(self, stage: Stage) -> None:
        """Report to a stage from now on."""
        self._stage = stage

    def add(self, count: int) -> None:
        """Report bytes."""
        before, self._bytes = self._bytes, self._bytes + count
        steps = self._bytes // _KILOBYTE - before // _KILOBYTE
        if steps:
            self._stage.advance(steps)


class Meter:
    """Tells how far one file is; what has to be moved again is not counted twice."""

    def __init__(self, overall: Overall) -> None:
        self._overall, self._reached = overall, 0

    def reach(self, position: int) -> None:
        """Report that so many bytes are done."""
        if position > self._reached:
            self._overall.add(position - self._reached)
            self._reached = position
