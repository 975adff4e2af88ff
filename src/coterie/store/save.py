"""Saving versions and choosing among them: each change of a model is one rename.

A version is written as a draft, which is renamed to its place in ``versions/`` when all of it is
on the disk; then ``model.json`` is replaced by one that names it. Whoever is killed in between
leaves the model as it was. A version that had come to its place by then is entered by the next
save, without becoming the active one.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from platform import python_version
from typing import Any, Literal

from coterie.errors import StoreError
from coterie.store.draft import Draft, drafting, locked, sync, write_synced
from coterie.store.layout import (
    MANIFEST,
    REGISTER,
    VERSIONS,
    listed,
    numbers_in,
    read_manifest,
    read_register,
    version_name,
)
from coterie.store.manifest import Manifest, Register, pack, unpack_manifest
from coterie.store.opening import open_version

__all__ = ["activate", "check_home", "rollback", "save_model"]

_FRESH = f".{REGISTER}.fresh"  # one name will do: it is written under the model's lock
_LIBRARIES = (  # modules; the package of each has its name but for sklearn
    *("catboost", "coterie", "lightgbm", "model2vec", "numpy", "openvino", "pandas"),
    *("safetensors", "sklearn", "scipy", "sentence_transformers", "tokenizers", "torch"),
    *("transformers", "xgboost"),
)


def save_model(
    home: Path | str,
    write: Callable[[Draft], None],
    *,
    kind: str,
    classes: Sequence[str],
    schema: Mapping[str, Any],
    metrics: Mapping[str, Any],
    note: str = "",
    activate: bool = True,
    again: bool = True,
) -> Manifest:
    """Save a new version of a model.

    Several can save at once: each gets a number of its own, and the last one to end is active.

    Parameters
    ----------
    home
        The model directory; made where it is absent.
    write
        Writes the files into the draft that it is given.
    kind, classes, schema, metrics, note
        For the manifest; see `Manifest`.
    activate
        Whether the version is used from now on.
    again
        Whether to save a version that has the same files, classes and schema as the active one.

    Returns
    -------
    Manifest
        As it was written, or that of the active version where nothing was.

    Raises
    ------
    StoreError
        When it cannot be written, or holds what a model may not hold; then the active version
        stays, and nothing of the new one is left.
    """
    home = Path(home)
    check_home(home)
    with _explained(home), drafting(home) as draft:
        write(draft)
        manifest = Manifest(
            form=1,
            kind=kind,
            version=1,
            created=_now(),
            schema=schema,
            classes=tuple(classes),
            metrics=metrics,
            libraries=_libraries(),
            note=note,
            files=draft.seal(),
        )
        with locked(home):
            if not again and (same := _active_alike(home, manifest)) is not None:
                return same
            return _publish(home, draft, manifest, activate=activate)


def check_home(home: Path | str) -> None:
    """Raise a `StoreError` where a folder cannot be a model directory."""
    home = Path(home)
    if home.parent.name == VERSIONS or (home / MANIFEST).exists():
        raise StoreError(f"{home} is a version, which never changes: name its model directory.")
    if (home / REGISTER).exists():
        read_register(home)


def activate(home: Path | str, version: int) -> Manifest:
    """Use a version from now on, after all of its files were checked.

    Raises
    ------
    StoreError
        When there is no such version, it is damaged, or the model cannot be written.
    """
    home = Path(home)
    with _explained(home), _changing(home) as register:
        return _use(home, register, version, "activate")


def rollback(home: Path | str) -> Manifest:
    """Use the version that was active before the one that is; again, the one before that.

    Raises
    ------
    StoreError
        When there was none before, it is damaged, or the model cannot be written.
    """
    home = Path(home)
    with _explained(home), _changing(home) as register:
        trail = register.trail()
        if len(trail) < 2:
            raise StoreError(
                f"No other version of {home} was active before: choose one of "
                f"{listed(register.versions)} with coterie models activate, or train again."
            )
        return _use(home, register, trail[-2], "rollback")


def _active_alike(home: Path, manifest: Manifest) -> Manifest | None:
    """Give the manifest of the active version, where it is sound and differs in nothing."""
    number = _known(home).active
    if number is None:
        return None
    try:
        files = open_version(home, _known(home), number)
        for name in files.names:
            files.check(name)
    except StoreError:
        return None
    packed, active = pack(manifest), files.manifest
    wanted = unpack_manifest(packed, home / MANIFEST, "give what a manifest can have")
    alike = all(
        getattr(active, name) == getattr(wanted, name)
        for name in ("kind", "classes", "schema", "files")
    )
    return active if alike else None


def _publish(home: Path, draft: Draft, manifest: Manifest, *, activate: bool) -> Manifest:
    """Give a sealed draft the next number and its place, and name it; under the model's lock."""
    versions = home / VERSIONS
    if versions.is_symlink():
        raise StoreError(f"{versions} is a symbolic link: put the folder itself there.")
    known = _known(home)
    register = known.naming(_entered_late(home, known))
    number = max((*register.versions, *numbers_in(home)), default=0) + 1
    packed = pack(replace(manifest, version=number))
    manifest = unpack_manifest(packed, draft.path / MANIFEST, "give what a manifest can have")
    write_synced(draft.path / MANIFEST, packed)
    for folder, _, _ in os.walk(draft.path):
        sync(Path(folder))
    register = register.naming({number: hashlib.sha256(packed).hexdigest()})
    if activate:
        register = register.activating(number, _now(), "save")
    place = home / version_name(number)
    versions.mkdir(exist_ok=True)
    try:
        with _replacing_register(home, register):
            draft.path.rename(place)
            sync(versions)
    except BaseException:
        if not draft.path.exists() and number not in _known(home).versions:
            place.rename(draft.path)  # to be removed with the draft
        raise
    return manifest


def _use(
    home: Path, register: Register, version: int, by: Literal["activate", "rollback"]
) -> Manifest:
    files = open_version(home, register, version)
    for name in files.names:
        files.check(name)
    with _replacing_register(home, register.activating(version, _now(), by)):
        pass  # nothing else changes
    return files.manifest


@contextmanager
def _changing(home: Path) -> Iterator[Register]:
    read_register(home)  # nothing is made where there is no model
    with locked(home):
        yield read_register(home)


@contextmanager
def _replacing_register(home: Path, register: Register) -> Iterator[None]:
    """Prepare a register that takes the place of the old one when all went well inside."""
    fresh = home / _FRESH
    fresh.unlink(missing_ok=True)  # of a writer that was killed
    try:
        write_synced(fresh, pack(register))
        yield
        fresh.replace(home / REGISTER)
    finally:
        with suppress(OSError):
            fresh.unlink()
    with suppress(OSError):  # it is done, and an error would say that it is not
        sync(home)


def _known(home: Path) -> Register:
    return read_register(home) if os.path.lexists(home / REGISTER) else Register()


def _entered_late(home: Path, register: Register) -> dict[int, str]:
    """Find versions whose writers were killed when they had put them in their place."""
    found = {}
    for number in set(numbers_in(home)) - set(register.versions):
        with suppress(StoreError, FileNotFoundError):
            packed = read_manifest(home, version_name(number))
            if unpack_manifest(packed, home / version_name(number), "").version == number:
                found[number] = hashlib.sha256(packed).hexdigest()
    return found


@contextmanager
def _explained(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise StoreError(
            f"The model {home} could not be written ({error.strerror or error}{where}), and its "
            "active version did not change: make room or name another folder."
        ) from error


def _libraries() -> dict[str, str]:
    found = {"python": python_version()}
    for module in _LIBRARIES:
        name = "scikit-learn" if module == "sklearn" else module.replace("_", "-")
        if module in sys.modules:
            with suppress(PackageNotFoundError):
                found[name] = version_of(name)
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
