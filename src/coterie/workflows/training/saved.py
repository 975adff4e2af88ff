"""What was trained as a new version of a model directory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coterie.classifiers import save_classifier
from coterie.progress import current
from coterie.store import Manifest
from coterie.workflows.training.numbers import RegressorResult
from coterie.workflows.training.train import TrainResult

__all__ = ["save_trained"]


def save_trained(
    trained: TrainResult | RegressorResult,
    folder: str | Path,
    *,
    schema: Mapping[str, Any],
    note: str = "",
) -> Manifest:
    """Save a model with its figures, whole or not at all.

    Parameters
    ----------
    trained
        The model, with how it did.
    folder
        The model directory; earlier versions in it are kept.
    schema
        How the records were read, with the ``label`` and the ``context``, so that others are read
        alike.
    note
        A remark for people.

    Raises
    ------
    StoreError
        When it cannot be written; the version that was active still is.
    """
    with current().stage("Saving the model"):
        return save_classifier(
            trained.model, folder, schema=schema, metrics=trained.metrics, note=note
        )
