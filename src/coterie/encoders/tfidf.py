"""TF-IDF with truncated SVD: the encoder that needs no weights.

Latent semantic analysis, Deerwester et al. 1990. It is fitted to texts, and its
fingerprint covers what was fitted.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from coterie.encoders.base import Vectors, unit_rows
from coterie.errors import NoRowsError, OptionError, StoreError
from coterie.files import replacing
from coterie.words import TOKEN, UNSPACED, word_spans

__all__ = ["TfidfEncoder", "count_words", "fit_tfidf", "is_tfidf_folder"]

_STATE, _ARRAYS, _FORM = "tfidf.json", "tfidf.safetensors", 1
_MOST_TERMS = 50_000  # the most frequent: a judgement, not measured
# texts that are decomposed exactly, which is faster where there are this many terms for each
_FEW, _MANY_TERMS = 2000, 4
_NONE = 1e-10  # of the largest eigenvalue: numerically zero
_NGRAMS = (1, 2)  # words and pairs of words
_WORD = re.compile(TOKEN)
_UNSPACED = re.compile(f"[{UNSPACED}]")


class TfidfEncoder:
    """TF-IDF over words and pairs of words, reduced by a truncated SVD. Made by `fit_tfidf`.

    A text without a known word gets the constant vector 1/sqrt(dim).

    Parameters
    ----------
    vocabulary
        The terms, in the order of the arrays' columns.
    idf
        Shape (terms,), float64: inverse document frequency.
    components
        Shape (dim, terms), float32: the SVD's right singular vectors.
    """

    name = "tfidf"

    def __init__(
        self,
        vocabulary: Sequence[str],
        idf: npt.NDArray[np.float64],
        components: npt.NDArray[np.float32],
    ) -> None:
        self.dim = int(components.shape[0])
        self._vocabulary = list(vocabulary)
        self._idf, self._components = idf, components
        self._counter = count_words(vocabulary=self._vocabulary)
        self._counter.idf_ = idf
        self._across = np.ascontiguousarray(components.T)
        self.fingerprint = self._fingerprint()

    def _fingerprint(self) -> str:
        total = hashlib.sha256(f"tfidf {_FORM} {_NGRAMS} {TOKEN}\n".encode())
        if any(map(_has_unspaced, self._vocabulary)):
            total.update(b"pairs of characters\n")
        total.update("\n".join(self._vocabulary).encode("utf-8", "surrogatepass"))
        total.update(self._idf.tobytes())
        total.update(self._components.tobytes())
        return total.hexdigest()

    def __repr__(self) -> str:
        return f"TfidfEncoder({len(self._vocabulary):,} terms, dim={self.dim})"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts; see `coterie.encoders.base.Encoder`."""
        if len(texts) == 0:
            return np.empty((0, self.dim), dtype=np.float32)
        counts = self._counter.transform(texts).astype(np.float32)
        return unit_rows(np.asarray(counts @ self._across))

    def save(self, folder: str | Path) -> None:
        """Write the fitted state as JSON and safetensors; `load` reads it."""
        from safetensors.numpy import save_file

        home = Path(folder)
        with replacing(home / _ARRAYS) as fresh:
            save_file({"idf": self._idf, "components": self._components}, fresh)
        state = {"form": _FORM, "fingerprint": self.fingerprint, "terms": self._vocabulary}
        with replacing(home / _STATE) as fresh:
            fresh.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> TfidfEncoder:
        """Read what `save` wrote; `StoreError` where it is damaged or of another version."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        home = Path(folder)
        try:
            state = json.loads((home / _STATE).read_text(encoding="utf-8"))
            arrays = load_file(home / _ARRAYS)
            encoder = cls(state["terms"], arrays["idf"], arrays["components"])
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise StoreError(
                f"The TF-IDF encoder in {home} cannot be read ({type(error).__name__}): fit it "
                "again."
            ) from error
        if state.get("form") != _FORM or state.get("fingerprint") != encoder.fingerprint:
            raise StoreError(
                f"The TF-IDF encoder in {home} was changed after it was saved: fit it again."
            )
        return encoder


def fit_tfidf(texts: Sequence[str], *, dim: int = 256, seed: int = 0) -> TfidfEncoder:
    """Learn words and their directions from texts.

    Time and memory grow with the number of words in all texts, not with its square; where there
    are 2,000 texts at most, and more terms by far, with the square of the texts.

    Parameters
    ----------
    texts
        The texts to learn from.
    dim
        Width of the vectors; fewer where the texts have fewer rows or terms.
    seed
        Of the randomised SVD; few texts are decomposed exactly.

    Raises
    ------
    NoRowsError
        When the texts have no word at all.
    """
    if dim < 1:
        raise OptionError(f"dim is {dim}: give 1 or more.")
    counter = count_words(max_features=_MOST_TERMS, min_df=2 if len(texts) >= 1000 else 1)
    try:
        counts = counter.fit_transform(texts)
    except ValueError as error:
        raise NoRowsError(
            "TF-IDF found no word in the texts: give the column that holds text."
        ) from error
    rank = min(dim, counts.shape[1] - 1, counts.shape[0])
    terms = [str(term) for term in counter.get_feature_names_out()]
    idf = np.asarray(counter.idf_, dtype=np.float64)
    components = np.ones((1, counts.shape[1])) if rank < 1 else _directions(counts, rank, seed)
    return TfidfEncoder(terms, idf, np.ascontiguousarray(components, dtype=np.float32))


def _directions(counts: Any, rank: int, seed: int) -> npt.NDArray[np.float64]:
    """Right singular vectors of counts (n, terms) by their singular values: (rank or fewer, terms).

    Of few rows they follow from the eigenvectors of the rows' products, which is exact and, where
    terms are many, some ten times as fast as the randomised SVD.
    """
    from scipy.linalg import eigh
    from sklearn.decomposition import TruncatedSVD
    from sklearn.utils.extmath import svd_flip
    from threadpoolctl import threadpool_limits

    n, terms = counts.shape
    if n > _FEW or n * _MANY_TERMS > terms:
        # More threads are no faster, and on a busy machine wait for each other, up to ten times as
        # long. The share of variance explained is not used.
        with threadpool_limits(1, user_api="blas"), np.errstate(invalid="ignore"):
            found: npt.NDArray[np.float64] = (
                TruncatedSVD(rank, random_state=seed).fit(counts).components_
            )
        return found
    squares, left = eigh((counts @ counts.T).toarray(), subset_by_index=[n - rank, n - 1])
    held = np.flatnonzero(squares > squares[-1] * _NONE)[::-1]  # none for a repeated text
    right = (counts.T @ (left[:, held] / np.sqrt(squares[held]))).T
    flipped: npt.NDArray[np.float64] = svd_flip(left[:, held], right, u_based_decision=False)[1]
    return flipped


def is_tfidf_folder(folder: Path) -> bool:
    """Whether `TfidfEncoder.save` wrote the folder."""
    return (folder / _STATE).is_file()


def _has_unspaced(text: str) -> bool:
    return not text.isascii() and _UNSPACED.search(text) is not None


def _prepared(text: str) -> str:
    """Fold case and accents; marks are letters where a script is written without blanks."""
    from sklearn.feature_extraction.text import strip_accents_unicode

    lower = text.lower()
    return lower if _has_unspaced(lower) else str(strip_accents_unicode(lower))


def _tokens(text: str) -> list[str]:
    """Cut a text into words; a script without blanks into overlapping pairs of characters."""
    if _has_unspaced(text):
        return [text[start:end] for start, end in word_spans(text)]
    return _WORD.findall(text)


def count_words(**settings: Any) -> Any:
    """Make scikit-learn's TF-IDF of words and pairs of words, as the encoder counts them."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        ngram_range=_NGRAMS,
        preprocessor=_prepared,
        tokenizer=_tokens,
        token_pattern=None,
        sublinear_tf=True,
        **settings,
    )
