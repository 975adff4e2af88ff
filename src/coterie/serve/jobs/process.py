"""The process of one job: ``python -m coterie.serve.jobs.process FOLDER``."""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from coterie.errors import CoterieError, CoterieWarning
from coterie.files import write_json
from coterie.locks import lock_file
from coterie.options import DiscoverOptions, ExploreOptions
from coterie.progress import Stage, report_to
from coterie.serve.jobs.expected import Expected

__all__ = ["main"]

_EVERY = 0.5  # seconds between two reports; a judgement, not measured
_NICENESS = 10  # predictions come first


def main(home: Path) -> int:
    """Do the job of a folder, see `coterie.serve.jobs.queue`."""
    with suppress(OSError):
        os.nice(_NICENESS)
    # a service that was killed may have left a process behind: its work is not done twice, and the
    # lock is held until this one ends
    lock_file(home / ".running", wait=True)
    if (home / "done.json").exists():
        return 0
    asked = json.loads((home / "job.json").read_bytes())
    told: list[str] = []
    reports = _Reports(home / "progress.json", Expected.of(asked["kind"]))
    with warnings.catch_warnings(record=True) as heard, report_to(reports):
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", CoterieWarning)
        try:
            result = _do(asked, home)
            done: dict[str, Any] = {"state": "done", "result": result}
        except CoterieError as error:
            done = {"state": "failed", "error": str(error)}
        except Exception as error:
            done = {
                "state": "failed",
                "error": f"This is a bug in Coterie ({type(error).__name__}): please report it.",
            }
    told = list(dict.fromkeys(str(each.message) for each in heard))
    write_json(home / "done.json", {**done, "notes": told})
    return 0


def _do(asked: dict[str, Any], home: Path) -> dict[str, Any]:
    from coterie.serve.jobs import project
    from coterie.verbs.discovery import discover_with
    from coterie.verbs.exploration import explore_with

    kind, options = asked["kind"], asked["options"]
    if kind in project.WORK:
        return project.WORK[kind](asked["private"], options, asked["by"])
    source, out = home / asked["file"], home / "out"
    if kind == "discover":
        found = discover_with(str(source), DiscoverOptions(**options))
        found.save(out, overwrite=True)
        return found.figures
    explored = explore_with(str(source), ExploreOptions(**options))
    explored.save(out, overwrite=True)
    return explored.figures


class _Reports:
    """Progress in a file, for whoever asks."""

    def __init__(self, path: Path, expected: Expected) -> None:
        self._path, self._expected = path, expected

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Stage]:
        self._expected.begin(title, total)
        try:
            yield _Reported(self._path, self._expected)
        finally:
            self._expected.end()

    def say(self, text: str) -> None:
        """Nothing asks before a job that costs money: whoever starts the service chose it."""


class _Reported:
    def __init__(self, path: Path, expected: Expected) -> None:
        self._path, self._expected, self._last = path, expected, 0.0
        self._write()

    def advance(self, steps: int = 1) -> None:
        self._expected.advance(steps)
        if time.monotonic() - self._last >= _EVERY:
            self._write()

    def _write(self) -> None:
        self._last = time.monotonic()
        write_json(self._path, self._expected.to_dict())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
