"""What there is: the models of a folder, the versions of a model."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coterie.errors import StoreError
from coterie.store.layout import MANIFEST, REGISTER, read_register
from coterie.store.manifest import Activation, Register
from coterie.store.opening import open_version

__all__ = [
    "ModelSummary",
    "VersionSummary",
    "history_of",
    "list_models",
    "list_versions",
    "models_in",
]


_SHARED = ("kind", "created", "classes", "metrics", "fault")  # by a model and its active version


@dataclass(frozen=True, slots=True)
class VersionSummary:
    """One version of a model.

    Attributes
    ----------
    version, active
        Its number, and whether it is the one that is used.
    kind, created, note, metrics
        From its manifest; empty where that cannot be used.
    classes
        How many labels it knows.
    bytes
        Of all its files.
    fault
        Why its manifest cannot be used; empty where it can.
    """

    version: int
    active: bool
    kind: str = ""
    created: str = ""
    note: str = ""
    classes: int = 0
    metrics: Mapping[str, Any] = field(default_factory=dict)
    bytes: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One model of a folder.

    Attributes
    ----------
    name, path
        Of its directory; `model_path` takes the name.
    active
        The version that is used; None where there is none or the model cannot be read.
    versions
        Numbers of all versions, the lowest first.
    kind, created, classes, metrics
        Of the active version; see `VersionSummary`.
    fault
        Why the model cannot be used; empty where it can.
    """

    name: str
    path: Path
    active: int | None = None
    versions: tuple[int, ...] = ()
    kind: str = ""
    created: str = ""
    classes: int = 0
    metrics: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""


def list_models(folder: Path | str) -> list[ModelSummary]:
    """List the models directly in a folder, by name; damaged ones with their fault.

    Symbolic links are left out. Files are not checked: see `verify`.

    Raises
    ------
    StoreError
        When there is no such folder.
    """
    place = Path(folder)
    try:
        inside = sorted(place.iterdir())
    except (OSError, ValueError) as error:
        raise StoreError(f"{place} cannot be listed ({error}): name a folder of models.") from None
    return [_summary(each) for each in inside if _is_home(each)]


def models_in(folder: Path | str) -> list[str]:
    """Name the models directly in a folder; none where it is a model itself, or no folder."""
    place = Path(folder)
    if not place.is_dir() or any(os.path.lexists(place / name) for name in (REGISTER, MANIFEST)):
        return []
    return sorted(each.name for each in place.iterdir() if _is_home(each))


def list_versions(home: Path | str) -> list[VersionSummary]:
    """List the versions of a model, the first one first; damaged ones with their fault.

    Raises
    ------
    StoreError
        When there is no model, or its ``model.json`` cannot be used.
    """
    home = Path(home)
    register = read_register(home)
    return [_version(home, register, number) for number in sorted(register.versions)]


def history_of(home: Path | str) -> tuple[Activation, ...]:
    """List every change of the active version, the first one first; errors as `list_versions`."""
    return read_register(Path(home)).history


def _is_home(path: Path) -> bool:
    here = not path.is_symlink() and os.path.lexists(path / REGISTER)
    return here and not os.path.lexists(path / MANIFEST)


def _summary(home: Path) -> ModelSummary:
    try:
        register = read_register(home)
    except StoreError as error:
        return ModelSummary(home.name, home, fault=str(error))
    numbers = tuple(sorted(register.versions))
    if register.active is None:
        return ModelSummary(home.name, home, versions=numbers)
    used = _version(home, register, register.active)
    shared = {name: getattr(used, name) for name in _SHARED}
    return ModelSummary(home.name, home, register.active, numbers, **shared)


def _version(home: Path, register: Register, number: int) -> VersionSummary:
    active = number == register.active
    try:
        manifest = open_version(home, register, number).manifest
    except StoreError as error:
        return VersionSummary(number, active, fault=str(error))
    return VersionSummary(
        number,
        active,
        manifest.kind,
        manifest.created,
        manifest.note,
        len(manifest.classes),
        manifest.metrics,
        sum(entry.bytes for entry in manifest.files.values()),
    )
