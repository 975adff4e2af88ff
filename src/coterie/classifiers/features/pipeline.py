"""Features of clients as one scikit-learn Pipeline, whose columns say what they are of."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sklearn.pipeline import Pipeline

from coterie.classifiers.features.base import FeatureBlock
from coterie.classifiers.features.concept_pairs import ConceptPairs
from coterie.classifiers.features.concept_vectors import ConceptEmbeddings, TextEmbeddings
from coterie.classifiers.features.concepts import ConceptStatistics, OneHotConcepts, TfidfConcepts
from coterie.classifiers.features.context_columns import ContextColumns
from coterie.classifiers.features.steps import ReadClients, ScaleFeatures, blocks_of, put_together
from coterie.classifiers.features.text_words import TextWords
from coterie.encoders import EmbeddingCache, Encoder
from coterie.errors import OptionError
from coterie.hints import did_you_mean

__all__ = ["FEATURE_KINDS", "check_kinds", "feature_sources", "make_features"]

FEATURE_KINDS = ("one-hot", "tfidf", "embeddings", "pairs", "statistics")
"""The kinds of features of concepts."""


def make_features(
    kinds: Sequence[str] = FEATURE_KINDS,
    *,
    concepts: str = "concepts",
    text: str | None = None,
    words: bool = False,
    context: Sequence[str] = (),
    encoder: str | Encoder = "minilm",
    cache: EmbeddingCache | None = None,
    warn: bool = True,
) -> Pipeline:
    """Make a scikit-learn Pipeline that turns a frame of clients into features.

    Its steps are ``read`` (see `ReadClients`), ``blocks`` (a FeatureUnion of one block for each
    kind, by the name of the kind) and ``scale`` (see `ScaleFeatures`). It is not fitted, and gives
    a float32 csr_matrix where any block is sparse and a float32 ndarray otherwise.

    Parameters
    ----------
    kinds
        Some of `FEATURE_KINDS`; none where text or context are enough.
    concepts
        The column of concepts; see `coterie.classifiers.features.clients.read_mentions`.
    text
        A column of texts to embed.
    words
        Whether the words of the texts are features too; for linear models, as they are many.
    context
        Ordinary columns.
    encoder
        A name that `coterie.encoders.load_encoder` knows, or an encoder.
    cache
        Where vectors are kept; the user's own cache when None.
    warn
        See `ReadClients`.

    Raises
    ------
    OptionError
        When a kind is unknown, or there would be no feature.
    """
    wanted = check_kinds(kinds)
    made: dict[str, FeatureBlock] = {
        "one-hot": OneHotConcepts(concepts),
        "tfidf": TfidfConcepts(concepts),
        "embeddings": ConceptEmbeddings(encoder, cache, concepts),
        "pairs": ConceptPairs(concepts),
        "statistics": ConceptStatistics(concepts),
    }
    blocks = [made[kind] for kind in FEATURE_KINDS if kind in wanted]
    if text is not None:
        blocks.append(TextEmbeddings(text, encoder, cache))
        if words:
            blocks.append(TextWords(text))
    if context:
        blocks.append(ContextColumns(tuple(context)))
    if not blocks:
        raise OptionError("There are no features: name kinds, a text column or context columns.")
    return put_together(ReadClients(concepts if wanted else None, warn), blocks, ScaleFeatures())


def check_kinds(kinds: Sequence[str]) -> list[str]:
    """Give kinds of features as a list; an OptionError names the known ones if one is none."""
    wanted = [kinds] if isinstance(kinds, str) else list(kinds)
    for kind in wanted:
        if kind not in FEATURE_KINDS:
            near = did_you_mean(str(kind), FEATURE_KINDS, "", cutoff=0.4)
            known = f"the kinds are {', '.join(FEATURE_KINDS)}."
            raise OptionError(
                f"There are no features of the kind {kind!r}: {f'{near} ' if near else ''}"
                f"{known[:1].upper() if near else known[:1]}{known[1:]}"
            )
    return wanted


def feature_sources(pipeline: Pipeline) -> pd.DataFrame:
    """Describe each column of a fitted pipeline, so that importances can be added up.

    Returns
    -------
    DataFrame
        One row per column, in order: ``name`` (str), ``kind`` (one of `FEATURE_KINDS`, or
        ``text``, ``words`` or ``context``), ``source`` (str: the concept, pair, word,
        statistic or context column; empty for one number of a vector) and ``concepts`` (tuple of
        str: the concept, the two of a pair, or none).
    """
    rows = [
        (feature.name, block.kind, feature.source, feature.concepts)
        for block in blocks_of(pipeline)
        for feature in block.features()
    ]
    return pd.DataFrame(rows, columns=["name", "kind", "source", "concepts"])
