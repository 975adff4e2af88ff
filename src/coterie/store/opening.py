"""Opening a version of a model: its manifest is checked here, its files when they are read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from coterie.errors import IntegrityError, StoreError
from coterie.store.files import ModelFiles
from coterie.store.layout import (
    MANIFEST,
    REGISTER,
    VERSIONS,
    listed,
    mend_of,
    read_manifest,
    read_register,
    version_name,
)
from coterie.store.manifest import Register, unpack_manifest

__all__ = ["open_model", "open_version"]


def open_model(path: Path | str, version: int | None = None) -> ModelFiles:
    """Open a version of a model.

    Parameters
    ----------
    path
        A model directory, or the folder of one of its versions. What lies below it may not be
        reached by symbolic links.
    version
        By default the active one.

    Returns
    -------
    ModelFiles
        Of a manifest that is as it was written: by the hash in ``model.json`` where a model
        directory was named, and by its own digest in any case.

    Raises
    ------
    StoreError
        When there is no such model or version, or it is of a newer form or malformed.
    IntegrityError
        When the manifest was altered.
    """
    place = Path(path)
    if os.path.lexists(place / MANIFEST):
        return _open_alone(place, version)
    if not os.path.lexists(place / REGISTER):
        raise StoreError(f"There is no model at {place}: name the folder that it was saved to.")
    register = read_register(place)
    number = register.active if version is None else version
    if number is None:
        raise StoreError(
            f"No version of {place} is active: choose one of {listed(register.versions)} with "
            "coterie models activate."
        )
    return open_version(place, register, number)


def open_version(home: Path, register: Register, number: int) -> ModelFiles:
    """Open a version that the register names; errors as for `open_model`."""
    recorded = register.versions.get(number)
    if recorded is None:
        raise StoreError(
            f"{home} has no version {number}: name one of {listed(register.versions)}."
        )
    name = version_name(number)
    packed = _manifest_of(home, name)
    if hashlib.sha256(packed).hexdigest() != recorded:
        raise IntegrityError(
            f"{home / name / MANIFEST} is not the one that was saved: restore it, {mend_of(home)}."
        )
    return _opened(home, home / name, packed, number)


def _open_alone(place: Path, version: int | None) -> ModelFiles:
    folder = place.absolute()
    if folder.parent.name == VERSIONS:
        home, name = folder.parent.parent, f"{VERSIONS}/{folder.name}"
    else:
        home, name = folder, "."
        if folder.is_symlink():
            raise StoreError(f"{folder} is a symbolic link: name the version's own folder.")
    packed = _manifest_of(home, name)
    files = _opened(home, folder, packed, version)
    if name != "." and version_name(files.manifest.version) != name:
        raise StoreError(
            f"{folder} holds version {files.manifest.version}: rename the folder back."
        )
    return files


def _manifest_of(home: Path, name: str) -> bytes:
    try:
        return read_manifest(home, name)
    except FileNotFoundError:
        raise StoreError(
            f"{home / name / MANIFEST} is missing: restore it, {mend_of(home)}."
        ) from None


def _opened(home: Path, folder: Path, packed: bytes, number: int | None) -> ModelFiles:
    manifest = unpack_manifest(packed, folder / MANIFEST, mend_of(home))
    if number is not None and manifest.version != number:
        raise StoreError(f"{folder} is version {manifest.version}, not {number}: name that one.")
    return ModelFiles(home, folder, manifest)
