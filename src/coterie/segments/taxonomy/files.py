"""A segmentation as two files: JSON that a person can read, and the router's arrays.

::

    FOLDER/segments.json                  everything but the arrays, and their SHA-256
    FOLDER/router-0123456789ab.safetensors    prototypes, nodes, pins; named by its content

The arrays are written first, under a name of their own, and the JSON takes the place of the old
one in a single rename: whoever is killed in between leaves the old segmentation as it was.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from coterie.errors import IntegrityError, StoreError
from coterie.files import replacing
from coterie.segments.model import Change, EncoderRef, Segment, Segmentation
from coterie.segments.router import Router
from coterie.segments.taxonomy.routes import fault_of

__all__ = ["FILE", "FORMAT", "is_segmentation", "load_segmentation", "save_segmentation"]

FILE, FORMAT = "segments.json", 2
_PLAIN = 1  # the format of earlier versions, which know neither vanished segments nor leads
_ARRAYS = {"prototypes": np.float32, "nodes": np.int64, "pins": np.float32}
_LOOKS = 3  # at a folder that is being written to


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _RouterForm(_Form):
    targets: tuple[str, ...]
    pin_targets: tuple[str, ...]
    curve: tuple[tuple[float, float], ...]
    floor: float
    sure: float
    core: dict[str, float]
    pin_cosine: float
    offsets: tuple[float, ...] = ()
    added_floors: tuple[float, ...] = ()
    leads: tuple[float, ...] = ()


class _ArraysForm(_Form):
    file: str
    sha256: str
    shapes: dict[str, list[int]]


class _SegmentationForm(_Form):
    format: Literal[1, 2]
    title: str
    frozen: bool
    encoder: EncoderRef
    segments: tuple[Segment, ...]
    router: _RouterForm
    arrays: _ArraysForm
    history: tuple[Change, ...]


def save_segmentation(segmentation: Segmentation, folder: Path | str) -> Path:
    """Write a segmentation into a folder, in place of the one that is there.

    Parameters
    ----------
    segmentation
        What to write.
    folder
        Made where it is absent.

    Returns
    -------
    Path
        Of ``segments.json``.

    Raises
    ------
    StoreError
        When it cannot be written; the one that was there is then as it was.
    """
    from safetensors.numpy import save

    home = Path(folder)
    form = {"format": FORMAT, **asdict(segmentation)}
    vanished = any(segment.vanished for segment in segmentation.segments)
    if not vanished and not segmentation.router.leads:
        form["format"] = _PLAIN
    if not vanished:
        for segment in form["segments"]:
            del segment["vanished"]
    arrays: dict[str, npt.NDArray[Any]] = {
        name: np.ascontiguousarray(form["router"].pop(name), dtype=dtype)
        for name, dtype in _ARRAYS.items()
    }
    for later in ("offsets", "added_floors", "leads"):  # an earlier version does not know them
        if not form["router"][later]:
            del form["router"][later]
    packed = save(arrays)
    digest = hashlib.sha256(packed).hexdigest()
    name = f"router-{digest[:12]}.safetensors"
    shapes = {key: list(array.shape) for key, array in arrays.items()}
    form["arrays"] = {"file": name, "sha256": digest, "shapes": shapes}
    text = json.dumps(form, ensure_ascii=False, indent=2, default=float)
    try:
        home.mkdir(parents=True, exist_ok=True)
        _write_whole(home / name, packed)
        _write_whole(home / FILE, text.encode("utf-8", "backslashreplace"))
        for old in home.glob("router-*.safetensors"):
            if old.name != name:
                old.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"The segmentation could not be written to {home} ({error.strerror}), and the one "
            "before is still there: make room and run the same command again."
        ) from error
    return home / FILE


def load_segmentation(path: Path | str) -> Segmentation:
    """Read a segmentation from its folder or its ``segments.json``.

    Raises
    ------
    StoreError
        When it is absent, damaged or of another version.
    IntegrityError
        When the arrays are not those that were written; no parser has then seen them.
    """
    file = Path(path)
    if file.is_dir() or file.suffix != ".json":
        file = file / FILE
    for look in range(_LOOKS):
        form = _read_form(file)
        arrays = file.parent / Path(form.arrays.file).name
        if arrays.is_file() or look == _LOOKS - 1:
            break  # else somebody has just saved another one
    segmentation = _assemble(form, _read_arrays(arrays, form.arrays))
    fault = fault_of(segmentation.router, [s.id for s in segmentation.segments])
    if fault is None and segmentation.router.prototypes.shape[1] != form.encoder.dim:
        fault = "the prototypes are not as wide as the encoder's vectors"
    if fault is not None:
        raise StoreError(f"{file} is damaged ({fault}): discover or assign again.")
    return segmentation


def is_segmentation(path: Path | str) -> bool:
    """Whether there is a saved segmentation: a folder of one, or its ``segments.json``."""
    file = Path(path)
    return (file / FILE).is_file() or (file.suffix == ".json" and file.is_file())


def _assemble(form: _SegmentationForm, arrays: Mapping[str, npt.NDArray[Any]]) -> Segmentation:
    parts: dict[str, Any] = {**form.router.model_dump(), **arrays}
    router = Router(**parts)
    return Segmentation(form.segments, router, form.encoder, form.title, form.frozen, form.history)


def _read_form(file: Path) -> _SegmentationForm:
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(
            f"There is no segmentation at {file}: name the folder that discover wrote."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"{file} cannot be read ({error}): discover or assign again.") from error
    version = raw.get("format") if isinstance(raw, dict) else None
    if version not in (_PLAIN, FORMAT):
        raise StoreError(
            f"{file} is of form {version!r} and this version of Coterie reads forms {_PLAIN} and "
            f"{FORMAT}: use the version that wrote it."
        )
    try:
        return _SegmentationForm.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise StoreError(
            f"{file} is damaged at {where} ({first['msg']}): discover or assign again."
        ) from None


def _read_arrays(file: Path, form: _ArraysForm) -> Mapping[str, npt.NDArray[Any]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        packed = file.read_bytes()
    except OSError as error:
        raise StoreError(
            f"The arrays {file} cannot be read ({error.strerror}): put the file back, or discover "
            "again."
        ) from error
    if hashlib.sha256(packed).hexdigest() != form.sha256:
        raise IntegrityError(
            f"{file} is not the file that {FILE} was written with: put that one back, or discover "
            "again."
        )
    try:
        arrays = load(packed)
    except SafetensorError as error:
        raise StoreError(f"{file} is no safetensors file ({error}): discover again.") from error
    if {key: list(array.shape) for key, array in arrays.items()} != form.shapes or set(
        arrays
    ) != set(_ARRAYS):
        raise StoreError(f"{file} does not hold the arrays that {FILE} names: discover again.")
    return arrays


def _write_whole(path: Path, content: bytes) -> None:
    with replacing(path) as fresh, fresh.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
