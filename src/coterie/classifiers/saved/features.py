"""Fitted features as JSON and arrays, and back: without pickle, and checked when they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.features.base import FeatureBlock, texts_of
from coterie.classifiers.features.concept_pairs import ConceptPairs
from coterie.classifiers.features.concept_vectors import (
    ConceptEmbeddings,
    TextEmbeddings,
    VectorBlock,
)
from coterie.classifiers.features.concepts import ConceptStatistics, OneHotConcepts, TfidfConcepts
from coterie.classifiers.features.context_columns import ContextColumns
from coterie.classifiers.features.steps import ReadClients, ScaleFeatures, blocks_of, put_together
from coterie.classifiers.features.text_words import TextWords
from coterie.classifiers.saved.encoder import check_encoder
from coterie.encoders import EmbeddingCache, Encoder
from coterie.errors import EncoderMismatchError, OptionError

__all__ = ["features_from_state", "features_state"]

_BLOCKS: dict[str, type[FeatureBlock]] = {
    block.kind: block
    for block in (
        OneHotConcepts,
        TfidfConcepts,
        ConceptEmbeddings,
        ConceptPairs,
        ConceptStatistics,
        TextEmbeddings,
        TextWords,
        ContextColumns,
    )
}
_FORM = 2
_NOT_SAVED = ("encoder", "cache")


def features_state(pipeline: Pipeline) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Give all of a fitted pipeline but its encoder: a state as JSON takes it, and named arrays."""
    check_is_fitted(pipeline)
    read, blocks, scale = pipeline["read"], blocks_of(pipeline), pipeline["scale"]
    arrays = {"scale.largest": scale.max_abs_, "scale.divisor": scale.scale_}
    states = []
    for block in blocks:
        state, learnt = block.state()
        states.append({"kind": block.kind, "params": _params(block), "learnt": state})
        arrays |= {f"{block.kind}.{name}": array for name, array in learnt.items()}
    encoders = [block.encoder_ for block in blocks if isinstance(block, VectorBlock)]
    return {
        "form": _FORM,
        "read": read.get_params(),
        "known": sorted(read.known_),
        "rows": int(scale.n_samples_seen_),
        "blocks": states,
        "encoder": _facts(encoders),
    }, arrays


def features_from_state(
    state: Mapping[str, Any],
    arrays: Mapping[str, npt.NDArray[Any]],
    *,
    encoder: Encoder | None = None,
    cache: EmbeddingCache | None = None,
) -> Pipeline:
    """Make a fitted pipeline of what `features_state` gave; its features are exactly the same.

    Parameters
    ----------
    state, arrays
        See `features_state`.
    encoder
        The one that ``state["encoder"]`` names; None where it names none.
    cache
        Where vectors are kept; the user's own cache when None.

    Raises
    ------
    ValueError
        When they do not fit together, or the encoder is another one (`EncoderMismatchError`).

    Warns
    -----
    CoterieWarning
        When the encoder computes in another precision than in training.
    """
    try:
        return _restored(state, arrays, encoder, cache)
    except EncoderMismatchError:
        raise
    except (LookupError, TypeError, AttributeError, ArithmeticError, ValueError) as error:
        raise ValueError(
            f"the features do not fit together ({type(error).__name__}: {error})"
        ) from error


def _params(block: FeatureBlock) -> dict[str, Any]:
    """Give the parameters of a block as JSON takes them."""
    found: dict[str, Any] = {}
    for name, value in block.get_params(deep=False).items():
        if isinstance(value, np.integer):
            found[name] = int(value)
        elif name not in _NOT_SAVED:
            found[name] = value if isinstance(value, str | int | None) else list(value)
    return found


def _facts(encoders: Sequence[Encoder]) -> dict[str, Any] | None:
    """Describe the encoder."""
    if not encoders:
        return None
    if len({encoder.fingerprint for encoder in encoders}) > 1:
        raise OptionError("The blocks have different encoders: give all of them the same.")
    encoder = encoders[0]
    return {
        "name": encoder.name,
        "fingerprint": encoder.fingerprint,
        "weights": getattr(encoder, "weights", encoder.fingerprint),
        "dim": encoder.dim,
    }


def _restored(
    state: Mapping[str, Any],
    arrays: Mapping[str, npt.NDArray[Any]],
    encoder: Encoder | None,
    cache: EmbeddingCache | None,
) -> Pipeline:
    if state["form"] is True or state["form"] != _FORM:
        raise ValueError(f"their form is {state['form']!r} and not {_FORM}")
    read = _restored_read(state)
    if state["encoder"] is not None:
        _check_described(encoder, state["encoder"])
    blocks = []
    for saved in state["blocks"]:
        block = _BLOCKS[saved["kind"]](**_read_params(saved))
        block.check()
        if getattr(block, "concepts", read.concepts) != read.concepts:
            raise ValueError("a block has another column of concepts")
        if not read.known_.issuperset(saved["learnt"].get("keys", ())):
            raise ValueError("a block has an unknown concept")
        if isinstance(block, VectorBlock):
            if state["encoder"] is None or encoder is None:
                raise ValueError("the encoder is missing")
            block.encoder = block.encoder_ = encoder
            block.set_params(cache=cache)
        prefix = f"{block.kind}."
        own = {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}
        block.restore(saved["learnt"], own)
        blocks.append(block)
    if len({block.kind for block in blocks}) < len(blocks):
        raise ValueError("a block occurs twice")
    scale = _restored_scale(state["rows"], arrays, sum(len(block.features()) for block in blocks))
    return put_together(read, blocks, scale)


def _restored_read(state: Mapping[str, Any]) -> ReadClients:
    read = ReadClients(concepts=state["read"]["concepts"], warn=state["read"]["warn"])
    known = texts_of(state["known"])
    if read.concepts is not None and not isinstance(read.concepts, str):
        raise ValueError("the column of concepts has no name")
    if not isinstance(read.warn, bool) or bool(known) != (read.concepts is not None):
        raise ValueError("the known concepts have no column")
    read.known_ = frozenset(known)
    return read


def _read_params(saved: Mapping[str, Any]) -> dict[str, Any]:
    """Read the parameters of a block, each of the type that it has by default."""
    default = _BLOCKS[saved["kind"]]().get_params(deep=False)
    params = {}
    for name in default.keys() - {*_NOT_SAVED}:
        value = saved["params"][name]
        params[name] = tuple(texts_of(value)) if isinstance(default[name], tuple) else value
        if isinstance(default[name], str) and not isinstance(value, str):
            raise ValueError(f"the parameter {name} is not a text")
    if saved["params"].keys() - params.keys():
        raise ValueError("a parameter is unknown")
    return params


def _restored_scale(rows: Any, arrays: Mapping[str, Any], width: int) -> ScaleFeatures:
    largest, scale = arrays["scale.largest"], arrays["scale.divisor"]
    for array in (largest, scale):
        if array.dtype != np.float32 or array.shape != (width,) or not np.isfinite(array).all():
            raise ValueError("the scale does not fit the columns")
    if not (largest >= 0).all() or not ((scale == 1) | (scale == largest)).all():
        raise ValueError("the scale has invalid numbers")
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        raise ValueError("the number of training rows is not valid")
    made = ScaleFeatures()
    made.max_abs_, made.scale_ = largest, scale
    made.n_samples_seen_, made.n_features_in_ = rows, width
    return made


def _check_described(encoder: Encoder | None, wanted: Mapping[str, Any]) -> None:
    if not all(isinstance(wanted[fact], str) for fact in ("name", "fingerprint", "weights")):
        raise ValueError("the encoder is not described")
    if encoder is None:
        raise ValueError(f"the encoder {wanted['name']} is missing")
    check_encoder(encoder, wanted)
