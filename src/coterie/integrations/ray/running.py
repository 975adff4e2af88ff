"""Blocks to workers: in this process, or with Ray Data on many."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from coterie import errors
from coterie.errors import CoterieError
from coterie.integrations.ray.answers import Answer
from coterie.integrations.ray.blocks import Block
from coterie.integrations.ray.cluster import Cluster
from coterie.integrations.ray.parts import Done
from coterie.integrations.ray.work import Job, Worker
from coterie.locks import lock_file
from coterie.places import cache_folder

__all__ = ["run_here", "run_with_ray"]


def run_here(job: Job, blocks: Sequence[Block], folder: Path, answer: Answer) -> Iterator[Done]:
    """Do blocks one after the other in this process, with what is loaded already."""
    worker = Worker(job, folder, answer)
    yield from map(worker, blocks)


def run_with_ray(
    cluster: Cluster, job: Job, blocks: Sequence[Block], folder: Path
) -> Iterator[Done]:
    """Do blocks on all processors of a cluster but one, and give each when it is done.

    What goes through Ray are names of blocks, and what each came to; the workers read and write
    the files. A block whose worker is killed is done again, and its file is the same then.

    Raises
    ------
    CoterieError
        Of a worker.
    """
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    context = DataContext.get_current()
    shown, context.enable_progress_bars = context.enable_progress_bars, False
    number = min(cluster.workers, len(blocks))
    done = ray.data.from_items(
        [{"block": block.to_json()} for block in blocks], override_num_blocks=len(blocks)
    ).map_batches(
        _Actor,
        fn_constructor_args=(job.to_json(), str(folder), str(cache_folder())),
        batch_size=1,
        num_cpus=1,
        compute=ActorPoolStrategy(min_size=1, max_size=number, initial_size=number),
    )
    try:
        for row in done.iter_rows():
            said = json.loads(row["done"])
            if "error" in said:
                raise getattr(errors, said["error"], CoterieError)(said["message"])
            yield Done(**said)
    finally:
        context.enable_progress_bars = shown


class _Actor:
    """A worker in a process of its own."""

    def __init__(self, job: str, folder: str, cache: str) -> None:
        os.environ["COTERIE_CACHE"] = cache  # encoders that were made once are there
        self._job, self._folder = Job.from_json(job), Path(folder)
        self._core: int | None = None
        self._worker: Worker | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        return {"done": [self._do(Block.from_json(str(each))) for each in batch["block"]]}

    def _do(self, block: Block) -> str:
        try:
            if self._worker is None:
                self._core = _take_core()
                self._worker = Worker(self._job, self._folder)
            return json.dumps(asdict(self._worker(block)))
        except CoterieError as error:
            return json.dumps({"error": type(error).__name__, "message": str(error)})


def _take_core() -> int | None:
    """Keep this thread on one processor core that no other worker of the machine has.

    So do the threads that it starts. OpenVINO would start as many threads as there are cores in
    each worker. Where all cores are taken, or the system has no such setting, the thread stays as
    it is.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    home = Path(tempfile.gettempdir()) / f"coterie-cores-{os.getuid()}"
    with suppress(OSError):
        home.mkdir(mode=0o700, exist_ok=True)
        for core in sorted(os.sched_getaffinity(0)):
            with suppress(BlockingIOError):
                handle = lock_file(home / str(core))
                os.sched_setaffinity(0, {core})
                return handle
    return None
