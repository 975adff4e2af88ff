"""Model directories: manifest, hashes, versions, roll-back; files, whatever the model.

::

    MODEL/model.json                    which version is active, which were, hash of each manifest
    MODEL/versions/0001/manifest.json   what the version is, and hash and size of each file
    MODEL/versions/0001/...             JSON, safetensors, plain text, an encoder's folder

Versions never change once they are there. Files are read by `ModelFiles`, which checks each
against its hash before a parser sees it.
"""

from coterie.store.draft import Draft
from coterie.store.files import ModelFiles
from coterie.store.listing import (
    ModelSummary,
    VersionSummary,
    history_of,
    list_models,
    list_versions,
    models_in,
)
from coterie.store.manifest import Activation, FileEntry, Manifest
from coterie.store.names import SUFFIXES, model_path
from coterie.store.opening import open_model
from coterie.store.save import activate, check_home, rollback, save_model
from coterie.store.verifying import FileState, verify

__all__ = [
    "SUFFIXES",
    "Activation",
    "Draft",
    "FileEntry",
    "FileState",
    "Manifest",
    "ModelFiles",
    "ModelSummary",
    "VersionSummary",
    "activate",
    "check_home",
    "history_of",
    "list_models",
    "list_versions",
    "model_path",
    "models_in",
    "open_model",
    "rollback",
    "save_model",
    "verify",
]
