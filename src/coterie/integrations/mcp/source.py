"""What a server offers: the projects and the models of a folder."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from coterie.encoders import MemoryCache
from coterie.errors import OptionError, StoreError
from coterie.hints import did_you_mean
from coterie.options import McpOptions, ServeOptions
from coterie.segments import is_segmentation
from coterie.segments.taxonomy.lookup import fold
from coterie.segments.taxonomy.rows import ROWS
from coterie.serve.answers.served import ServedModels
from coterie.serve.jobs.queue import Jobs
from coterie.serve.projects.project import Project
from coterie.serve.projects.projects import Opened, Projects, model_folder, project_folder
from coterie.serve.service import Places, places_of
from coterie.workflows.service import Service as Offer

__all__ = ["Source", "places_for"]

_VECTORS = 10_000  # of texts kept in memory, as in the service
_NAMED = 20  # projects that an error names


def places_for(folder: Path, options: McpOptions) -> Places:
    """Find what a folder offers: as for a service, or the folder of a discovery.

    Raises
    ------
    StoreError
        When it holds nothing to offer.
    """
    if not is_segmentation(folder):
        return places_of(folder, options.part(ServeOptions, log="none"))
    if not (folder / ROWS).is_file():
        raise StoreError(f"The folder {folder.name} has segments without rows: discover again.")
    offered = Offer(folder, {}, index=options.index, segments=folder, workspace=True)
    return Places(offered, options.state or offered.state, None)


class Source:
    """The projects and models of a folder; nothing is written but edits.

    Parameters
    ----------
    places
        What `places_for` found.
    default
        Name of the model that answers where none is named.
    """

    def __init__(self, places: Places, default: str | None = None) -> None:
        offered, state = places.offered, places.state
        vectors, shelf = MemoryCache(_VECTORS), model_folder(offered, state)
        self.home = offered.home
        self.projects = Projects(
            project_folder(offered, state), shelf, offered, Jobs(state / "jobs"), vectors
        )
        self._models = ServedModels(
            offered.models,
            default=default if offered.workspace else offered.default,
            vectors=vectors,
            shelf=shelf,
        )
        self.turn = Lock()
        """Held while a model predicts."""
        self._loading = Lock()

    def find(self, named: str) -> Project:
        """Find a project by its id or title.

        Raises
        ------
        OptionError
            When there is none, or several have the title.
        """
        every = self.projects.all()
        found = [each for each in every if each.id == named]
        found = found or [each for each in every if fold(each.title) == fold(named)]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(each.id for each in found[:_NAMED])
            raise OptionError(f"Several projects are called '{named}': use an id, {ids}.")
        if not every:
            raise OptionError("There is no project yet: make one with coterie studio.")
        known = [name for each in every for name in (each.id, each.title)]
        hint = did_you_mean(named, known, "list_projects gives those that there are.")
        raise OptionError(f"There is no project '{named}': {hint}")

    def open(self, named: str) -> Opened:
        """Open a project that has segments; a `UserError` where there is none, or they are not."""
        project = self.find(named)
        if not project.is_found:
            raise OptionError(
                f"The project '{project.title}' has no segments yet: look at its state with "
                "list_projects, or find them with coterie studio."
            )
        return self.projects.open(project.id)

    def open_index(self, named: str) -> Opened:
        """Open a project that can be searched; a `UserError` where it cannot."""
        opened = self.open(named)
        if not opened.finding.there:
            raise OptionError(
                f"The project '{opened.project.title}' has no index: make one with coterie index, "
                "and start the server with coterie mcp --index."
            )
        return opened

    def models(self) -> ServedModels:
        """Give the models as they are now: what was trained or activated meanwhile is loaded."""
        with self._loading:
            self._models.refresh()
        return self._models
