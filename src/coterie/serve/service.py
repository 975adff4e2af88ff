"""One process of a service: its models, log, keys, figures and jobs."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from coterie.encoders import MemoryCache
from coterie.errors import OptionError, UnavailableError, UserError
from coterie.hints import did_you_mean
from coterie.options import AnalysisSettings, ServeOptions
from coterie.prediction_log import PredictionLog
from coterie.serve.access.callers import Access
from coterie.serve.access.key_file import keys_path
from coterie.serve.access.keys import KeyRing, check_host, is_loopback
from coterie.serve.access.rates import RateLimiter
from coterie.serve.access.sessions import Sessions
from coterie.serve.answers.advising import Advising
from coterie.serve.answers.batches import Batcher
from coterie.serve.answers.drift import Drift
from coterie.serve.answers.finding import Finding
from coterie.serve.answers.grouping import Grouping
from coterie.serve.answers.recording import Recorder
from coterie.serve.answers.served import ServedModels
from coterie.serve.answers.traffic import Roads
from coterie.serve.figures import Figures
from coterie.serve.jobs.queue import Jobs
from coterie.serve.projects.projects import Projects, model_folder, project_folder
from coterie.serve.refusals import RefusedError
from coterie.workflows.service import Service as Offer
from coterie.workflows.service import load_service

__all__ = ["LOG_URL", "WORKERS", "Places", "Service", "places_of"]

_NAME = logging.getLogger("coterie.serve")

LOG_URL = "COTERIE_LOG_URL"
"""Variable of the environment that holds the URL of the prediction log."""

_DATABASE, _TRAFFIC, _JOBS = "predictions.sqlite", "traffic.json", "jobs"
_SESSIONS = "sessions"
_LOOK = 0.5  # seconds between two looks at what changed on disk; a judgement, not measured
_HOUR = 3600.0
_MOST_LATER, _MOST_EXPLAINED = 256, 64  # judgements, not measured
_VECTORS = 10_000  # 16 MiB of MiniLM vectors: texts seldom come twice, but parts of one do

WORKERS = "COTERIE_SERVE_WORKERS"
"""Variable of the environment that tells one of several processes who started it."""


@dataclass(frozen=True, slots=True)
class Places:
    """What is served, and where the service keeps what is its own.

    Attributes
    ----------
    offered
        The models, and what the run left with them.
    state
        Folder of keys, log, traffic and jobs.
    log
        File or URL of the prediction log; None where nothing is logged.
    """

    offered: Offer
    state: Path
    log: str | None


def places_of(folder: Path, options: ServeOptions) -> Places:
    """Find what is served from a folder.

    Parameters
    ----------
    folder
        Of a recipe's run, of models, of one model, or a workspace.
    options
        What takes the place of what is found.

    Raises
    ------
    StoreError
        When there is no model.
    OptionError
        When ``default`` is none of them.
    """
    offered = load_service(folder)
    asked = {
        name: getattr(options, name)
        for name in ("index", "segments", "rules", "default")
        if getattr(options, name) is not None
    }
    offered = replace(offered, **asked)
    if offered.default is not None and offered.default not in offered.models:
        known = list(offered.models)
        rest = f"known are {', '.join(known)}." if known else "train one first."
        hint = did_you_mean(offered.default, known, rest)
        raise OptionError(f"There is no model '{offered.default}': {hint}")
    state = options.state or offered.state
    log = options.log or os.environ.get(LOG_URL) or str(state / _DATABASE)
    return Places(offered, state, None if log == "none" else log)


class Service:
    """What the routes need; made once in each process.

    Parameters
    ----------
    folder
        What is served.
    options
        Declared in `coterie.options.ServeOptions`.
    """

    def __init__(self, folder: Path, options: ServeOptions) -> None:
        self.folder, self.options = folder, options
        self.places = places = places_of(folder, options)
        places.state.mkdir(parents=True, exist_ok=True)
        self.figures = Figures()
        self.vectors = MemoryCache(_VECTORS)
        offered = places.offered
        shelf = model_folder(offered, places.state)
        self.models = ServedModels(
            offered.models,
            default=options.default if offered.workspace else offered.default,
            vectors=self.vectors,
            shelf=shelf,
        )
        self.roads = Roads(places.state / _TRAFFIC, self.models)
        keys = KeyRing.open(keys_path(places.state), required=not is_loopback(options.host))
        check_host(options.host, keys, folder)
        sessions = Sessions(places.state / _SESSIONS, keys)
        self.access = Access(keys, sessions, RateLimiter(options.rate), host=options.host)
        self.finding = Finding(offered.index)
        self.grouping = (
            None if offered.segments is None else Grouping(offered.segments, self.vectors)
        )
        self.advising = Advising(
            offered.rules,
            self.finding,
            AnalysisSettings(**offered.analysis),
            offered.positive,
            offered.columns,
            self.vectors,
        )
        self.drift = Drift(places.log)
        self.jobs = Jobs(places.state / _JOBS)
        self.projects = Projects(
            project_folder(offered, places.state),
            shelf,
            offered,
            self.jobs,
            self.vectors,
        )
        self.batcher = Batcher(
            wait=options.wait / 1000,
            most=options.batch,
            room=options.queue,
            measure=self._measure,
        )
        self.recorder = Recorder(None, self.figures, masks=options.keep_text == "masked")
        self.started = datetime.now(UTC)
        self.draining = False
        self.opened = False
        self._tasks: list[asyncio.Task[None]] = []
        self._background: set[asyncio.Task[None]] = set()
        self._turn, self._waiting = asyncio.Semaphore(1), 0

    async def open(self) -> None:
        """Open the log, load the models, and look for changes from now on."""
        log = self.places.log
        if log is not None:
            self.recorder.log = await asyncio.to_thread(
                PredictionLog.open, log, keep_text=self.options.keep_text
            )
        self.jobs.start()
        if WORKERS in os.environ:
            # a worker takes connections from a port that others answer: not before it can answer
            await self._load()
        self._tasks = [asyncio.create_task(each) for each in (self._follow(), self._prune_hourly())]

    async def close(self) -> None:
        """Answer what was accepted, write what was logged, and stop."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        if self._background:
            await asyncio.wait(self._background, timeout=2)
        await asyncio.to_thread(self.batcher.close)
        await asyncio.to_thread(self.jobs.close)
        if self.recorder.log is not None:
            await asyncio.to_thread(self.recorder.log.close)

    @property
    def ready(self) -> bool:
        """Whether it can answer, and does not stop."""
        answers = self.models.ready or self.places.offered.workspace
        return self.opened and answers and not self.draining

    def why_not(self) -> str:
        """Say why it is not ready."""
        if self.draining:
            return "The service is stopping."
        if not self.opened:
            return "The models are being loaded."
        return "; ".join(self.models.faults.values()) or "No model is ready."

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something when the answer is on its way; a few hundred at most."""
        if len(self._background) >= _MOST_LATER:
            work.close()
            self.figures.refused.labels("shadow").inc()
            return
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def check_text(self, text: str | None) -> None:
        """Refuse a text that is too long."""
        longest = self.options.max_chars
        if text is not None and len(text) > longest:
            raise RefusedError(
                422,
                f"The text has {len(text):,} characters and {longest:,} are allowed: send a "
                "shorter one.",
            )

    def check_rows(self, rows: int) -> None:
        """Refuse too many rows."""
        if rows > self.options.max_rows:
            raise RefusedError(
                422,
                f"The request has {rows:,} rows and {self.options.max_rows:,} are allowed: send "
                "several.",
            )

    @asynccontextmanager
    async def explaining(self) -> AsyncIterator[None]:
        """Take a turn at explaining, which predicts a row many times; a bounded queue.

        Raises
        ------
        UnavailableError
            When too many wait for theirs.
        """
        if self._waiting >= _MOST_EXPLAINED:
            raise UnavailableError("Too many explanations wait: send the request again later.")
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1

    def load(self) -> dict[str, Any]:
        """Measure CPU and memory of all workers."""
        import psutil

        own = psutil.Process()
        parent = own.parent() if os.environ.get(WORKERS) else None
        workers = [own] if parent is None else parent.children()
        found = []
        for each in workers:
            with suppress(psutil.Error), each.oneshot():
                times = each.cpu_times()
                found.append(
                    {
                        "pid": each.pid,
                        "cpu_seconds": round(times.user + times.system, 2),
                        "memory_bytes": each.memory_info().rss,
                        "threads": each.num_threads(),
                    }
                )
        return {
            "started": self.started.isoformat(timespec="seconds"),
            "workers": found,
            "cpu_percent_of_machine": psutil.cpu_percent(),
            "memory_bytes": sum(each["memory_bytes"] for each in found),
            "machine_memory_percent": psutil.virtual_memory().percent,
            "waiting_rows": self.batcher.waiting,
            "vectors_in_memory": len(self.vectors),
        }

    async def _load(self) -> None:
        """Load the models."""
        await asyncio.to_thread(self._guarded, self.models.open_all)
        await asyncio.to_thread(self._guarded, self.roads.refresh)
        self.opened = True
        for name, fault in self.models.faults.items():
            _NAME.error("the model %s is not served: %s", name, fault)
        self.figures.models.set(len(self.models))

    async def _follow(self) -> None:
        """Load the models, then follow what is activated elsewhere."""
        if not self.opened:
            await self._load()
        while True:
            await asyncio.sleep(_LOOK)
            before = dict(self.models.faults)
            for name in await asyncio.to_thread(self.models.refresh):
                self.figures.swaps.labels(name).inc()
            for name in self.models.faults.keys() - before.keys():
                self.figures.load_failures.labels(name).inc()
                _NAME.error("a new version of %s is not used: %s", name, self.models.faults[name])
            await asyncio.to_thread(self._guarded, self.roads.refresh)
            self.figures.models.set(len(self.models))
            self.figures.queued.set(self.batcher.waiting)

    async def _prune_hourly(self) -> None:
        while True:
            await asyncio.to_thread(self._guarded, self._prune)
            await asyncio.sleep(_HOUR)

    def _prune(self) -> None:
        days = self.options.keep_days
        if self.recorder.log is not None:
            self.recorder.log.prune(datetime.now(UTC) - timedelta(days=days))
        self.jobs.prune(days)
        self.access.sessions.prune()

    @staticmethod
    def _guarded(work: Callable[[], Any]) -> None:
        try:
            work()
        except (UserError, OSError) as error:
            _NAME.error("%s", error)

    def _measure(self, batch: Any) -> None:
        self.figures.measure(batch)
        self.figures.queued.set(self.batcher.waiting)
