"""The flavour ``coterie`` of MLflow: saving, logging and loading, as MLflow's own flavours do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import mlflow
import mlflow.artifacts
import mlflow.pyfunc
from mlflow.models import Model
from mlflow.models.model import ModelInfo

from coterie.errors import StoreError
from coterie.extras import version_of
from coterie.integrations.mlflow.answering import (
    Answering,
    EncoderAnswers,
    IndexAnswers,
    ModelAnswers,
)
from coterie.integrations.mlflow.contents import Contents, open_contents, write_contents
from coterie.integrations.mlflow.conversations import RunAnswers
from coterie.integrations.mlflow.figures import log_numbers, numbers_of
from coterie.integrations.mlflow.requirements import requirements_of
from coterie.scratch import ScratchFolder
from coterie.store import open_model
from coterie.verbs.scores import read_scores

__all__ = ["FLAVOUR", "load_model", "log_model", "save_model"]

FLAVOUR = "coterie"
_DATA = "coterie"
_PLACE = "data"  # key of the folder of the contents in the file MLmodel


def save_model(
    source: str | Path,
    path: str | Path,
    *,
    version: int | None = None,
    input_example: Any = None,
    pip_requirements: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    mlflow_model: Model | None = None,
) -> None:
    """Save a folder of Coterie as a model of MLflow, which ``mlflow.pyfunc.load_model`` loads.

    Parameters
    ----------
    source
        A model directory (one version of it is saved), the folder of an encoder or of an index,
        or the folder of a recipe's run with models.
    path
        A new folder.
    version
        Of a model directory; the active one when None.
    input_example
        A row or several, as the model takes them; one of nobody's data when None.
    pip_requirements
        In place of those that the model needs, see `requirements_of`.
    metadata
        Anything to keep with the model.
    mlflow_model
        As MLflow's own flavours have it.

    Raises
    ------
    StoreError
        When there is nothing to save at ``source``.
    IntegrityError
        When a file there is not the one that was saved.
    """
    model = Model() if mlflow_model is None else mlflow_model
    with ScratchFolder() as scratch:
        home = scratch / _DATA
        home.mkdir()
        contents = write_contents(Path(source), home, version=version)
        answering = _answering(contents, home / "content")
        model.add_flavor(
            FLAVOUR,
            coterie_version=version_of("coterie"),
            kind=contents.kind,
            folder=contents.name,
            version=contents.version,
            sha256=contents.sha256,
            **{_PLACE: f"data/{_DATA}"},
        )
        mlflow.pyfunc.save_model(
            path=str(path),
            loader_module=__name__,
            data_path=str(home),
            mlflow_model=model,
            signature=answering.signature,
            input_example=answering.example() if input_example is None else input_example,
            pip_requirements=list(pip_requirements or requirements_of(answering)),
            metadata=None if metadata is None else dict(metadata),
        )


def log_model(
    source: str | Path,
    name: str = "model",
    *,
    version: int | None = None,
    registered_model_name: str | None = None,
    input_example: Any = None,
    pip_requirements: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> ModelInfo:
    """Log a folder of Coterie to the active run of MLflow, or to a new one, with its figures.

    Parameters
    ----------
    source, version, input_example, pip_requirements, metadata
        As for `save_model`.
    name
        Of the model in the run.
    registered_model_name
        Also register it under this name; `coterie.integrations.mlflow.register` does so once for
        the same files.

    Returns
    -------
    ModelInfo
        ``model_uri`` is what loads it.

    Raises
    ------
    StoreError, IntegrityError
        As for `save_model`.
    """
    info: ModelInfo = Model.log(
        artifact_path=None,
        flavor=sys.modules[__name__],
        name=name,
        registered_model_name=registered_model_name,
        metadata=None if metadata is None else dict(metadata),
        source=source,
        version=version,
        input_example=input_example,
        pip_requirements=pip_requirements,
    )
    told = info.flavors[FLAVOUR]
    if told["kind"] == "model":
        metrics = numbers_of(open_model(source, told["version"]).manifest.metrics)
        log_numbers(metrics, info.run_id, info.model_id)
        scores = read_scores(Path(source), told["version"])
        if scores is not None:
            mlflow.log_dict(scores, f"{name}/scores.json", run_id=info.run_id)
    return info


def load_model(model_uri: str, dst_path: str | Path | None = None) -> Any:
    """Load what was logged as Coterie has it.

    Parameters
    ----------
    model_uri
        As ``models:/intents@champion``, ``runs:/ID/model`` or a folder.
    dst_path
        Where to download it to; a temporary folder when None.

    Returns
    -------
    coterie.verbs.model.Model, Encoder, Index or Conversations
        By what it is.

    Raises
    ------
    StoreError
        When it is a model of another flavour.
    IntegrityError
        When a file is not the one that was logged.
    """
    folder = mlflow.artifacts.download_artifacts(
        artifact_uri=model_uri, dst_path=None if dst_path is None else str(dst_path)
    )
    told = Model.load(folder).flavors.get(FLAVOUR)
    if told is None:
        raise StoreError(f"{model_uri} was not logged by Coterie: load it with mlflow.pyfunc.")
    return _load_pyfunc(str(Path(folder) / told[_PLACE])).native


def _load_pyfunc(path: str) -> Answering:
    """Load a model for ``mlflow.pyfunc``, which looks for this name."""
    return _answering(*open_contents(Path(path)))


def _answering(contents: Contents, home: Path) -> Answering:
    kinds: Mapping[str, Callable[[Path], Answering]] = {
        "model": ModelAnswers,
        "encoder": EncoderAnswers,
        "index": IndexAnswers,
        "run": RunAnswers,
    }
    return kinds[contents.kind](home)
