"""Long work in the background: one process a job, which can be cancelled and outlives a restart.

::

    STATE/jobs/ID/job.json        what was asked, and by whom
    STATE/jobs/ID/input.csv       the file
    STATE/jobs/ID/progress.json   how far it is
    STATE/jobs/ID/done.json       how it ended
    STATE/jobs/ID/out/            what it made

Workers share the folder: whoever holds its lock starts jobs, one at a time.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from coterie.errors import OptionError
from coterie.files import write_json
from coterie.locks import lock_file
from coterie.options import DiscoverOptions, ExploreOptions, Options, Reads, typed_of
from coterie.serve.refusals import RefusedError

__all__ = ["Job", "Jobs", "Kind", "OwnKind", "ending_of", "options_of"]

Kind: TypeAlias = Literal["discover", "explore"]
OwnKind: TypeAlias = Literal["project", "train", "name"]
"""Jobs of a project, whose files lie with it, see `coterie.serve.jobs.project`."""
State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]

_KINDS: Mapping[str, type[Options]] = {"discover": DiscoverOptions, "explore": ExploreOptions}
_JOB, _PROGRESS, _DONE, _CANCEL, _PROCESS = (
    *("job.json", "progress.json", "done.json"),
    *("cancel", "process.json"),
)
_INPUT, OUT = "input", "out"
_TICK = 0.3  # seconds between two looks at the folder; a judgement, not measured
_PATIENCE = 5.0  # seconds for a cancelled job to stop by itself
_ENCODERS = ("minilm", "multilingual", "static", "tfidf")
_NAME_PARTS = frozenset(
    [".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".gz"]
)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands.

    Attributes
    ----------
    id
        Its folder.
    kind
        Which verb.
    state
        queued, running, done, failed or cancelled.
    created
        When it was asked for.
    file
        Name of the file, as it was given.
    options
        As they were given.
    by
        Who asked for it.
    progress
        Stage, steps done and in all, seconds left.
    result
        Figures of a job that is done.
    error
        Why it failed.
    notes
        What a person should know of how it ended.
    files
        What it made.
    """

    id: str
    kind: str
    state: State
    created: str
    file: str
    options: Mapping[str, Any]
    by: str = ""
    progress: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None
    error: str = ""
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def options_of(kind: str, given: Mapping[str, Any]) -> Options:
    """Check the options of a job.

    Options that name something to read on this machine, or elsewhere, are not taken over HTTP.

    Raises
    ------
    OptionError
        When one is unknown, is not allowed, or is outside its limits.
    """
    if kind not in get_args(Kind):
        raise OptionError(f"There is no job '{kind}': choose one of {', '.join(get_args(Kind))}.")
    fields = _KINDS[kind].model_fields
    for name, value in given.items():
        if name == "encoder" and value in _ENCODERS:
            continue
        if name not in fields:
            continue  # the class names the nearest
        marks = fields[name].metadata
        reads = any(isinstance(each, Reads) for each in marks)
        if reads or typed_of(fields[name]).hidden or name == "llm":
            allowed = f"; the encoder can be {', '.join(_ENCODERS)}" if name == "encoder" else ""
            raise OptionError(
                f"'{name}' reads from where the service runs, and cannot be given over HTTP"
                f"{allowed}: leave it out."
            )
    return _KINDS[kind](**given)


def ending_of(name: str) -> str:
    """Give the ending of a file's name that tells its format, as ``.csv.gz``.

    Raises
    ------
    OptionError
        When it tells none.
    """
    parts = [part.lower() for part in Path(name).suffixes[-2:]]
    if not parts or parts[-1] not in _NAME_PARTS:
        raise OptionError(
            "The name of the file must end in csv, tsv, json, jsonl, parquet or xlsx: save the "
            "table as one of these."
        )
    return "".join(part for part in parts if part in _NAME_PARTS)


class Jobs:
    """The jobs of a service.

    Parameters
    ----------
    folder
        Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start jobs from now on, if no other worker does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._thread = threading.Thread(target=self._watch, name="coterie-jobs", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; a job that runs is begun again when the service is back."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_PATIENCE * 2)

    def receive(self, name: str) -> tuple[str, Path]:
        """Give a new job's id and where its file is to be written.

        Raises
        ------
        OptionError
            When the name of the file has no ending that tells its format.
        """
        ending = ending_of(name)
        job = secrets.token_hex(8)
        home = self.folder / job
        home.mkdir(parents=True)
        return job, home / f"{_INPUT}{ending}"

    def begin(
        self,
        kind: OwnKind,
        private: Mapping[str, str],
        options: Mapping[str, Any],
        *,
        name: str,
        by: str,
    ) -> Job:
        """Queue a job about files that lie elsewhere and stay there.

        Where they are is ``private``: no answer shows it.
        """
        home = self.folder / secrets.token_hex(8)
        home.mkdir(parents=True)
        return self._queue(home, kind, options, name=name, by=by, private=dict(private))

    def submit(
        self, job: str, file: Path, kind: str, options: Mapping[str, Any], *, name: str, by: str
    ) -> Job:
        """Queue a job whose file is there."""
        return self._queue(self.folder / job, kind, options, name=name, by=by, file=file.name)

    def drop(self, job: str) -> None:
        """Forget a job that was not queued."""
        shutil.rmtree(self.folder / job, ignore_errors=True)

    def all(self) -> list[Job]:
        """List the jobs, the newest first."""
        if not self.folder.is_dir():
            return []
        found = [self._read(home) for home in self.folder.iterdir() if (home / _JOB).is_file()]
        return sorted((job for job in found if job), key=lambda job: job.created, reverse=True)

    def find(self, job: str) -> Job:
        """Find a job.

        Raises
        ------
        KeyError
            When there is none.
        """
        home = self.folder / job
        if not job.isalnum() or not (home / _JOB).is_file():
            raise KeyError(job)
        found = self._read(home)
        if found is None:
            raise KeyError(job)
        return found

    def cancel(self, job: str) -> Job:
        """Stop a job, or take it from the queue; one that has ended stays as it is."""
        found = self.find(job)
        if found.state in ("queued", "running"):
            (self.folder / job / _CANCEL).touch()
        return self.find(job)

    def remove(self, job: str) -> None:
        """Delete a job that has ended, with all that it made.

        Raises
        ------
        RefusedError
            When it has not ended.
        """
        if self.find(job).state in ("queued", "running"):
            raise RefusedError(409, "The job has not ended: cancel it first.")
        shutil.rmtree(self.folder / job)

    def file(self, job: str, name: str) -> Path:
        """Find a file that a job made, by its name as `Job.files` has it.

        Raises
        ------
        KeyError
            When there is none.
        """
        if name not in self.find(job).files:
            raise KeyError(name)
        return self.folder / job / OUT / name

    def prune(self, days: int) -> int:
        """Delete jobs that ended long ago."""
        oldest = datetime.now(UTC).timestamp() - days * 86_400
        removed = 0
        for job in self.all():
            ended = self.folder / job.id / _DONE
            with suppress(OSError):
                if ended.is_file() and ended.stat().st_mtime < oldest:
                    shutil.rmtree(self.folder / job.id)
                    removed += 1
        return removed

    def _queue(
        self, home: Path, kind: str, options: Mapping[str, Any], *, name: str, by: str, **more: Any
    ) -> Job:
        content = {
            "form": 1,
            "kind": kind,
            "name": name,
            "options": dict(options),
            "by": by,
            "created": _now(),
            **more,
        }
        write_json(home / _JOB, content)
        return self.find(home.name)

    def _read(self, home: Path) -> Job | None:
        asked = _json(home / _JOB)
        if asked is None:
            return None
        done = _json(home / _DONE) or {}
        state: State = "queued"
        if done:
            state = done["state"]
        elif (home / _CANCEL).exists():
            state = "cancelled"
        elif (home / _PROCESS).exists():
            state = "running"
        out = home / OUT
        files = tuple(sorted(p.name for p in out.iterdir() if p.is_file())) if out.is_dir() else ()
        return Job(
            home.name,
            asked["kind"],
            state,
            asked["created"],
            asked["name"],
            asked["options"],
            asked["by"],
            _json(home / _PROGRESS) or {},
            done.get("result"),
            done.get("error", ""),
            tuple(name for name in files if not name.startswith(".")) if done else (),
            tuple(done.get("notes", ())),
        )

    def _watch(self) -> None:
        """Start jobs one after the other, as long as this worker holds the lock."""
        lock = None
        while not self._stop.wait(_TICK):
            if lock is None:
                try:
                    lock = lock_file(self.folder / ".lock")
                except OSError:
                    continue
            waiting = [job for job in reversed(self.all()) if job.state in ("queued", "running")]
            if waiting:
                self._run(self.folder / waiting[0].id)
        if lock is not None:
            os.close(lock)

    def _run(self, home: Path) -> None:
        command = [sys.executable, "-m", "coterie.serve.jobs.process", str(home)]
        log = home / "log.txt"
        with log.open("ab") as said:
            process = subprocess.Popen(  # noqa: S603 - our own module
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
            write_json(home / _PROCESS, {"pid": process.pid})
            while process.poll() is None:
                if (home / _CANCEL).exists() or self._stop.is_set():
                    _end(process)
                    break
                time.sleep(_TICK)
        (home / _PROCESS).unlink(missing_ok=True)
        if (home / _CANCEL).exists():
            write_json(home / _DONE, {"state": "cancelled"})
            (home / _CANCEL).unlink(missing_ok=True)
        elif not self._stop.is_set() and not (home / _DONE).exists():
            error = f"The job ended early (exit code {process.returncode}): start it again."
            write_json(home / _DONE, {"state": "failed", "error": error})


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
