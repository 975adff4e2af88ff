"""Classifiers as model directories: JSON and arrays, and the encoder where it is nobody else's.

::

    model.json             parameters, classes, context columns, confidence
    arrays.safetensors     the head, and the vectors and classes of the examples
    examples.json          texts of the examples
    encoder/               of a tuned or fitted encoder, or one that was named by its folder
    members/0/...          the same again for each member of a vote or a cascade
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from coterie.classify.base import TextClassifier
from coterie.classify.cascade import CascadeClassifier, Stage
from coterie.classify.confidence import Confidence
from coterie.classify.context import ContextEncoder
from coterie.classify.contrastive import ContrastiveClassifier
from coterie.classify.examples import Examples
from coterie.classify.few_shot import FewShotClassifier
from coterie.classify.heads import head_of
from coterie.classify.linear import LinearClassifier
from coterie.classify.mlp import Epoch, MLPClassifier
from coterie.classify.voting import SoftVotingClassifier
from coterie.embed import Encoder, TfidfEncoder, load_encoder
from coterie.errors import CoterieWarning, EncoderMismatchError, OptionError, StoreError
from coterie.store import Draft, Manifest, ModelFiles, open_model, save_model
from coterie.tune.check import Check

__all__ = ["Classifier", "load_classifier", "save_classifier"]

Classifier: TypeAlias = TextClassifier | SoftVotingClassifier | CascadeClassifier
"""Any of the classifiers."""

_FORM = 1
_SINGLE: dict[str, type[TextClassifier]] = {
    kind.kind: kind
    for kind in (FewShotClassifier, LinearClassifier, MLPClassifier, ContrastiveClassifier)
}
_EPOCHS: dict[str, type[Epoch | Check]] = {"mlp": Epoch, "contrastive": Check}
_STATE, _ARRAYS, _TEXTS, _ENCODER = "model.json", "arrays.safetensors", "examples.json", "encoder"
_NOT_SAVED = ("encoder", "cache", "class_names")
_WEIGHTS = ("*.json", "*.safetensors", "*.txt")


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
    encoders: dict[str, Encoder] = {}
    try:
        return _read(files, encoders)
    except (KeyError, TypeError, ValueError, IndexError, OptionError) as error:
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
        "floor": examples.floor,
        "history": [asdict(epoch) for epoch in getattr(model, "history_", ())],
    }
    draft.write_json(at + _STATE, state)
    arrays = {f"head.{name}": array for name, array in model.head_.arrays().items()}
    arrays |= {"examples.vectors": examples.vectors, "examples.codes": examples.codes}
    draft.write_arrays(at + _ARRAYS, arrays)
    draft.write_json(at + _TEXTS, list(examples.texts))


def _write_encoder(model: TextClassifier, draft: Draft, at: str) -> dict[str, Any]:
    encoder, named = model.encoder_, model.encoder
    folder = getattr(encoder, "folder", None)
    by_folder = isinstance(named, str) and Path(named).expanduser().is_dir()
    if isinstance(encoder, TfidfEncoder):
        encoder.save(draft.path / at / _ENCODER)
    elif by_folder or isinstance(model, ContrastiveClassifier) or not isinstance(named, str):
        source = folder or (Path(str(named)).expanduser() if by_folder else None)
        if source is None:
            raise StoreError(
                f"The encoder {encoder.name} has no folder to be saved from: load it by its name."
            )
        draft.copy_folder(Path(source), at + _ENCODER, keep=_WEIGHTS)
    else:
        folder = None
    return {
        "asked": named if isinstance(named, str) else encoder.name,
        "name": encoder.name,
        "dim": encoder.dim,
        "fingerprint": encoder.fingerprint,
        "weights": getattr(encoder, "weights", encoder.fingerprint),
        "own": isinstance(encoder, TfidfEncoder) or folder is not None,
    }


def _read(files: ModelFiles, encoders: dict[str, Encoder]) -> Classifier:
    state = files.json(_STATE)
    if state["form"] != _FORM:
        raise StoreError(
            f"The model in {files.path} is of form {state['form']!r} and this version of Coterie "
            f"reads form {_FORM}: use the version that wrote it."
        )
    kind = state["estimator"]
    if kind in _SINGLE:
        return _read_single(files, state, encoders)
    parts = [files.within(f"members/{place}") for place in range(int(state["members"]))]
    members = [_read_single(part, part.json(_STATE), encoders) for part in parts]
    made: SoftVotingClassifier | CascadeClassifier
    if kind == SoftVotingClassifier.kind:
        made = SoftVotingClassifier(members, weights=state["weights"], accuracy=state["accuracy"])
    elif kind == CascadeClassifier.kind:
        made = CascadeClassifier(members, tolerance=state["tolerance"], accuracy=state["accuracy"])
        made.stages_ = tuple(
            Stage(**{k: float("nan") if v is None else float(v) for k, v in stage.items()})
            for stage in state["stages"]
        )
    else:
        raise StoreError(f"There is no classifier of the kind {kind!r}: use a newer Coterie.")
    made.members_, made.classes_ = members, members[0].classes_
    made.confidence_, made.held_ = Confidence(**state["confidence"]), None
    return made


def _read_single(
    files: ModelFiles, state: Mapping[str, Any], encoders: dict[str, Encoder]
) -> TextClassifier:
    arrays = files.arrays(_ARRAYS)
    model = _SINGLE[state["estimator"]](str(state["encoder"]["asked"]), **state["params"])
    model.classes_ = np.array(state["classes"])
    if model.classes_.dtype.kind != state["class_type"]:
        raise ValueError("the classes are of another type")
    given = zip(model.classes_.tolist(), state["class_names"], strict=True)
    model.class_names = {label: name for label, name in given if name} or None
    model.context_ = state["context"] and ContextEncoder.from_dict(state["context"])
    model.head_ = head_of(
        state["head"], {k.removeprefix("head."): v for k, v in arrays.items() if k[:5] == "head."}
    )
    model.confidence_ = Confidence(**state["confidence"])
    model.examples_ = _read_examples(files, state, arrays)
    model.setting_, model.held_ = state["setting"], None
    if model.kind in _EPOCHS:
        history = tuple(_EPOCHS[model.kind](**epoch) for epoch in state["history"])
        model.history_ = history
    model.encoder_ = _read_encoder(files, state["encoder"], encoders)
    width = model.encoder_.dim + (model.context_.width if model.context_ else 0)
    if (model.head_.width, model.head_.classes) != (width, len(model.classes_)):
        raise ValueError("the head does not fit the features and classes")
    return model


def _read_examples(
    files: ModelFiles, state: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]
) -> Examples:
    texts = tuple(map(str, files.json(_TEXTS)))
    vectors, codes = arrays["examples.vectors"], arrays["examples.codes"]
    if not len(texts) == len(vectors) == len(codes) or vectors.shape[1] != state["encoder"]["dim"]:
        raise ValueError("the examples differ in number or width")
    return Examples(vectors, codes, texts, float(state["floor"]))


def _read_encoder(
    files: ModelFiles, wanted: Mapping[str, Any], encoders: dict[str, Encoder]
) -> Encoder:
    known = encoders.get(wanted["fingerprint"])
    if known is not None:
        return known
    source = str(files.folder(_ENCODER)) if wanted["own"] else str(wanted["asked"])
    encoder = load_encoder(source)
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
    encoders[wanted["fingerprint"]] = encoder
    return encoder


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
