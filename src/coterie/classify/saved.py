"""Classifiers as model directories: JSON and arrays, and the encoder where it is nobody else's.

::

    model.json             parameters, classes, context columns, confidence
    arrays.safetensors     the head, and the vectors and classes of the examples
    examples.json          texts of the examples
    encoder/               of a tuned or fitted encoder, or one that was named by its folder
    members/0/...          the same again for each member of a vote or a cascade
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from coterie.classify.base import Origin, TextClassifier
from coterie.classify.cascade import CascadeClassifier
from coterie.classify.checks import classes_of, confidence_of, examples_of, number, stages_of
from coterie.classify.context import ContextEncoder
from coterie.classify.contrastive import ContrastiveClassifier
from coterie.classify.few_shot import FewShotClassifier
from coterie.classify.heads import head_of
from coterie.classify.linear import LinearClassifier
from coterie.classify.mlp import Epoch, MLPClassifier
from coterie.classify.voting import SoftVotingClassifier, check_members
from coterie.embed import Encoder, TfidfEncoder, load_encoder
from coterie.embed.fast import FastEncoder
from coterie.embed.weights import MINILM_HUB
from coterie.errors import (
    CoterieWarning,
    EncoderError,
    EncoderMismatchError,
    OptionError,
    StoreError,
)
from coterie.store import Draft, Manifest, ModelFiles, open_model, save_model
from coterie.tune.check import Check

__all__ = ["Classifier", "load_classifier", "save_classifier"]

Classifier: TypeAlias = TextClassifier | SoftVotingClassifier | CascadeClassifier
"""Any of the classifiers."""

Encoders: TypeAlias = "dict[str, tuple[Encoder, Path | None]]"  # by fingerprint

_FORM, _MOST_MEMBERS = 1, 64
_SINGLE: dict[str, type[TextClassifier]] = {
    kind.kind: kind
    for kind in (FewShotClassifier, LinearClassifier, MLPClassifier, ContrastiveClassifier)
}
_EPOCHS: dict[str, type[Epoch | Check]] = {"mlp": Epoch, "contrastive": Check}
_STATE, _ARRAYS, _TEXTS, _ENCODER = "model.json", "arrays.safetensors", "examples.json", "encoder"
_NOT_SAVED = ("encoder", "cache", "class_names")
_WEIGHTS = ("*.json", "*.safetensors", "*.txt")
_KNOWN = ("minilm", MINILM_HUB, "static")  # names that no folder of that name stands for
_OPTIONS = ("max_length", "precision")  # of an encoder that was not loaded by its name
_HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", re.ASCII)


def save_classifier(
    classifier: Classifier,
    home: str | Path,
    *,
    schema: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    note: str = "",
) -> Manifest:
    """Save a fitted classifier as a new version of a model directory, whole or not at all.

    Parameters
    ----------
    classifier
        Any of this room.
    home
        The model directory; made where it is absent.
    schema
        Which columns it reads, as JSON takes it.
    metrics
        How good it is, as JSON takes it.
    note
        A remark for people.

    Raises
    ------
    StoreError
        When it cannot be written; the version that was active still is.
    """
    return save_model(
        home,
        lambda draft: _write(classifier, draft, ""),
        kind=classifier.kind,
        classes=[str(name) for name in classifier.classes_],
        schema=dict(schema or {}),
        metrics=dict(metrics or {}),
        note=note,
    )


def load_classifier(path: str | Path, version: int | None = None) -> Classifier:
    """Load a classifier from its model directory; torch is not needed.

    Parameters
    ----------
    path
        The model directory, or one version's folder.
    version
        Its number; by default the active one.

    Raises
    ------
    StoreError
        When there is none, or it cannot be read; `IntegrityError` when a file is not the one that
        was saved, of which nothing is parsed.
    EncoderError
        When its encoder cannot be had; `EncoderMismatchError` when it is another than in training.

    Warns
    -----
    CoterieWarning
        When this processor computes in another precision than that of the training: probabilities
        can then differ in the third decimal.
    """
    return read_classifier(open_model(path, version))


def read_classifier(files: ModelFiles) -> Classifier:
    """Read a classifier from files that are open; see `load_classifier`."""
    try:
        return _read(files, {})
    except EncoderError:  # some are ValueErrors too
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise StoreError(
            f"The model in {files.path} does not hold together ({type(error).__name__}: {error}): "
            "train it again."
        ) from error


def _write(classifier: Classifier, draft: Draft, at: str) -> None:
    if isinstance(classifier, TextClassifier):
        _write_single(classifier, draft, at)
        return
    for place, member in enumerate(classifier.members_):
        _write_single(member, draft, f"{at}members/{place}/")
    state: dict[str, Any] = {
        "form": _FORM,
        "estimator": classifier.kind,
        "members": len(classifier.members_),
        "confidence": asdict(classifier.confidence_),
        "accuracy": classifier.accuracy,
    }
    if isinstance(classifier, CascadeClassifier):
        stages = [{k: _finite(v) for k, v in asdict(s).items()} for s in classifier.stages_]
        state |= {"stages": stages, "tolerance": classifier.tolerance}
    else:
        state["weights"] = None if classifier.weights is None else list(classifier.weights)
    draft.write_json(at + _STATE, state)


def _write_single(model: TextClassifier, draft: Draft, at: str) -> None:
    names, examples = model.class_names or {}, model.examples_
    params = {k: v for k, v in model.get_params(deep=False).items() if k not in _NOT_SAVED}
    setting = model.setting_
    state = {
        "form": _FORM,
        "estimator": model.kind,
        "params": {k: list(v) if isinstance(v, tuple) else v for k, v in params.items()},
        "classes": model.classes_.tolist(),
        "class_type": model.classes_.dtype.kind,
        "class_names": [str(names.get(label, "")) for label in model.classes_],
        "encoder": _write_encoder(model, draft, at),
        "context": None if model.context_ is None else model.context_.to_dict(),
        "head": model.head_.kind,
        "confidence": asdict(model.confidence_),
        "setting": list(setting) if isinstance(setting, tuple) else setting,
        "speakers": list(model.speakers_),
        "floor": examples.floor,
        "history": [asdict(epoch) for epoch in getattr(model, "history_", ())],
    }
    draft.write_json(at + _STATE, state)
    arrays = {f"head.{name}": array for name, array in model.head_.arrays().items()}
    arrays |= {"examples.vectors": examples.vectors, "examples.codes": examples.codes}
    draft.write_arrays(at + _ARRAYS, arrays)
    draft.write_json(at + _TEXTS, list(examples.texts))


def _write_encoder(model: TextClassifier, draft: Draft, at: str) -> dict[str, Any]:
    encoder, named, origin = model.encoder_, model.encoder, model.origin_
    folder = _folder_of(model) if origin is None else origin.folder
    if isinstance(encoder, TfidfEncoder):
        encoder.save(draft.path / at / _ENCODER)
    elif folder is not None:
        draft.copy_folder(folder, at + _ENCODER, keep=_WEIGHTS)
    if origin is not None:
        return dict(origin.facts)
    chosen = isinstance(encoder, FastEncoder) and not isinstance(named, str)
    return {
        "asked": named if isinstance(named, str) else encoder.name,
        "name": encoder.name,
        "dim": encoder.dim,
        "fingerprint": encoder.fingerprint,
        "weights": getattr(encoder, "weights", encoder.fingerprint),
        "options": {key: getattr(encoder, key) for key in _OPTIONS} if chosen else {},
        "own": isinstance(encoder, TfidfEncoder) or folder is not None,
    }


def _folder_of(model: TextClassifier) -> Path | None:
    """Folder to copy the encoder from; None where there is none or its name is enough."""
    encoder, named = model.encoder_, model.encoder
    by_name = isinstance(named, str) and not isinstance(model, ContrastiveClassifier)
    if isinstance(encoder, TfidfEncoder) or (by_name and named in _KNOWN):
        return None
    if by_name:
        path = Path(str(named)).expanduser()
        return path if path.is_dir() else None
    folder = getattr(encoder, "folder", None)
    if folder is None:
        raise StoreError(
            f"The encoder {encoder.name} has no folder to be saved from: load it by its name."
        )
    return Path(folder)


def _read(files: ModelFiles, encoders: Encoders) -> Classifier:
    state = files.json(_STATE)
    if state["form"] != _FORM:
        raise StoreError(
            f"The model in {files.path} is of form {state['form']!r} and this version of Coterie "
            f"reads form {_FORM}: use the version that wrote it."
        )
    kind = state["estimator"]
    if kind in _SINGLE:
        return _read_single(files, state, encoders)
    count = int(number(state["members"], 2, _MOST_MEMBERS))
    parts = [files.within(f"members/{place}") for place in range(count)]
    members = [_read_single(part, part.json(_STATE), encoders) for part in parts]
    check_members(members, state.get("weights"))
    if not all(np.array_equal(each.classes_, members[0].classes_) for each in members):
        raise ValueError("the members have other classes")
    made: SoftVotingClassifier | CascadeClassifier
    if kind == SoftVotingClassifier.kind:
        made = SoftVotingClassifier(members, weights=state["weights"], accuracy=state["accuracy"])
    elif kind == CascadeClassifier.kind:
        made = CascadeClassifier(members, tolerance=state["tolerance"], accuracy=state["accuracy"])
        made.stages_ = stages_of(state["stages"], count)
    else:
        raise StoreError(f"There is no classifier of the kind {kind!r}: use a newer Coterie.")
    made.members_, made.classes_ = members, members[0].classes_
    made.confidence_, made.held_ = confidence_of(state["confidence"]), None
    return made


def _read_single(files: ModelFiles, state: Mapping[str, Any], encoders: Encoders) -> TextClassifier:
    arrays, params = files.arrays(_ARRAYS), dict(state["params"])
    if not params.keys().isdisjoint(_NOT_SAVED):
        raise ValueError("a parameter is there that is not saved")
    model = _SINGLE[state["estimator"]](str(state["encoder"]["asked"]), **params)
    TextClassifier._check(model)  # that of some estimators wants torch
    if not isinstance(model.text, str):
        raise TypeError("the text column has no name")
    model.classes_ = classes_of(state["classes"], state["class_type"])
    given = zip(model.classes_.tolist(), state["class_names"], strict=True)
    model.class_names = {label: str(name) for label, name in given if name} or None
    context = state["context"]
    model.context_ = None if context is None else ContextEncoder.from_dict(context)
    model.head_ = head_of(
        state["head"], {k.removeprefix("head."): v for k, v in arrays.items() if k[:5] == "head."}
    )
    model.confidence_ = confidence_of(state["confidence"])
    model.setting_, model.held_ = state["setting"], None
    if model.kind in _EPOCHS:
        model.history_ = tuple(_EPOCHS[model.kind](**epoch) for epoch in state["history"])
    model.encoder_, folder = _read_encoder(files, state["encoder"], encoders)
    model.origin_ = Origin(folder, state["encoder"])
    model.speakers_ = tuple(map(str, state["speakers"]))
    if bool(model.speakers_) != (model.pooling == "speakers"):
        raise ValueError("the speakers do not fit the pooling")
    wide = model.encoder_.dim * max(len(model.speakers_), 1)
    shape = wide, len(model.classes_)
    model.examples_ = examples_of(arrays, files.json(_TEXTS), state["floor"], shape)
    width = wide + (model.context_.width if model.context_ else 0)
    if (model.head_.width, model.head_.classes) != (width, len(model.classes_)):
        raise ValueError("the head does not fit the features and classes")
    return model


def _read_encoder(
    files: ModelFiles, wanted: Mapping[str, Any], encoders: Encoders
) -> tuple[Encoder, Path | None]:
    if wanted["fingerprint"] in encoders:
        return encoders[wanted["fingerprint"]]
    folder = files.folder(_ENCODER) if wanted["own"] else None
    encoder = _load_encoder(str(folder or _plain(wanted["asked"])), wanted["options"])
    encoder.name = str(wanted["name"])
    if encoder.fingerprint != wanted["fingerprint"]:
        if getattr(encoder, "weights", None) != wanted["weights"] or encoder.dim != wanted["dim"]:
            raise EncoderMismatchError(
                f"The encoder {wanted['name']} is not the one that the model in {files.path} was "
                "trained with: put that one back, or train again."
            )
        warnings.warn(
            f"The model in {files.home} was trained where the processor computes in another "
            "precision: its probabilities can differ here in the third decimal.",
            CoterieWarning,
            stacklevel=2,
        )
    if isinstance(encoder, TfidfEncoder):  # of what it was fitted on only its shape is certain
        learnt = files.within(_ENCODER).arrays("tfidf.safetensors")
        if not all(np.isfinite(array).all() for array in learnt.values()):
            raise ValueError("the encoder holds numbers that are not finite")
        encoder.encode(["a"])
    encoders[wanted["fingerprint"]] = encoder, folder
    return encoder, folder


def _plain(name: Any) -> str:
    """Return the name of an encoder that is known or on the hub; a path of this machine is none."""
    if not isinstance(name, str) or not _HUB_NAME.fullmatch(name):
        raise ValueError(f"{str(name)[:40]!r} is no name of an encoder")
    if name not in _KNOWN and Path(name).is_dir():
        raise ValueError(f"the encoder {name} is hidden by a folder of that name")
    return name


def _load_encoder(source: str, options: Mapping[str, Any]) -> Encoder:
    try:
        return load_encoder(source, **options)
    except OptionError:  # a precision that this processor does not have
        others = {key: value for key, value in options.items() if key != "precision"}
        return load_encoder(source, **others)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
