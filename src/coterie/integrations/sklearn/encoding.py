"""An encoder as a transformer: texts into vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import pandas as pd
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.inputs import Inputs, TextsOrFrame, read_inputs
from coterie.encoders import (
    UNKNOWN_ENCODER,
    EmbeddingCache,
    Encoder,
    GivenVectors,
    Vectors,
    embed_texts,
    load_encoder,
)
from coterie.errors import EncoderMismatchError
from coterie.records.formats.arrow import as_pandas
from coterie.workflows.reading import check_reading

__all__ = ["Embedding", "TextEncoder"]


class Embedding(BaseEstimator):  # type: ignore[misc]
    """What estimators that embed have in common."""

    encoder: str | Encoder
    text: str
    cache: EmbeddingCache | None
    encoder_: Encoder

    def __sklearn_tags__(self) -> Tags:
        """Say that it takes texts."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags

    def __sklearn_clone__(self) -> Self:
        """Copy the parameters; an encoder and a cache are shared, for nothing changes them."""
        return type(self)(**self.get_params(deep=False))

    def _read(self, X: TextsOrFrame) -> Inputs:
        """Read rows; a frame of one column needs no name of it."""
        X = as_pandas(X)
        if isinstance(X, pd.DataFrame) and X.shape[1] == 1:
            X = X.iloc[:, 0]
        return read_inputs(X, self.text)

    def _load(self, inputs: Inputs) -> Encoder:
        """Give the encoder; one that learns from texts learns from these."""
        if inputs.vectors is not None:
            return GivenVectors(UNKNOWN_ENCODER, inputs.vectors.shape[1])
        encoder = self.encoder
        if isinstance(encoder, str):
            encoder = load_encoder(encoder, fit_on=inputs.texts)
        check_reading(encoder, inputs.texts)
        return encoder

    def _embed(self, inputs: Inputs) -> Vectors:
        if inputs.vectors is None:
            return embed_texts(inputs.texts, self.encoder_, cache=self.cache)
        width = inputs.vectors.shape[1]
        if width != self.encoder_.dim:
            raise EncoderMismatchError(
                f"The vectors have width {width}, and those it was fitted to have "
                f"{self.encoder_.dim}: give vectors of the same encoder."
            )
        return inputs.vectors


@dataclass(eq=False, repr=False)
class TextEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Embedding):  # type: ignore[misc]
    """Texts into vectors of unit length, by an encoder of Coterie.

    Each text is embedded by itself and once: vectors are kept in the cache.

    Parameters
    ----------
    encoder
        A name that `coterie.encoders.load_encoder` knows, or an encoder. ``tfidf`` learns from the
        texts of `fit`.
    text
        Name of the text column, where rows are given as a frame of several columns.
    cache
        Where vectors are kept; the user's own cache when None.

    Attributes
    ----------
    encoder_
        The encoder.

    Examples
    --------
    >>> TextEncoder("tfidf?dim=2").fit_transform(["a lost card", "a late card"]).shape
    (2, 2)
    """

    encoder: str | Encoder = "minilm"
    text: str = "text"
    cache: EmbeddingCache | None = None

    def fit(self, X: TextsOrFrame, y: Any = None) -> Self:  # noqa: ARG002
        """Load the encoder; ``y`` is ignored.

        Parameters
        ----------
        X
            n texts, or a frame of n rows with a text column.

        Raises
        ------
        InputError
            When a text is blank or missing.
        ColumnError
            When the frame has no such column.
        EncoderError
            When there is no such encoder.

        Warns
        -----
        CoterieWarning
            When the encoder does not read the language or script of the texts.
        """
        self.encoder_ = self._load(self._read(X))
        return self

    def transform(self, X: TextsOrFrame) -> Vectors:
        """Embed n texts: (n, dim) float32. Errors as of `fit`."""
        check_is_fitted(self)
        return self._embed(self._read(X))

    @property
    def _n_features_out(self) -> int:
        """How many columns it makes, for `get_feature_names_out`."""
        return self.encoder_.dim

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "encoder_")
