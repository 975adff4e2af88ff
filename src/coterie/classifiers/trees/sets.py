"""Sets of features, of which a search chooses one for each learner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix, diags_array, issparse
from sklearn.pipeline import Pipeline

from coterie.classifiers.features.pipeline import feature_sources
from coterie.classifiers.trees.learner import Learner, Matrix

__all__ = ["ALL", "LEAN", "FeatureSets", "lean_columns"]

ALL, LEAN = "all", "lean"
"""The sets of features: all of them, and those of concepts and context alone. The words of a text
are features of linear learners only: in ``all`` beside its embedding, in ``lean`` without it."""

_REDUNDANT = ("tfidf", "embeddings", "pairs")  # features that repeat what the concepts say
_WORDS = "words"
_OWN_SCALE = ("tfidf", "embeddings", "text", _WORDS, "context")  # blocks with rows of length 1

Columns = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSets:
    """The sets of features of a fitted pipeline.

    Trees do not care how a column is scaled. Linear models do: they get the blocks whose rows have
    a length of 1, or of 1 on average, as these were before each column was divided by its largest
    value, which gives rare words and columns without outliers too much weight.

    Attributes
    ----------
    width
        All columns of the pipeline.
    trees, linear
        The columns of each set, by its name, for trees and for linear models.
    scale
        Shape (width,), float32: what a linear model's columns are multiplied by.
    """

    width: int
    trees: Mapping[str, Columns]
    linear: Mapping[str, Columns]
    scale: npt.NDArray[np.float32]

    @classmethod
    def of(cls, pipeline: Pipeline) -> FeatureSets:
        """Give the sets of a fitted pipeline."""
        sources = feature_sources(pipeline)
        kinds = sources["kind"]
        words = (kinds == _WORDS).to_numpy(dtype=np.bool_)
        trees = {ALL: np.flatnonzero(~words)}
        linear = {ALL: np.arange(len(kinds))}
        lean = lean_columns(sources[~words])
        if lean is not None:
            trees[LEAN] = np.flatnonzero(~words)[lean]
        without = (*_REDUNDANT, "text") if words.any() else _REDUNDANT
        named = ~kinds.isin(without).to_numpy(dtype=np.bool_)
        if named.any() and not named.all():
            linear[LEAN] = np.flatnonzero(named)
        own = kinds.isin(_OWN_SCALE).to_numpy(dtype=np.bool_)
        scale = np.where(own, pipeline["scale"].scale_, 1).astype(np.float32)
        return cls(len(kinds), trees, linear, scale)

    def names(self, learner: Learner) -> tuple[str, ...]:
        """Names of the sets that a learner may take."""
        return tuple(self._of(learner))

    def width_of(self, learner: Learner, name: str) -> int:
        """Give the number of columns of a set."""
        return len(self._of(learner)[name])

    def take(self, features: Matrix, learner: Learner, name: str) -> Matrix:
        """Take one set of features for a learner out of all, (n, width)."""
        columns = self._of(learner)[name]
        taken = features if len(columns) == self.width else features[:, columns]
        if not learner.linear:
            return taken
        scale = self.scale[columns]
        return csr_matrix(taken @ diags_array(scale)) if issparse(taken) else taken * scale

    def _of(self, learner: Learner) -> Mapping[str, Columns]:
        return self.linear if learner.linear else self.trees


def lean_columns(sources: pd.DataFrame) -> Columns | None:
    """Columns of the features of concepts and context alone; None where these are all or none.

    Words, embeddings and pairs of concepts repeat what the concepts say. With few rows they can do
    more harm than good, so a search also tries without them.
    """
    named = ~sources["kind"].isin(_REDUNDANT).to_numpy(dtype=np.bool_)
    return None if named.all() or not named.any() else np.flatnonzero(named)
