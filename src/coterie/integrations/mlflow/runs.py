"""The run of a recipe as a run of MLflow: settings, figures, pages, and what can answer."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from coterie.errors import InputError
from coterie.integrations.mlflow.figures import (
    log_numbers,
    log_settings,
    numbers_of,
    settings_of,
)
from coterie.integrations.mlflow.flavour import log_model
from coterie.workflows.service import SERVICE

if TYPE_CHECKING:
    from coterie.recipes.result import RunResult

__all__ = ["LoggedRun", "Tracking"]

_EXPERIMENT = "coterie"
_ONCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}  # it asks for minutes otherwise
_QUIET = {"MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true"}  # where --json prints JSON
_FIGURES = ("run.json", "recipe.json", "metrics.json")  # the others hold texts of customers
_OWN = frozenset({"data", "index", "models", "service"})  # folders without pages
_SECRET = re.compile(r"//[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """A run of MLflow.

    Attributes
    ----------
    run_id, experiment, uri
        The run, the name of its experiment, and where they are.
    models
        Name of a logged model to its URI.
    """

    run_id: str
    experiment: str
    uri: str
    models: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Give all of it, as JSON takes it."""
        return {
            "run_id": self.run_id,
            "experiment": self.experiment,
            "uri": self.uri,
            "models": self.models,
        }


class Tracking:
    """A tracking server, or a database in its place, that answers.

    Parameters
    ----------
    uri
        Such as ``http://127.0.0.1:5000`` or ``sqlite:///mlflow.db``.
    experiment
        Made where there is none.

    Raises
    ------
    InputError
        When it does not answer.
    """

    def __init__(self, uri: str, experiment: str = _EXPERIMENT) -> None:
        self.uri, self.experiment = uri, experiment
        with (
            _unless_set(**_ONCE),
            _explained(uri, "start its server, or give another URI with --mlflow"),
        ):
            client = MlflowClient(tracking_uri=uri)
            found = client.get_experiment_by_name(experiment)
            self._id = (
                client.create_experiment(experiment) if found is None else found.experiment_id
            )

    def log(self, result: RunResult) -> LoggedRun:
        """Log what a recipe came to.

        Parameters are the settings of the recipe, metrics the figures of ``run.json``, artefacts
        the pages and figures, without tables of texts. The run's models are logged together, as
        what answers a conversation; an index without models and a tuned encoder alone.

        Raises
        ------
        InputError
            When MLflow refuses it or does not answer; the folder of the run is as it was.
        """
        mend = f"what the recipe made is whole in {result.folder}; run it again when MLflow answers"
        with _unless_set(**_QUIET), _explained(self.uri, mend), _at(self.uri):
            name, nested = result.folder.resolve().name, mlflow.active_run() is not None
            with mlflow.start_run(experiment_id=self._id, run_name=name, nested=nested) as run:
                run_id = run.info.run_id
                recipe = json.loads((result.folder / "recipe.json").read_bytes())
                log_settings(settings_of(recipe), run_id)
                log_numbers(numbers_of(result.to_dict()), run_id)
                for path in _pages(result.folder):
                    place = "report" / path.parent.relative_to(result.folder)
                    mlflow.log_artifact(str(path), place.as_posix(), run_id=run_id)
                models = {
                    name: log_model(folder, name).model_uri
                    for name, folder in _models(result).items()
                }
        return LoggedRun(run_id, self.experiment, _shown(self.uri), models)


def _models(result: RunResult) -> dict[str, Path]:
    """Name what of a run can answer."""
    home, found = result.folder, dict[str, Path]()
    if (home / SERVICE).is_file():
        found["run"] = home
    elif result.indexed is not None:
        found["index"] = home / "index"
    if result.tuned is not None:
        found["encoder"] = home / "tune"
    return found


def _pages(home: Path) -> Iterator[Path]:
    """Find the pages and figures of a run, those of each stage in its folder."""
    for path in sorted(home.rglob("*")):
        parts = path.relative_to(home).parts
        shown = path.suffix == ".html" or path.name in _FIGURES
        if shown and path.is_file() and parts[0] not in _OWN:
            yield path


def _is_set() -> bool:
    return bool(mlflow.is_tracking_uri_set())  # type: ignore[no-untyped-call]


@contextmanager
def _at(uri: str) -> Iterator[None]:
    """Use a tracking server, and afterwards the one that was used before."""
    before = mlflow.get_tracking_uri() if _is_set() else None
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before)  # type: ignore[arg-type]


@contextmanager
def _unless_set(**variables: str) -> Iterator[None]:
    """Set variables of the environment for a while, but for those that somebody has set."""
    new = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(new)
    try:
        yield
    finally:
        for name in new:
            os.environ.pop(name, None)


@contextmanager
def _explained(uri: str, mend: str) -> Iterator[None]:
    try:
        yield
    except MlflowException as error:
        said = str(error).splitlines()[0].rstrip(".")
        raise InputError(
            f"MLflow at {_shown(uri)} cannot be used ({_shown(said)}): {mend}."
        ) from error


def _shown(text: str) -> str:
    """Leave out a name and a password."""
    return _SECRET.sub("//", text)
