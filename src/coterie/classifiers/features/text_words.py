"""The words of a text as features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from coterie.classifiers.features.base import Arrays, State
from coterie.classifiers.features.clients import Clients
from coterie.classifiers.features.weighted_terms import WeightedTerms
from coterie.encoders.tfidf import count_words

__all__ = ["TextWords"]

_MANY = 1000  # texts from which on a word of one text alone is left out, as the encoder tfidf does


@dataclass(eq=False, repr=False)
class TextWords(WeightedTerms):
    """TF-IDF over the words and pairs of words of a text: rows of unit length.

    Counts are damped (1 + ln count), and the inverse document frequencies are those of the training
    rows. A text without a known word is a row of zeros, as is a missing one.

    Parameters
    ----------
    text
        The column of texts.
    most
        The most words and pairs of words, the commonest ones; 20,000 is a judgement.

    Attributes
    ----------
    terms_ : tuple of str
        Words and pairs of words in the order of the columns.
    idf_ : ndarray of shape (terms,), float64
        The inverse document frequencies.
    """

    kind = "words"
    called = "word"

    text: str = "text"
    most: int = 20_000

    def _learn(self, clients: Clients) -> None:
        texts = _texts_in(clients, self.text)
        counter = count_words(max_features=self.most, min_df=2 if len(texts) >= _MANY else 1)
        try:
            counter.fit(texts)
        except ValueError:  # no text has a word, or none that two texts share
            self.terms_ = ()
            self.idf_ = np.empty(0)
        else:
            self.terms_ = tuple(str(term) for term in counter.get_feature_names_out())
            self.idf_ = np.asarray(counter.idf_, dtype=np.float64)
        self._counter = _counter_of(self.terms_, self.idf_)

    def _make(self, clients: Clients) -> csr_matrix:
        if not self.terms_ or not len(clients):
            return csr_matrix((len(clients), len(self.terms_)), dtype=np.float32)
        return self._counter.transform(_texts_in(clients, self.text)).astype(np.float32)

    def restore(self, state: State, arrays: Arrays) -> None:
        """See `FeatureBlock`."""
        super().restore(state, arrays)
        self._counter = _counter_of(self.terms_, self.idf_)


def _counter_of(terms: tuple[str, ...], idf: npt.NDArray[np.float64]) -> Any:
    """Make a counter of known words; None where there are none."""
    if not terms:
        return None
    counter = count_words(vocabulary=list(terms))
    counter.idf_ = idf
    return counter


def _texts_in(clients: Clients, name: str) -> list[str]:
    column = clients.column(name)
    given = column.notna().tolist()
    return [str(text) if there else "" for text, there in zip(column.tolist(), given, strict=True)]
