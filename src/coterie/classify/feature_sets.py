"""Features of clients as one scikit-learn Pipeline: made, read by people, saved without pickle."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import MaxAbsScaler
from sklearn.utils.validation import check_is_fitted

from coterie.classify.blocks import Block, texts_of
from coterie.classify.clients import Clients, clients_of, tell_unseen
from coterie.classify.concept_vectors import ConceptEmbeddings, TextEmbeddings, VectorBlock
from coterie.classify.concepts import (
    ConceptPairs,
    ConceptStatistics,
    OneHotConcepts,
    TfidfConcepts,
)
from coterie.classify.context_columns import ContextColumns
from coterie.embed import EmbeddingCache, Encoder
from coterie.errors import CoterieWarning, EncoderMismatchError, InputError, OptionError

__all__ = [
    "FEATURE_KINDS",
    "ReadClients",
    "feature_sources",
    "features_from_state",
    "features_state",
    "make_features",
]

FEATURE_KINDS = ("one-hot", "tfidf", "embeddings", "pairs", "statistics")
"""What can be made of concepts."""

_BLOCKS: dict[str, type[Block]] = {
    block.kind: block
    for block in (
        OneHotConcepts,
        TfidfConcepts,
        ConceptEmbeddings,
        ConceptPairs,
        ConceptStatistics,
        TextEmbeddings,
        ContextColumns,
    )
}
_FORM = 1
_NOT_SAVED = ("encoder", "cache")


class ReadClients(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """First step: read the column of concepts once for all blocks that follow.

    Parameters
    ----------
    concepts
        The column of concepts; None where none is wanted.
    warn
        Whether this step and those that follow warn of what training has not seen, and of odd
        values. Turn it off where folds of training rows are predicted, which lack concepts always.

    Attributes
    ----------
    known_ : frozenset of str
        The concepts of the training rows, as they are compared.
    """

    def __init__(self, concepts: str | None = "concepts", warn: bool = True) -> None:
        self.concepts = concepts
        self.warn = warn

    def fit(self, X: pd.DataFrame | Clients, y: Any = None) -> Self:  # noqa: ARG002
        """Learn which concepts there are.

        Raises
        ------
        InputError
            When no client has any.
        """
        self.known_: frozenset[str] = frozenset()
        if self.concepts is not None:
            self.known_ = frozenset(clients_of(X).mentions(self.concepts).keys)
            if not self.known_:
                raise InputError(
                    f"The column '{self.concepts}' is empty for all {len(X):,} clients: name "
                    "another column of concepts, or leave concepts out."
                )
        return self

    def fit_transform(self, X: pd.DataFrame, y: Any = None) -> Clients:
        """Learn, and read."""
        clients = Clients(clients_of(X).frame, warn=self.warn)
        self.fit(clients, y)
        return clients

    def transform(self, X: pd.DataFrame) -> Clients:
        """Read clients.

        Warns
        -----
        CoterieWarning
            Names concepts that training has not seen.
        """
        check_is_fitted(self)
        clients = Clients(clients_of(X).frame, warn=self.warn)
        if self.concepts is not None and self.warn:
            tell_unseen(clients.mentions(self.concepts), self.known_)
        return clients


def make_features(
    kinds: Sequence[str] = FEATURE_KINDS,
    *,
    concepts: str = "concepts",
    text: str | None = None,
    context: Sequence[str] = (),
    encoder: str | Encoder = "minilm",
    cache: EmbeddingCache | None = None,
    warn: bool = True,
) -> Pipeline:
    """Make what turns a frame of clients into features: a plain scikit-learn Pipeline.

    Its steps are ``read`` (see `ReadClients`), ``blocks`` (a FeatureUnion of one block for each
    kind, by the name of the kind) and ``scale`` (each column divided by its largest absolute
    value, so that zeros stay zeros and a 1 stays 1). It is not fitted yet. What it gives is a
    float32 csr_matrix where any block is sparse, and a float32 ndarray otherwise.

    Parameters
    ----------
    kinds
        Which of `FEATURE_KINDS` are wanted; none where text or context are enough.
    concepts
        The column of concepts; see `coterie.classify.clients.read_mentions`.
    text
        A column of texts to embed.
    context
        Ordinary columns.
    encoder
        A name that `coterie.embed.load_encoder` knows, or an encoder; given one, no fit has to
        load it.
    cache
        Where vectors are kept; None keeps none.
    warn
        See `ReadClients`.

    Raises
    ------
    OptionError
        When there is no such kind, or nothing is wanted.
    """
    wanted = [kinds] if isinstance(kinds, str) else list(kinds)
    for kind in wanted:
        if kind not in FEATURE_KINDS:
            near = difflib.get_close_matches(str(kind), FEATURE_KINDS, n=1, cutoff=0.4)
            hint = f"did you mean {near[0]}?" if near else f"choose {', '.join(FEATURE_KINDS)}."
            raise OptionError(f"There are no features of the kind {kind!r}: {hint}")
    made: dict[str, Block] = {
        "one-hot": OneHotConcepts(concepts),
        "tfidf": TfidfConcepts(concepts),
        "embeddings": ConceptEmbeddings(encoder, cache, concepts),
        "pairs": ConceptPairs(concepts),
        "statistics": ConceptStatistics(concepts),
    }
    blocks = [made[kind] for kind in FEATURE_KINDS if kind in wanted]
    if text is not None:
        blocks.append(TextEmbeddings(text, encoder, cache))
    if context:
        blocks.append(ContextColumns(tuple(context)))
    if not blocks:
        raise OptionError("No features are wanted: name kinds, a text column or context columns.")
    return _pipeline(ReadClients(concepts if wanted else None, warn), blocks, MaxAbsScaler())


def feature_sources(pipeline: Pipeline) -> pd.DataFrame:
    """Say what each column of a fitted pipeline is of, so that importances can be added up.

    Returns
    -------
    DataFrame
        One row per column, in order: ``name`` (str), ``kind`` (one of `FEATURE_KINDS`, or ``text``
        or ``context``), ``source`` (str: the concept, pair, word, statistic or context column;
        empty for one number of a vector) and ``concepts`` (tuple of str: the concept, the two of a
        pair, or none).
    """
    rows = [
        (feature.name, block.kind, feature.source, feature.concepts)
        for block in _blocks(pipeline)
        for feature in block.features()
    ]
    return pd.DataFrame(rows, columns=["name", "kind", "source", "concepts"])


def features_state(pipeline: Pipeline) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Take out of a fitted pipeline all that `features_from_state` needs, but for the encoder.

    Returns
    -------
    state
        As JSON takes it.
    arrays
        By name.
    """
    check_is_fitted(pipeline)
    read, blocks, scale = pipeline["read"], _blocks(pipeline), pipeline["scale"]
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
    """Make a fitted pipeline of what `features_state` gave; its features are the same, bit for bit.

    Parameters
    ----------
    state, arrays
        See `features_state`.
    encoder
        The one that ``state["encoder"]`` names; None where it names none.
    cache
        Where vectors are kept; None keeps none.

    Raises
    ------
    ValueError
        When they do not hold together, or the encoder is another one (`EncoderMismatchError`).

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
            f"the features do not hold together ({type(error).__name__}: {error})"
        ) from error


def _pipeline(read: ReadClients, blocks: Sequence[Block], scale: MaxAbsScaler) -> Pipeline:
    union = FeatureUnion([(block.kind, block) for block in blocks], verbose_feature_names_out=False)
    return Pipeline([("read", read), ("blocks", union), ("scale", scale)])


def _blocks(pipeline: Pipeline) -> list[Block]:
    return [block for _, block in pipeline["blocks"].transformer_list]


def _params(block: Block) -> dict[str, Any]:
    """Give the parameters of a block as JSON takes them."""
    params = block.get_params(deep=False)
    return {
        name: value if isinstance(value, str | int | None) else list(value)
        for name, value in params.items()
        if name not in _NOT_SAVED
    }


def _facts(encoders: Sequence[Encoder]) -> dict[str, Any] | None:
    """Say which encoder it is."""
    if not encoders:
        return None
    if len({encoder.fingerprint for encoder in encoders}) > 1:
        raise OptionError("The blocks have different encoders: give them one to save them.")
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
    if state["form"] != _FORM:
        raise ValueError(f"their form is {state['form']!r} and not {_FORM}")
    read = _restored_read(state)
    if state["encoder"] is not None:
        _check_encoder(encoder, state["encoder"])
    blocks = []
    for saved in state["blocks"]:
        block = _BLOCKS[saved["kind"]](**_read_params(saved))
        block.check()
        if getattr(block, "concepts", read.concepts) != read.concepts:
            raise ValueError("a block is of another column of concepts")
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
        raise ValueError("a block is there twice")
    scale = _restored_scale(state["rows"], arrays, sum(len(block.features()) for block in blocks))
    return _pipeline(read, blocks, scale)


def _restored_read(state: Mapping[str, Any]) -> ReadClients:
    read = ReadClients(**state["read"])
    known = texts_of(state["known"])
    if read.concepts is not None and not isinstance(read.concepts, str):
        raise ValueError("the column of concepts has no name")
    if not isinstance(read.warn, bool) or bool(known) != (read.concepts is not None):
        raise ValueError("the concepts known are not those of a column")
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
            raise ValueError(f"the parameter {name} is no text")
    if saved["params"].keys() - params.keys():
        raise ValueError("a parameter is there that no block has")
    return params


def _restored_scale(rows: Any, arrays: Mapping[str, Any], width: int) -> MaxAbsScaler:
    largest, scale = arrays["scale.largest"], arrays["scale.divisor"]
    for array in (largest, scale):
        if array.dtype != np.float32 or array.shape != (width,) or not np.isfinite(array).all():
            raise ValueError("the scale does not fit the columns")
    if not (largest >= 0).all() or not (scale > 0).all():
        raise ValueError("the scale holds numbers that training does not give")
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        raise ValueError("the number of training rows is none")
    made = MaxAbsScaler()
    made.max_abs_, made.scale_ = largest, scale
    made.n_samples_seen_, made.n_features_in_ = rows, width
    return made


def _check_encoder(encoder: Encoder | None, wanted: Mapping[str, Any]) -> None:
    if encoder is None:
        raise ValueError(f"the encoder {wanted['name']} is missing")
    if encoder.fingerprint == wanted["fingerprint"] and encoder.dim == wanted["dim"]:
        return
    if getattr(encoder, "weights", None) != wanted["weights"] or encoder.dim != wanted["dim"]:
        raise EncoderMismatchError(
            f"The encoder {encoder.name} is not {wanted['name']} as the features were made with: "
            "put that one back, or train again."
        )
    warnings.warn(
        f"The features were made where the processor computes {wanted['name']} in another "
        "precision: they can differ here in the third decimal.",
        CoterieWarning,
        stacklevel=2,
    )
