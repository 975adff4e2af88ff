"""The registry of MLflow: versions of models by name, and aliases for those that are used."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from coterie.integrations.mlflow.contents import read_contents
from coterie.integrations.mlflow.flavour import log_model

__all__ = ["register"]

_DIGEST, _VERSION = "coterie.sha256", "coterie.version"


def register(
    source: str | Path, name: str, *, alias: str | None = None, version: int | None = None
) -> ModelVersion:
    """Register a folder of Coterie, once for the same files, and let an alias point to it.

    ``register("models/intents", "intents", alias="champion")`` after ``coterie models activate`` is
    all that keeps the alias with the active version.

    Parameters
    ----------
    source, version
        As for `coterie.integrations.mlflow.save_model`.
    name
        Of the registered model; made where there is none.
    alias
        Such as ``"champion"`` or ``"challenger"``; it leaves the version that had it.

    Returns
    -------
    ModelVersion
        Of MLflow: the one that has these files already, or a new one.

    Raises
    ------
    StoreError, IntegrityError
        As for `coterie.integrations.mlflow.save_model`.
    """
    client = MlflowClient()
    contents = read_contents(Path(source), version=version)
    known = client.search_model_versions(f"tag.`{_DIGEST}` = '{contents.sha256}'")
    found = next((each for each in known if each.name == name), None)
    if found is None:
        number = _log(source, name, version)
        client.set_model_version_tag(name, number, _DIGEST, contents.sha256)
        if contents.version is not None:
            client.set_model_version_tag(name, number, _VERSION, str(contents.version))
    else:
        number = str(found.version)
    if alias is not None:
        client.set_registered_model_alias(name, alias, number)
    return client.get_model_version(name, number)


def _log(source: str | Path, name: str, version: int | None) -> str:
    """Log a model and register it, in the active run or in one of its own."""
    own = nullcontext() if mlflow.active_run() is not None else mlflow.start_run(run_name=name)
    with own:
        info = log_model(source, version=version, registered_model_name=name)
    return str(info.registered_model_version)
