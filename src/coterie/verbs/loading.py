"""``coterie.load``: what was saved, back."""

from __future__ import annotations

from pathlib import Path

from coterie.errors import StoreError
from coterie.search.storage.layout import is_index
from coterie.segments import is_segmentation
from coterie.store import models_in
from coterie.verbs.discovery import Found
from coterie.verbs.model import Model, Models
from coterie.verbs.searching import Index
from coterie.workflows.discovery.saved import load_discovery
from coterie.workflows.prediction.predict import load_models

__all__ = ["load"]


def load(folder: str | Path, version: int | None = None) -> Found | Index | Model | Models:
    """Load what ``save`` or the command line wrote: a discovery, an index, a model, or several.

    Parameters
    ----------
    folder
        Of a discovery or an index, the directory of a model, or a folder with several models.
    version
        Of a model; the active one when None.

    Raises
    ------
    StoreError
        When there is neither, or it cannot be read; `IntegrityError` when a file is not the one
        that was saved.
    """
    home = Path(folder)
    if not home.exists():
        raise StoreError(f"There is no folder {home}: name one that was saved before.")
    if is_segmentation(home):
        return Found(load_discovery(home))
    if is_index(home):
        return Index(home)
    loaded = load_models(home, version)
    return Models(loaded) if models_in(home) else Model.of(loaded[0])
