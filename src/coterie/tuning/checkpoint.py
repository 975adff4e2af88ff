"""The state of a training on disk, from which an interrupted run goes on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from coterie.errors import StoreError
from coterie.files import replacing

__all__ = ["Checkpoint", "CheckpointFolder"]

Which = Literal["latest", "best"]


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """One state of a training.

    Attributes
    ----------
    tensors
        Name to tensor: weights, the optimiser's moments, the state of the random numbers.
    facts
        What else there is to know, as JSON takes it.
    """

    tensors: dict[str, Tensor]
    facts: dict[str, Any]


class CheckpointFolder:
    """The latest and the best state of one training.

    Each is one file that takes the place of the one before in a single step, so there is always a
    whole one, also after a power cut or on a full disk. A state belongs to one training: another
    encoder, other rows or other settings do not read it.

    Parameters
    ----------
    path
        Made at the first save.
    fingerprint
        Of everything that the training depends on.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self._path, self._fingerprint = path, fingerprint

    def read(self, which: Which) -> Checkpoint | None:
        """Read a state; None where there is none of this training."""
        path = self._file(which)
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="pt") as file:
                said = json.loads((file.metadata() or {}).get("coterie", "{}"))
                if said.get("fingerprint") != self._fingerprint:
                    return None
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, ValueError):
            return None  # altered by others: training starts over
        return Checkpoint(tensors, said["facts"])

    def write(self, which: Which, checkpoint: Checkpoint) -> None:
        """Write a state in place of the one before.

        Raises
        ------
        StoreError
            When it cannot be written; the one before is whole.
        """
        said = {"fingerprint": self._fingerprint, "facts": checkpoint.facts}
        held = {
            key: tensor.detach().cpu().contiguous() for key, tensor in checkpoint.tensors.items()
        }
        try:
            with replacing(self._file(which)) as fresh:
                fresh.write_bytes(save(held, metadata={"coterie": json.dumps(said)}))
        except OSError as error:
            raise StoreError(
                f"Cannot write to {self._path}: {error.strerror or error}; make room and run the "
                "same command again: training goes on from the last state."
            ) from error

    def _file(self, which: Which) -> Path:
        return self._path / f"{which}.safetensors"
