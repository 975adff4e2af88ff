"""The encoder of a saved model: its files, or the name by which it is loaded again."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np

from coterie.classifiers.contrastive import ContrastiveClassifier
from coterie.classifiers.model import Origin
from coterie.encoders import Encoder, GivenVectors, TfidfEncoder, load_encoder
from coterie.encoders.bert import FastEncoder
from coterie.encoders.multilingual import MULTILINGUAL_HUB
from coterie.encoders.names import plain_name, split_name
from coterie.encoders.weights import MINILM_HUB
from coterie.errors import CoterieWarning, EncoderMismatchError, OptionError, StoreError
from coterie.store import Draft, ModelFiles

__all__ = ["Encoders", "ModelWithEncoder", "check_encoder", "read_encoder", "write_encoder"]

Encoders: TypeAlias = "dict[str, tuple[Encoder, Path | None]]"  # by fingerprint

_ENCODER = "encoder"
_WEIGHTS = ("*.json", "*.safetensors", "*.txt")
# names that never mean a folder
_KNOWN = ("minilm", MINILM_HUB, "static", "multilingual", MULTILINGUAL_HUB)
_OPTIONS = ("max_length", "precision")  # of an encoder that was not loaded by its name
_HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", re.ASCII)


class ModelWithEncoder(Protocol):
    """A model that embeds."""

    encoder: str | Encoder
    origin_: Origin | None

    @property
    def encoder_(self) -> Encoder:
        """The encoder."""
        ...


def write_encoder(model: ModelWithEncoder, draft: Draft, at: str) -> dict[str, Any]:
    """Write a model's encoder below ``at`` unless it has a name; gives the facts about it."""
    encoder, named, origin = model.encoder_, model.encoder, model.origin_
    if isinstance(encoder, GivenVectors):
        origin_of = {"name": encoder.name, "fingerprint": encoder.fingerprint}
        more = {"weights": encoder.weights, "options": {}, "own": False, "given": True}
        return {"asked": encoder.name, "dim": encoder.dim, **origin_of, **more}
    folder = _folder_of(model) if origin is None else origin.folder
    if isinstance(encoder, TfidfEncoder):
        encoder.save(draft.path / at / _ENCODER)
    elif folder is not None:
        draft.copy_folder(folder, at + _ENCODER, keep=_WEIGHTS)
    if origin is not None:
        return dict(origin.facts)
    options: dict[str, Any] = {}
    if isinstance(named, str):
        options = split_name(named)[1] if folder is not None else {}
    elif isinstance(encoder, FastEncoder):
        options = {key: getattr(encoder, key) for key in _OPTIONS}
    return {
        "asked": named if isinstance(named, str) else encoder.name,
        "name": encoder.name,
        "dim": encoder.dim,
        "fingerprint": encoder.fingerprint,
        "weights": getattr(encoder, "weights", encoder.fingerprint),
        "options": options,
        "own": isinstance(encoder, TfidfEncoder) or folder is not None,
    }


def _folder_of(model: ModelWithEncoder) -> Path | None:
    """Folder to copy the encoder from; None where there is none or it has a name."""
    encoder, named = model.encoder_, model.encoder
    by_name = isinstance(named, str) and not isinstance(model, ContrastiveClassifier)
    plain = split_name(named)[0] if isinstance(named, str) else ""
    if isinstance(encoder, TfidfEncoder) or (by_name and plain in _KNOWN):
        return None
    if by_name:
        path = Path(plain).expanduser()
        return path if path.is_dir() else None
    folder = getattr(encoder, "folder", None)
    if folder is None:
        raise StoreError(
            f"The encoder {encoder.name} cannot be saved, because it has no folder: give its name "
            "in place of it."
        )
    return Path(folder)


def read_encoder(
    files: ModelFiles, wanted: Mapping[str, Any], encoders: Encoders
) -> tuple[Encoder, Path | None]:
    """Load the encoder that `write_encoder` described, once for all that share it."""
    if wanted.get("given"):
        return _given(wanted), None
    if wanted["fingerprint"] in encoders:
        return encoders[wanted["fingerprint"]]
    folder = files.folder(_ENCODER) if wanted["own"] else None
    encoder = _load_encoder(str(folder or _plain(wanted["asked"])), wanted["options"])
    encoder.name = str(wanted["name"])
    check_encoder(encoder, wanted)
    if isinstance(encoder, TfidfEncoder):  # of what it was fitted on only its shape is certain
        learnt = files.within(_ENCODER).arrays("tfidf.safetensors")
        if not all(np.isfinite(array).all() for array in learnt.values()):
            raise ValueError("the encoder holds numbers that are not finite")
        encoder.encode(["a"])
    encoders[wanted["fingerprint"]] = encoder, folder
    return encoder, folder


def _given(wanted: Mapping[str, Any]) -> GivenVectors:
    """Stand for the encoder of vectors, of which the model holds what is known."""
    name, fingerprint, weights = (wanted[key] for key in ("name", "fingerprint", "weights"))
    dim = wanted["dim"]
    if not all(isinstance(each, str) for each in (name, fingerprint, weights)):
        raise TypeError("the encoder of the vectors has no name")
    if isinstance(dim, bool) or not isinstance(dim, int) or dim < 1:
        raise ValueError("the vectors have no width")
    return GivenVectors(name, dim, fingerprint, weights)


def check_encoder(encoder: Encoder, wanted: Mapping[str, Any]) -> None:
    """Raise `EncoderMismatchError` where an encoder is not the one described; warn of precision."""
    if encoder.fingerprint == wanted["fingerprint"] and encoder.dim == wanted["dim"]:
        return
    if getattr(encoder, "weights", None) != wanted["weights"] or encoder.dim != wanted["dim"]:
        raise EncoderMismatchError(
            f"The encoder {encoder.name} is not the {wanted['name']} of training: restore that "
            "encoder, or train again."
        )
    warnings.warn(
        f"This processor computes {wanted['name']} in another precision than in training: results "
        "can differ in the third decimal.",
        CoterieWarning,
        stacklevel=3,
    )


def _plain(name: Any) -> str:
    """Return the name of an encoder that is known or on the hub; a local path is refused."""
    plain = plain_name(name) if isinstance(name, str) else ""
    if not _HUB_NAME.fullmatch(plain):
        raise ValueError(f"{str(name)[:40]!r} is no name of an encoder")
    if plain not in _KNOWN and Path(name).is_dir():
        raise ValueError(f"the encoder {name} is hidden by a folder of that name")
    return str(name)


def _load_encoder(source: str, options: Mapping[str, Any]) -> Encoder:
    try:
        return load_encoder(source, **options)
    except OptionError:  # a precision that this processor does not have
        others = {key: value for key, value in options.items() if key != "precision"}
        return load_encoder(source, **others)
