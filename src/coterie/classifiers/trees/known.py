"""Answers of trainings that are done, so that a search which was stopped goes on from them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from coterie.classifiers.trees.learner import Floats

__all__ = ["Known", "KnownAnswers", "digest_of"]

Known: TypeAlias = tuple[Floats, dict[str, float]]
"""The answers of one training, and figures such as its seconds."""

_ANSWERS = "answers"


class KnownAnswers:
    """Answers in a folder, each by what its training depends on.

    Parameters
    ----------
    folder
        An existing folder, see `coterie.tuning.unfinished.UnfinishedTrainings`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: object) -> Known | None:
        """Give the answers of a training; None where there are none, or they cannot be read."""
        path = self._path(key)
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="numpy") as file:
                figures = {name: float(value) for name, value in (file.metadata() or {}).items()}
                return file.get_tensor(_ANSWERS), figures
        except (OSError, SafetensorError, ValueError):
            return None

    def put(self, key: object, answers: Floats, figures: Mapping[str, float]) -> None:
        """Keep the answers of a training; nothing is kept where the disk is full."""
        path = self._path(key)
        draft = path.with_suffix(f".{os.getpid()}")
        held = {_ANSWERS: np.ascontiguousarray(answers, dtype=np.float64)}
        try:
            draft.write_bytes(save(held, {name: repr(float(v)) for name, v in figures.items()}))
            draft.replace(path)
        except OSError:
            with suppress(OSError):
                draft.unlink()

    def take(self, key: object, train: Callable[[], Known]) -> Known:
        """Give the answers of a training, which is done where they are not known."""
        found = self.get(key)
        if found is None:
            found = train()
            self.put(key, *found)
        return found

    def _path(self, key: object) -> Path:
        return self._folder / f"{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}.safetensors"


def digest_of(parts: Iterable[Any]) -> str:
    """Hash matrices, arrays and texts, one after the other, as hexadecimal digits."""
    digest = hashlib.blake2b(digest_size=32)
    for part in parts:
        if part is None or isinstance(part, str):
            digest.update(repr(part).encode())
            continue
        sparse = hasattr(part, "indptr")
        arrays = (part.data, part.indices, part.indptr) if sparse else (np.asarray(part),)
        for array in arrays:
            digest.update(repr((part.shape, array.dtype.str, array.shape)).encode())
            digest.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
    return digest.hexdigest()
