"""A result of many rows: a folder with a Parquet file for each block, and a manifest."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from coterie.formatting import counted
from coterie.integrations.ray.answers import answer_of
from coterie.integrations.ray.blocks import Block
from coterie.integrations.ray.cluster import connected
from coterie.integrations.ray.parts import ROWS, Done, Unfinished
from coterie.integrations.ray.running import run_here, run_with_ray
from coterie.integrations.ray.source import RowBlocks
from coterie.integrations.ray.work import Job
from coterie.options import EngineSettings
from coterie.progress import Progress, current

__all__ = ["ManyRows", "do_blocks", "write_rows"]

_TRIED = 64  # records answered before the work, to know the columns: a judgement


@dataclass(frozen=True, slots=True)
class ManyRows:
    """What was written.

    Attributes
    ----------
    folder
        Of the result: ``rows`` in it holds the Parquet files, in the order of their names.
    rows
        Rows of the source, and of the files.
    statuses
        Status to the number of rows that have it.
    columns
        Of the files.
    workers
        Processes of Ray that did the work; 0 where this process did it.
    kept
        Blocks that an earlier run had done.
    seconds
        Of the work.
    """

    folder: Path
    rows: int
    statuses: Mapping[str, int]
    columns: Sequence[str]
    workers: int
    kept: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Give the figures, as JSON takes them."""
        return {
            "rows": self.rows,
            "statuses": dict(self.statuses),
            "columns": list(self.columns),
            "workers": self.workers,
            "seconds": round(self.seconds, 3),
        }


def do_blocks(
    title: str,
    verb: str,
    said: Mapping[str, Any],
    rows: RowBlocks,
    work: Unfinished,
    options: EngineSettings,
    *,
    overwrite: bool = False,
) -> ManyRows:
    """Do what is not done yet of a job; the parts stay in the folder of the unfinished work.

    Parameters
    ----------
    title
        For the progress.
    verb, said
        See `coterie.integrations.ray.answers.answer_of`.
    rows
        The rows.
    work
        Where the parts are.
    options
        What does the work. Ray is not started for few rows.
    overwrite
        Whether to give up the unfinished work of another job.
    """
    start = time.perf_counter()
    with current().stage("Trying a few rows"):
        answer = answer_of(verb, said)
        tried = answer(rows.some.take(np.arange(min(_TRIED, len(rows.some)))))
    job = Job(verb, said, rows.how, Job.packed(tried.schema), rows.identity, options.block_rows)
    work.begin(job.digest, overwrite=overwrite)
    kept = list(work.done(rows.blocks))
    there = {done.number for done in kept}
    todo = [block for block in rows.blocks if block.number not in there]
    statuses: Counter[str] = Counter()
    for done in kept:
        statuses.update(done.statuses)
    progress = current()
    if kept:
        progress.say(f"{counted(len(kept), 'block')} of {len(rows.blocks):,} are done already.")
    workers, folder = 0, work.path(0).parent

    def go(some: Iterator[Done]) -> None:
        with progress.stage(title, sum(block.rows for block in todo)) as stage:
            for done in some:
                statuses.update(done.statuses)
                stage.advance(done.rows)

    if todo and rows.rows < options.ray_from:
        progress.say(
            f"This process does the work: Ray is started from {options.ray_from:,} rows on "
            f"(--ray-from), and here are {rows.rows:,}."
        )
        go(run_here(job, todo, folder, answer))
    elif todo:
        workers = _with_ray(progress, options, job, todo, folder, go)
    spent = time.perf_counter() - start
    names = tried.column_names
    return ManyRows(work.folder, rows.rows, dict(statuses), names, workers, len(kept), spent)


def _with_ray(
    progress: Progress,
    options: EngineSettings,
    job: Job,
    todo: Sequence[Block],
    folder: Path,
    go: Callable[[Iterator[Done]], None],
) -> int:
    with connected(options.address) as cluster:
        workers = min(cluster.workers, len(todo))
        machines = counted(cluster.machines, "machine")
        progress.say(f"Ray: {counted(workers, 'worker')} on {machines}.")
        go(run_with_ray(cluster, job, todo, folder))
    return workers


def write_rows(
    made: ManyRows, rows: RowBlocks, work: Unfinished, about: Mapping[str, Any]
) -> ManyRows:
    """Put the parts into their place, with a manifest that says what they are.

    Parameters
    ----------
    made
        What `do_blocks` gave.
    rows, work
        As for `do_blocks`.
    about
        What was done, and by what.
    """
    files = [
        {
            "file": f"{ROWS}/{work.path(block.number).name}",
            "first_row": block.first,
            "rows": block.rows,
        }
        for block in rows.blocks
    ]
    manifest = {
        "form": 1,
        **about,
        "source": rows.how.source,
        **made.to_dict(),
        "coterie": version("coterie"),
        "files": files,
    }
    work.finish(manifest)
    return made
