"""The space that groups are found in: the encoder's vectors and the words, in few dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from coterie.encoders import Vectors
from coterie.encoders.tfidf import fit_tfidf
from coterie.errors import NoRowsError
from coterie.segments.finding.consensus import unit
from coterie.segments.finding.reduction import main_directions

__all__ = ["finding_space"]

# Settled on labelled tables: docs/decisions/groups.md.
_WORDS = 0.35  # of the variance of the vectors
_DIMENSIONS = 128
_READ = 2_000  # characters of a text, some 400 words: an encoder reads no more of it


def finding_space(vectors: Vectors, texts: Sequence[str] | None, seed: int = 0) -> Vectors:
    """Join vectors with words, and keep the main directions.

    An encoder knows what words mean, also those that two texts do not share; which words they do
    share it blurs, above all in a language or a field that it was not trained for. What all rows
    have in common is left out: it is most of a vector where the rows are of one kind.

    Parameters
    ----------
    vectors
        Shape (n, d), float32, unit length.
    texts
        n texts; None for vectors alone.
    seed
        Of the decomposition of the words.

    Returns
    -------
    Vectors
        Shape (n, 128 or fewer), float32, unit length: principal components of the vectors beside
        TF-IDF components (latent semantic analysis) of a third of their variance. O(n · (d +
        128)²) time.
    """
    joined = _centred(vectors)
    if texts is not None:
        try:
            read = [text[:_READ] for text in texts]
            words = _centred(fit_tfidf(read, dim=_DIMENSIONS, seed=seed).encode(read))
        except NoRowsError:  # no word at all, or none that two texts share
            words = joined[:, :0]
        spread = float(np.square(words).sum())
        if spread > 0:
            scale = np.sqrt(_WORDS * float(np.square(joined).sum()) / spread)
            joined = np.hstack([joined, np.float32(scale) * words])
    return unit(joined @ main_directions(joined, _DIMENSIONS))


def _centred(rows: Vectors) -> Vectors:
    centred: Vectors = rows - rows.mean(axis=0)
    return centred
