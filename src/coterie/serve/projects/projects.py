"""The projects of a service: made of uploaded tables, worked on in the background, looked at."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from coterie.encoders import MemoryCache
from coterie.errors import UserError
from coterie.pages.discovery.page import discover_page
from coterie.report.palette import SLOTS, assign_slots
from coterie.segments.taxonomy.rows import ROWS
from coterie.serve.answers.finding import Finding
from coterie.serve.answers.grouping import Grouping
from coterie.serve.jobs.queue import Job, Jobs, OwnKind, ending_of
from coterie.serve.projects.project import (
    Project,
    create_project,
    list_projects,
    read_project,
    remove_project,
)
from coterie.serve.projects.rows import ProjectRows
from coterie.serve.refusals import RefusedError
from coterie.store.layout import REGISTER
from coterie.store.names import check_name
from coterie.verbs.saving import REPORT
from coterie.workflows.discovery.saved import load_discovery
from coterie.workflows.service import Service as Offer

__all__ = ["RUN", "Opened", "Projects", "model_folder", "project_folder", "shown_name"]

RUN = "run"
"""Id of the project that shows what a recipe's run left."""

_MOST_OPEN = 8  # projects whose rows stay in memory; a judgement, not measured


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A project that is looked at: its segments, rows and index."""

    project: Project
    grouping: Grouping
    rows: ProjectRows
    finding: Finding
    slots: dict[str, int] = field(default_factory=dict)
    _report: dict[str, dict[str, Any]] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """Give the page of the discovery as blocks; made once for each state of the segments."""
        _, tag = self.grouping.current()
        if tag not in self._report:
            page = discover_page(load_discovery(self.rows.found))
            self._report.clear()
            self._report[tag] = page.to_dict()
        return self._report[tag]

    def colours(self) -> dict[str, int]:
        """Give each segment a slot of the palette; one that has a slot keeps it through edits."""
        ids = self.rows.segment_ids
        new = [key for key in ids if key not in self.slots]
        if len(new) == len(ids):
            centres, sizes = self.rows.centres()
            self.slots.update(zip(ids, assign_slots(centres, sizes), strict=True))
        elif new:
            taken = {self.slots[key] for key in ids if key in self.slots}
            free = [slot for slot in range(SLOTS) if slot not in taken] or list(range(SLOTS))
            self.slots.update(zip(new, itertools.cycle(free)))
        return self.slots


class Projects:
    """The projects of a service.

    Parameters
    ----------
    folder
        Where they are; made with the first one.
    models
        Folder that trained models are saved to.
    offered
        What the service serves: its segments, where it has some, are a project too.
    jobs
        The queue of jobs.
    vectors
        Where vectors of texts are kept.
    """

    def __init__(
        self, folder: Path, models: Path, offered: Offer, jobs: Jobs, vectors: MemoryCache
    ) -> None:
        self.folder, self.models = folder, models
        self._offered, self._jobs, self._vectors = offered, jobs, vectors
        self._open: OrderedDict[str, Opened] = OrderedDict()
        self._lock = Lock()

    def all(self) -> list[Project]:
        """List the projects, the newest first."""
        run = self._run()
        return [*list_projects(self.folder), *([] if run is None else [run])]

    def find(self, key: str) -> Project:
        """Find a project.

        Raises
        ------
        RefusedError
            When there is none.
        """
        found = self._run() if key == RUN else None
        if found is None and key.isalnum():
            found = read_project(self.folder / key)
        if found is None:
            raise RefusedError(404, "There is no such project: see /v1/projects.")
        return found

    def create(self, file: str, *, title: str, by: str) -> Project:
        """Make a project whose table is still to be written to `Project.path`.

        Raises
        ------
        OptionError
            When the name of the file does not tell its format.
        """
        ending = ending_of(file)
        return create_project(self.folder, file=file, ending=ending, title=title, by=by)

    def discard(self, project: Project) -> None:
        """Forget a project whose table did not arrive."""
        remove_project(project)

    def remove(self, key: str) -> None:
        """Delete a project and all that was made of it; models that were trained on it stay."""
        project = self._own(key)
        if self.job_of(project, running=True) is not None:
            raise RefusedError(409, "Work on this project has not ended: cancel it first.")
        with self._lock:
            self._open.pop(key, None)
        remove_project(project)

    def rename(self, key: str, title: str) -> Project:
        """Give a project another title."""
        return self._own(key).changed(title=title)

    def discover(self, key: str, options: Mapping[str, Any], *, by: str) -> Project:
        """Begin to find the segments of a project.

        Raises
        ------
        RefusedError
            When that has begun already, or there are segments, which would be lost.
        """
        project = self._own(key)
        if self.job_of(project, running=True) is not None:
            raise RefusedError(409, "The segments of this project are being found already.")
        if project.is_found:
            raise RefusedError(
                409,
                "This project has segments, which would be lost: make another project of the file.",
            )
        job = self._begin(project, "project", {**options, "title": project.title}, by=by)
        return project.changed(columns=dict(options), job=job.id)

    def cancel(self, key: str) -> Project:
        """Stop the work on a project."""
        project = self._own(key)
        found = self.job_of(project)
        if found is not None:
            self._jobs.cancel(found.id)
        return project

    def train(self, key: str, name: str, options: Mapping[str, Any], *, by: str) -> Job:
        """Begin to train a model on the segments of a project, or on a column of its table."""
        project = self._found(self.find(key))
        check_name(name)
        if "/" in name:
            raise RefusedError(422, "The name of a model has no '/': choose another name.")
        return self._begin(project, "train", {**options, "name": name}, by=by)

    def name(self, key: str, llm: str, *, by: str) -> Job:
        """Begin to have a language model name the segments."""
        project = self._found(self.find(key))
        return self._begin(project, "name", {"llm": shown_name(llm)}, by=by, llm=llm)

    def open(self, key: str) -> Opened:
        """Open a project that has segments; the few that were opened last stay open.

        Raises
        ------
        RefusedError
            When there is no such project, or it has no segments yet.
        """
        project = self._found(self.find(key))
        with self._lock:
            opened = self._open.pop(key, None)
            if opened is None or opened.project.found != project.found:
                time = project.columns.get("time")
                opened = Opened(
                    project,
                    Grouping(project.found, self._vectors),
                    ProjectRows(project.found, project.index, time),
                    Finding(project.index),
                )
            self._open[key] = opened
            while len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)
            return opened

    def job_of(self, project: Project, *, running: bool = False) -> Job | None:
        """Give the job that finds the segments; None where there is none, or it was deleted."""
        try:
            found = self._jobs.find(project.job)
        except KeyError:
            return None
        return found if not running or found.state in ("queued", "running") else None

    def describe(self, project: Project) -> dict[str, Any]:
        """Tell of a project what a list of projects shows."""
        job, found = self.job_of(project), project.is_found
        state = job.state if job is not None else "new"
        error = job.error if job is not None else ""
        if found:
            state, error = "done", ""
        elif state == "done" or (project.job and job is None):
            state, error = "failed", "What was found is not there any more: start again."
        rows = groups = None
        frozen = False
        if found:
            try:
                segmentation, _ = self.open(project.id).grouping.current()
                groups, frozen = len(segmentation.segments), segmentation.frozen
                rows = pq.read_metadata(project.found / ROWS).num_rows
            except (UserError, OSError) as fault:
                state, error = "failed", f"{fault}"
        return {
            "id": project.id,
            "title": project.title,
            "created": project.created,
            "file": project.file,
            "bytes": project.bytes,
            "rows": rows,
            "state": state,
            "progress": {} if job is None or found else dict(job.progress),
            "error": error,
            "notes": [] if job is None else list(job.notes),
            "columns": dict(project.columns),
            "groups": groups,
            "frozen": frozen,
            "searchable": found and project.is_searchable,
            "editable": found,
            "own": project.home is not None,
            "models": list(project.models),
            "report": found and (project.found / REPORT).is_file(),
        }

    def legend(self, opened: Opened) -> dict[str, Any]:
        """Tell what the points of a project mean: segments, columns, time."""
        segmentation, tag = opened.grouping.current()
        named = {segment.id: segment for segment in segmentation.segments}
        slots, segments = opened.colours(), []
        for key in opened.rows.segment_ids:
            segment = named.get(key)
            shown = None if segment is None else segment.masked()
            segments.append(
                {
                    "id": key,
                    "name": key if shown is None else shown.name or key,
                    "parent": "" if shown is None else shown.parent,
                    "size": 0 if shown is None else shown.size,
                    "colour": slots[key],
                }
            )
        times = opened.rows.times()
        return {
            "rows": len(opened.rows),
            "tag": tag,
            "segments": segments,
            "columns": [
                {"name": column.name, "kind": _KINDS[column.kind]}
                for column in opened.rows.columns()
            ],
            "time": None if times is None else _range(times),
        }

    def _run(self) -> Project | None:
        offered = self._offered
        if offered.segments is None or not (offered.segments / ROWS).is_file():
            return None
        title = offered.title or offered.home.resolve().name
        return Project(RUN, offered.segments, offered.index, title=title, file=offered.home.name)

    def _own(self, key: str) -> Project:
        project = self.find(key)
        if project.home is None:
            raise RefusedError(409, "This project shows what a run left: run the recipe again.")
        return project

    def _found(self, project: Project) -> Project:
        if not project.is_found:
            raise RefusedError(
                409, "This project has no segments yet: see its progress at /v1/projects."
            )
        return project

    def _begin(
        self, project: Project, kind: OwnKind, options: Mapping[str, Any], *, by: str, llm: str = ""
    ) -> Job:
        places = {"found": project.found, "models": self.models}
        if project.home is not None:
            places |= {"home": project.home, "table": project.path}
        private = {name: str(path.resolve()) for name, path in places.items()} | {"llm": llm}
        return self._jobs.begin(kind, private, options, name=project.file, by=by)


_KINDS: Mapping[str, str] = {
    "text": "category",
    "truth": "category",
    "number": "number",
    "date": "date",
}


def _range(times: npt.NDArray[np.float64]) -> list[float]:
    return [float(np.nanmin(times)), float(np.nanmax(times))]


def shown_name(llm: str) -> str:
    """Give the name of a language model without the folder that its file lies in."""
    kind, colon, name = llm.partition(":")
    return f"{kind}{colon}{Path(name).name}" if kind in ("gguf", "transformers") else llm


def project_folder(offered: Offer, state: Path) -> Path:
    """Where the projects of a service are: beside its models, or with its state for one model."""
    home = state if (offered.home / REGISTER).is_file() else offered.home
    return home / "projects"


def model_folder(offered: Offer, state: Path) -> Path:
    """Where models that are trained here are saved: beside others, or with its state for one."""
    return offered.shelf or state / "models"
