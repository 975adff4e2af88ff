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
from coterie.options import DiscoverOptions, ExploreOptions
from coterie.progress import Stage, report_to

__all__ = ["main"]

_EVERY = 0.5  # seconds between two reports; a judgement, not measured
_NICENESS = 10  # predictions come first


def main(home: Path) -> int:
    """Do the job of a folder, see `coterie.serve.jobs.queue`."""
    with suppress(OSError):
        os.nice(_NICENESS)
    asked = json.loads((home / "job.json").read_bytes())
    told: list[str] = []
    with warnings.catch_warnings(record=True) as heard, report_to(_Reports(home / "progress.json")):
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
    from coterie.verbs.discovery import discover_with
    from coterie.verbs.exploration import explore_with

    source, out = home / asked["file"], home / "out"
    if asked["kind"] == "discover":
        found = discover_with(str(source), DiscoverOptions(**asked["options"]))
        found.save(out, overwrite=True)
        return found.figures
    explored = explore_with(str(source), ExploreOptions(**asked["options"]))
    explored.save(out, overwrite=True)
    return explored.figures


class _Reports:
    """Progress in a file, for whoever asks."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Stage]:
        yield _Reported(self._path, title, total)

    def say(self, text: str) -> None:
        """Nothing asks before a job that costs money: such options are not taken."""


class _Reported:
    def __init__(self, path: Path, title: str, total: int | None) -> None:
        self._path, self._title, self._total = path, title, total
        self._done, self._start, self._last = 0, time.monotonic(), 0.0
        self._write()

    def advance(self, steps: int = 1) -> None:
        self._done += steps
        if time.monotonic() - self._last >= _EVERY:
            self._write()

    def _write(self) -> None:
        self._last = now = time.monotonic()
        left = None
        if self._total and self._done:
            left = round((now - self._start) / self._done * (self._total - self._done), 1)
        write_json(
            self._path,
            {
                "stage": self._title,
                "done": self._done,
                "total": self._total,
                "seconds_left": left,
            },
        )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
