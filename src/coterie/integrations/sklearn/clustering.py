"""Segments as a clusterer: texts or vectors into groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import ClusterMixin
from sklearn.utils.validation import check_is_fitted

from coterie.classifiers.inputs import Inputs, TextsOrFrame
from coterie.encoders import EmbeddingCache, Encoder, Vectors, read_shares, row_keys
from coterie.integrations.sklearn.encoding import Embedding
from coterie.segments import Assignments, EncoderRef, Segmentation, find_groups, name_segments

__all__ = ["TextClusterer"]

Ints = npt.NDArray[np.int64]


@dataclass(eq=False, repr=False)
class TextClusterer(ClusterMixin, Embedding):  # type: ignore[misc]
    """Groups of texts, as `coterie.discover` finds them; the number is chosen where none is given.

    Parameters
    ----------
    encoder
        A name that `coterie.encoders.load_encoder` knows, or an encoder. It is not used where
        vectors are given.
    groups
        The number of groups; chosen without labels when None.
    method
        ``"auto"``, ``"kmeans"`` or ``"hdbscan"``, see `coterie.segments.find_groups`.
    end
        ``"coarser"`` or ``"finer"``: the fewest or the most groups that the data supports.
    fewest
        The fewest groups that are tried.
    seed
        Random seed.
    text
        Name of the text column, where rows are given as a frame of several columns.
    cache
        Where vectors are kept; the user's own cache when None.

    Attributes
    ----------
    labels_
        Shape (n,), int64: the group of each row of `fit`, -1 for rows outside of every group.
    names_
        Shape (groups,), str: the name of each group, by its number; with vectors alone, its id.
    segmentation_
        The segments, which can be edited and saved.
    encoder_
        The encoder.

    Examples
    --------
    >>> texts = [f"{what} {n}" for what in ("lost card", "late parcel") for n in range(9)]
    >>> TextClusterer("tfidf", groups=2).fit_predict(texts).max() + 1
    2
    """

    encoder: str | Encoder = "minilm"
    groups: int | None = None
    method: str = "auto"
    end: Literal["", "coarser", "finer"] = ""
    fewest: int = 4
    seed: int = 0
    text: str = "text"
    cache: EmbeddingCache | None = None

    def fit(self, X: TextsOrFrame, y: Any = None) -> Self:  # noqa: ARG002
        """Find the groups; ``y`` is ignored.

        Parameters
        ----------
        X
            n texts, a frame of n rows with a text column, or vectors (n, dim).

        Raises
        ------
        InputError
            When a text is blank or missing.
        OptionError
            For an unknown method, or more groups than there are distinct texts.

        Notes
        -----
        Time and memory are those of `coterie.segments.find_groups`: O(n · dim) beside a sample.
        """
        inputs = self._read(X)
        self.encoder_ = encoder = self._load(inputs)
        vectors, given = self._embed(inputs), inputs.vectors is not None
        found = find_groups(
            row_keys(vectors) if given else inputs.texts,
            vectors,
            encoder=EncoderRef(encoder.name, encoder.fingerprint, encoder.dim),
            method=self.method,
            groups=self.groups,
            end=self.end,
            fewest=self.fewest,
            seed=self.seed,
            words=not given,
        )
        self.segmentation_: Segmentation = found.segmentation
        if not given:
            self.segmentation_ = name_segments(
                found.segmentation, inputs.texts, found.assignments, vectors, seed=self.seed
            )
        self.labels_ = self._codes(self._route(vectors, inputs))
        return self

    def fit_predict(self, X: TextsOrFrame, y: Any = None) -> Ints:
        """Find the groups, and give ``labels_``."""
        return self.fit(X, y).labels_

    def predict(self, X: TextsOrFrame) -> Ints:
        """Give the group of each row, (n,) int64; -1 for rows outside of every group."""
        return self._codes(self.assign(X))

    def assign(self, X: TextsOrFrame) -> Assignments:
        """Give the segment of each row with its status and confidence."""
        check_is_fitted(self)
        inputs = self._read(X)
        return self._route(self._embed(inputs), inputs)

    @property
    def names_(self) -> npt.NDArray[np.object_]:
        """The name of each group, by its number."""
        return np.array([segment.name for segment in self.segmentation_.segments], dtype=object)

    def _route(self, vectors: Vectors, inputs: Inputs) -> Assignments:
        readable = None if inputs.vectors is not None else read_shares(self.encoder_, inputs.texts)
        return self.segmentation_.predict(vectors, readable=readable)

    def _codes(self, found: Assignments) -> Ints:
        return found.codes([segment.id for segment in self.segmentation_.segments])
