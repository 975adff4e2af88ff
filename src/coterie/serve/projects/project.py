"""A project on disk: its table, what was chosen of it, and what was found.

::

    PROJECTS/ID/project.json   title, name of the file, chosen columns, job
    PROJECTS/ID/table/NAME     the table, as it was uploaded
    PROJECTS/ID/found/         the discovery
    PROJECTS/ID/index/         the index of its rows

A project whose discovery lies elsewhere, as that of a recipe's run, has no folder of its own.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from coterie.errors import StoreError
from coterie.files import write_json
from coterie.search.storage.layout import is_index
from coterie.segments import is_segmentation

__all__ = [
    "FOUND",
    "INDEX",
    "Project",
    "create_project",
    "list_projects",
    "read_project",
    "remove_project",
]

FOUND, INDEX = "found", "index"
_FILE, _TABLE = "project.json", "table"
_UNSAFE = re.compile(r"[^\w .()-]+")
_LONGEST = 80  # characters of a file's name; file systems take 255 bytes


@dataclass(frozen=True, slots=True)
class Project:
    """A project.

    Attributes
    ----------
    id
        Name of its folder.
    found, index
        Folders of the discovery and of the index, whether they are there yet or not; None where
        there never is an index.
    home
        Its own folder; None where it shows what a run left.
    title, file, bytes, created, by
        What a person calls it, the name and size of the file that was uploaded, when and by whom.
    table
        Where the table is, below ``home``.
    columns
        What was chosen: text, id, labels, time, person, and the options of the discovery.
    job
        Id of the job that makes the discovery; "" before.
    models
        Names of the models that were trained on it.
    """

    id: str
    found: Path
    index: Path | None
    home: Path | None = None
    title: str = ""
    file: str = ""
    bytes: int = 0
    created: str = ""
    by: str = ""
    table: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict)
    job: str = ""
    models: tuple[str, ...] = ()

    form: ClassVar[int] = 1

    @property
    def is_found(self) -> bool:
        """Whether there are segments."""
        return is_segmentation(self.found)

    @property
    def is_searchable(self) -> bool:
        """Whether there is an index."""
        return self.index is not None and is_index(self.index)

    @property
    def path(self) -> Path:
        """The table."""
        if self.home is None or not self.table:
            raise StoreError(f"The project {self.title} has no table of its own.")
        return self.home / self.table

    def changed(self, **values: Any) -> Project:
        """Write a change down, and give the project as it is then."""
        new = replace(self, **values)
        if new.home is not None:
            new.write()
        return new

    def write(self) -> None:
        """Write ``project.json``, whole or not at all."""
        assert self.home is not None
        shown = asdict(self)
        for name in ("id", "found", "index", "home"):
            del shown[name]
        write_json(self.home / _FILE, {"form": self.form, **shown})


def create_project(folder: Path, *, file: str, ending: str, title: str, by: str) -> Project:
    """Make the folder of a new project, to which the table is still to be written."""
    key = secrets.token_hex(6)
    home = folder / key
    (home / _TABLE).mkdir(parents=True)
    stem = _UNSAFE.sub("_", file[: -len(ending)])[:_LONGEST].strip(" .") or "table"
    return Project(
        key,
        home / FOUND,
        home / INDEX,
        home,
        title=title or Path(file).stem,
        file=file,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        by=by,
        table=f"{_TABLE}/{stem}{ending}",
    )


def read_project(home: Path) -> Project | None:
    """Read a project from its folder; None where there is none, or it cannot be read."""
    try:
        said = json.loads((home / _FILE).read_bytes())
        if said.pop("form") > Project.form:
            return None
        said["models"] = tuple(said["models"])
        return Project(home.name, home / FOUND, home / INDEX, home, **said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def list_projects(folder: Path) -> list[Project]:
    """List the projects of a folder, the newest first."""
    if not folder.is_dir():
        return []
    found = [read_project(home) for home in folder.iterdir() if home.is_dir()]
    known = [project for project in found if project is not None]
    return sorted(known, key=lambda project: (project.created, project.id), reverse=True)


def remove_project(project: Project) -> None:
    """Delete a project with all that is in its folder."""
    assert project.home is not None
    gone = project.home.with_name(f".{project.home.name}")
    with suppress(FileNotFoundError):
        project.home.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
