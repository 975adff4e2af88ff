"""What is served from a folder: that of a run with its ``service.json``, models, a workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from coterie.errors import StoreError
from coterie.search.schema import Column
from coterie.store import models_in
from coterie.store.layout import REGISTER

__all__ = ["PROJECTS", "SERVICE", "Service", "load_service", "make_workspace"]

SERVICE = "service.json"
PROJECTS = "projects"
"""Folder of a workspace in which the studio keeps its projects."""

_STATE, _MODELS = "service", "models"
_PLACES = ("index", "segments", "rules")


@dataclass(frozen=True, slots=True)
class Service:
    """What a service is made of.

    Attributes
    ----------
    home
        The folder that was named, or that of the run where one was found.
    models
        Name of a model to its directory, in the order of the names.
    default
        The model to use where none is asked for; None where several are there and none is better.
    title
        Of the run.
    label
        What is predicted; None where the models predict several things, or that is not known.
    positive
        The class that is hoped for, such as a conversion.
    index
        The index of the rows; None where there is none.
    segments
        The folder of the segments.
    rules
        The file of the rules of recommendations.
    columns
        What is known of the columns of the context.
    analysis
        Settings of an analysis: ``items``, ``similar``, ``depth``, see
        `coterie.options.AnalysisSettings`.
    shelf
        The folder in which models that are trained later are looked for; it need not be there yet.
        None where one model was named.
    workspace
        Whether projects may be all there is: then no model is needed.
    """

    home: Path
    models: Mapping[str, Path]
    default: str | None = None
    title: str = ""
    label: str | None = None
    positive: str | None = None
    index: Path | None = None
    segments: Path | None = None
    rules: Path | None = None
    columns: tuple[Column, ...] = ()
    analysis: Mapping[str, Any] = field(default_factory=dict)
    shelf: Path | None = None
    workspace: bool = False

    form: ClassVar[int] = 1

    @property
    def state(self) -> Path:
        """Where a service keeps what is its own, unless it is told otherwise."""
        return self.home / _STATE

    def to_dict(self) -> dict[str, Any]:
        """Give what ``service.json`` holds: paths are relative to its folder."""
        places = {name: getattr(self, name) for name in _PLACES}
        return {
            "form": self.form,
            "title": self.title,
            "label": self.label,
            "positive": self.positive,
            "models": self._relative(next(iter(self.models.values())).parent),
            "default": self.default,
            **{n: None if path is None else self._relative(path) for n, path in places.items()},
            "columns": [asdict(column) for column in self.columns],
            "analysis": dict(self.analysis),
        }

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.home).as_posix()


def load_service(folder: str | Path) -> Service:
    """Find what a service needs.

    Parameters
    ----------
    folder
        The folder of a run, its folder ``models``, any folder of models, one model directory, or
        a workspace: a folder with ``projects``, and ``models`` where some were trained. Of all
        but a run the models alone are known.

    Raises
    ------
    StoreError
        When there is none of these, or ``service.json`` cannot be read, or names what is not there.
    """
    home = Path(folder)
    if (home / SERVICE).is_file():
        return _read(home)
    if (home.parent / SERVICE).is_file():
        found = _read(home.parent)
        if any(path.parent.resolve() == home.resolve() for path in found.models.values()):
            return found
    if (home / REGISTER).is_file():
        return Service(home, {home.resolve().name: home}, home.resolve().name)
    models, shelf = _models(home) if home.is_dir() else {}, home
    workspace = not models and (home / PROJECTS).is_dir()
    if workspace:
        shelf = home / _MODELS
        models = _models(shelf)
    if not models and not workspace:
        raise StoreError(
            f"There is no model at {home}: name the folder of a run (coterie run), a folder of "
            "models, or a model."
        )
    default = next(iter(models)) if len(models) == 1 else None
    return Service(home, models, default, shelf=shelf, workspace=workspace)


def make_workspace(folder: str | Path) -> None:
    """Make a workspace of a folder that is absent or empty; one that can be served stays as it is.

    Parameters
    ----------
    folder
        Hidden files do not count.

    Raises
    ------
    StoreError
        When it has other files, or cannot be made; nothing is changed then.
    """
    home = Path(folder)
    try:
        if not home.exists() or not any(not each.name.startswith(".") for each in home.iterdir()):
            (home / PROJECTS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{home} cannot be a workspace ({error.strerror or error}): name another folder."
        ) from error
    try:
        load_service(home)
    except StoreError as error:
        if (home / SERVICE).is_file():
            raise
        raise StoreError(
            f"{home} has other files, and neither projects nor models: name a new folder."
        ) from error


def _read(home: Path) -> Service:
    path = home / SERVICE
    try:
        said: Any = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(said, dict) or said["form"] > Service.form:
            raise StoreError(f"{path} is of a newer form: install a newer Coterie.")
        models = _models(home / said["models"])
        places = {n: None if said[n] is None else home / str(said[n]) for n in _PLACES}
        columns = tuple(Column.from_dict(each) for each in said["columns"])
        texts: Sequence[Any] = [said[name] for name in ("title", "default", "label", "positive")]
        analysis = dict(said["analysis"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{path} cannot be read ({error!r}): run the recipe again.") from None
    title, default, label, positive = texts
    if not models:
        raise StoreError(f"{home / said['models']} has no models: run the recipe again.")
    if default is not None and default not in models:
        raise StoreError(
            f"{path} names the model '{default}', which is not in {home / said['models']}: run the "
            "recipe again, or write another name there."
        )
    for name, place in places.items():
        if place is not None and not place.exists():
            raise StoreError(
                f"{path} names {place} ({name}), which is not there: run the recipe again, or "
                f'write "{name}": null there.'
            )
    return Service(
        home, models, default, str(title or ""), label, positive,
        columns=columns, analysis=analysis, shelf=home / said["models"], workspace=False, **places,
    )  # fmt: skip


def _models(folder: Path) -> dict[str, Path]:
    return {name: folder / name for name in models_in(folder)}
